#include "sources/dump/restore_plan.hpp"

#include "postgres/archive_extensions.hpp"

namespace backupwatch {
namespace {

LeftOut left_out_of(
    const Archive& archive, const Manifest& manifest, const WithoutExtensions& without
) {
    LeftOut left_out;
    left_out.extensions = without.left_out;
    const std::set<int> about_members = entries_about_members(archive);
    // They may be those of an extension that is here, and are then compared or empty.
    for (const TableContent& table : manifest.tables) {
        if (about_members.contains(table.dump_id)) left_out.tables.insert(table.name);
    }
    for (const ArchiveEntry& entry : archive.entries) {
        const bool is_one =
            entry.description == "SEQUENCE SET" && about_members.contains(entry.dump_id);
        if (is_one) left_out.sequences.insert({entry.schema, entry.name});
    }
    return left_out;
}

}  // namespace

RestorePlan plan_restore(
    const Archive& archive,
    const Manifest& manifest,
    const std::set<std::string>& installed,
    int major
) {
    RestorePlan plan;
    const std::set<int> about_members = entries_about_members(archive);
    for (const ArchiveEntry& entry : archive.entries) {
        plan.items[entry.dump_id] = {entry.description, about_members.contains(entry.dump_id)};
    }
    std::set<std::string> missing = extensions_in(archive);
    // That the archive does not make one which the source had says nothing for it.
    for (const ExtensionVersion& extension : manifest.extensions) missing.insert(extension.name);
    for (const std::string& extension : installed) missing.erase(extension);
    if (missing.empty()) return plan;

    std::set<int> with_rows;
    for (const TableContent& table : manifest.tables) {
        if (table.rows.count > 0) with_rows.insert(table.dump_id);
    }
    const auto without = without_extensions(archive, missing, [&](int dump_id) {
        return with_rows.contains(dump_id);
    });
    for (const std::string& extension : without.needed) {
        plan.missing.push_back(missing_extension(extension, major));
    }
    plan.left_out = left_out_of(archive, manifest, without);
    plan.left_out_entries = without.entries;
    plan.list = restore_list(archive, without.entries);
    return plan;
}

}  // namespace backupwatch
