#include "sources/foreign/settings.hpp"

#include <fnmatch.h>

#include <algorithm>

namespace backupwatch {

void describe_foreign(Section& section, const SetSettings& set, ForeignFiles& files) {
    using namespace std::chrono_literals;
    section.key("files", files.pattern, "which files of a watched folder are dumps, `*.sql.gz`");
    section
        .key(
            "settle", files.settle, "a file of a watched folder is complete when unchanged so long"
        )
        .at_least(1s);
    if (!set.take) return;
    for (const char* name : {"files", "settle"}) {
        if (!section.has(name)) continue;
        section.complain(
            name, std::string(name) + ": of a folder that is only watched; remove it, or take"
        );
    }
}

bool is_dump_name(const ForeignFiles& files, const std::string& name) {
    // Also what tools write to before they rename it.
    if (name.empty() || name.front() == '.') return false;
    if (!files.pattern.empty()) return ::fnmatch(files.pattern.c_str(), name.c_str(), 0) == 0;
    return std::ranges::any_of(dump_endings, [&](std::string_view ending) {
        return name.ends_with(ending);
    });
}

}  // namespace backupwatch
