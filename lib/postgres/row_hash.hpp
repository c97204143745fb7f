#pragma once
#include "core/backup/manifest.hpp"

#include <memory>
#include <string>
#include <string_view>

struct XXH3_state_s;

namespace backupwatch {

/// Rows of one line of COPY text, its newline included or not: the newline is never hashed.
Rows hash_row(std::string_view line);

/// COPY text in pieces of any size, as it is read from a file: counts and adds up its rows, and
/// knows the end mark. A line that spans pieces costs no memory, however long it is.
class CopyHasher {
  public:
    void add(std::string_view piece);

    const Rows& rows() const { return rows_; }
    /// The end mark `\.` was seen as a line of its own, with nothing but blank lines after it:
    /// without it the data was cut, at a line's end perhaps.
    bool ended() const { return ended_ && !after_end_ && carried_head_.empty(); }

  private:
    void line(std::string_view text);
    void carry(std::string_view text);
    void end_carried_line();

    struct FreeState {
        void operator()(XXH3_state_s* state) const;
    };

    Rows rows_;
    std::unique_ptr<XXH3_state_s, FreeState> carried_;  ///< hash of the unfinished line so far
    std::string
        carried_head_;  ///< its first bytes, enough to know an end mark; empty: no such line
    bool ended_ = false;
    bool after_end_ = false;  ///< something stood after the end mark
};

}  // namespace backupwatch
