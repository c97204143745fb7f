#include "core/wording/restore_steps.hpp"

#include <gtest/gtest.h>

namespace backupwatch {
namespace {

Instant moment(const char* text) {
    return parse_rfc3339(text).value();
}

TEST(RestoreSteps, say_what_is_lost_from_when_the_snapshot_was_taken) {
    Backup backup;
    backup.started_at = moment("2026-11-22T03:00:00Z");
    backup.finished_at = moment("2026-11-22T03:40:00Z");
    EXPECT_EQ(
        data_loss(backup, moment("2026-11-22T12:12:00Z")),
        "everything that was written after 2026-11-22T03:00Z (9 h 12 min) is not in it"
    );
    EXPECT_NE(
        data_loss(backup, moment("2026-11-22T02:00:00Z")).find("cannot be told"), std::string::npos
    );
}

TEST(RestoreSteps, say_what_is_proven) {
    EXPECT_EQ(proof_of(std::nullopt), "no drill has proven it yet");
    DrillOutcome drill;
    drill.finished_at = moment("2026-11-22T04:00:00Z");
    drill.result = DrillOutcome::Result::passed;
    EXPECT_EQ(proof_of(drill), "its drill passed at 2026-11-22T04:00Z");
    drill.result = DrillOutcome::Result::failed;
    drill.error = "public.posts: 3 rows missing";
    EXPECT_EQ(
        proof_of(drill), "its drill failed at 2026-11-22T04:00Z: public.posts: 3 rows missing"
    );
}

std::string all(const std::vector<std::string>& steps) {
    std::string text;
    for (const std::string& step : steps) text += step + "\n";
    return text;
}

TEST(RestoreSteps, rename_on_the_same_server_and_repoint_on_another) {
    const std::string same =
        all(swap_steps({"my \"shop\"", "shop_new", "db/shop_new", true, "20261121T030000Z"}));
    for (const char* words :
         {"RENAME TO \"my \"\"shop\"\"_before_20261121t030000z\";",
          "ALTER DATABASE \"shop_new\" RENAME TO \"my \"\"shop\"\"\";",
          "End the sessions in both, in psql, connected to `postgres`: SELECT pg_terminate_backend",
          // The way back.
          "ALTER DATABASE \"my \"\"shop\"\"\" RENAME TO \"shop_new\";"}) {
        EXPECT_NE(same.find(words), std::string::npos) << words << "\n" << same;
    }
    EXPECT_EQ(same.find("Point"), std::string::npos);
    const std::string other = all(swap_steps({"shop", "shop_new", "db/shop_new", false}));
    EXPECT_EQ(other.find("RENAME"), std::string::npos) << other;
    EXPECT_NE(other.find("Point the application at db/shop_new"), std::string::npos) << other;
}

TEST(RestoreSteps, bring_back_what_acts_outward_once_the_application_has_moved) {
    for (const bool is_same_server : {true, false}) {
        SwapFacts facts{"shop", "shop_new", "db/shop_new", is_same_server};
        facts.for_later = {{"the extension pg_cron", "Make pg_cron."}};

        const auto steps = swap_steps(facts);

        ASSERT_GE(steps.size(), 2U);
        EXPECT_EQ(steps[steps.size() - 2], "Make pg_cron.") << all(steps);
        EXPECT_TRUE(steps.back().starts_with("To go back")) << all(steps);
    }
}

TEST(RestoreSteps, let_the_roles_that_were_made_log_in_before_the_application_moves) {
    SwapFacts facts{"shop", "shop_new", "db/shop_new", false};
    facts.made_roles = {"clerk", "the \"boss\""};

    const std::string steps = all(swap_steps(facts));

    const auto roles = steps.find(
        "ALTER ROLE \"clerk\" LOGIN; and \\password \"clerk\"; ALTER ROLE \"the \"\"boss\"\"\" "
        "LOGIN; "
        "and \\password \"the \"\"boss\"\"\".\n"
    );
    EXPECT_NE(roles, std::string::npos) << steps;
    EXPECT_LT(roles, steps.find("Point the application at")) << steps;
}

TEST(RestoreSteps, begin_with_the_statement_that_takes_a_mark_away_which_nobody_else_did) {
    SwapFacts facts{"shop", "the \"new\"", "db/new", false};
    EXPECT_EQ(all(swap_steps(facts)).find("Take the application off"), 0U);

    facts.is_marked = false;
    const std::string first = swap_steps(facts).front();
    EXPECT_TRUE(first.ends_with("superuser: COMMENT ON DATABASE \"the \"\"new\"\"\" IS NULL;"))
        << first;
}

TEST(RestoreSteps, of_a_project_rename_nothing_and_say_what_no_dump_holds) {
    SwapFacts facts{"postgres", "postgres", "new@pooler/postgres", true};
    facts.is_project = true;
    facts.maintenance = {"stop the workers", "start them"};
    facts.made_roles = {"clerk"};
    facts.queues = {"fast", "idle", "it's"};
    facts.queue_kinds.unlogged = {"fast"};
    facts.queue_kinds.partitioned = {"halved jobs", "jobs", "shut jobs"};
    facts.partitioned_queues = {"halved jobs", "jobs"};
    // Of which the second is empty, and detached in part.
    facts.queues.insert("halved");
    facts.undumped_queues = {"attached", "halved", "halved jobs", "shut jobs"};
    facts.webhooks = {"auth.users.on_user", "public.posts.on_post"};
    facts.not_held = {
        {"files of Storage (30)", "copy the buckets as well"},
        {"schema vault", "encrypted with a key that no dump holds"},
        {"sequence cron.jobid_seq", "left out"},
        {"table storage.migrations", "left out"},
        {"table cron.job", "left out"},
        {"table topology.topology", "left out, as the role postgres may not read it"},
        {"the work of cron jobs (2)", "nothing runs them in a drill"}};

    const std::string steps = all(swap_steps(facts));

    for (const char* other :
         {"RENAME", "schema vault", "in a drill", "jobid_seq", "storage.migrations"}) {
        EXPECT_EQ(steps.find(other), std::string::npos) << steps;
    }
    std::size_t last = 0;
    for (const char* words :
         {"Take the application off, so that nothing writes to the old project any more: stop the",
          "--set=in_project=1 --set=database=postgres --file=globals.sql",
          "ALTER ROLE \"clerk\" LOGIN",
          "Make the queues that were empty, in psql, connected to the new project: SELECT "
          "pgmq.create_unlogged('fast'); SELECT pgmq.create('idle'); SELECT pgmq.create('it''s');",
          "by pgmq.create_partitioned, with the intervals that they had: jobs.",
          "Make the queues that are not wholly in the backup, in psql, connected to the new "
          "project: SELECT pgmq.create('attached'); SELECT pgmq.create('halved'); Where one was "
          "unlogged or partitioned, by pgmq.create_unlogged or pgmq.create_partitioned instead. "
          "The others by pgmq.create_partitioned, with the intervals that they had: halved jobs "
          "and shut jobs. Then set their row-level security, policies and rights anew, before "
          "anybody uses them.",
          "Put back what no dump holds: files of Storage (30): copy the buckets as well.",
          "Put back what no dump holds: table cron.job: left out.",
          "table topology.topology: left out, as the role postgres may not read it.",
          "Schedule the cron jobs (2) again",
          "JWT secret",
          "Point the application at the project of new@pooler/postgres",
          "Keep the old project, paused",
          "runs in both: the webhooks auth.users.on_user and public.posts.on_post, and functions "
          "that call pg_net.",
          "To go back"}) {
        const auto at = steps.find(words, last);
        EXPECT_NE(at, std::string::npos) << words << "\n" << steps;
        if (at != std::string::npos) last = at;
    }
}

TEST(RestoreSteps, of_a_project_make_partitioned_queues_by_what_makes_them) {
    SwapFacts facts{"postgres", "postgres", "new@pooler/postgres", true};
    facts.is_project = true;
    facts.queue_kinds.partitioned = {"jobs"};
    facts.partitioned_queues = {"jobs"};
    facts.undumped_queues = {"jobs"};

    const std::string steps = all(swap_steps(facts));

    EXPECT_NE(
        steps.find("Make the queues that are not wholly in the backup, by pgmq.create_partitioned, "
                   "with the intervals that they had: jobs. Then set"),
        steps.npos
    ) << steps;
    EXPECT_EQ(steps.find("pgmq.create("), steps.npos) << steps;
    EXPECT_EQ(steps.find("that were empty"), steps.npos) << steps;
}

TEST(RestoreSteps, of_a_project_name_no_queue_and_no_webhook_where_there_is_none) {
    SwapFacts facts{"postgres", "postgres", "new@pooler/postgres", true};
    facts.is_project = true;

    const std::string steps = all(swap_steps(facts));

    EXPECT_EQ(steps.find("Take the application off"), 0U) << steps;
    EXPECT_NE(steps.find("runs in both: functions that call pg_net."), steps.npos) << steps;
    EXPECT_EQ(steps.find("pgmq"), steps.npos) << steps;
}

TEST(RestoreSteps, of_a_project_begin_with_the_statement_that_takes_a_mark_away) {
    SwapFacts facts{"postgres", "postgres", "new@pooler/postgres", true};
    facts.is_project = true;
    facts.is_marked = false;

    const std::string first = swap_steps(facts).front();

    EXPECT_TRUE(first.starts_with("Before anything writes to it, run the same command again, which")
    ) << first;
    EXPECT_TRUE(first.ends_with(": COMMENT ON DATABASE \"postgres\" IS NULL;")) << first;
}

TEST(RestoreSteps, of_an_interruption_say_what_it_may_have_left) {
    using Step = TargetDecision::Step;
    const std::pair<Step, const char*> table[] = {
        {Step::create, "is marked as unfinished until its restore has ended. The same command"},
        {Step::fill, "is marked as unfinished until its restore has ended."},
        {Step::begin_anew, "drops what is unfinished and begins anew."},
        {Step::fill_project,
         "as it was, and marked as begun, or loaded as a whole, and marked as loaded until it is "
         "verified."},
        {Step::verify_project, "marked as loaded until it is verified."},
    };
    for (const auto& [step, words] : table) {
        const std::string text = left_by_interruption(step);
        EXPECT_NE(text.find(words), text.npos) << text;
        EXPECT_EQ(text.find("drops") == text.npos, TargetDecision::is_of_project(step)) << text;
    }
}

TEST(RestoreSteps, of_a_failure_say_what_state_things_are_in) {
    EXPECT_EQ(
        left_by_failure("", "db/new", LeftInPlace::as_it_was),
        "No database was made or changed; the same command begins again."
    );
    const std::string made =
        left_by_failure("make room on the disk", "db/new", LeftInPlace::unfinished);
    EXPECT_EQ(made.find("make room on the disk. db/new holds an unfinished restore"), 0U) << made;
    EXPECT_NE(made.find("the old database was not touched"), std::string::npos);
    const std::string unmarked = left_by_failure("", "db/new", LeftInPlace::unmarked);
    EXPECT_EQ(unmarked.find("db/new may have been made, and is empty then"), 0U) << unmarked;
    EXPECT_EQ(unmarked.find("marked"), std::string::npos) << unmarked;
    const std::pair<LeftInPlace, const char*> projects[] = {
        {LeftInPlace::new_project, "db/new is a new project as it was, and is marked as begun"},
        {LeftInPlace::used_project,
         "db/new is marked as begun, and holds what no new project does"},
        {LeftInPlace::loaded_project, "db/new was loaded as a whole, and is marked as loaded"},
        {LeftInPlace::project, "db/new is a new project as it was, or is loaded as a whole"},
    };
    for (const auto& [left, words] : projects) {
        EXPECT_EQ(left_by_failure("", "db/new", left).find(words), 0U) << words;
    }
    EXPECT_EQ(
        left_by_failure("", "db/new", LeftInPlace::another),
        "What is in db/new now may be somebody else's; the old database was not touched."
    );
}

TEST(RestoreSteps, of_a_provider_send_to_its_page_and_warn_that_it_is_in_place) {
    const std::string steps =
        all(provider_steps("backup 7", "https://supabase.example/backups", "shop/nightly"));
    EXPECT_NE(
        steps.find("Open https://supabase.example/backups, choose backup 7"), std::string::npos
    ) << steps;
    EXPECT_NE(steps.find("is gone then"), std::string::npos);
    EXPECT_NE(
        steps.find("(`backupwatch backup shop/nightly --label 'before the restore'`)"),
        std::string::npos
    ) << steps;
    const std::string without = all(provider_steps("x", "", ""));
    EXPECT_NE(without.find("the provider's page"), std::string::npos);
    EXPECT_NE(without.find("(`pg_dump`)"), std::string::npos) << "we take none";
}

TEST(RestoreSteps, say_for_each_decision_what_will_be_done) {
    using Step = TargetDecision::Step;
    const std::pair<Step, const char*> table[] = {
        {Step::create, "found: it is made, and restored into"},
        {Step::fill, "found: it is restored into"},
        {Step::begin_anew, "found: db/new is dropped, made and restored again"},
        {Step::fill_project,
         "found: it is loaded, in one transaction, and its webhooks run from then "
         "on"},
        {Step::verify_project, "found: it is verified as it is now, and nothing is loaded"},
        {Step::refuse, "nothing: found"},
    };
    for (const auto& [step, text] : table) {
        EXPECT_EQ(intention({step, "found", ""}, "db/new"), text);
    }
    EXPECT_EQ(unfit_for_restore("a.sql", "it is SQL").step, Step::refuse);
}

}  // namespace
}  // namespace backupwatch
