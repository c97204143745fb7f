#include "report/restore_text.hpp"

#include <gtest/gtest.h>

namespace backupwatch {
namespace {

Instant then(const char* text) {
    return parse_rfc3339(text).value();
}

RestoreFacts on_the_day() {
    RestoreFacts facts;
    facts.set = "shop/nightly";
    facts.into = "spare";
    facts.backup.id = "20261122T030000Z";
    facts.backup.started_at = then("2026-11-22T03:00:00Z");
    facts.backup.size_bytes = 151200000;
    facts.now = then("2026-11-22T12:12:00Z");
    facts.outlook.facts.place = "db2/shop_new";
    facts.outlook.facts.name = "shop_new";
    facts.outlook.old_name = "shop";
    facts.outlook.decision = {TargetDecision::Step::create, "db2/shop_new is not there yet", ""};
    return facts;
}

DrillReport report_of_it() {
    DrillReport report;
    report.phases = {{"fetch", 2}, {"restore", 60}, {"verify", 8}};
    report.seconds = 70;
    report.started_at = then("2026-11-22T12:12:00Z");
    return report;
}

TEST(RestoreText, before_it_is_done_says_what_is_lost_and_how_to_have_it_done) {
    EXPECT_EQ(
        planned_text(on_the_day()),
        "restore of shop/nightly into db2/shop_new\n"
        "  backup   20261122T030000Z, as it was at 2026-11-22T03:00:00Z, 151.2 MB\n"
        "  proof    no drill has proven it yet\n"
        "  lost     everything that was written after 2026-11-22T03:00Z (9 h 12 min) is not in it\n"
        "  does     db2/shop_new is not there yet: it is made, and restored into\n"
        "  never    the old database is not touched, nor any other than db2/shop_new\n"
        "Nothing was done yet. To do it, add\n\n    --confirm db2/shop_new\n"
    );
}

TEST(RestoreText, of_a_refusal_says_why_and_what_to_do_and_offers_no_confirmation) {
    RestoreFacts facts = on_the_day();
    facts.outlook.decision = {
        TargetDecision::Step::refuse, "db2/shop_new is not empty", "drop it."};

    const std::string text = planned_text(facts);

    EXPECT_NE(text.find("  does     nothing: db2/shop_new is not empty\n"), std::string::npos);
    EXPECT_NE(text.find("hint: drop it.\n"), std::string::npos) << text;
    EXPECT_EQ(text.find("--confirm"), std::string::npos) << text;
}

TEST(RestoreText, once_it_is_done_says_how_it_takes_over_and_how_pages_answer_now) {
    RestoreFacts facts = on_the_day();
    facts.runbook = RunbookSettings();
    facts.runbook->maintenance.on = "MAINTENANCE=1, redeploy";
    facts.pages = {{"https://shop.example/", false, "503, not 200"}};

    for (const std::string& text :
         {restored_text(facts, report_of_it()), restored_markdown(facts, report_of_it())}) {
        for (const char* words :
             {"RESTORED: db2/shop_new holds shop/nightly 20261122T030000Z, verified, in 1 min 10 s",
              "1. Take the application off, so that nothing writes to the old database any more: "
              "MAINTENANCE=1, redeploy.\n",
              "Point the application at db2/shop_new",
              "https://shop.example/: 503, not 200 (as of now)\n"}) {
            EXPECT_NE(text.find(words), std::string::npos) << words << "\n" << text;
        }
    }
}

TEST(RestoreText, in_its_first_line_names_what_was_left_out_and_at_its_end_the_kept_report) {
    RestoreFacts facts = on_the_day();
    facts.for_later = {
        {"the extension pg_cron", "Make pg_cron."}, {"the subscription s", "Make the other."}};
    facts.kept_in = "/state/restores/shop/20261122T121200Z.md";

    const std::string text = restored_text(facts, report_of_it());

    EXPECT_NE(
        text.find(
            "in 1 min 10 s; without the extension pg_cron and the subscription s: see the steps\n"
        ),
        std::string::npos
    ) << text;
    EXPECT_NE(text.find("Make pg_cron.\n"), std::string::npos) << text;
    EXPECT_NE(text.find("Make the other.\n"), std::string::npos) << text;
    EXPECT_NE(text.find("report   /state/restores/shop/20261122T121200Z.md\n"), std::string::npos)
        << text;
    EXPECT_EQ(restored_text(on_the_day(), report_of_it()).find("without"), std::string::npos);
}

TEST(RestoreText, of_one_that_could_not_be_marked_says_so_and_what_to_run_first) {
    RestoreFacts facts = on_the_day();
    facts.not_marked = "must be owner of database shop_new";
    DrillReport report = report_of_it();
    for (const std::string& text :
         {restored_text(facts, report), restored_markdown(facts, report)}) {
        for (const char* words :
             {"RESTORED, NOT MARKED: db2/shop_new holds shop/nightly 20261122T030000Z, verified, "
              "in "
              "1 min 10 s; it is still marked as unfinished: must be owner of database shop_new",
              "1. Before anything else",
              "2. Take the application off"}) {
            EXPECT_NE(text.find(words), std::string::npos) << words << "\n" << text;
        }
    }
    report.verification.errors = {"public.posts: 41 of 1200 rows missing"};
    EXPECT_NE(
        restored_text(facts, report).find("41 of 1200 rows missing; it is still marked"),
        std::string::npos
    );
}

TEST(RestoreText, of_a_project_that_could_not_be_marked_says_by_which_mark_it_is_known) {
    RestoreFacts facts = on_the_day();
    facts.outlook.decision.step = TargetDecision::Step::fill_project;
    facts.not_marked = "it was interrupted";
    facts.outlook.webhooks = {"auth.users.on_user"};
    facts.outlook.facts.database.emplace().project.emplace().gone = {"pgmq.q_idle"};
    const std::pair<std::vector<std::string>, const char*> table[] = {
        {{}, "RESTORED, NOT MARKED: db2/shop_new holds shop/nightly"},
        {{"public.posts: 1 row missing"}, "RESTORED WITH ERRORS: db2/shop_new is not what"},
    };
    for (const auto& [errors, verdict] : table) {
        DrillReport report = report_of_it();
        report.verification.errors = errors;
        for (const std::string& text :
             {restored_text(facts, report), restored_markdown(facts, report)}) {
            for (const char* words :
                 {verdict,
                  "; it is still marked as loaded: it was interrupted",
                  "1. Before anything writes to it, run the same command again",
                  "SELECT pgmq.create('idle');",
                  "the webhook auth.users.on_user, and functions"}) {
                EXPECT_NE(text.find(words), std::string::npos) << words << "\n" << text;
            }
        }
    }
}

TEST(RestoreText, of_one_that_was_not_finished_says_what_it_left) {
    const Failure failure(Failure::Kind::unreachable, "the server went", "begin again.");
    EXPECT_EQ(
        unfinished_markdown(on_the_day(), failure),
        "# Emergency restore: shop/nightly into db2/shop_new\n\n"
        "**NOT FINISHED: the server went**\n\n"
        "- Backup: 20261122T030000Z, as it was at 2026-11-22T03:00:00Z, 151.2 MB\n"
        "- Proof before: no drill has proven it yet\n"
        "- Lost: everything that was written after 2026-11-22T03:00Z (9 h 12 min) is not in it\n"
        "- Found: db2/shop_new is not there yet\n"
        "- Asked for: 2026-11-22T12:12:00Z\n\n"
        "begin again.\n"
    );
}

TEST(RestoreText, of_what_was_loaded_before_says_that_it_was_verified_alone) {
    RestoreFacts facts = on_the_day();
    facts.outlook.decision.step = TargetDecision::Step::verify_project;
    DrillReport report = report_of_it();
    EXPECT_NE(
        restored_text(facts, report).find("loaded already and verified now, in 1 min 10 s\n"),
        std::string::npos
    );
    report.verification.errors = {"public.posts: 41 of 1200 rows missing"};
    EXPECT_NE(
        restored_text(facts, report)
            .find("41 of 1200 rows missing; it was loaded before, and may have been used since\n"),
        std::string::npos
    );
}

TEST(RestoreText, with_errors_says_so_first) {
    DrillReport report = report_of_it();
    report.verification.errors = {"public.posts: 41 of 1200 rows missing"};

    EXPECT_EQ(
        restored_text(on_the_day(), report)
            .find("RESTORED WITH ERRORS: db2/shop_new is not what the backup holds: public.posts: "
                  "41 of 1200 rows missing\n"),
        0U
    );
}

}  // namespace
}  // namespace backupwatch
