// The program that is run after each dump: whatever it does, the daemon and the dump are unharmed,
// and people are told.
#include "system/daemon.hpp"
#include "system/support.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <csignal>

namespace backupwatch {
namespace {

namespace fs = std::filesystem;

class AfterBackup : public testing::Test {
  protected:
    static void SetUpTestSuite() {
        TestPostgres::shared().create_database("handed_over");
        TestPostgres::shared().execute(
            "handed_over", "CREATE TABLE t AS SELECT i FROM generate_series(1, 100) AS i"
        );
    }

    AfterBackup() : site_(TestPostgres::shared().url("handed_over")) {}

    fs::path beside(const std::string& name) const { return site_.config().parent_path() / name; }
    /// A script that the set runs, and lines of YAML besides.
    void hand_over_to(const std::string& script, const std::string& lines = {}) const {
        const fs::path program = beside("hook");
        write_text(program, "#!/bin/sh\n" + script);
        fs::permissions(program, fs::perms(0700));
        configure("[" + program.string() + ", '{id}', '{manifest}', '{folder}']", lines);
    }
    void configure(const std::string& command, const std::string& lines = {}) const {
        site_.configure("        after_backup: " + command + "\n" + lines);
    }

    /// Takes a dump by hand, which is well whatever becomes of its copy. Returns what is told.
    std::string told_of_a_dump(int exit_code = 1) const {
        const Ran taken = site_.run({"backup", "shop", "--json"});
        EXPECT_EQ(taken.exit_code, exit_code) << taken.out << taken.err;
        const Ran checked = site_.run({"check", "--json"});
        EXPECT_EQ(checked.exit_code, exit_code) << checked.out;
        const boost::json::value document = checked.json();
        for (const auto& finding : document.at("findings").as_array()) {
            const bool is_of_the_dump = finding.at("check") == "backup";
            EXPECT_TRUE(!is_of_the_dump || finding.at("severity") == "ok") << checked.out;
            if (finding.at("check") == "after_backup") {
                return std::string(finding.at("summary").as_string());
            }
        }
        return "nothing";
    }
    void expect_nothing_left() const {
        EXPECT_EQ(site_.left_behind(), std::vector<std::string>());
        EXPECT_EQ(processes_in(site_.config().parent_path(), ""), std::vector<pid_t>());
    }

    Site site_;
};

TEST_F(AfterBackup, gets_the_folder_and_the_manifest_and_nothing_of_ours) {
    ::setenv("BACKUPWATCH_CANARY", "canary-of-ours", 1);
    const fs::path copies = beside("copies");
    fs::create_directory(copies);
    hand_over_to(
        "cp -r \"$3\" " + copies.string() + "/$1 && cp \"$2\" " + copies.string() +
        "/manifest && env > " + copies.string() + "/env && pwd > " + copies.string() + "/pwd\n"
    );
    const Daemon daemon(site_);
    const std::string told = told_of_a_dump(0);

    const std::string id = site_.completed().front();
    EXPECT_NE(told.find("is done with " + id), std::string::npos) << told;
    auto dumped = contents_of(site_.dumps() / id);
    EXPECT_EQ(contents_of(copies / id), dumped);
    EXPECT_EQ(read_text(copies / "manifest"), dumped.at("manifest.json"));
    EXPECT_EQ(read_text(copies / "pwd"), (site_.dumps() / id).string() + "\n");
    const std::string environment = read_text(copies / "env");
    for (const std::string& line : {
             "BACKUPWATCH_FOLDER=" + (site_.dumps() / id).string(),
             "BACKUPWATCH_ID=" + id,
             std::string("BACKUPWATCH_DATABASE=shop"),
             std::string("BACKUPWATCH_SET=nightly"),
             "BACKUPWATCH_MANIFEST=" + (site_.dumps() / id / "manifest.json").string(),
         }) {
        EXPECT_NE(("\n" + environment).find("\n" + line + "\n"), std::string::npos) << environment;
    }
    EXPECT_EQ(environment.find("canary"), std::string::npos) << environment;
    EXPECT_EQ(environment.find("postgresql://"), std::string::npos) << environment;
    expect_nothing_left();
}

TEST_F(AfterBackup, that_fails_in_any_way_is_a_warning_and_the_dump_is_whole) {
    struct Case {
        std::string script, told;
    };
    const Case cases[] = {
        {"echo some words >&2; exit 3", "exit code 3: some words"},
        {"kill -9 $$", "ended by signal 9 (Killed)"},
        // As much as it likes, on both, with no end of line.
        {"head -c 50000000 /dev/zero | tr '\\0' x >&2; yes | head -c 50000000; exit 4",
         "exit code 4: xxx"},
        {"trap '' TERM INT HUP; echo stuck >&2; while :; do sleep 0.1; done", "stuck"},
        // What it leaves running goes with it.
        {"sleep 1000 & exit 5", "exit code 5"},
    };
    for (const Case& c : cases) {
        SCOPED_TRACE(c.script);
        hand_over_to(c.script + "\n", "        after_backup_timeout: 2s\n");
        const std::string told = told_of_a_dump();
        EXPECT_NE(told.find(c.told), std::string::npos) << told;
        EXPECT_LT(told.size(), 1500u);
        expect_nothing_left();
    }
    configure("[/nowhere/copy, '{folder}']");
    EXPECT_NE(told_of_a_dump().find("cannot run /nowhere/copy"), std::string::npos);
    configure("[" + beside("hook").string() + "]");
    fs::permissions(beside("hook"), fs::perms(0600));
    EXPECT_NE(told_of_a_dump().find("Permission denied"), std::string::npos);
    // A newer dump, and all is well again.
    hand_over_to("exit 0\n");
    EXPECT_NE(told_of_a_dump(0).find("is done with"), std::string::npos);
}

TEST_F(AfterBackup, that_hangs_leaves_the_daemon_answering_and_its_drill_running) {
    hand_over_to(
        "sleep 1000\n",
        "        drill: {when: after_backup}\n        take: every 20s\n        grace: 1h\n"
    );
    // `take` is there already, days away.
    std::string config = read_text(site_.config());
    const auto at = config.find("        take: \"");
    config.erase(at, config.find('\n', at) + 1 - at);
    write_text(site_.config(), config);
    const Daemon daemon(site_);
    await("the drill of the first dump", [&] {
        return daemon.metric("backupwatch_drill_last_result{database=\"shop\",set=\"nightly\"}") ==
               "1";
    });
    EXPECT_EQ(daemon.get("/healthz").status, 200);
    await("the program runs", [&] { return processes_in(site_.dumps(), "hook").size() == 1; });
}

TEST_F(AfterBackup, that_a_killed_daemon_left_in_the_middle_is_run_once_more) {
    const fs::path log = beside("log");
    const fs::path go = beside("go");
    const fs::path left = beside("left-behind");
    hand_over_to(
        "(cd /; exec sh -c 'while sleep 0.1; do :; done' " + left.string() + ") &\n" +
        "echo $1 >> " + log.string() + "\nwhile [ ! -e " + go.string() + " ]; do sleep 0.05; done\n"
    );
    const auto count = [&] {
        const std::string text = fs::exists(log) ? read_text(log) : "";
        return std::ranges::count(text, '\n');
    };
    {
        Daemon daemon(site_);
        const auto taking = site_.start({"backup", "shop"});
        await("the program runs", [&] { return count() == 1; });
        daemon.kill();
        taking->wait();
    }
    await("it dies with the daemon", [&] { return processes_in(site_.dumps(), "hook").empty(); });
    EXPECT_EQ(processes_in("/", left.string()).size(), 1u) << "what it started does not";
    EXPECT_EQ(site_.completed().size(), 1u);

    const Daemon daemon(site_);
    await("it runs once more", [&] { return count() == 2; });
    write_text(go, "");
    await("it is done", [&] {
        return daemon.metric(
                   "backupwatch_check_status{database=\"shop\",set=\"nightly\",check=\"after_"
                   "backup\"}"
               ) == "0";
    });
    EXPECT_EQ(site_.run({"check"}).exit_code, 0);
    EXPECT_EQ(count(), 2);
    EXPECT_EQ(processes_in("/", left.string()), std::vector<pid_t>()) << "of neither run";
}

TEST_F(AfterBackup, shows_no_secret_in_any_place) {
    ::setenv("HOOK_SECRET", "canary-in-an-argument", 1);
    const fs::path program = beside("hook");
    hand_over_to("");
    write_text(
        program,
        "#!/bin/sh\necho \"$@\" >&2; cat " + site_.config().string() +
            " >&2; echo login with $1 >&2; exit 1\n"
    );
    site_.configure(
        "        after_backup: [" + program.string() + ", '${HOOK_SECRET}', plain-argument]\n",
        "heartbeat: {url: 'http://127.0.0.1:9/canary-in-the-heartbeat'}\n"
    );
    std::string said;
    {
        Daemon daemon(site_);
        const Ran taken = site_.run({"backup", "shop", "--json"});
        EXPECT_EQ(taken.exit_code, 1) << taken.err;
        said = taken.out + taken.err + daemon.get("/api/v1/status").body +
               daemon.get("/metrics").body + site_.run({"check"}).out + site_.run({"status"}).out;
        said += daemon.stop().err;
    }
    for (const auto& [name, bytes] : contents_of(site_.state())) said += bytes;
    EXPECT_NE(said.find("login with ***"), std::string::npos) << said;
    EXPECT_EQ(said.find("canary"), std::string::npos);
    EXPECT_EQ(site_.run({"check-config"}).out.find("canary"), std::string::npos);
}

TEST_F(AfterBackup, is_looked_for_by_check_config_online) {
    configure("[/nowhere/copy]");
    const Ran missing = site_.run({"check-config", "--online"});
    EXPECT_NE((missing.out + missing.err).find("cannot run /nowhere/copy"), std::string::npos)
        << missing.out << missing.err;
    EXPECT_EQ(missing.exit_code, 2);
    configure("['true']");
    const Ran found = site_.run({"check-config", "--online"});
    EXPECT_NE((found.out + found.err).find("runs /usr/bin/true"), std::string::npos) << found.out;
}

}  // namespace
}  // namespace backupwatch
