#include "store/schema.hpp"

#include "fixture.hpp"

#include <array>

namespace backupwatch {
namespace {

constexpr auto first = "CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT)";
constexpr auto second = "ALTER TABLE notes ADD COLUMN author TEXT NOT NULL DEFAULT 'nobody'";
constexpr auto broken = "CREATE TABLE more (id INTEGER); INSERT INTO nowhere VALUES (1)";

std::string text_of(Database& database, const char* sql) {
    std::string text;
    Query query = database.query(sql);
    if (query.next()) query.read(text);
    return text;
}

TEST(Schema, brings_an_old_version_up_to_date_and_keeps_its_rows) {
    Database database(":memory:");
    bring_up_to_date(database, std::array{first});
    database.execute("INSERT INTO notes VALUES (1, ?1)", std::string("hello"));

    bring_up_to_date(database, std::array{first, second});
    bring_up_to_date(database, std::array{first, second});

    EXPECT_EQ(text_of(database, "SELECT text || author FROM notes"), "hellonobody");
    EXPECT_EQ(text_of(database, "SELECT value FROM meta WHERE key = 'schema'"), "2");
}

TEST(Schema, finds_the_times_of_drilled_backups_that_are_still_known) {
    Database database(":memory:");
    bring_up_to_date(database, schema_steps().first(2));
    database.script(
        "INSERT INTO backups VALUES ('shop', 'nightly', 'a', 'completed', 5, 7, 1, '', NULL, '');"
        "INSERT INTO backups VALUES ('shop', 'other', 'b', 'completed', 8, 9, 1, '', NULL, '');"
        "INSERT INTO drills VALUES (1, 'shop', 'nightly', 'a', 'passed', 9, 1, '', 1, 0, '{}');"
        "INSERT INTO drills VALUES (2, 'shop', 'nightly', 'b', 'passed', 9, 1, '', 1, 0, '{}')"
    );

    bring_up_to_date(database, schema_steps());

    const auto times = "SELECT group_concat(coalesce(backup_at, 'none')) FROM drills";
    EXPECT_EQ(text_of(database, times), "7,none");
}

TEST(Schema, takes_a_step_whole_or_not_at_all) {
    Database database(":memory:");
    bring_up_to_date(database, std::array{first});

    EXPECT_THROW(bring_up_to_date(database, std::array{first, broken}), SQLite::Exception);

    EXPECT_EQ(text_of(database, "SELECT value FROM meta WHERE key = 'schema'"), "1");
    EXPECT_EQ(text_of(database, "SELECT name FROM sqlite_schema WHERE name = 'more'"), "");
    bring_up_to_date(database, std::array{first, second});
}

TEST(Schema, refuses_a_version_that_it_does_not_know) {
    Database database(":memory:");
    bring_up_to_date(database, std::array{first, second});

    try {
        bring_up_to_date(database, std::array{first});
        FAIL() << "it was accepted";
    } catch (const Failure& failure) {
        EXPECT_EQ(failure.kind(), Failure::Kind::rejected);
        EXPECT_STREQ(failure.what(), "the state has schema 2, this program knows it up to 1");
        EXPECT_FALSE(failure.hint().empty());
    }
}

TEST(Schema, is_refused_by_an_open_store_too_and_the_file_stays) {
    TemporaryFolder folder;
    opened(folder);
    {
        Database database((folder.path() / "state.db").string());
        database.script("UPDATE meta SET value = '99' WHERE key = 'schema'");
    }

    EXPECT_EQ(
        failure_of(Store::open(folder.path(), night, Store::Thread::callers)),
        Failure::Kind::rejected
    );
    EXPECT_TRUE(std::filesystem::exists(folder.path() / "state.db"));
}

}  // namespace
}  // namespace backupwatch
