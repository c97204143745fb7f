#include "sources/foreign/money_finder.hpp"

namespace backupwatch {

void MoneyFinder::add(std::string_view piece) {
    for (std::size_t at = 0; at < piece.size() && !found_; ++at) {
        // Of most rows nothing else is looked at.
        if (place_ == Place::elsewhere) at = piece.find('$', at);
        if (at == std::string_view::npos) return;
        const char letter = piece[at];
        const bool is_digit = letter >= '0' && letter <= '9';
        const int most = place_ == Place::cents ? 2 : 3;
        if (place_ != Place::elsewhere && is_digit && digits_ < most) {
            ++digits_;
            continue;
        }
        found_ = place_ == Place::cents && digits_ == most && !is_digit;
        place_ = next(letter);
        digits_ = 0;
    }
}

MoneyFinder::Place MoneyFinder::next(char letter) {
    const bool is_whole =
        (place_ == Place::first_group && digits_ > 0) || (place_ == Place::group && digits_ == 3);
    if (is_whole && letter == ',') return Place::group;
    if (is_whole && letter == '.') return Place::cents;
    return letter == '$' ? Place::first_group : Place::elsewhere;
}

}  // namespace backupwatch
