// Two databases are watched, and in the folder of the one lies a file that means harm.
#include "postgres/drill_fence.hpp"
#include "system/daemon.hpp"
#include "system/support.hpp"

#include <boost/json/serialize.hpp>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

namespace backupwatch {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

/// A drill of the hostile one takes 20 s, and the other's dump and drill wait for their turn.
constexpr std::chrono::seconds most_for_a_night(120);

/// It forks away, tries to end the daemon and the source's server, to read the state, to fill the
/// other's folder, says nothing of what it was refused, and never ends.
constexpr const char* harm = R"(
DO $harm$
DECLARE
    program text;
BEGIN
    FOREACH program IN ARRAY ARRAY[
        'kill -9 @daemon@',
        'kill -9 @server@',
        'cat @state@/state.db > @others@/loot',
        'echo > @others@/planted',
        'rm -rf @others@/*',
        'cd / && (setsid sleep 98765.@daemon@ > /dev/null 2>&1 &)'
    ] LOOP
        BEGIN
            EXECUTE format('COPY (SELECT 1) TO PROGRAM %L', program);
        EXCEPTION WHEN OTHERS THEN
            NULL;
        END;
    END LOOP;
    PERFORM pg_sleep(1000);
END $harm$;
)";

class HostileSet : public testing::Test {
  protected:
    HostileSet() {
        const TestPostgres& server = TestPostgres::shared();
        for (const char* name : {"shop", "blog"}) {
            server.create_database(name);
            server.execute(name, "CREATE TABLE posts AS SELECT generate_series(1, 500) AS id");
        }
        for (const fs::path& folder : {site_.dumps(), others()}) fs::create_directories(folder);
        fs::permissions(site_.dumps().parent_path(), fs::perms(0711));
        fs::permissions(site_.dumps(), fs::perms::all);
        std::ostringstream yaml;
        yaml << "state_dir: " << site_.state().string() << "\n"
             << "control_socket: " << site_.control_socket().string() << "\n"
             << "work_dir: " << site_.work().string() << "\n"
             << "http: {listen: \"127.0.0.1:0\"}\n"
             << "databases:\n"
             << "  - name: shop\n"
             << "    url: \"" << server.url("shop") << "\"\n"
             << "    backups:\n"
             << "      - name: theirs\n"
             << "        source: dump\n"
             << "        directory: " << site_.dumps().string() << "\n"
             << "        every: 1d\n"
             << "        poll: 5s\n"
             << "        settle: 1s\n"
             << "        drill: {when: every 15s, target: 20s, timeout: 20s}\n"
             << "  - name: blog\n"
             << "    url: \"" << server.url("blog") << "\"\n"
             << "    backups:\n"
             << "      - name: nightly\n"
             << "        source: dump\n"
             << "        directory: " << others().string() << "\n"
             << "        take: every 20s\n"
             << "        grace: 1h\n"
             << "        drill: {when: after_backup}\n";
        write_text(site_.config(), yaml.str());
    }

    void SetUp() override {
        if (!sandbox_gaps().empty()) GTEST_SKIP() << sandbox_gaps().front();
    }

    fs::path others() const { return site_.dumps().parent_path() / "others"; }

    /// What `drill` last said of that database; null: nothing yet.
    static json::value last_drill(const Daemon& daemon, const std::string& database) {
        const json::value status = daemon.get("/api/v1/status").json();
        for (const auto& entry : status.at("databases").as_array()) {
            if (entry.at("name").as_string() != database) continue;
            return entry.at("sets").as_array().at(0).at("last_drill");
        }
        return nullptr;
    }
    static bool is_drilled(const Daemon& daemon, const std::string& database, const char* result) {
        const json::value drill = last_drill(daemon, database);
        return drill.is_object() && drill.at("result").as_string() == result;
    }

    void dump_shop(const std::string& name, const std::string& more = {}) const {
        const fs::path file = site_.dumps() / name;
        TestPostgres::shared().run("pg_dump", {"--file=" + file.string(), "--dbname=shop"});
        if (more.empty()) return;
        std::string text = read_text(file);
        text.insert(text.rfind("--\n-- PostgreSQL database dump complete"), more);
        write_text(file, text);
    }

    std::string harm_to(const Daemon& daemon) const {
        std::string text = harm;
        const std::pair<std::string, std::string> places[] = {
            {"@daemon@", std::to_string(daemon.pid())},
            {"@server@", std::to_string(TestPostgres::shared().pid())},
            {"@state@", site_.state()},
            {"@others@", others()},
        };
        for (const auto& [mark, place] : places) {
            for (auto at = text.find(mark); at != text.npos; at = text.find(mark)) {
                text.replace(at, mark.size(), place);
            }
        }
        return text;
    }

    const Site site_{TestPostgres::shared().url("shop")};
};

TEST_F(HostileSet, ends_as_a_finding_and_the_night_of_the_other_is_unharmed) {
    dump_shop("1.sql");
    Daemon daemon(site_);
    const auto is_proven = [&](const char* database) {
        return is_drilled(daemon, database, "passed");
    };
    const auto are_proven = [&] { return is_proven("shop") && is_proven("blog"); };
    await("both to be proven", are_proven, most_for_a_night);
    const json::value before = last_drill(daemon, "blog");

    dump_shop("2.sql", harm_to(daemon));
    const auto is_told = [&] {
        return is_drilled(daemon, "shop", "failed") &&
               last_drill(daemon, "shop").at("backup").as_string() == "2.sql";
    };
    await("the hostile one to be told", is_told, most_for_a_night);
    const json::value told = last_drill(daemon, "shop");
    EXPECT_EQ(told.at("error").as_string(), "no end of the drill within 20s");
    EXPECT_EQ(site_.run({"gate", "shop"}).exit_code, 2);

    // Of a dump that was taken since, beside drills of the hostile one that go on.
    const auto is_proven_again = [&] {
        const json::value drill = last_drill(daemon, "blog");
        return drill.at("backup") != before.at("backup") &&
               drill.at("finished_at").as_string() > told.at("finished_at").as_string();
    };
    await("the other to be proven again", is_proven_again, most_for_a_night);
    EXPECT_TRUE(is_proven("blog"));
    const Ran check = site_.run({"check", "--json", "blog"});
    EXPECT_EQ(check.exit_code, 0) << check.out;
    for (const char* name : {"loot", "planted"}) EXPECT_FALSE(fs::exists(others() / name));
    EXPECT_EQ(TestPostgres::shared().value("shop", "SELECT count(*) FROM posts"), "500");
    EXPECT_EQ(daemon.get("/readyz").status, 200);
    const std::string stray = "98765." + std::to_string(daemon.pid());
    EXPECT_EQ(daemon.stop().exit_code, 0);
    EXPECT_TRUE(processes_in("/", stray).empty());
    EXPECT_EQ(site_.left_behind(), std::vector<std::string>());
}

}  // namespace
}  // namespace backupwatch
