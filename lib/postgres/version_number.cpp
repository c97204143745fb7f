#include "postgres/version_number.hpp"

#include <charconv>
#include <system_error>

namespace backupwatch {

int version_number(std::string_view text) {
    int parts[3] = {0, 0, 0};
    for (int& part : parts) {
        int number = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
        if (error != std::errc() || number < 0 || number > 999) break;
        part = number;
        text.remove_prefix(static_cast<std::size_t>(end - text.data()));
        if (!text.starts_with('.')) break;
        text.remove_prefix(1);
    }
    if (parts[0] >= 10) return parts[0] * 10000 + parts[1];
    return parts[0] * 10000 + parts[1] * 100 + parts[2];
}

}  // namespace backupwatch
