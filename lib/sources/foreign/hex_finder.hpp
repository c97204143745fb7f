#pragma once
#include <string_view>

namespace backupwatch {

/// Looks through COPY text, in pieces of any size, for bytes in hexadecimal digits, `\\x6162`: with
/// bytea_output set to escape a session writes none.
class HexFinder {
  public:
    void add(std::string_view piece);
    bool found() const { return found_; }

  private:
    int backslashes_ = 0;  ///< those just before
    bool found_ = false;
};

}  // namespace backupwatch
