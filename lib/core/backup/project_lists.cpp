#include "core/backup/project_lists.hpp"

#include "core/text.hpp"
#include "core/wording/advice.hpp"

#include <algorithm>
#include <cctype>
#include <string_view>

namespace backupwatch {
namespace {

std::string words_of(const ListedEntry& entry) {
    const std::string schema = entry.schema.empty() ? "-" : entry.schema;
    return clean_line("; " + entry.kind + " " + schema + " " + entry.name);
}

std::string_view list_of(const ListedEntry& entry) {
    if (entry.kind == "TABLE DATA" || entry.kind == "SEQUENCE SET") return "rows.list";
    return entry.kind == "MATERIALIZED VIEW DATA" ? "views.list" : "structure.list";
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

std::string in_a_sentence(const ListedEntry& entry) {
    std::string kind;
    for (const char letter : entry.kind) {
        kind += static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
    }
    const std::string place = entry.schema.empty() ? " " : " " + entry.schema + ".";
    return clean_line(kind + place + entry.name);
}

std::string take_out(const std::vector<ListedEntry>& entries) {
    // An owner has no space, as a rule: another entry is not taken for it.
    constexpr const char* owner = " [^ ]*$";
    std::string commands;
    for (const std::string_view list : {"structure.list", "rows.list", "views.list"}) {
        std::string expressions;
        for (const ListedEntry& entry : entries) {
            if (list_of(entry) != list) continue;
            expressions += " -e " + shell_word("/" + to_the_letter(words_of(entry)) + owner + "/d");
        }
        if (expressions.empty()) continue;
        commands += (commands.empty() ? "sed -i.bak" : " && sed -i.bak") + expressions + " ";
        commands += list;
    }
    return commands;
}

}  // namespace backupwatch
