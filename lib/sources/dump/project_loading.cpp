#include "sources/dump/project_loading.hpp"

#include "async/pool.hpp"
#include "core/backup/project_lists.hpp"
#include "core/backup/project_tables.hpp"
#include "core/failure.hpp"
#include "core/text.hpp"
#include "postgres/role_names.hpp"
#include "postgres/without_values.hpp"
#include "sources/dump/commands.hpp"
#include "sources/dump/file.hpp"
#include "sources/dump/loading.hpp"
#include "sources/dump/log_ins.hpp"
#include "sources/dump/project_restore.hpp"
#include "sources/dump/tool_failure.hpp"

#include <cerrno>
#include <fstream>
#include <functional>
#include <set>
#include <utility>

namespace backupwatch {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t most_of_archives_toc = 1 << 30;
constexpr std::size_t head_of_script = 4096;
constexpr std::string_view newer_setting = "SET transaction_timeout = 0;";
constexpr int first_with_newer_setting = 170000;
constexpr const char* parts_of_project[] = {"structure", "rows", "large_objects", "views"};

struct ReadInArchive {
    std::set<std::string> named;   ///< roles
    std::set<std::string> owners;  ///< whose default rights are set
    std::vector<SkippedPart> subscriptions;
};

/// In the place of the one that lies beside the dump, which an earlier version may have written.
void write_list(const fs::path& file, const std::string& list) {
    fs::remove(file);
    File::create(file).write(list);
}

Archive read_contents(const fs::path& folder) {
    return parse_archive(read_file(folder / "archive" / "toc.dat", most_of_archives_toc));
}

ReadInArchive read_in(const Archive& archive, const Manifest& manifest) {
    const Archive part = users_part(archive, manifest);
    return {roles_in(part), owners_in(part), left_out_subscriptions(archive)};
}

ReadInArchive write_lists(
    const fs::path& folder, const Manifest& manifest, const LeftOut& left_out
) {
    const Archive archive = read_contents(folder);
    const ProjectLists lists = project_lists(archive, manifest, left_out);
    write_list(folder / "structure.list", lists.structure);
    write_list(folder / "rows.list", lists.rows);
    write_list(folder / "large_objects.list", lists.large_objects);
    write_list(folder / "views.list", lists.views);
    return read_in(archive, manifest);
}

/// psql runs commands of a script on this machine, unless that begins by locking them up: with a
/// word that pg_restore makes up anew, so that no dump knows it.
void require_locked(const std::string& head) {
    // Before the first word of the dump's.
    if (head.starts_with("--\n-- PostgreSQL database dump\n--\n\n\\restrict ")) return;
    throw Failure(
        Failure::Kind::missing,
        "pg_restore is too old to keep what a dump says from running programs here",
        "Install the newest minor version of PostgreSQL's client programs."
    );
}

/// A newer pg_restore begins with a setting that an older server does not know.
void prepare_script(const fs::path& script, int server_version) {
    std::fstream file(script, std::ios::in | std::ios::out | std::ios::binary);
    std::string head(head_of_script, '\0');
    file.read(head.data(), static_cast<std::streamsize>(head.size()));
    head.resize(static_cast<std::size_t>(file.gcount()));
    require_locked(head);
    const auto at = head.find(newer_setting);
    if (at == head.npos || server_version >= first_with_newer_setting) return;
    file.clear();
    file.seekp(static_cast<std::streamoff>(at));
    file << "--";
    file.flush();
    if (!file) throw file_failure("write", script, errno);
}

/// The lines begins_or_ends() of a script of large objects become empty ones.
void blank_transactions(const fs::path& script) {
    std::fstream file(script, std::ios::in | std::ios::out | std::ios::binary);
    std::streamoff at = 0;
    for (std::string line; std::getline(file, line);) {
        const std::streamoff next = at + static_cast<std::streamoff>(line.size()) + 1;
        if (begins_or_ends(line)) {
            file.seekp(at);
            file << std::string(line.size(), ' ');
            file.seekg(next);
        }
        at = next;
    }
    if (file.bad() || !file.eof()) throw file_failure("write", script, errno);
}

Task<> write_scripts(
    Loading& loading, const Manifest& manifest, const Sandbox& sandbox, Pool& pool
) {
    for (const std::string part : parts_of_project) {
        Command command =
            pg_restore_to_script(sandbox.installation, loading.access(), script_arguments(part));
        const Exit exit = co_await loading.run(std::move(command));
        if (!exit.ok()) throw tool_failure("pg_restore", exit);
        const int server_version = manifest.server_version;
        const bool is_large_objects = part == "large_objects";
        auto prepare = [=, script = sandbox.folder / (part + ".sql")] {
            prepare_script(script, server_version);
            if (is_large_objects) blank_transactions(script);
            return true;
        };
        co_await pool.run(std::move(prepare));
    }
}

/// What the server says, without the values of rows.
class SaidByPsql {
  public:
    void add(std::string_view line) {
        constexpr std::size_t longest = 1000;
        if (line.find("ERROR:  ") != line.npos) {
            if (!first_.empty()) return;
            first_ = cut_bytes(clean_line(error_without_values(line)), longest);
        } else if (!first_.empty() && first_.size() < longest) {
            const std::string detail = detail_without_values(line);
            if (!detail.empty()) first_ += "; " + clean_line(detail);
        }
    }
    const std::string& first() const { return first_; }

  private:
    std::string first_;
};

std::string hint_of_refused_load(const Manifest& manifest) {
    const std::string changes = "What a hosted project lets its postgres do changes";
    if (!has_project_lists(manifest)) return changes + ".";
    return changes +
           ": README.txt beside the dump has the same as commands, and the lists that they read "
           "name each entry, whose line may be taken out.";
}

Task<> run_scripts(Loading& loading, const Manifest& manifest, const Sandbox& sandbox) {
    // By a pooler it would have another name than that by which sessions of a restore are known.
    std::vector<std::string> scripts{"--command=SET application_name = 'backupwatch_restore'"};
    for (const std::string& statement : default_rights_statements()) {
        scripts.push_back("--command=" + statement);
    }
    scripts.emplace_back("--file=structure.sql");
    scripts.push_back(std::string("--command=") + as_they_stand);
    scripts.insert(
        scripts.end(), {"--file=rows.sql", "--file=large_objects.sql", "--file=views.sql"}
    );
    scripts.push_back("--command=" + sandbox.last_statement());
    Command command =
        psql_in_one_transaction(sandbox.installation, loading.access(), sandbox.database, scripts);
    SaidByPsql said;
    command.output = "/dev/null";
    command.on_error_line = [&said](std::string_view line) { said.add(line); };
    const Exit exit = co_await loading.run(std::move(command));
    if (exit.ok()) co_return;
    if (exit.signal || said.first().empty()) throw tool_failure("psql", exit);
    if (const auto failure = sandbox_failure({said.first()})) throw Failure(*failure);
    throw Failure(
        Failure::Kind::rejected,
        "the project did not take the dump: " + said.first(),
        hint_of_refused_load(manifest)
    );
}

/// Returns the subscriptions that it leaves out.
Task<std::vector<SkippedPart>> load(
    Loading& loading, const Manifest& manifest, const Sandbox& sandbox, Pool& pool
) {
    std::function<ReadInArchive()> write = [&sandbox, &manifest] {
        return write_lists(sandbox.folder, manifest, sandbox.left_out);
    };
    ReadInArchive read = co_await pool.run(std::move(write));
    co_await write_scripts(loading, manifest, sandbox, pool);
    co_await loading.settle_roles(read.named, std::move(read.owners));
    co_await tell_log_ins(loading, sandbox, std::move(read.named), pool);
    co_await loading.create_database();
    co_await run_scripts(loading, manifest, sandbox);
    co_return std::move(read.subscriptions);
}

/// What an earlier restore has done of that.
Task<std::vector<SkippedPart>> take_as_loaded(
    Loading& loading, const Manifest& manifest, const Sandbox& sandbox, Pool& pool
) {
    std::function<ReadInArchive()> look = [&sandbox, &manifest] {
        return read_in(read_contents(sandbox.folder), manifest);
    };
    ReadInArchive read = co_await pool.run(std::move(look));
    co_await loading.create_database();
    co_await tell_log_ins(loading, sandbox, std::move(read.named), pool);
    co_return std::move(read.subscriptions);
}

}  // namespace

Task<> load_project(
    Loading& loading, const Manifest& manifest, const Sandbox& sandbox, Pool& pool
) {
    auto loaded = sandbox.is_loaded ? take_as_loaded(loading, manifest, sandbox, pool)
                                    : load(loading, manifest, sandbox, pool);
    std::vector<SkippedPart> subscriptions = co_await std::move(loaded);
    auto& restored = loading.restored;
    restored.left_out = sandbox.left_out;
    restored.notes.insert(restored.notes.end(), sandbox.notes.begin(), sandbox.notes.end());
    for (const TableContent& table : manifest.tables) {
        if (stays_projects(table.name)) restored.left_out.tables.insert(table.name);
    }
    for (SkippedPart& part : projects_own_tables(manifest)) {
        restored.notes.push_back(std::move(part));
    }
    for (SkippedPart& part : subscriptions) restored.notes.push_back(std::move(part));
    restored.notes.push_back(
        {"owners", "who restored owns what was restored, as in Supabase's own guide"}
    );
    restored.notes.push_back(
        {"what is set for roles and for the database", "see the steps: globals.sql sets it"}
    );
    restored.expected = expected_in_project(manifest);
    loading.all_loaded();
}

}  // namespace backupwatch
