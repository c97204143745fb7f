#include "postgres/row_hash.hpp"

#include <xxhash.h>

#include <algorithm>
#include <new>

namespace backupwatch {
namespace {

constexpr std::string_view end_mark = "\\.";

Rows one_row(const XXH128_hash_t& hash) {
    return Rows{1, hash.high64, hash.low64};
}

}  // namespace

Rows hash_row(std::string_view line) {
    if (line.ends_with('\n')) line.remove_suffix(1);
    return one_row(XXH3_128bits(line.data(), line.size()));
}

void CopyHasher::FreeState::operator()(XXH3_state_s* state) const {
    XXH3_freeState(state);
}

void CopyHasher::add(std::string_view piece) {
    while (!piece.empty()) {
        const auto newline = piece.find('\n');
        if (newline == std::string_view::npos) return carry(piece);
        const auto text = piece.substr(0, newline);
        if (carried_head_.empty()) {
            line(text);
        } else {
            carry(text);
            end_carried_line();
        }
        piece.remove_prefix(newline + 1);
    }
}

// COPY text escapes each backslash of a value, so no row is an end mark; but a row of one empty
// text, or of a table without columns, is a blank line.
void CopyHasher::line(std::string_view text) {
    if (ended_) {
        after_end_ = after_end_ || !text.empty();
    } else if (text == end_mark) {
        ended_ = true;
    } else {
        rows_ += hash_row(text);
    }
}

void CopyHasher::carry(std::string_view text) {
    if (text.empty()) return;
    if (!carried_) {
        carried_.reset(XXH3_createState());
        if (!carried_) throw std::bad_alloc();
    }
    if (carried_head_.empty()) XXH3_128bits_reset(carried_.get());
    XXH3_128bits_update(carried_.get(), text.data(), text.size());
    const auto enough = end_mark.size() + 1;
    const auto lacking = enough - std::min(enough, carried_head_.size());
    carried_head_.append(text.substr(0, lacking));
}

void CopyHasher::end_carried_line() {
    if (ended_ || carried_head_ == end_mark) {
        line(carried_head_);
    } else {
        rows_ += one_row(XXH3_128bits_digest(carried_.get()));
    }
    carried_head_.clear();
}

}  // namespace backupwatch
