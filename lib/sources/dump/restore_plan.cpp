#include "sources/dump/restore_plan.hpp"

#include "core/text.hpp"
#include "postgres/archive_extensions.hpp"
#include "postgres/connection.hpp"
#include "postgres/supabase.hpp"
#include "sources/dump/platform_stubs.hpp"

#include <algorithm>

namespace backupwatch {
namespace {

MissingHere held_back(const std::string& extension) {
    return {
        "something in the dump depends on the extension " + clean_line(extension) +
            ", which no drill makes since it acts outward",
        "do without what depends on it",
    };
}

bool needs_superuser(const ArchiveEntry& entry) {
    const std::string& kind = entry.description;
    return kind == "EVENT TRIGGER" || kind == "FOREIGN DATA WRAPPER" ||
           (kind == "PUBLICATION" && entry.definition.find(" FOR ALL TABLES") != std::string::npos);
}

LeftOut left_out_of(
    const Archive& archive,
    const Manifest& manifest,
    const WithoutExtensions& without,
    const PlatformStubs& stubs
) {
    LeftOut left_out;
    left_out.extensions = without.left_out;
    const std::set<int> about_members = entries_about_members(archive);
    // They may be those of an extension that is here, and are then compared or empty.
    for (const TableContent& table : manifest.tables) {
        const bool is_filled = stubs.filled.contains(table.dump_id);
        const bool is_of_member = about_members.contains(table.dump_id);
        if (is_of_member && !is_filled) left_out.tables.insert(table.name);
    }
    for (const ArchiveEntry& entry : archive.entries) {
        const bool is_one = entry.description == "SEQUENCE SET" &&
                            about_members.contains(entry.dump_id) &&
                            !stubs.filled.contains(entry.dump_id);
        if (is_one) left_out.sequences.insert({entry.schema, entry.name});
    }
    return left_out;
}

std::vector<HeldExtension> held_extensions(
    const Archive& archive, const PlatformStubs& stubs, const std::set<std::string>& installed
) {
    std::vector<HeldExtension> held;
    for (const PlatformExtension& extension : platform_extensions()) {
        const std::string name(extension.name);
        if (!stubs.extensions.contains(name)) continue;
        const auto is_kept = [&](const ArchiveEntry& entry) {
            return entry.schema == extension.schema && stubs.filled.contains(entry.dump_id);
        };
        held.push_back(
            {name,
             std::string(extension.schema),
             installed.contains(name),
             std::ranges::any_of(archive.entries, is_kept)}
        );
    }
    return held;
}

std::string step_for(const HeldExtension& extension) {
    const std::string name = quote_identifier(extension.name);
    const std::string make = "CREATE EXTENSION " + name + ";";
    const std::string kept = quote_identifier(extension.schema + "_restored");
    const std::string rename =
        "ALTER SCHEMA " + quote_identifier(extension.schema) + " RENAME TO " + kept + "; ";
    std::string step = "Once nothing uses the old database, make the extension " + name;
    step += extension.is_here ? "" : ", which this server does not have yet";
    step += ": `" + (extension.keeps_rows ? rename : std::string()) + make + "`";
    if (extension.keeps_rows) step += ", then enter again what lies in the schema " + kept;
    return clean_line(step) + ".";
}

}  // namespace

std::vector<LeftForLater> left_for_later(const RestorePlan& plan) {
    std::vector<LeftForLater> later;
    for (const HeldExtension& extension : plan.held) {
        later.push_back({clean_line("the extension " + extension.name), step_for(extension)});
    }
    for (const std::string& subscription : plan.subscriptions) {
        later.push_back(
            {clean_line("the subscription " + subscription),
             clean_line(
                 "Drop the subscription " + quote_identifier(subscription) +
                 " of the old database, then make it here: both would share one slot."
             )}
        );
    }
    return later;
}

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
        if (needs_superuser(entry)) plan.owners_like_superusers.insert(entry.owner);
        if (entry.description == "SUBSCRIPTION") plan.subscriptions.push_back(entry.name);
    }
    std::set<std::string> missing = extensions_in(archive);
    // That the archive does not make one which the source had says nothing for it.
    for (const ExtensionVersion& extension : manifest.extensions) missing.insert(extension.name);
    for (const std::string& extension : installed) missing.erase(extension);
    PlatformStubs stubs;
    if (manifest.is_of_supabase) stubs = platform_stubs(archive);
    // Also where it is installed: in a drill nothing may act.
    missing.insert(stubs.extensions.begin(), stubs.extensions.end());
    plan.stubs = stubs.statements;
    if (missing.empty() && stubs.left_out.empty()) return plan;

    std::set<int> with_rows;
    for (const TableContent& table : manifest.tables) {
        const bool is_filled = stubs.filled.contains(table.dump_id);
        if (table.rows.count > 0 && !is_filled) with_rows.insert(table.dump_id);
    }
    const auto without = without_extensions(archive, missing, [&](int dump_id) {
        return with_rows.contains(dump_id);
    });
    for (const std::string& extension : without.needed) {
        const bool is_held = stubs.extensions.contains(extension);
        plan.missing.push_back(
            is_held ? held_back(extension) : missing_extension(extension, major)
        );
    }
    plan.left_out = left_out_of(archive, manifest, without, stubs);
    plan.platform_extensions = stubs.extensions;
    plan.held = held_extensions(archive, stubs, installed);
    plan.left_out_entries = without.entries;
    plan.left_out_entries.insert(stubs.left_out.begin(), stubs.left_out.end());
    plan.list = restore_list(archive, plan.left_out_entries);
    return plan;
}

}  // namespace backupwatch
