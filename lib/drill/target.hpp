#pragma once
#include "async/task.hpp"
#include "core/backup/manifest.hpp"
#include "core/backup/project_lacks.hpp"
#include "core/backup/restore_target.hpp"
#include "core/wording/restore_steps.hpp"
#include "postgres/conninfo.hpp"
#include "postgres/restore_server.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace backupwatch {

class Clock;
class Connection;

/// A server that stays, and the database on it that its URL names: an entry of `restore_targets`.
class TargetServer final : public RestoreServer {
  public:
    /// Throws Failure::rejected where the URL cannot be read, or names no database.
    explicit TargetServer(const Secret& url);

    Secret conninfo(const std::string& database) const override;
    const std::string& superuser() const override { return user_; }
    ServerAccess access() const override;
    bool is_thrown_away() const override { return false; }

    const std::string& database() const { return database_; }
    /// `db.example.com/shop_restored`, `db.example.com:5433/shop_restored`: what a person confirms.
    std::string place() const;
    /// Whether this URL says the same server and the same database, in whatever order; or the same
    /// database of the same project of Supabase's, by whatever host.
    bool is_same_address(const Secret& url) const;
    /// Whether both say projects of Supabase's, and this one another.
    bool is_other_project(const Secret& url) const;
    /// The project of Supabase's that its URL says; empty: none.
    const std::string& project() const { return project_; }
    void restores_as_superuser() { is_superuser_ = true; }
    /// Has its sessions begin with this setting, beside those that the URL names.
    void begins_with(const std::string& setting, const std::string& value);

  private:
    ConnectOptions given_;
    ConnectOptions effective_;
    std::string user_;
    std::string database_;
    std::string project_;
    std::string session_settings_;  ///< as libpq's `options` has them
    bool is_superuser_ = false;
};

/// The database that a restore fills: looked at, made and marked. One restore at a time has it,
/// whoever runs it; what it writes about itself is the database's comment.
class TargetDatabase {
  public:
    /// A database that is watched, under the name that the configuration has for it.
    struct Watched {
        std::string name;
        Secret url;
    };

    TargetDatabase(TargetServer& server, const Clock& clock);
    ~TargetDatabase();
    TargetDatabase(const TargetDatabase&) = delete;
    TargetDatabase& operator=(const TargetDatabase&) = delete;

    /// How that backup is asked what of it needs what a project lacks. Before the first look; none:
    /// whatever backup it will be.
    using AskOfBackup = std::function<Task<ProjectFit>(NeededPerhaps)>;
    void ask_of_backup(AskOfBackup ask) { ask_of_backup_ = std::move(ask); }

    /// What is there, for that backup. Changes nothing. Throws Failure where it cannot be asked; a
    /// watched database that cannot be is known by its address and by the backup alone.
    Task<TargetFacts> look(
        const Manifest& manifest, std::string backup, std::vector<Watched> watched
    );
    /// Until this goes. Throws Failure::rejected where another restore has it.
    Task<> hold();
    /// Does what decide_target() says of the facts, which are looked at again, and marks it. Throws
    /// Failure::rejected where it refuses.
    Task<> make(const Manifest& manifest, TargetFacts facts);
    LeftInPlace left() const { return left_; }
    /// The statement that marks it as loaded, for whoever loads a project in one transaction.
    std::string mark_of_load(std::string backup) const;
    /// Of a project, whose load came to no end that we know: asks what it holds.
    Task<> see_what_is_left();
    /// The restore has come to its end, with errors or without. A server that is away is asked
    /// again for some minutes. Throws Failure::rejected where another one has taken the database
    /// meanwhile.
    Task<> mark_ended(std::string backup);

  private:
    static constexpr Duration target_limit = std::chrono::seconds(30);  ///< of a question

    static Task<> a_moment(Duration length = std::chrono::milliseconds(250));
    Task<std::unique_ptr<Connection>> ask_server();
    Task<std::string> ask_oid(Connection& server) const;
    Task<> agree_on_settings(Connection& server);
    Task<bool> try_to_hold(Connection& server) const;
    Task<> hold_on();
    Task<> require_own(Connection& server);
    Task<> look_at_database(TargetFacts& facts, Connection& server) const;
    Task<> look_inside(
        TargetFacts::Database& database, Connection& server, const TargetFacts& facts
    ) const;
    Task<> look_for_extensions(
        ProjectContent& project, Connection& inside, std::vector<ExtensionVersion> extensions
    ) const;
    Task<> look_into_backup(ProjectContent& project) const;
    std::string sessions_query(const std::string& which) const;
    Task<> wait_for_sessions(TargetFacts::Database& database, Connection& server) const;
    Task<> drop(Connection& server) const;
    Task<> create(Connection& server, const Manifest& manifest, TargetDecision::Step step);
    std::string mark_statement(RestoreMark::State state, std::string backup) const;
    Task<> mark(Connection& server, RestoreMark::State state, std::string backup) const;
    Task<> try_to_mark_ended(std::string backup);

    TargetServer& server_;
    const Clock& clock_;
    AskOfBackup ask_of_backup_;
    std::unique_ptr<Connection> held_;
    std::string held_pid_ = "0";  ///< of its session, which may be one in the database itself
    bool is_project_ = false;     ///< what is filled
    std::string oid_;             ///< of the database that was made
    bool has_agreed_ = false;
    LeftInPlace left_ = LeftInPlace::as_it_was;
};

/// Throws Failure::rejected where the decision is to refuse.
void require_accepted(const TargetDecision& decision);

}  // namespace backupwatch
