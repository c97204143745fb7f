// A set without `take`, whose folder another tool fills.
#include "system/support.hpp"

#include <gtest/gtest.h>

namespace backupwatch {
namespace {

namespace fs = std::filesystem;

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

}  // namespace
}  // namespace backupwatch
