// A set without `take`, whose folder another tool fills.
#include "system/daemon.hpp"
#include "system/support.hpp"

#include <boost/json/serialize.hpp>
#include <gtest/gtest.h>

#include <fstream>

namespace backupwatch {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

/// What that process has read, from files and from all else.
std::uint64_t bytes_read_by(pid_t pid) {
    std::ifstream file("/proc/" + std::to_string(pid) + "/io");
    std::string word;
    std::uint64_t count = 0;
    file >> word >> count;
    return count;
}

/// A folder with one dump that another tool left.
class ForeignFile : public testing::Test {
  protected:
    ForeignFile() {
        const TestPostgres& server = TestPostgres::shared();
        server.create_database("filled");
        server.execute(
            "filled",
            "CREATE TABLE posts AS SELECT repeat('x', 1000) AS text FROM generate_series(1, 40000)"
        );
        fs::create_directories(site_.dumps());
        fs::permissions(site_.dumps(), fs::perms::all);
        fs::permissions(site_.dumps().parent_path(), fs::perms(0711));
        site_.configure_without_take("        settle: 1s\n");
        server.run("pg_dump", {"--file=" + file_.string(), "--dbname=filled"});
    }

    Ran check() const { return site_.run({"check", "--json", "shop/nightly"}); }
    static std::string backup_finding(const Ran& ran) {
        const boost::json::value document = ran.json();
        for (const auto& finding : document.at("findings").as_array()) {
            if (finding.at("check").as_string() == "backup") {
                return boost::json::serialize(finding);
            }
        }
        return ran.out + ran.err;
    }

    const Site site_{TestPostgres::shared().url("postgres")};
    const fs::path file_ = site_.dumps() / "shop.sql";
};

TEST_F(ForeignFile, that_was_judged_is_not_read_again_by_the_next_daemon_unless_it_changes) {
    constexpr std::uint64_t much = 30'000'000;
    {
        Daemon daemon(site_);
        await("the dump to be judged", [&] { return site_.completed().size() == 1; });
        EXPECT_GT(bytes_read_by(daemon.pid()), much);
        daemon.kill();
    }
    Daemon daemon(site_);
    const Ran known = check();
    EXPECT_EQ(known.exit_code, 0) << known.out << known.err;
    EXPECT_LT(bytes_read_by(daemon.pid()), much / 2);

    // As long as it was, and of the date that it had.
    const auto date = fs::last_write_time(file_);
    std::string text = read_text(file_);
    text.replace(text.rfind("dump complete"), 13, "dump         ");
    write_text(file_, text);
    fs::last_write_time(file_, date);
    await("what is in its place to be told", [&] { return check().exit_code == 2; });
    EXPECT_NE(backup_finding(check()).find("it is cut short"), std::string::npos) << check().out;
}

TEST_F(ForeignFile, of_another_database_in_its_place_is_refused_until_somebody_accepts_it) {
    await("the dump to be judged", [&] { return site_.completed().size() == 1; });
    const TestPostgres& server = TestPostgres::shared();
    server.create_database("moved");
    server.execute("moved", "CREATE TABLE articles AS SELECT 1 AS id");
    server.run("pg_dump", {"--file=" + file_.string(), "--dbname=moved"});
    await("it to be refused", [&] { return check().exit_code == 2; });
    EXPECT_NE(backup_finding(check()).find("a dump of another one"), std::string::npos);

    const Ran accepted = site_.run({"accept", "shop/nightly"});
    EXPECT_EQ(accepted.exit_code, 0) << accepted.out << accepted.err;
    EXPECT_NE(accepted.out.find("shop.sql is of this database"), std::string::npos);
    EXPECT_NE(accepted.out.find("public.posts is gone"), std::string::npos) << accepted.out;
    EXPECT_EQ(check().exit_code, 0) << check().out;
    EXPECT_NE(site_.run({"accept", "shop/nightly"}).exit_code, 0) << "there is nothing left";
}

TEST_F(ForeignFile, that_is_read_for_very_long_is_neither_late_nor_fine) {
    fs::last_write_time(file_, fs::file_time_type::clock::now() - 80h);
    await("the old dump to settle", [&] { return site_.completed().size() == 1; });
    EXPECT_EQ(check().exit_code, 2) << "it is too old";
    // A comment without an end, of which the disk holds nothing.
    const fs::path endless = site_.dumps() / "today.sql";
    write_text(endless, "-- ");
    fs::resize_file(endless, 1'000'000'000'000);
    std::this_thread::sleep_for(2s);

    const Ran alone = site_.run({"check", "--wait", "1s", "shop/nightly"});
    EXPECT_EQ(alone.exit_code, 3) << alone.out << alone.err;
    EXPECT_NE(alone.out.find("of 1.00 TB are read"), std::string::npos) << alone.out;
    EXPECT_NE(alone.out.find("reading ends with this command"), std::string::npos) << alone.out;

    Daemon daemon(site_);
    const Ran told = check();
    EXPECT_EQ(told.exit_code, 3) << told.out << told.err;
    const std::string finding = backup_finding(told);
    EXPECT_NE(finding.find("cannot tell yet whether the newest backup is whole"), finding.npos)
        << finding;
    EXPECT_NE(finding.find("\"failures\":0"), finding.npos) << finding;
    EXPECT_EQ(daemon.stop().exit_code, 0);
}

TEST(ForeignSet, is_watched_and_drilled_and_a_cut_dump_is_a_failed_backup) {
    const TestPostgres& server = TestPostgres::shared();
    server.create_database("elsewhere");
    server.execute(
        "elsewhere",
        "CREATE TABLE posts (id integer PRIMARY KEY, title text);"
        "INSERT INTO posts SELECT i, 'title ' || i FROM generate_series(1, 2000) AS i"
    );
    const Site site(server.url("elsewhere"));
    fs::create_directories(site.dumps());
    fs::permissions(site.dumps(), fs::perms::all);
    site.configure_without_take("        settle: 1s\n        drill: {}\n");
    const auto dump = [&](const std::string& name, const std::string& form) {
        const std::string file = (site.dumps() / name).string();
        fs::permissions(site.dumps().parent_path(), fs::perms(0711));
        server.run("pg_dump", {form, "--file=" + file, "--dbname=elsewhere"});
    };
    dump("monday.sql", "-Fp");
    dump("tuesday.dump", "-Fc");
    const auto is_settled = [&] {
        return site.completed() == std::vector<std::string>{"monday.sql", "tuesday.dump"};
    };
    await("the dumps to settle", is_settled);

    const Ran passed = site.drill("tuesday.dump");
    EXPECT_EQ(passed.exit_code, 0) << passed.out << passed.err;
    EXPECT_EQ(passed.json().at("tables").at(0).at("rows").as_int64(), 2000);
    EXPECT_EQ(site.run({"check"}).exit_code, 0) << site.run({"check"}).out;

    const std::string whole = read_text(site.dumps() / "tuesday.dump");
    write_text(site.dumps() / "wednesday.dump", whole.substr(0, whole.size() / 2));
    await("the cut one to be told", [&] { return site.run({"check"}).exit_code == 2; });
    const Ran told = site.run({"check"});
    EXPECT_NE(told.out.find("it is cut short"), std::string::npos) << told.out;
    const Ran failed = site.drill("wednesday.dump");
    EXPECT_EQ(failed.exit_code, 2) << failed.out << failed.err;
    EXPECT_EQ(site.left_behind(), std::vector<std::string>());
}

TEST(ForeignSet, that_lost_rows_with_policies_fails_its_drill_until_somebody_accepts_it) {
    const TestPostgres& server = TestPostgres::shared();
    server.create_database("secured");
    server.execute(
        "secured",
        "CREATE TABLE posts AS SELECT generate_series(1, 500) AS id;"
        "ALTER TABLE posts ENABLE ROW LEVEL SECURITY"
    );
    const Site site(server.url("secured"));
    fs::create_directories(site.dumps());
    fs::permissions(site.dumps(), fs::perms::all);
    fs::permissions(site.dumps().parent_path(), fs::perms(0711));
    site.configure_without_take("        settle: 1s\n        drill: {}\n");
    const auto dump = [&](const std::string& name) {
        const std::string file = "--file=" + (site.dumps() / name).string();
        server.run("pg_dump", {"--enable-row-security", file, "--dbname=secured"});
    };
    dump("monday.sql");
    server.execute("secured", "DELETE FROM posts WHERE id > 100");
    std::this_thread::sleep_for(20ms);
    dump("tuesday.sql");
    await("both to settle", [&] { return site.completed().size() == 2; });

    const Ran failed = site.drill("tuesday.sql");
    EXPECT_EQ(failed.exit_code, 2) << failed.out << failed.err;
    const std::string lost = "public.posts has 100 of its 500 rows left";
    EXPECT_NE(failed.out.find(lost + ", against monday.sql: "), std::string::npos) << failed.out;
    EXPECT_EQ(site.run({"check"}).exit_code, 1) << "a drill by hand opens nothing, shape warns";

    const Ran accepted = site.run({"accept", "shop/nightly"});
    EXPECT_EQ(accepted.exit_code, 0) << accepted.out << accepted.err;
    EXPECT_NE(accepted.out.find(lost), std::string::npos) << accepted.out;
    const Ran passed = site.drill("tuesday.sql");
    EXPECT_EQ(passed.exit_code, 0) << passed.out << passed.err;
    const Ran check = site.run({"check"});
    EXPECT_EQ(check.exit_code, 0) << check.out;
}

}  // namespace
}  // namespace backupwatch
