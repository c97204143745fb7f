#include "system/daemon.hpp"
#include "system/support.hpp"

#include <gtest/gtest.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>

namespace backupwatch {
namespace {

namespace fs = std::filesystem;

void replace(std::string& text, const std::string& old, const std::string& by) {
    const auto at = text.find(old);
    ASSERT_NE(at, std::string::npos) << old << " is not in " << text;
    text.replace(at, old.size(), by);
}

mode_t mode_of(const fs::path& path) {
    struct stat status {};
    return ::stat(path.c_str(), &status) == 0 ? status.st_mode & 07777 : 0;
}

uid_t owner_of(const fs::path& path) {
    struct stat status {};
    return ::stat(path.c_str(), &status) == 0 ? status.st_uid : static_cast<uid_t>(-1);
}

class CommandLine : public testing::Test {
  protected:
    CommandLine() : site_(TestPostgres::shared().url("shop")) {
        TestPostgres::shared().create_database("shop");
        TestPostgres::shared().execute(
            "shop", "CREATE TABLE posts AS SELECT i AS id FROM generate_series(1, 99) AS i"
        );
    }
    ~CommandLine() override { EXPECT_EQ(site_.left_behind(), std::vector<std::string>()); }

    fs::path folder() const { return site_.config().parent_path(); }
    /// Changes lines of the configuration.
    void reconfigure(const std::string& old, const std::string& by) const {
        std::string text = read_text(site_.config());
        replace(text, old, by);
        write_text(site_.config(), text);
    }
    /// As a package would have set it up: everything of backupwatch's belongs to nobody.
    uid_t give_to_nobody() const {
        const passwd* nobody = ::getpwnam("nobody");
        reconfigure(site_.work().string(), (folder() / "own-work").string());
        for (const char* name : {"state", "dumps", "own-work"}) {
            fs::create_directory(folder() / name);
            EXPECT_EQ(::chown((folder() / name).c_str(), nobody->pw_uid, nobody->pw_gid), 0);
        }
        return nobody->pw_uid;
    }

    Site site_;
};

TEST_F(CommandLine, names_the_command_that_was_meant) {
    const Ran near = site_.run({"statsu"});
    EXPECT_EQ(near.exit_code, 64);
    EXPECT_EQ(
        near.err,
        "error: there is no command \"statsu\"\n"
        "hint: did you mean `status`? `backupwatch --help` lists them all.\n"
    );
    const Ran far = site_.run({"--socket", "/tmp/x", "nonsense", "shop", "--json"});
    EXPECT_EQ(far.exit_code, 64);
    EXPECT_EQ(
        far.err,
        "error: there is no command \"nonsense\"\nhint: `backupwatch --help` lists them all.\n"
    );
    EXPECT_NE(site_.run({}).err.find("subcommand is required"), std::string::npos);
    EXPECT_NE(site_.run({"drill"}).err.find("target"), std::string::npos);
    EXPECT_EQ(site_.run({"--help"}).exit_code, 0);
}

TEST_F(CommandLine, keeps_no_backup_for_less_than_a_second) {
    for (const char* keep : {"0s", "999ms"}) {
        const Ran ran = site_.run({"backup", "shop", "--keep", keep});
        EXPECT_EQ(ran.exit_code, 64) << keep;
        EXPECT_NE(ran.err.find("is shorter than a second"), std::string::npos) << ran.err;
    }
    EXPECT_FALSE(fs::exists(site_.state())) << "it went to work";
}

TEST_F(CommandLine, tells_a_report_that_cannot_be_written_before_the_drill) {
    const fs::path report = folder() / "missing" / "report.md";
    const Ran ran = site_.run({"drill", "shop", "--report", report.string()});
    EXPECT_EQ(ran.exit_code, 3);
    EXPECT_TRUE(ran.err.starts_with("error: cannot write the report " + report.string()))
        << ran.err;
    EXPECT_FALSE(fs::exists(site_.state())) << "it went to work";
}

TEST_F(CommandLine, leaves_an_old_report_alone_and_no_empty_one_where_there_is_none_to_write) {
    const fs::path old = folder() / "old.md";
    const fs::path fresh = folder() / "new.md";
    write_text(old, "kept");
    for (const fs::path& report : {old, fresh}) {
        EXPECT_EQ(site_.run({"drill", "shop", "--report", report.string()}).exit_code, 3);
    }
    EXPECT_EQ(read_text(old), "kept");
    EXPECT_FALSE(fs::exists(fresh));
}

TEST_F(CommandLine, writes_the_report_as_whoever_asked) {
    if (::geteuid() != 0) GTEST_SKIP() << "only root becomes somebody else";
    const uid_t nobody = give_to_nobody();
    const std::string id = site_.take_backup();
    EXPECT_EQ(owner_of(site_.dumps() / id), nobody);
    const fs::path folder_of_root = folder() / "reports";
    fs::create_directory(folder_of_root);
    ::chmod(folder_of_root.c_str(), 0700);
    const fs::path report = folder_of_root / "report.md";
    write_text(report, std::string(100'000, '#'));

    const Ran drill = site_.run({"drill", "shop", "--report", report.string()});

    EXPECT_EQ(drill.exit_code, 0) << drill.out << drill.err;
    EXPECT_TRUE(read_text(report).starts_with("# Restore test: shop/nightly")) << drill.err;
    EXPECT_EQ(read_text(report).find("####"), std::string::npos) << "the rest of an older one";
}

TEST_F(CommandLine, does_not_work_beside_a_daemon_that_does_not_answer) {
    Daemon daemon(site_);
    const fs::path elsewhere = folder() / "other.sock";
    reconfigure(
        "control_socket: " + site_.control_socket().string(),
        "control_socket: " + elsewhere.string()
    );
    const auto began = std::chrono::steady_clock::now();
    const Ran backup = site_.run({"backup", "shop"});
    const auto took = std::chrono::steady_clock::now() - began;

    EXPECT_EQ(backup.exit_code, 3) << backup.out << backup.err;
    EXPECT_NE(backup.err.find("control_socket \"" + elsewhere.string() + "\""), std::string::npos)
        << backup.err;
    EXPECT_GE(took, std::chrono::seconds(5));
    EXPECT_LT(took, std::chrono::seconds(10));
    EXPECT_FALSE(fs::exists(site_.dumps()));
    EXPECT_EQ(daemon.stop().exit_code, 0);
}

TEST_F(CommandLine, does_not_work_beside_a_daemon_that_stands_still) {
    Daemon daemon(site_);
    daemon.send(SIGSTOP);
    const Ran backup = site_.run({"backup", "shop"});
    daemon.send(SIGCONT);
    EXPECT_EQ(backup.exit_code, 3) << backup.out << backup.err;
    EXPECT_NE(backup.err.find("does not answer"), std::string::npos) << backup.err;
    EXPECT_EQ(daemon.stop().exit_code, 0);
}

TEST_F(CommandLine, says_once_why_a_backup_failed) {
    const Site site(TestPostgres::shared().url("gone_for_good"));
    const Ran backup = site.run({"backup", "shop"});
    EXPECT_EQ(backup.exit_code, 2);
    EXPECT_NE(backup.err.find("gone_for_good"), std::string::npos) << backup.err;
    EXPECT_EQ(std::count(backup.err.begin(), backup.err.end(), '\n'), 1) << backup.err;
    EXPECT_TRUE(backup.err.starts_with("error: ")) << backup.err;
}

TEST_F(CommandLine, closes_the_folder_of_its_locks) {
    site_.take_backup();
    EXPECT_EQ(mode_of(site_.state()), 0711u);
    EXPECT_EQ(mode_of(site_.state() / "locks"), 0700u);
    EXPECT_EQ(mode_of(site_.state() / "locks" / "shop"), 0700u);
    EXPECT_EQ(mode_of(site_.state() / "locks" / "shop" / "nightly.lock"), 0600u);
}

TEST_F(CommandLine, of_the_daemon_makes_the_folder_of_its_socket_for_whom_it_becomes) {
    const fs::path run = folder() / "run";
    const fs::path socket = run / "control.sock";
    reconfigure(
        "control_socket: " + site_.control_socket().string(), "control_socket: " + socket.string()
    );
    const bool is_root = ::geteuid() == 0;
    const uid_t owner = is_root ? give_to_nobody() : ::geteuid();
    const auto daemon = site_.start({"run"});
    await("the daemon answers", [&] { return get(socket, "/healthz").status == 200; });

    EXPECT_EQ(mode_of(run), 0755u);
    EXPECT_EQ(owner_of(run), owner);
    EXPECT_EQ(owner_of(socket), owner);
    daemon->send(SIGTERM);
    EXPECT_EQ(daemon->wait(std::chrono::seconds(5)).exit_code, 0);
}

TEST_F(CommandLine, of_the_daemon_logs_fields_that_can_be_read_back) {
    const Site site(TestPostgres::shared().url("gone_for_good"));
    Daemon daemon(site);
    EXPECT_EQ(site.run({"backup", "shop"}).exit_code, 2);
    const std::string log = daemon.stop().err;
    EXPECT_NE(log.find(R"(database \"gone_for_good\" does not exist)"), std::string::npos) << log;
}

}  // namespace
}  // namespace backupwatch
