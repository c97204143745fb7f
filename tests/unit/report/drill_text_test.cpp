#include "report/drill_text.hpp"

#include "json/text.hpp"

#include <gtest/gtest.h>

namespace backupwatch {
namespace {

DrillReport passed() {
    DrillReport report;
    report.database = "shop";
    report.set = "nightly";
    report.backup.id = "20261122T030000Z";
    report.result = DrillOutcome::Result::passed;
    report.phases = {{"fetch", 0.252}, {"restore", 12}, {"verify", 100}};
    report.seconds = 112.252;
    report.target_seconds = 300;
    return report;
}

std::string first_line(const std::string& text) {
    return text.substr(0, text.find('\n'));
}

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

TEST(DrillText, writes_durations_as_people_do) {
    const std::string text = drill_text(passed());
    EXPECT_EQ(
        first_line(text),
        "PASSED: shop/nightly 20261122T030000Z restores, in 12.3 s (target 5m: met)"
    );
    EXPECT_TRUE(has(text, "  time     1 min 52 s: fetch 0.25 s restore 12.0 s verify 1 min 40 s\n"))
        << text;
    EXPECT_TRUE(has(drill_markdown(passed()), "| restored in | 12.3 s (target 5m: met) |"));
}

TEST(DrillText, says_that_a_target_was_missed_and_what_to_do) {
    DrillReport report = passed();
    report.target_seconds = 10;
    const std::string text = drill_text(report);
    EXPECT_TRUE(first_line(text).ends_with(" restores, in 12.3 s (target 10s: missed)")) << text;
    const std::string markdown = drill_markdown(report);
    EXPECT_TRUE(has(markdown, "| restored in | 12.3 s (target 10s: missed) |")) << markdown;
    EXPECT_TRUE(has(markdown, "takes longer than the target. Restore with more jobs")) << markdown;
    EXPECT_FALSE(has(drill_markdown(passed()), "takes longer than the target"));
}

TEST(DrillText, shows_the_label_wherever_it_names_the_backup) {
    DrillReport report = passed();
    report.backup.label = "before | \"2.0\"";
    const std::string text = drill_text(report);
    const std::string name = R"(20261122T030000Z "before | \"2.0\"")";
    EXPECT_TRUE(has(first_line(text), name)) << text;
    EXPECT_TRUE(has(text, "  backup   " + name)) << text;
    EXPECT_TRUE(has(drill_markdown(report), "| label | before \\| \"2.0\" |\n"))
        << drill_markdown(report);
    EXPECT_EQ(to_json(report).at("backup").at("label").as_string(), report.backup.label);
    EXPECT_TRUE(to_json(passed()).at("backup").at("label").is_null());
}

TEST(DrillText, recommends_no_command_that_a_set_may_not_have) {
    DrillReport report = passed();
    report.result = DrillOutcome::Result::failed;
    report.verification.errors = {"public.posts: 1 of 2 rows missing"};
    EXPECT_FALSE(has(drill_markdown(report), "backupwatch backup"));
}

TEST(DrillText, tells_what_failed_before_what_was_skipped_before_what_passed) {
    DrillReport report = passed();
    report.result = DrillOutcome::Result::failed;
    report.verification.checks = {{"tables", true, "3 tables"}, {"rows", false, "1 difference"}};
    report.verification.skipped = {{"extension pg_cron", "not installed here"}};
    report.verification.errors = {"public.posts: 1 of 2 rows missing", "something else"};

    EXPECT_TRUE(
        has(drill_text(report),
            "  FAILED   rows: 1 difference\n"
            "  error    something else\n"
            "  skipped  extension pg_cron: not installed here\n"
            "  ok       tables: 3 tables\n")
    ) << drill_text(report);
    EXPECT_TRUE(
        has(drill_markdown(report),
            "\n## Failed\n\n- rows: 1 difference\n- public.posts: 1 of 2 rows missing\n"
            "- something else\n"
            "\n## Skipped\n\n- extension pg_cron: not installed here\n"
            "\n## Passed\n\n- tables: 3 tables\n"
            "\n## Recommendation\n")
    ) << drill_markdown(report);
    EXPECT_FALSE(has(drill_markdown(passed()), "## Failed"));
    EXPECT_FALSE(has(drill_markdown(passed()), "## Skipped"));
}

TEST(DrillText, keeps_what_is_the_platforms_apart_from_what_was_skipped_here) {
    DrillReport report = passed();
    report.verification.skipped = {
        {"locale fr_FR", "not installed here"}, {"secrets of the vault (2)", "encrypted", true}};

    EXPECT_TRUE(
        has(drill_text(report),
            "  skipped  locale fr_FR: not installed here\n"
            "  platform secrets of the vault (2): encrypted\n")
    ) << drill_text(report);
    EXPECT_TRUE(
        has(drill_markdown(report),
            "\n## Skipped\n\n- locale fr_FR: not installed here\n"
            "\n## Skipped: the platform's\n\n- secrets of the vault (2): encrypted\n")
    ) << drill_markdown(report);
    const std::string json = json_text(to_json(report));
    EXPECT_TRUE(has(json, R"("why":"not installed here"})")) << json;
    EXPECT_TRUE(has(json, R"("why":"encrypted","platform":true})")) << json;
}

TEST(DrillJson, has_plain_numbers_to_the_millisecond) {
    const std::string text = json_text(to_json(passed()));
    EXPECT_TRUE(has(text, R"("target_seconds":300,)")) << text;
    EXPECT_TRUE(has(text, R"({"name":"fetch","seconds":0.252})")) << text;
    EXPECT_TRUE(has(text, R"("restore_seconds":12.252)")) << text;
}

}  // namespace
}  // namespace backupwatch
