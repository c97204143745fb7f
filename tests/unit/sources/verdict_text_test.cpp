#include "sources/foreign/verdict_text.hpp"

#include "core/failure.hpp"

#include <gtest/gtest.h>

namespace backupwatch {
namespace {

InspectedDump found() {
    InspectedDump dump;
    dump.form = DumpForm::tar;
    dump.compression = Compression::zstd;
    dump.makes_database = "My \"shop\"";
    dump.other_databases = {"blog"};
    dump.connects = {"shop", "it's"};
    dump.unproven = {{"rows of t", "none\nof them"}};
    dump.roles = {"\xffn", "app"};
    dump.prelude = {"CREATE SCHEMA auth", "CREATE TABLE auth.users (id uuid)"};
    dump.begun_by = Instant(std::chrono::hours(500'000));
    dump.sql_sha256 = std::string(64, 'b');
    dump.is_unique = true;
    dump.lies_among_others = true;
    dump.perhaps_hidden = {"public.t"};
    dump.since = Instant(std::chrono::hours(400'000));
    dump.manifest.id = "shop.tar";
    dump.manifest.is_from_file = true;
    TableContent hashed;
    hashed.name = "public.t";
    hashed.rows = {7, 1, 2};
    TableContent counted = hashed;
    counted.name = "public.u";
    counted.is_hashed = false;
    counted.is_of_extension = true;
    counted.has_offsets = true;
    dump.manifest.tables = {hashed, counted};
    dump.manifest.files = {{"shop.tar", 1, 1, std::string(64, 'a')}};
    return dump;
}

TEST(VerdictText, gives_back_all_that_a_drill_needs) {
    const InspectedDump dump = parse_verdict_text(verdict_text(found()));

    EXPECT_EQ(dump.form, DumpForm::tar);
    EXPECT_EQ(dump.compression, Compression::zstd);
    EXPECT_EQ(dump.makes_database, "My \"shop\"");
    EXPECT_EQ(dump.other_databases, std::vector<std::string>{"blog"});
    ASSERT_EQ(dump.unproven.size(), 1u);
    EXPECT_EQ(dump.unproven[0].why, "none\nof them");
    EXPECT_EQ(dump.roles, found().roles);
    EXPECT_EQ(dump.begun_by, found().begun_by);
    EXPECT_EQ(dump.prelude, found().prelude);
    EXPECT_EQ(dump.connects, found().connects);
    EXPECT_EQ(dump.sql_sha256, found().sql_sha256);
    EXPECT_TRUE(dump.is_unique);
    EXPECT_TRUE(dump.lies_among_others);
    EXPECT_EQ(dump.perhaps_hidden, found().perhaps_hidden);
    EXPECT_EQ(dump.since, found().since);
    EXPECT_TRUE(dump.manifest.is_from_file);
    ASSERT_EQ(dump.manifest.tables.size(), 2u);
    EXPECT_TRUE(dump.manifest.tables[0].is_hashed);
    EXPECT_EQ(dump.manifest.tables[0].rows, found().manifest.tables[0].rows);
    EXPECT_FALSE(dump.manifest.tables[1].is_hashed);
    EXPECT_FALSE(dump.manifest.tables[0].is_of_extension);
    EXPECT_TRUE(dump.manifest.tables[1].is_of_extension);
    EXPECT_FALSE(dump.manifest.tables[0].has_offsets);
    EXPECT_TRUE(dump.manifest.tables[1].has_offsets);
    EXPECT_EQ(dump.manifest.files.at(0).sha256, std::string(64, 'a'));
    EXPECT_EQ(verdict_text(dump), verdict_text(found()));
}

TEST(VerdictText, of_anybody_else_is_no_verdict) {
    const std::string whole = verdict_text(found());
    std::string other_word = whole;
    other_word.replace(other_word.find("\"tar\""), 5, "\"zip\"");
    std::string changed = whole;
    changed.replace(changed.find("public.u", changed.find('\n')), 8, "public.v");
    for (const std::string& text :
         {std::string(),
          std::string("{}"),
          std::string("[]\n"),
          other_word,
          changed,
          whole.substr(0, whole.size() / 2)}) {
        EXPECT_THROW(parse_verdict_text(text), Failure) << text;
    }
}

TEST(VerdictText, in_short_gives_back_what_others_are_held_against) {
    const std::set<std::string> tables{"public.\xff", "public.t"};
    const auto known = short_verdict(short_verdict_text(found(), tables));

    ASSERT_TRUE(known);
    EXPECT_EQ(known->tables, tables);
    EXPECT_EQ(known->sql_sha256, found().sql_sha256);
    EXPECT_EQ(known->since, found().since);
    EXPECT_THROW(parse_verdict_text(short_verdict_text(found(), tables)), Failure);
    for (const std::string& other : {verdict_text(found()), std::string(), std::string("{}")}) {
        EXPECT_FALSE(short_verdict(other)) << other;
    }
}

}  // namespace
}  // namespace backupwatch
