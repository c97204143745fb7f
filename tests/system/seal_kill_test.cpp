// A backup killed while its dump is sealed: until it has its name it is none, and is removed by the
// next start; from then on it is whole. (Kill has what is killed while pg_dump works.)
#include "process/process_table.hpp"
#include "support/processes.hpp"
#include "system/support.hpp"

#include <gtest/gtest.h>

#include <csignal>
#include <stdexcept>

namespace backupwatch {
namespace {

namespace fs = std::filesystem;
using Ids = std::vector<std::string>;

/// Where strace holds the backup, so that it is seen there, or kills it itself.
struct Moment {
    const char* name;
    const char* inject;
    const char* last_file;  ///< that is there
    bool has_manifest;
    bool has_name;
};

constexpr const char* hold_each_sync = "fsync:delay_enter=300000";
constexpr const char* hold_once_renamed = "renameat2:delay_exit=60000000";
constexpr const char* kill_before_it_is_renamed = "renameat2:signal=SIGKILL";

constexpr Moment moments[] = {
    {"the files are made durable", hold_each_sync, "README.txt", false, false},
    {"so is the manifest", hold_each_sync, "manifest.json", true, false},
    {"it gets its name", kill_before_it_is_renamed, "manifest.json", true, false},
    {"so does its name on the disk", hold_once_renamed, "manifest.json", true, true},
};

class SealKill : public testing::Test {
  protected:
    SealKill() : site_(TestPostgres::shared().url("shop")) {
        const TestPostgres& server = TestPostgres::shared();
        server.create_database("shop");
        server.execute("shop", "CREATE TABLE posts AS SELECT generate_series(1, 99) AS id");
        good_ = site_.take_backup();
    }

    /// That is taken; empty: not begun.
    fs::path taken() const {
        for (const auto& entry : fs::directory_iterator(site_.dumps())) {
            if (entry.path().filename() != good_) return entry.path();
        }
        return {};
    }
    static bool is_named(const fs::path& dump) {
        return !dump.filename().string().starts_with(".");
    }

    static pid_t child_of(pid_t parent) {
        for (const pid_t pid : all_processes()) {
            if (parent_of(pid) == parent) return pid;
        }
        throw std::runtime_error("strace has started nothing");
    }

    /// With each of its threads: the first may be gone while another has the lock of the dump.
    static bool runs(pid_t process) {
        std::error_code gone;
        const fs::path threads = "/proc/" + std::to_string(process) + "/task";
        for (fs::directory_iterator at(threads, gone), end; !gone && at != end;
             at.increment(gone)) {
            if (is_alive(std::stoi(at->path().filename()))) return true;
        }
        return false;
    }

    bool is_there(const Moment& moment) const {
        const fs::path dump = taken();
        if (dump.empty() || is_named(dump) != moment.has_name) return false;
        std::error_code none;
        const auto bytes = fs::file_size(dump / moment.last_file, none);
        return !none && bytes > 0;
    }

    void expect_killed_at(const Moment& moment) const {
        const std::string inject = moment.inject;
        const std::string call = inject.substr(0, inject.find(':'));
        const auto backup = site_.start_under(
            {"strace", "-f", "-o", "/dev/null", "-e", "trace=" + call, "-e", "inject=" + inject},
            {"backup", "shop"}
        );
        if (inject != kill_before_it_is_renamed) {
            await(moment.name, [&] { return is_there(moment); });
            const pid_t traced = child_of(backup->pid());
            ::kill(traced, SIGKILL);
            // By itself it would wait until it no longer holds what is gone.
            backup->send(SIGKILL);
            await("all of it to end", [&] { return !runs(traced); });
        }
        EXPECT_EQ(backup->wait().exit_code, 128 + SIGKILL);
        EXPECT_TRUE(is_there(moment));
        EXPECT_EQ(fs::exists(taken() / "manifest.json"), moment.has_manifest);
    }

    const Site site_;
    std::string good_;
};

TEST_F(SealKill, at_any_moment_leaves_a_whole_dump_or_none) {
    for (const Moment& moment : moments) {
        SCOPED_TRACE(moment.name);
        expect_killed_at(moment);
        const std::string named = taken().filename();

        EXPECT_EQ(site_.completed(), moment.has_name ? Ids({good_, named}) : Ids({good_}));
        EXPECT_EQ(site_.left_behind(), Ids());
        const Ran drill = site_.drill(moment.has_name ? named : good_);
        EXPECT_EQ(drill.exit_code, 0) << drill.out << drill.err;
    }
    EXPECT_EQ(site_.drill(site_.take_backup()).exit_code, 0);
}

}  // namespace
}  // namespace backupwatch
