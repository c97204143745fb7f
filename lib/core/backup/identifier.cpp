#include "core/backup/identifier.hpp"

namespace backupwatch {

std::vector<std::string> identifier_parts(std::string_view name) {
    std::vector<std::string> parts(1);
    bool is_quoted = false;
    for (std::size_t i = 0; i < name.size(); ++i) {
        if (name[i] == '"') {
            // Within quotes a doubled quote stands for one.
            const bool is_doubled = is_quoted && i + 1 < name.size() && name[i + 1] == '"';
            if (is_doubled) {
                parts.back() += name[++i];
            } else {
                is_quoted = !is_quoted;
            }
        } else if (name[i] == '.' && !is_quoted) {
            parts.emplace_back();
        } else {
            parts.back() += name[i];
        }
    }
    return parts;
}

}  // namespace backupwatch
