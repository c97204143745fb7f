#include "sources/dump/instructions.hpp"

#include "core/backup/project_lists.hpp"
#include "sources/dump/commands.hpp"
#include "sources/dump/project_restore.hpp"

#include <algorithm>

namespace backupwatch {
namespace {

/// Those that exist become what they were in the source.
constexpr const char* all_roles = "psql --no-psqlrc --dbname=postgres --file=globals.sql";
constexpr const char* new_roles =
    "grep '^CREATE ROLE' globals.sql | psql --no-psqlrc --dbname=postgres";

/// As a shell takes it for one word.
std::string shell_word(const std::string& text) {
    const bool plain = !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               std::string_view("-_=./:@%+,").find(c) != std::string_view::npos;
    });
    if (plain) return text;
    std::string quoted = "'";
    for (const char c : text) {
        if (c == '\'') {
            quoted += "'\\''";
        } else {
            quoted += c;
        }
    }
    return quoted + "'";
}

/// `pg_restore --list archive | grep -vE '^(6|3808);' > restore.list`
std::string list_without(const std::set<int>& entries) {
    std::string ids;
    for (const int id : entries) ids += (ids.empty() ? "" : "|") + std::to_string(id);
    return "pg_restore --list archive | grep -vE '^(" + ids + ");' > restore.list";
}

}  // namespace

std::string command_line(std::string program, const std::vector<std::string>& arguments) {
    for (const auto& argument : arguments) program += " " + shell_word(argument);
    return program;
}

std::vector<std::string> restore_commands(
    const Manifest& manifest,
    const std::string& database,
    int jobs,
    const std::set<int>& left_out,
    const std::vector<std::string>& stubs
) {
    auto create = createdb_arguments(manifest);
    create.push_back(database);
    auto restore = pg_restore_arguments(jobs);
    if (!left_out.empty()) restore.push_back("--use-list=restore.list");
    restore.push_back("--dbname=" + database);
    restore.push_back("archive");
    std::vector<std::string> commands = {
        "find archive -name '*.zst' -exec zstd -d --rm -q {} +",
        command_line("createdb", create),
        all_roles,
        command_line("pg_restore", restore),
    };
    for (const std::string& statement : stubs) {
        const std::vector<std::string> arguments{
            "--no-psqlrc", "--dbname=" + database, "--command=" + statement};
        commands.insert(commands.end() - 1, command_line("psql", arguments));
    }
    if (!left_out.empty()) commands.insert(commands.end() - 1, list_without(left_out));
    return commands;
}

ByHand restore_by_hand(const Manifest& manifest, const std::filesystem::path& folder, int jobs) {
    ByHand by_hand;
    by_hand.database = manifest.database_name;
    by_hand.is_into_project = manifest.is_of_supabase;
    by_hand.not_held = manifest.not_held;
    // A project has one database, which nobody renames.
    by_hand.restored =
        by_hand.is_into_project ? manifest.database_name : restored_name(manifest.database_name);
    by_hand.server_version = manifest.server_version;
    by_hand.is_guided_only = by_hand.is_into_project && !has_project_lists(manifest);
    if (by_hand.is_guided_only) return by_hand;
    const std::vector<std::string> commands =
        by_hand.is_into_project ? project_commands(manifest)
                                : restore_commands(manifest, by_hand.restored, jobs);
    by_hand.fetch = in_new_folder();
    by_hand.fetch.push_back(command_line("cp", {"--recursive", folder.string() + "/.", "."}));
    // The first makes the archive readable.
    by_hand.fetch.push_back(commands.front());
    by_hand.load.assign(commands.begin() + 1, commands.end());
    // Beside the old database: what is there keeps its roles as they are now.
    std::ranges::replace(by_hand.load, std::string(all_roles), std::string(new_roles));
    return by_hand;
}

std::string instructions(const Manifest& manifest) {
    // Every cluster has a database `postgres` already.
    const bool is_taken = manifest.database_name == "postgres";
    const std::string target = is_taken ? "restored" : manifest.database_name;
    std::string text =
        "A dump of the PostgreSQL database \"" + manifest.database_name +
        "\", taken by backupwatch\n"
        "at " +
        to_rfc3339(manifest.started_at) +
        ". It needs no backupwatch to be restored: "
        "`archive` is a directory-format\narchive of pg_dump whose data files are compressed with "
        "zstd.\n\n"
        "In a copy of this folder, for a PostgreSQL of version " +
        std::to_string(manifest.server_version / 10000) +
        " or newer (PGHOST, PGUSER, ... say "
        "which):\n\n";
    for (const auto& command : restore_commands(manifest, target, 2)) {
        text += "    " + command + "\n";
    }
    text +=
        "\nThat is for a new server, whose roles globals.sql makes what they were. On one that has "
        "roles of\nits own it would change them: instead of it, make what is missing, and no "
        "role changes (those\nthat are there already are no harm):\n\n  " +
        std::string(new_roles) + "\n";
    if (manifest.is_of_supabase) {
        text +=
            "\nIt is of a Supabase project: what a server without Supabase's extensions needs "
            "before\nis printed by each drill. Into a new project, whose extensions and webhooks "
            "are enabled\nand whose queues are made as they were (PGHOST, PGUSER, ... are those of "
            "its session pooler,\nPGDATABASE is postgres).\nWhat globals.sql may not do there psql "
            "tells by name: of "
            "the platform's roles that is\nno harm.\n\n";
        for (const auto& command : project_commands(manifest)) text += "    " + command + "\n";
    }
    if (!manifest.not_held.empty()) text += "\nNot in it:\n";
    for (const NotHeld& part : manifest.not_held) {
        text += "  - " + part.what + ": " + part.why + "\n";
    }
    text +=
        "\nglobals.sql holds the roles without their passwords; that a role exists already is no "
        "harm.\nmanifest.json lists what must be in each table (rows, hash), every file with its "
        "SHA-256,\nand ends with the SHA-256 of itself: head -c -77 manifest.json | sha256sum\n";
    return text;
}

}  // namespace backupwatch
