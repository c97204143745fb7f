#include "core/text.hpp"
#include "support/target_cases.hpp"

namespace backupwatch {
namespace {

using Step = TargetDecision::Step;

constexpr const char* begun =
    "backupwatch restore begun 2026-11-22T03:20:00Z: shop/nightly 20261122T030000Z";
constexpr const char* ended =
    "backupwatch restore ended 2026-11-22T03:40:00Z: shop/nightly 20261122T030000Z";

TargetFacts new_database() {
    TargetFacts facts = facts_of_target("db/shop_new", "shop_new");
    facts.watched = {{"shop", "7", "shop"}, {"blog", "", "shop_new"}};
    return facts;
}

void found(TargetFacts& facts, bool is_empty, const char* comment = "", int sessions = 0) {
    facts.database = TargetFacts::Database{is_empty, comment, "UTF8", sessions};
}

TEST(RestoreTarget, is_written_to_only_where_nothing_can_be_lost) {
    const TargetCase table[] = {
        {"not there", [](auto&) {}, Step::create, "is not there yet"},
        {"not there, and may not",
         [](auto& f) { f.may_create = false; },
         Step::refuse,
         "may not make databases"},
        {"empty", [](auto& f) { found(f, true); }, Step::fill, "is there, and empty"},
        {"empty, made by somebody who had to",
         [](auto& f) { found(f, true), f.may_create = false; },
         Step::fill,
         "and empty"},
        {"empty, and another role's, who alone may mark it",
         [](auto& f) { found(f, true), f.database->is_anothers = true, f.role = "poor"; },
         Step::refuse,
         "belongs to a role that poor is no member of"},
        {"interrupted, and another role's, who alone may drop it",
         [](auto& f) { found(f, false, begun), f.database->is_anothers = true; },
         Step::refuse,
         "belongs to a role"},
        {"empty, of another encoding",
         [](auto& f) { found(f, true), f.database->encoding = "LATIN1"; },
         Step::refuse,
         "its encoding is LATIN1"},
        {"somebody's", [](auto& f) { found(f, false, "our best"); }, Step::refuse, "is not empty"},
        {"interrupted",
         [](auto& f) { found(f, false, begun); },
         Step::begin_anew,
         "shop/nightly 20261122T030000Z that was begun at 2026-11-22T03:20Z and interrupted"},
        {"interrupted before its first row",
         [](auto& f) { found(f, true, begun); },
         Step::begin_anew,
         "interrupted"},
        {"interrupted, and may not be made again",
         [](auto& f) { found(f, false, begun), f.may_create = false; },
         Step::refuse,
         "cannot be begun anew"},
        {"interrupted, and somebody looks into it",
         [](auto& f) { found(f, false, begun, 1); },
         Step::refuse,
         "1 session"},
        {"interrupted, or at work without its lock",
         [](auto& f) { found(f, false, begun), f.database->sessions_of_restore = 2; },
         Step::refuse,
         "a restore is still at work in db/shop_new: 2 sessions"},
        {"just made, and not marked yet",
         [](auto& f) { found(f, true), f.database->sessions_of_restore = 1; },
         Step::refuse,
         "still at work in db/shop_new: 1 session"},
        {"ended",
         [](auto& f) { found(f, false, ended); },
         Step::refuse,
         "whose restore came to its end at 2026-11-22T03:40Z"},
        {"ended, of an empty database",
         [](auto& f) { found(f, true, ended); },
         Step::fill,
         "and empty"},
        {"the database itself",
         [](auto& f) { f.name = "shop", found(f, true); },
         Step::refuse,
         "is watched as shop"},
        {"the same name elsewhere",
         [](auto& f) { f.name = "shop", f.system_identifier = "8"; },
         Step::create,
         "is not there yet"},
        {"itself, gone: never its place",
         [](auto& f) { f.name = "shop"; },
         Step::refuse,
         "is watched as shop"},
        {"down, and of the same address",
         [](auto& f) { f.watched[1].is_same_address = true; },
         Step::refuse,
         "watched as blog"},
        {"nobody may ask for the identifier",
         [](auto& f) { f.system_identifier.clear(), f.name = "shop"; },
         Step::create,
         "is not there yet"},
        {"another restore is at it",
         [](auto& f) { found(f, false, begun), f.is_under_way = true; },
         Step::refuse,
         "another restore into db/shop_new is under way"},
        {"a standby", [](auto& f) { f.is_standby = true; }, Step::refuse, "standby"},
        {"older",
         [](auto& f) { f.server_version = 140010; },
         Step::refuse,
         "is on PostgreSQL 14, and the backup is of 15"},
        {"newer", [](auto& f) { f.server_version = 180000; }, Step::create, "not there yet"},
    };
    expect_decisions(new_database(), table);
}

TEST(RestoreTarget, names_the_statement_that_ends_what_a_restore_left_in_that_database_alone) {
    TargetFacts facts = new_database();
    facts.name = "it's";
    found(facts, false, begun);
    facts.database->sessions_of_restore = 1;
    EXPECT_NE(
        decide_target(facts).hint.find(
            "WHERE datname = 'it''s' AND application_name = 'backupwatch_restore';"
        ),
        std::string::npos
    ) << decide_target(facts).hint;
}

TEST(RestoreMark, is_read_back_as_it_was_written) {
    for (const char* text : {begun, ended}) {
        const auto mark = parse_restore_mark(text);
        ASSERT_TRUE(mark) << text;
        EXPECT_EQ(to_text(*mark), text);
    }
    RestoreMark odd;
    odd.at = parse_rfc3339("2026-11-22T03:20:00Z").value();
    odd.backup = "shop/theirs a: \x1b[31mb";
    const auto read = parse_restore_mark(to_text(odd));
    ASSERT_TRUE(read);
    EXPECT_EQ(read->backup, clean_line(odd.backup));
}

TEST(RestoreMark, is_no_other_comment) {
    for (const char* text :
         {"",
          "default administrative connection database",
          "backupwatch restore begun",
          "backupwatch restore begun yesterday: shop/nightly x",
          "backupwatch restore begun 2026-11-22T03:20:00Z",
          "so backupwatch restore begun 2026-11-22T03:20:00Z: shop/nightly x"}) {
        EXPECT_FALSE(parse_restore_mark(text)) << text;
    }
}

}  // namespace
}  // namespace backupwatch
