#pragma once
#include "async/clock.hpp"
#include "async/hanging_calls.hpp"
#include "core/failure.hpp"
#include "fakes/test_postgres.hpp"
#include "postgres/catalog.hpp"
#include "postgres/connection.hpp"
#include "postgres/row_hash.hpp"
#include "sources/dump/dump_source.hpp"
#include "support/loop.hpp"
#include "support/temporary_folder.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <thread>

namespace backupwatch {
namespace fs = std::filesystem;
using namespace std::chrono_literals;

inline constexpr Duration patience = 60s;

/// A server of the tests in the place of a throw-away cluster.
class TestCluster final : public Cluster {
  public:
    explicit TestCluster(const TestPostgres& server) : server_(server) {}

    Secret conninfo(const std::string& database) const override {
        return Secret(server_.url(database));
    }
    const std::string& superuser() const override { return superuser_; }
    const fs::path& socket_folder() const override { return server_.socket_folder(); }
    std::string last_log_lines() const override { return {}; }
    bool has_died() const override { return false; }
    Task<> stop() override { co_return; }

  private:
    const TestPostgres& server_;
    std::string superuser_ = TestPostgres::superuser;
};

inline constexpr const char* rich_database = SOURCE_DIR "/tests/fakes/rich_database.sql";

/// It takes pg_dump the better part of a second.
inline constexpr const char* big_table =
    "CREATE TABLE t AS SELECT n, repeat('x', 500) FROM generate_series(1, 400000) n";

/// A database `shop` on a real server, an empty directory for its dumps, and a place to restore
/// them.
class DumpTest : public testing::Test {
  protected:
    DumpTest() { server_.create_database("shop"); }

    DumpPlan plan() const {
        DumpPlan plan;
        plan.database = "shop";
        plan.url = Secret(server_.url("shop"));
        plan.directory = directory_.path() / "dumps";
        plan.takes = true;
        plan.limit = patience;
        return plan;
    }

    Backup take(Source& source, ProgressSink progress = {}) {
        return run_on(loop_, source.take({}, std::move(progress)));
    }
    Backup take() {
        const auto source = make(plan());
        return take(*source);
    }
    std::unique_ptr<Source> make(DumpPlan plan) {
        return make_dump_source(std::move(plan), *clock_, pool_, calls_);
    }

    /// What the failure of a dump says, once nothing of the dump is left.
    std::optional<Failure> failure_of(DumpPlan plan, ProgressSink progress = {}) {
        const auto source = make(std::move(plan));
        std::optional<Failure> failure;
        try {
            take(*source, std::move(progress));
        } catch (const Failure& thrown) {
            failure = thrown;
        }
        EXPECT_TRUE(failure) << "the dump did not fail";
        EXPECT_TRUE(is_left_clean());
        return failure;
    }

    bool is_left_clean() const {
        const auto directory = directory_ / "dumps";
        if (!fs::exists(directory)) return true;
        return fs::is_empty(directory) && processes_in(directory).empty();
    }

    static std::vector<pid_t> processes_in(const fs::path& folder) {
        std::vector<pid_t> found;
        for (const auto& entry : fs::directory_iterator("/proc")) {
            const int pid = std::atoi(entry.path().filename().c_str());
            std::error_code gone;
            const auto where = fs::read_symlink(entry.path() / "cwd", gone);
            if (pid > 0 && !gone && where.string().starts_with(folder.string())) {
                found.push_back(pid);
            }
        }
        return found;
    }

    /// A throw-away folder beside the dumps, and the test server as the cluster.
    Sandbox sandbox() {
        Sandbox sandbox;
        sandbox.folder = directory_ / "sandbox";
        fs::remove_all(sandbox.folder);
        fs::create_directory(sandbox.folder);
        if (::geteuid() == 0) {
            sandbox.user = User{65534, 65534};
            ::chmod(directory_.path().c_str(), 0711);
            EXPECT_EQ(::chown(sandbox.folder.c_str(), 65534, 65534), 0);
        }
        sandbox.server = &cluster_;
        sandbox.database = "restored";
        sandbox.installation = {15, server_.bin(), true, true};
        server_.execute("postgres", "DROP DATABASE IF EXISTS restored");
        return sandbox;
    }

    void holds_a_lock_on(const std::string& table, const std::function<void()>& meanwhile) {
        const std::string statements = "BEGIN; LOCK TABLE " + table + "; SELECT pg_sleep(60)";
        std::thread locker([&] {
            try {
                server_.execute("shop", statements);
            } catch (const std::exception&) {
                // It is ended below.
            }
        });
        const std::string locked =
            "SELECT count(*) FROM pg_locks WHERE mode = "
            "'AccessExclusiveLock' AND granted AND relation = '" +
            table + "'::regclass";
        while (server_.value("shop", locked) == "0") std::this_thread::sleep_for(10ms);
        meanwhile();
        server_.execute(
            "postgres",
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE "
            "'%pg_sleep(60)' AND pid <> pg_backend_pid()"
        );
        locker.join();
    }

    Rows rows_of(Connection& connection, const TableContent& table, const Manifest& manifest) {
        CopyHasher hasher;
        Connection::RowSink add = [&hasher](std::string_view row) { hasher.add(row); };
        run_on(loop_, connection.copy_out(copy_query(table, manifest), pool_, add, patience));
        return hasher.rows();
    }

    TestPostgres& server_ = TestPostgres::shared();
    TestCluster cluster_{server_};
    TemporaryFolder directory_;
    asio::io_context loop_{1};
    Pool pool_{2};
    HangingCalls calls_;
    std::unique_ptr<Clock> clock_ = make_clock(loop_.get_executor());
};

}  // namespace backupwatch
