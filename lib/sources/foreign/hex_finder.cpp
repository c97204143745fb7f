#include "sources/foreign/hex_finder.hpp"

namespace backupwatch {

void HexFinder::add(std::string_view piece) {
    for (std::size_t at = 0; at < piece.size() && !found_; ++at) {
        if (backslashes_ == 0) at = piece.find('\\', at);
        if (at == std::string_view::npos) return;
        if (piece[at] == '\\') {
            if (backslashes_ < 2) ++backslashes_;
            continue;
        }
        found_ = backslashes_ == 2 && piece[at] == 'x';
        backslashes_ = 0;
    }
}

}  // namespace backupwatch
