#include "commands/target_trials.hpp"

#include <gtest/gtest.h>

namespace backupwatch {
namespace {

TargetLook spare() {
    TargetLook look;
    look.name = "spare";
    look.facts.place = "db2/shop_new";
    look.facts.name = "shop_new";
    look.facts.server_version = 150004;
    look.facts.role = "restorer";
    look.facts.is_superuser = look.facts.may_create = look.facts.may_create_roles = true;
    return look;
}

DatabaseFacts database_of(const std::string& name, int version) {
    DatabaseFacts facts;
    facts.name = name;
    facts.current.emplace();
    facts.current->server_version = version;
    return facts;
}

/// Known by its newest dump alone.
DatabaseFacts copies_of(const std::string& name, int version) {
    DatabaseFacts facts;
    facts.name = name;
    SetFacts& set = facts.sets.emplace_back();
    set.newest.emplace();
    set.newest->server_version = version;
    return facts;
}

TEST(TargetTrial, is_fine_where_the_database_can_be_made_and_the_server_is_new_enough) {
    DatabaseFacts unreachable;
    unreachable.name = "gone";

    const Trial trial =
        judge_target(spare(), {database_of("shop", 150020), copies_of("crm", 140001), unreachable});

    EXPECT_EQ(trial.verdict, Verdict::ok);
    EXPECT_EQ(trial.target, "spare");
    EXPECT_EQ(trial.sentence, "db2/shop_new is not there yet; PostgreSQL 15");
}

TEST(TargetTrial, of_a_new_project_asks_for_no_superuser) {
    TargetLook look = spare();
    look.facts.is_superuser = false;
    look.facts.database.emplace();
    look.facts.database->project.emplace();

    const Trial fresh = judge_target(look, {});

    EXPECT_EQ(fresh.verdict, Verdict::ok);
    EXPECT_EQ(fresh.sentence, "db2/shop_new is a new project of Supabase's; PostgreSQL 15");

    look.facts.database->project->found = {{"table", 1, {"public.posts"}}};
    EXPECT_EQ(judge_target(look, {}).verdict, Verdict::problem);
}

TEST(TargetTrial, is_a_problem_where_a_source_is_newer) {
    const Trial trial =
        judge_target(spare(), {database_of("shop", 160001), copies_of("crm", 170001)});

    EXPECT_EQ(trial.verdict, Verdict::problem);
    EXPECT_EQ(
        trial.sentence,
        "db2/shop_new is not there yet; PostgreSQL 15, which is older than that of shop (16) and "
        "crm (17)"
    );
    EXPECT_FALSE(trial.hint.empty());
}

TEST(TargetTrial, is_a_problem_where_a_restore_would_be_refused) {
    TargetLook look = spare();
    look.facts.may_create = false;
    const Trial poor = judge_target(look, {});
    EXPECT_EQ(poor.verdict, Verdict::problem);
    EXPECT_EQ(poor.sentence, "db2/shop_new is not there, and this role may not make databases");
    EXPECT_NE(poor.hint.find("CREATEDB"), std::string::npos);

    look = spare();
    look.facts.database = TargetFacts::Database{false, "", "UTF8", 0};
    EXPECT_EQ(judge_target(look, {}).verdict, Verdict::problem);
}

TEST(TargetTrial, is_advice_where_a_backup_may_need_what_the_role_may_not) {
    TargetLook look = spare();
    look.facts.is_superuser = false;
    const Trial maker = judge_target(look, {});
    EXPECT_EQ(maker.verdict, Verdict::advice);
    EXPECT_EQ(
        maker.sentence, "db2/shop_new is not there yet; PostgreSQL 15; restorer is no superuser"
    );
    EXPECT_FALSE(maker.hint.empty());

    look.facts.may_create_roles = false;
    EXPECT_TRUE(
        judge_target(look, {}).sentence.ends_with("restorer is no superuser and may make no roles")
    );

    look.facts.database = TargetFacts::Database{true, "", "UTF8"};
    look.facts.database->is_anothers = true;
    EXPECT_EQ(judge_target(look, {}).verdict, Verdict::problem);
}

TEST(TargetTrial, is_advice_where_a_restore_runs_or_was_interrupted) {
    TargetLook look = spare();
    look.facts.is_under_way = true;
    EXPECT_EQ(judge_target(look, {}).verdict, Verdict::advice);

    look = spare();
    look.facts.database = TargetFacts::Database{
        false, "backupwatch restore begun 2026-11-22T03:20:00Z: shop/nightly a", "UTF8", 0};
    const Trial interrupted = judge_target(look, {});
    EXPECT_EQ(interrupted.verdict, Verdict::advice);
    EXPECT_NE(interrupted.sentence.find("interrupted"), std::string::npos);
}

TEST(TargetTrial, tells_a_refused_log_in_from_a_server_that_is_away) {
    TargetLook look = spare();
    look.failure = Failure(Failure::Kind::denied, "no password is right");
    EXPECT_EQ(judge_target(look, {}).verdict, Verdict::problem);
    look.failure = Failure(Failure::Kind::unreachable, "connection refused");
    EXPECT_EQ(judge_target(look, {}).verdict, Verdict::unknown);
}

}  // namespace
}  // namespace backupwatch
