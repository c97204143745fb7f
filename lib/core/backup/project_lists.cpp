#include "core/backup/project_lists.hpp"

#include "core/text.hpp"
#include "core/wording/advice.hpp"

#include <algorithm>
#include <string_view>

namespace backupwatch {
namespace {

std::string words_of(const ListedEntry& entry) {
    const std::string schema = entry.schema.empty() ? "-" : entry.schema;
    return clean_line("; " + entry.kind + " " + schema + " " + entry.name);
}

/// As a regular expression that matches nothing else.
std::string to_the_letter(const std::string& text) {
    constexpr std::string_view special = "\\.[]*^$/";
    std::string pattern;
    for (const char letter : text) {
        if (special.find(letter) != special.npos) pattern += '\\';
        pattern += letter;
    }
    return pattern;
}

}  // namespace

bool has_project_lists(const Manifest& manifest) {
    return std::ranges::find(manifest.files, "large_objects.list", &FileEntry::path) !=
           manifest.files.end();
}

std::string in_list(const ListedEntry& entry, const std::string& owner) {
    return words_of(entry) + " " + clean_line(owner);
}

std::string take_out(const std::vector<ListedEntry>& entries, const std::string& list) {
    // An owner has no space, as a rule: another entry is not taken for it.
    constexpr const char* owner = " [^ ]*$";
    std::string command = "sed -i.bak";
    for (const ListedEntry& entry : entries) {
        command += " -e " + shell_word("/" + to_the_letter(words_of(entry)) + owner + "/d");
    }
    return command + " " + list;
}

}  // namespace backupwatch
