#pragma once
#include "core/progress.hpp"
#include "postgres/archive.hpp"
#include "postgres/server_access.hpp"
#include "process/process.hpp"
#include "sources/dump/restore_plan.hpp"
#include "sources/dump/throttled.hpp"
#include "sources/source.hpp"

#include <filesystem>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace backupwatch {

class Pool;

/// The steps by which a dump that was fetched is loaded into the sandbox's server. Each throws
/// Failure where it could not be run to its end; what the programs themselves find wrong is in
/// `restored`, and so is what this machine lacks.
class Loading {
  public:
    Loading(
        const Manifest& manifest,
        const Sandbox& sandbox,
        Source::OnLoaded on_loaded,
        ProgressSink progress,
        Pool& pool
    );

    /// Finds which of the archive's extensions this server has; `read` runs on the pool. Where
    /// `restored.missing` is not empty then, there is no point in going on.
    Task<> plan(std::function<Archive()> read);
    /// Of a server that stays: the roles that the archive names are there, or are made. After
    /// plan(). Throws Failure::denied where they cannot be.
    Task<> settle_roles();
    /// The same of these; who restores may give things to `owners`.
    Task<> settle_roles(std::set<std::string> roles, std::set<std::string> owners);
    /// As the manifest says, or as near as this machine can.
    Task<> create_database();
    /// Runs SQL of our own in the database; what the server refuses is damage, told with `trouble`
    /// before it.
    Task<> run_sql(std::vector<std::string> statements, std::string trouble);
    /// Makes what stands in for the platform's, of which the archive has rows.
    Task<> make_stubs();
    /// `jobs` as pg_restore_arguments() has them.
    Task<> load_archive(const std::filesystem::path& archive, int jobs);
    /// Of what is loaded as a whole, but for what was left out.
    void all_loaded();

    /// One of PostgreSQL's programs, in the sandbox and as its user.
    Task<Exit> run(Command command);
    const ServerAccess& access() const { return access_; }
    int major() const { return major_; }
    /// Which entries of the archive are not restored.
    const std::set<int>& left_out_entries() const { return plan_.left_out_entries; }
    /// SQL that is run before it is.
    const std::vector<std::string>& stubs() const { return plan_.stubs; }
    /// The manifest, with what the database was made like.
    const Manifest& made_like() const { return made_like_; }

    Source::Restored restored;

  private:
    Task<> ask_server(std::set<std::string>& installed);
    Task<std::vector<std::string>> lend_superuser();
    Task<> take_back(std::vector<std::string> roles);
    Task<std::filesystem::path> write_list();
    Task<Exit> create_like();
    void add_lost(std::string lost);
    void finished(int dump_id);

    const Manifest& manifest_;
    const Sandbox& sandbox_;
    ServerAccess access_;
    Source::OnLoaded on_loaded_;
    Throttled progress_;
    Pool& pool_;
    Manifest made_like_;
    RestorePlan plan_;
    std::set<std::string> roles_;  ///< that the archive names
    std::set<std::string> owners_;
    int major_ = 0;
    Progress done_;
    std::map<int, const TableContent*> tables_;
};

/// Whether one of the last lines has this text.
bool says(const Exit& exit, std::string_view text);

}  // namespace backupwatch
