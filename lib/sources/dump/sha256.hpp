#pragma once
#include <memory>
#include <string>
#include <string_view>

struct evp_md_ctx_st;

namespace backupwatch {

/// SHA-256 of bytes that come in pieces.
class Sha256 {
  public:
    Sha256();
    void add(std::string_view bytes);
    /// 64 hexadecimal digits, of everything added. Called once, at the end.
    std::string hex();

  private:
    struct Free {
        void operator()(evp_md_ctx_st* context) const;
    };
    std::unique_ptr<evp_md_ctx_st, Free> context_;
};

std::string sha256_hex(std::string_view bytes);

}  // namespace backupwatch
