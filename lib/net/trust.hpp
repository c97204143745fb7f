#pragma once
#include "core/certificate.hpp"

#include <curl/curl.h>
#include <openssl/types.h>

#include <filesystem>
#include <optional>
#include <string>
#include <utility>

namespace backupwatch {

/// Certificates are verified, against the system's authorities and those in `ca_file` (empty: the
/// system's alone), and nothing older than TLS 1.2 is spoken. Must outlive the transfer.
class Trust {
  public:
    explicit Trust(std::filesystem::path ca_file) : ca_file_(std::move(ca_file)) {}

    void prepare(CURL* handle);

    /// Whether the peer is not who it should be, as opposed to: cannot speak TLS with us.
    bool is_impostor(CURLcode result) const;
    /// What is wrong with its chain of certificates; empty where nothing is, or the host alone.
    const std::string& fault() const { return fault_; }
    /// Of the chain that was trusted, the authority's own included, the certificate that expires
    /// first; nothing: no chain was.
    const std::optional<Certificate>& certificate() const { return certificate_; }
    /// Whether it came to a handshake.
    bool has_begun() const { return begun_; }
    const std::filesystem::path& ca_file() const { return ca_file_; }

  private:
    static CURLcode set_store(CURL*, void* context, void* self);
    static int verify(X509_STORE_CTX* chain, void* self);
    void note_validity(X509_STORE_CTX* chain);

    std::filesystem::path ca_file_;
    std::string fault_;
    std::optional<Certificate> certificate_;
    bool begun_ = false;
};

}  // namespace backupwatch
