#include "postgres/without_values.hpp"

namespace backupwatch {

std::string without_values(std::string_view text) {
    for (const std::string_view mark : {")=(", "contains (", ": \""}) {
        const auto at = text.find(mark);
        if (at == std::string_view::npos) continue;
        return std::string(text.substr(0, at + mark.size() - 1)) + "...";
    }
    return std::string(text);
}

}  // namespace backupwatch
