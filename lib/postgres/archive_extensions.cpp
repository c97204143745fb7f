#include "postgres/archive_extensions.hpp"

#include <algorithm>
#include <map>

namespace backupwatch {
namespace {

constexpr std::string_view extension = "EXTENSION";

bool is_remark(const ArchiveEntry& entry) {
    return entry.description == "COMMENT" || entry.description == "SECURITY LABEL" ||
           entry.description == "ACL";
}

std::set<int> dump_ids(const Archive& archive) {
    std::set<int> ids;
    for (const ArchiveEntry& entry : archive.entries) ids.insert(entry.dump_id);
    return ids;
}

bool depends_on_any(const ArchiveEntry& entry, const std::set<int>& ids) {
    return std::ranges::any_of(entry.dependencies, [&](int id) { return ids.contains(id); });
}

/// The extension and what is said about it; `needing` is something else, that is not left out
/// itself, and depends on it.
struct GoesWith {
    std::set<int> going;
    std::set<int> needing;
};

GoesWith goes_with(const Archive& archive, int dump_id, const std::set<int>& left_out) {
    const std::set<int> itself{dump_id};
    GoesWith found{itself, {}};
    for (const ArchiveEntry& entry : archive.entries) {
        if (!depends_on_any(entry, itself) || left_out.contains(entry.dump_id)) continue;
        (is_remark(entry) ? found.going : found.needing).insert(entry.dump_id);
    }
    return found;
}

}  // namespace

std::set<std::string> extensions_in(const Archive& archive) {
    std::set<std::string> names;
    for (const ArchiveEntry& entry : archive.entries) {
        if (entry.description == extension) names.insert(entry.name);
    }
    return names;
}

std::set<int> entries_about_members(const Archive& archive) {
    const std::set<int> held = dump_ids(archive);
    std::set<int> found;
    for (const ArchiveEntry& entry : archive.entries) {
        const bool may_be = is_remark(entry) || entry.description == "TABLE DATA" ||
                            entry.description == "SEQUENCE SET";
        const bool is_about_another =
            std::ranges::any_of(entry.dependencies, [&](int id) { return !held.contains(id); });
        if (may_be && is_about_another) found.insert(entry.dump_id);
    }
    return found;
}

WithoutExtensions without_extensions(
    const Archive& archive,
    const std::set<std::string>& missing,
    const std::function<bool(int dump_id)>& has_rows
) {
    WithoutExtensions result;
    result.needed = missing;
    const std::set<int> about_members = entries_about_members(archive);
    for (const ArchiveEntry& entry : archive.entries) {
        const bool is_data = entry.description == "TABLE DATA";
        const bool of_member = about_members.contains(entry.dump_id);
        if (is_data && of_member && has_rows(entry.dump_id)) result.needing.insert(entry.dump_id);
    }
    if (!result.needing.empty()) return result;
    // An extension that another one needs goes after that one.
    for (bool again = true; again;) {
        again = false;
        result.needing.clear();
        for (const ArchiveEntry& entry : archive.entries) {
            const bool asked = entry.description == extension && result.needed.contains(entry.name);
            if (!asked) continue;
            const auto [going, needing] = goes_with(archive, entry.dump_id, result.entries);
            result.needing.insert(needing.begin(), needing.end());
            if (!needing.empty()) continue;
            result.entries.insert(going.begin(), going.end());
            result.needed.erase(entry.name);
            result.left_out.insert(entry.name);
            again = true;
        }
    }
    return result;
}

std::string restore_list(const Archive& archive, const std::set<int>& left_out) {
    std::string list;
    for (const ArchiveEntry& entry : archive.entries) {
        if (left_out.contains(entry.dump_id)) continue;
        list += std::to_string(entry.dump_id) + ";\n";
    }
    return list;
}

}  // namespace backupwatch
