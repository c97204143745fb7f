#include "postgres/archive_extensions.hpp"

#include <algorithm>
#include <map>
#include <vector>

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

/// Leaves out what nothing needs. Each entry is looked at once however they depend on each other:
/// an archive that is made for it has a hundred thousand extensions.
class LeavingOut {
  public:
    LeavingOut(const Archive& archive, WithoutExtensions& result) : result_(result) {
        for (const ArchiveEntry& entry : archive.entries) {
            for (const int dependency : entry.dependencies) {
                (is_remark(entry) ? remarks_ : needing_)[dependency].insert(entry.dump_id);
            }
            const bool asked = entry.description == extension && result.needed.contains(entry.name);
            if (asked) extensions_.emplace(entry.dump_id, &entry);
        }
    }

    void run() {
        std::vector<int> asked;
        for (const auto& [dump_id, entry] : extensions_) asked.push_back(dump_id);
        while (!asked.empty()) {
            const auto found = extensions_.find(asked.back());
            asked.pop_back();
            if (found == extensions_.end() || is_needed(found->first)) continue;
            const ArchiveEntry& entry = *found->second;
            extensions_.erase(found);
            if (!result_.needed.contains(entry.name)) continue;
            leave_out(entry);
            // An extension that another one needs goes after that one.
            for (const int dependency : entry.dependencies) {
                needing_[dependency].erase(entry.dump_id);
                asked.push_back(dependency);
            }
        }
        for (const auto& [dump_id, entry] : extensions_) {
            if (!result_.needed.contains(entry->name)) continue;
            result_.needing.insert(needing_[dump_id].begin(), needing_[dump_id].end());
        }
    }

  private:
    bool is_needed(int dump_id) const {
        const auto found = needing_.find(dump_id);
        return found != needing_.end() && !found->second.empty();
    }

    void leave_out(const ArchiveEntry& entry) {
        const std::set<int>& said = remarks_[entry.dump_id];
        result_.entries.insert(said.begin(), said.end());
        result_.entries.insert(entry.dump_id);
        result_.needed.erase(entry.name);
        result_.left_out.insert(entry.name);
    }

    WithoutExtensions& result_;
    std::map<int, const ArchiveEntry*> extensions_;  ///< those asked for that are not left out
    std::map<int, std::set<int>> needing_;           ///< by what is needed: all but remarks
    std::map<int, std::set<int>> remarks_;           ///< by what they are about
};

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
    LeavingOut(archive, result).run();
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
