#include "core/words.hpp"

#include "core/quoted_line.hpp"
#include "core/size.hpp"

namespace backupwatch {

std::string counted(std::size_t count, const std::string& noun) {
    return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

std::string listed(const std::vector<std::string>& names, std::size_t most) {
    std::string text;
    for (std::size_t i = 0; i < names.size() && i < most; ++i) {
        const bool is_last = i + 1 == names.size();
        text += (i == 0 ? "" : is_last ? " and " : ", ") + names[i];
    }
    if (names.size() > most) text += " and " + std::to_string(names.size() - most) + " more";
    return text;
}

std::string moment_and_size(const Backup& backup) {
    std::string text = in_words(instant_of(backup));
    if (backup.size_bytes) text += ", " + size_in_words(*backup.size_bytes);
    return text;
}

std::string id_and_label(const Backup& backup) {
    return backup.label.empty() ? backup.id : backup.id + " " + quoted_line(backup.label);
}

}  // namespace backupwatch
