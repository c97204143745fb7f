#include "sources/foreign/offset_finder.hpp"

namespace backupwatch {

void OffsetFinder::add(std::string_view piece) {
    for (std::size_t at = 0; at < piece.size() && !found_; ++at) {
        // Of most rows nothing else is looked at.
        if (place_ == Place::elsewhere) at = piece.find(':', at);
        if (at == std::string_view::npos) return;
        take(piece[at]);
    }
}

void OffsetFinder::take(char letter) {
    const bool is_digit = letter >= '0' && letter <= '9';
    const bool is_pair = digits_ == 2;
    const bool is_sign = letter == '+' || letter == '-';
    switch (place_) {
        case Place::elsewhere:
            break;
        case Place::time:
            if (is_digit && !is_pair) {
                ++digits_;
                return;
            }
            if (!is_pair) break;
            if (letter == ':') {
                has_seconds_ = true;
                digits_ = 0;
                return;
            }
            if (has_seconds_ && (letter == '.' || is_sign)) {
                place_ = is_sign ? Place::offset : Place::fraction;
                digits_ = 0;
                is_zero_ = true;
                return;
            }
            break;
        case Place::fraction:
            if (is_digit) return;
            if (!is_sign) break;
            place_ = Place::offset;
            return;
        case Place::offset:
            if (is_digit && !is_pair) {
                ++digits_;
                is_zero_ = is_zero_ && letter == '0';
                found_ = digits_ == 2 && !is_zero_;
                return;
            }
            // Minutes, and of long ago seconds.
            if (!is_pair || letter != ':') break;
            digits_ = 0;
            return;
    }
    place_ = letter == ':' ? Place::time : Place::elsewhere;
    digits_ = 0;
    has_seconds_ = false;
}

}  // namespace backupwatch
