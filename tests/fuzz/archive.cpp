// An archive's table of contents, and what is made of it before it is restored.
#include "postgres/archive.hpp"

#include "postgres/role_names.hpp"
#include "sources/dump/restore_plan.hpp"
#include "target.hpp"

#include <algorithm>

namespace backupwatch {
namespace {

/// Every other table has rows.
Manifest manifest_of(const Archive& archive, bool is_of_supabase) {
    Manifest manifest;
    manifest.is_of_supabase = is_of_supabase;
    for (const ArchiveEntry& entry : archive.entries) {
        if (entry.description != "TABLE DATA") continue;
        TableContent table;
        table.name = entry.name;
        table.dump_id = entry.dump_id;
        table.rows.count = manifest.tables.size() % 2;
        manifest.tables.push_back(std::move(table));
    }
    return manifest;
}

void expect_plan(const Archive& archive, bool is_of_supabase) {
    const Manifest manifest = manifest_of(archive, is_of_supabase);
    const RestorePlan plan = plan_restore(archive, manifest, {"plpgsql", "uuid-ossp"}, 15);
    expect(plan.items.size() <= archive.entries.size(), "an item is an entry");
    std::size_t listed = 0;
    for (const ArchiveEntry& entry : archive.entries) {
        expect(plan.items.contains(entry.dump_id), "each entry is judged by what it is");
        listed += plan.left_out_entries.contains(entry.dump_id) ? 0 : 1;
    }
    for (const int dump_id : plan.left_out_entries) {
        expect(plan.items.contains(dump_id), "what is left out is in the archive");
    }
    const auto lines = static_cast<std::size_t>(std::ranges::count(plan.list, '\n'));
    expect(plan.list.empty() || lines == listed, "the list has all that is not left out");
    for (const LeftForLater& later : left_for_later(plan)) {
        const bool is_line =
            later.what.find('\n') == later.what.npos && later.step.find('\n') == later.step.npos;
        expect(!later.what.empty() && is_line, "a step is a line");
    }
    expect(is_of_supabase || plan.stubs.empty(), "stubs are for what is the platform's");
}

}  // namespace

void read_foreign_bytes(std::string_view bytes) {
    try {
        const Archive archive = parse_archive(bytes);
        // Each takes a hundred bytes and more of the file.
        expect(archive.entries.size() <= bytes.size(), "no more entries than bytes");
        for (const ArchiveEntry& entry : archive.entries) {
            parse_copy_statement(entry.copy_statement);
        }
        const auto roles = roles_in(archive);
        expect(std::ranges::includes(roles, owners_in(archive)), "who owns something is a role");
        for (const bool is_of_supabase : {false, true}) expect_plan(archive, is_of_supabase);
    } catch (const Failure& failure) {
        // Of another format, or compressed in another way.
        if (failure.kind() != Failure::Kind::missing) throw;
    }
}

}  // namespace backupwatch
