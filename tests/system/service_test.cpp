#include "store/database.hpp"
#include "system/daemon.hpp"
#include "system/support.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <pwd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <sstream>
#include <utility>

namespace backupwatch {
namespace {

namespace json = boost::json;

/// The same document without what differs from run to run.
json::value without_times(json::value document) {
    if (auto* array = document.if_array()) {
        for (auto& value : *array) value = without_times(value);
    }
    if (auto* object = document.if_object()) {
        for (const char* key : {"seconds", "restore_seconds", "started_at"}) object->erase(key);
        for (auto& member : *object) member.value() = without_times(member.value());
    }
    return document;
}

std::vector<std::string> databases_in(const HttpAnswer& status) {
    std::vector<std::string> names;
    const auto document = status.json();
    for (const auto& database : document.at("databases").as_array()) {
        names.emplace_back(database.at("name").as_string());
    }
    return names;
}

/// `database/set check severity` of each finding.
std::vector<std::string> verdicts_in(const json::value& findings) {
    std::vector<std::string> verdicts;
    for (const auto& finding : findings.as_array()) {
        std::string& verdict = verdicts.emplace_back();
        for (const char* key : {"database", "set", "check", "severity"}) {
            verdict += std::string(finding.at(key).as_string()) + " ";
        }
    }
    std::sort(verdicts.begin(), verdicts.end());
    return verdicts;
}

class Service : public testing::Test {
  protected:
    Service() : site_(TestPostgres::shared().url("shop")) {
        TestPostgres::shared().create_database("shop");
        TestPostgres::shared().execute(
            "shop", "CREATE TABLE posts AS SELECT i AS id FROM generate_series(1, 99) AS i"
        );
    }
    ~Service() override { EXPECT_EQ(site_.left_behind(), std::vector<std::string>()); }

    Site site_;
};

TEST_F(Service, answers_over_tcp_and_over_its_control_socket) {
    const int port = free_port();
    site_.listen_on(port);
    Daemon daemon(site_);
    for (const char* target : {"/healthz", "/readyz", "/metrics", "/api/v1/status"}) {
        SCOPED_TRACE(target);
        for (const HttpAnswer& answer : {get(port, target), daemon.get(target)}) {
            EXPECT_EQ(answer.status, 200);
            EXPECT_FALSE(answer.body.empty());
        }
    }
    EXPECT_EQ(databases_in(get(port, "/api/v1/status")), std::vector<std::string>{"shop"});
    EXPECT_NE(get(port, "/metrics").body.find("backupwatch_build_info"), std::string::npos);
    EXPECT_EQ(get(port, "/v1/commands/backup").status, 404) << "commands over TCP";
    EXPECT_EQ(get(port, "/nothing").status, 404);
    EXPECT_EQ(daemon.stop().exit_code, 0);
}

TEST_F(Service, leaves_no_core_dump) {
    Daemon daemon(site_);
    const std::string limits = read_text("/proc/" + std::to_string(daemon.pid()) + "/limits");
    const auto at = limits.find("Max core file size");
    ASSERT_NE(at, std::string::npos) << limits;
    std::istringstream line(limits.substr(at + std::string("Max core file size").size()));
    std::string soft;
    std::string hard;
    line >> soft >> hard;
    EXPECT_EQ(soft, "0");
    EXPECT_EQ(hard, "0");
    EXPECT_EQ(daemon.stop().exit_code, 0);
}

/// What may not be dumped is root's in /proc, whoever runs it.
uid_t owner_in_proc(pid_t pid) {
    struct stat status {};
    ::stat(("/proc/" + std::to_string(pid) + "/environ").c_str(), &status);
    return status.st_uid;
}

TEST_F(Service, leaves_no_core_dump_either_to_a_program_that_asks_for_no_limit) {
    // It waits for a reader of what it prints, which nobody is.
    int output[2];
    ASSERT_EQ(::pipe2(output, O_CLOEXEC | O_NONBLOCK), 0);
    const std::string block(4096, '#');
    while (::write(output[1], block.data(), block.size()) > 0) {
    }
    ASSERT_EQ(::fcntl(output[1], F_SETFL, 0), 0);
    int begun[2];
    ASSERT_EQ(::pipe2(begun, O_CLOEXEC), 0);
    const int program = ::open(PROGRAM, O_RDONLY | O_CLOEXEC);
    const pid_t pid = ::fork();
    if (pid == 0) {
        constexpr uid_t nobody = 65534;
        if (::geteuid() == 0 && ::setresuid(nobody, nobody, nobody) != 0) ::_exit(126);
        ::dup2(output[1], STDOUT_FILENO);
        std::string name = "backupwatch";
        std::string help = "--help";
        char* const arguments[] = {name.data(), help.data(), nullptr};
        ::fexecve(program, arguments, environ);
        ::_exit(127);
    }
    ::close(begun[1]);
    char nothing = 0;
    EXPECT_EQ(::read(begun[0], &nothing, 1), 0) << "it is executed";
    await("that it may not be dumped", [&] { return owner_in_proc(pid) == 0; });
    EXPECT_EQ(::waitpid(pid, nullptr, WNOHANG), 0) << "it runs";
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
    for (const int file : {output[0], output[1], begun[0], program}) ::close(file);
}

TEST_F(Service, takes_and_drills_a_backup_and_shows_it_in_its_metrics) {
    site_.configure("        drill: {when: \"" + days_away() + "\"}\n");
    Daemon daemon(site_);
    const std::string labels = "{database=\"shop\",set=\"nightly\"}";
    EXPECT_EQ(daemon.metric("backupwatch_drill_last_result" + labels), "NaN");
    const std::string id = site_.take_backup();
    EXPECT_EQ(site_.drill(id).exit_code, 0);
    EXPECT_EQ(daemon.metric("backupwatch_drill_last_result" + labels), "1");
    EXPECT_EQ(daemon.metric("backupwatch_drill_verified_rows" + labels), "99");
    EXPECT_EQ(
        daemon.metric("backupwatch_check_status{database=\"shop\",set=\"nightly\",check=\"backup\"}"
        ),
        "0"
    ) << daemon.get("/metrics").body;
    EXPECT_EQ(daemon.stop().exit_code, 0);
}

TEST_F(Service, gives_the_same_results_as_a_command_without_it) {
    const std::string id = site_.take_backup();
    const Ran drill = site_.drill(id);
    const Ran list = site_.run({"list", "shop", "--json"});
    const Ran wrong = site_.run({"drill", "no_such_database"});
    const Ran absent = site_.run({"drill", "shop", "--backup", "20200101T000000Z"});

    Daemon daemon(site_);
    const Ran through_it = site_.drill(id);
    EXPECT_EQ(through_it.exit_code, drill.exit_code);
    EXPECT_EQ(without_times(through_it.json()), without_times(drill.json()))
        << drill.out << through_it.out;
    EXPECT_EQ(site_.run({"list", "shop", "--json"}).json(), list.json());

    const Ran wrong_through_it = site_.run({"drill", "no_such_database"});
    EXPECT_EQ(wrong_through_it.exit_code, wrong.exit_code);
    EXPECT_EQ(wrong_through_it.err, wrong.err);
    const Ran absent_through_it = site_.run({"drill", "shop", "--backup", "20200101T000000Z"});
    EXPECT_EQ(absent_through_it.exit_code, absent.exit_code);
    EXPECT_EQ(absent_through_it.err, absent.err);
    EXPECT_EQ(daemon.stop().exit_code, 0);
}

TEST_F(Service, sees_a_full_disk_as_a_command_without_it_does) {
    site_.configure("", "    disk: {source: database, capacity: 1MB}\n");
    const auto disk = [](const json::value& findings) {
        const auto verdicts = verdicts_in(findings);
        return std::count(verdicts.begin(), verdicts.end(), "shop  disk critical ");
    };
    const Ran status = site_.run({"status", "--json"});
    const Ran check = site_.run({"check", "--json"});
    EXPECT_EQ(status.exit_code, 2) << status.out;
    EXPECT_EQ(disk(status.json().at("databases").at(0).at("findings")), 1) << status.out;
    EXPECT_EQ(check.exit_code, 2) << check.out;
    EXPECT_EQ(disk(check.json().at("findings")), 1) << check.out;

    Daemon daemon(site_);
    const Ran status_through_it = site_.run({"status", "--json"});
    const Ran check_through_it = site_.run({"check", "--json"});
    EXPECT_EQ(status_through_it.exit_code, status.exit_code);
    EXPECT_EQ(check_through_it.exit_code, check.exit_code);
    for (const auto& [through_it, without] : {
             std::pair(check_through_it.json().at("findings"), check.json().at("findings")),
             std::pair(status_through_it.json().at("backupwatch"), status.json().at("backupwatch")),
             std::pair(
                 status_through_it.json().at("databases").at(0).at("findings"),
                 status.json().at("databases").at(0).at("findings")
             ),
         }) {
        EXPECT_EQ(verdicts_in(through_it), verdicts_in(without));
    }
    EXPECT_EQ(daemon.stop().exit_code, 0);
}

TEST_F(Service, drills_a_backup_that_it_finds_undrilled) {
    const std::string id = site_.take_backup();
    site_.configure("        drill: {when: after_backup}\n");
    Daemon daemon(site_);
    const std::string labels = "{database=\"shop\",set=\"nightly\"}";
    const std::string drills =
        "backupwatch_slots_total{database=\"shop\",set=\"nightly\",kind=\"drill\",result=";
    EXPECT_EQ(daemon.metric(drills + "\"failed\"}"), "0");
    await("the drill that is owed", [&] {
        return daemon.metric("backupwatch_drill_last_result" + labels) == "1";
    });
    await("its slot is counted", [&] { return daemon.metric(drills + "\"ok\"}") == "1"; });
    EXPECT_EQ(daemon.metric("backupwatch_slot_delay_seconds_count{kind=\"drill\"}"), "1");
    const auto set = daemon.get("/api/v1/status").json().at("databases").at(0).at("sets").at(0);
    EXPECT_EQ(set.at("last_drill").at("backup").as_string(), id);
    EXPECT_EQ(daemon.stop().exit_code, 0);
}

TEST_F(Service, counts_a_scheduled_drill_that_passed) {
    const std::string id = site_.take_backup();
    site_.configure("        drill: {when: every 5s}\n");
    Daemon daemon(site_);
    const std::string drills =
        "backupwatch_slots_total{database=\"shop\",set=\"nightly\",kind=\"drill\",result=";
    await("a drill by schedule", [&] {
        const std::string passed = daemon.metric(drills + "\"ok\"}");
        return !passed.empty() && passed != "0";
    });
    EXPECT_EQ(daemon.metric(drills + "\"failed\"}"), "0");
    EXPECT_EQ(daemon.stop().exit_code, 0);
}

TEST_F(Service, ends_on_sigterm_and_on_ctrl_c_when_it_has_nothing_to_do) {
    EXPECT_EQ(Daemon(site_).stop().exit_code, 0);
    auto running = site_.start({"run"});
    await("the daemon answers", [&] {
        return get(site_.control_socket(), "/healthz").status == 200;
    });
    running->send(SIGINT);
    EXPECT_EQ(running->wait(std::chrono::seconds(5)).exit_code, 0);
}

TEST_F(Service, ends_on_sigterm_while_it_starts) {
    EXPECT_EQ(Daemon(site_).stop().exit_code, 0);
    Database state((site_.state() / "state.db").string());
    // The start waits for it as long as for any other process's work.
    state.script("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE");
    auto starting = site_.start({"run"});
    await("it obeys signals", [&] {
        return starting->errors().find("starting") != std::string::npos;
    });
    starting->send(SIGTERM);
    const Ran ran = starting->wait(std::chrono::seconds(5));
    EXPECT_EQ(ran.exit_code, 0) << ran.err;
    EXPECT_EQ(ran.err.find("cannot start"), std::string::npos) << ran.err;
}

TEST_F(Service, ends_on_sigterm_while_it_reads_a_configuration_that_has_no_end) {
    Daemon daemon(site_);
    std::filesystem::remove(site_.config());
    ASSERT_EQ(::mkfifo(site_.config().c_str(), 0600), 0);
    daemon.send(SIGHUP);
    // Opened for writing there is only where somebody reads, and that is the daemon.
    int writer = -1;
    await("it reads", [&] {
        writer = ::open(site_.config().c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC);
        return writer >= 0;
    });
    EXPECT_EQ(daemon.get("/healthz").status, 200);
    EXPECT_EQ(daemon.stop().exit_code, 0);
    ::close(writer);
}

/// A long drill by hand never keeps the daemon from starting, nor the daemon it from ending.
TEST_F(Service, starts_while_a_drill_by_hand_runs) {
    site_.configure(
        "        drill: {when: \"" + days_away() +
        "\", verify: {queries: [\"SELECT pg_sleep(6)\"]}}\n"
    );
    const std::string id = site_.take_backup();
    auto drill = site_.start({"drill", "shop", "--backup", id});
    await_process_in(site_.work(), "postgres");
    Daemon daemon(site_);
    EXPECT_EQ(daemon.get("/healthz").status, 200);
    EXPECT_FALSE(drill->has_ended()) << "too short to show anything";
    const Ran ran = drill->wait();
    EXPECT_EQ(ran.exit_code, 0) << ran.out << ran.err;
    EXPECT_EQ(daemon.stop().exit_code, 0);
}

TEST_F(Service, takes_a_good_configuration_over_on_sighup_and_no_bad_one) {
    const std::string second =
        "  - name: crm\n    backups:\n      - {name: copies, source: dump, every: 1d, directory: " +
        site_.dumps().string() + "-of-crm}\n";
    const std::string reloaded = "backupwatch_config_last_reload_successful";
    Daemon daemon(site_);
    EXPECT_EQ(daemon.metric(reloaded), "1");

    write_text(site_.config(), "databases: [{name: only, bakcups: []}]\n");
    daemon.send(SIGHUP);
    await("the refusal is seen", [&] { return daemon.metric(reloaded) == "0"; });
    EXPECT_EQ(databases_in(daemon.get("/api/v1/status")), std::vector<std::string>{"shop"});
    EXPECT_EQ(daemon.get("/readyz").status, 503);
    EXPECT_NE(daemon.log().find("bakcups"), std::string::npos) << daemon.log();

    site_.configure("", second);
    daemon.send(SIGHUP);
    await("the new configuration is taken over", [&] { return daemon.metric(reloaded) == "1"; });
    EXPECT_EQ(
        databases_in(daemon.get("/api/v1/status")), (std::vector<std::string>{"shop", "crm"})
    );
    EXPECT_EQ(daemon.get("/readyz").status, 200);
    EXPECT_EQ(daemon.stop().exit_code, 0);
}

/// Started as root, it goes on as the owner of its state, who may not read what root may.
TEST_F(Service, says_on_sighup_who_cannot_read_a_secret_and_goes_on_with_the_old_one) {
    if (::geteuid() != 0) GTEST_SKIP() << "only root gives up root";
    const passwd* nobody = ::getpwnam("nobody");
    ASSERT_NE(nobody, nullptr);
    const auto folder = site_.config().parent_path();
    const auto secret = folder / "url";
    write_text(secret, TestPostgres::shared().url("shop"));
    ::chmod(secret.c_str(), 0600);
    const Site site("${file:" + secret.string() + "}");
    for (const auto& owned : {site.config().parent_path(), site.state(), site.dumps()}) {
        std::filesystem::create_directories(owned);
        ASSERT_EQ(::chown(owned.c_str(), nobody->pw_uid, nobody->pw_gid), 0);
    }
    // Nobody passes through to the secret itself, which is root's alone.
    std::filesystem::permissions(folder, std::filesystem::perms(0711));

    Daemon daemon(site);
    daemon.send(SIGHUP);
    await("the refusal is seen", [&] {
        return daemon.metric("backupwatch_config_last_reload_successful") == "0";
    });
    EXPECT_NE(daemon.log().find(secret.string() + " cannot be read"), std::string::npos)
        << daemon.log();
    EXPECT_NE(daemon.log().find("let nobody read these files, or restart it"), std::string::npos)
        << daemon.log();
    EXPECT_EQ(databases_in(daemon.get("/api/v1/status")), std::vector<std::string>{"shop"});
    EXPECT_EQ(daemon.stop().exit_code, 0);
}

TEST_F(Service, starts_with_a_damaged_state_and_says_so) {
    const std::string id = site_.take_backup();
    write_text(site_.state() / "state.db", std::string(20'000, '?'));
    Daemon daemon(site_);
    await("the damage is told", [&] {
        const std::string check = "{database=\"backupwatch\",set=\"\",check=\"state\"}";
        return daemon.metric("backupwatch_check_status" + check) == "2";
    });
    EXPECT_NE(daemon.log().find("the state was damaged"), std::string::npos) << daemon.log();
    const HttpAnswer answer = daemon.get("/readyz");
    EXPECT_EQ(answer.status, 503);
    EXPECT_NE(answer.body.find("remove that file"), std::string::npos) << answer.body;
    EXPECT_EQ(site_.completed(), std::vector{id});
    EXPECT_EQ(site_.drill(id).exit_code, 0);
    std::vector<std::filesystem::path> damaged;
    for (const auto& entry : std::filesystem::directory_iterator(site_.state())) {
        const std::string name = entry.path().filename().string();
        if (name.starts_with("state.db.damaged-")) damaged.push_back(entry.path());
    }
    ASSERT_FALSE(damaged.empty());
    for (const auto& file : damaged) std::filesystem::remove(file);
    EXPECT_EQ(daemon.get("/readyz").status, 200);
    EXPECT_EQ(daemon.stop().exit_code, 0);
}

TEST_F(Service, says_that_it_is_not_ready_once_its_state_is_gone) {
    Daemon daemon(site_);
    EXPECT_EQ(daemon.get("/readyz").status, 200);
    std::filesystem::remove(site_.state() / "state.db");
    const HttpAnswer answer = daemon.get("/readyz");
    EXPECT_EQ(answer.status, 503);
    EXPECT_NE(answer.body.find("was removed or replaced"), std::string::npos) << answer.body;
    EXPECT_EQ(daemon.get("/healthz").status, 200);
    EXPECT_EQ(daemon.stop().exit_code, 0);
}

TEST_F(Service, runs_once_on_a_state) {
    Daemon daemon(site_);
    const Ran second = site_.run({"run"});
    EXPECT_EQ(second.exit_code, 3);
    EXPECT_NE(second.err.find("another daemon runs on"), std::string::npos) << second.err;
    EXPECT_EQ(daemon.get("/healthz").status, 200);
    EXPECT_EQ(daemon.stop().exit_code, 0);
}

/// Where its errors go to the journal, as $JOURNAL_STREAM says, their lines begin with a priority.
TEST_F(Service, tells_the_journal_how_bad_a_line_is) {
    Daemon daemon(site_);
    const std::string log = site_.config().parent_path() / "journal";
    const std::string command = "JOURNAL_STREAM=$(stat -L -c %d:%i /dev/stderr) exec timeout 60 " +
                                std::string(PROGRAM) + " --config " + site_.config().string() +
                                " run";

    const int status = std::system(("exec 2>" + log + "; " + command).c_str());

    EXPECT_EQ(WEXITSTATUS(status), 3);
    EXPECT_TRUE(read_text(log).starts_with("<3>another daemon runs on")) << read_text(log);
}

TEST_F(Service, does_not_start_with_a_bad_configuration) {
    write_text(site_.config(), "databases: [{name: only, bakcups: []}]\n");
    const Ran run = site_.run({"run"});
    EXPECT_EQ(run.exit_code, 78);
    EXPECT_NE(run.err.find("config.yaml:1:"), std::string::npos) << run.err;
    EXPECT_NE(run.err.find("backups"), std::string::npos) << run.err;
}

}  // namespace
}  // namespace backupwatch
