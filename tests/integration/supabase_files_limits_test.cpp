// What such a dump needs and this machine cannot give: extensions, a server, time, disk.
#include "supabase_files.hpp"
#include "support/small_disk.hpp"

namespace backupwatch {
namespace {

TEST_F(FilesOfSupabase, D7_that_need_an_extension_for_a_column_cannot_be_drilled_here) {
    dump_files("night");
    replace_in("night/schema.sql", "\"body\" \"text\",", "\"body\" \"extensions\".\"vector\",");
    replace_in(
        "night/schema.sql",
        "CREATE EXTENSION IF NOT EXISTS \"pgcrypto\"",
        "CREATE EXTENSION IF NOT EXISTS \"vector\" WITH SCHEMA \"extensions\";\n"
        "CREATE EXTENSION IF NOT EXISTS \"pgcrypto\""
    );

    const DrillReport report = drill("night");

    EXPECT_EQ(report.result, DrillOutcome::Result::unknown);
    EXPECT_NE(errors_of(report).find("the extension vector is not installed"), std::string::npos)
        << errors_of(report);
}

TEST_F(FilesOfSupabase, D7_with_an_extension_that_nothing_needs_pass_without_it_and_say_so) {
    dump_files("night");
    replace_in(
        "night/schema.sql",
        "CREATE EXTENSION IF NOT EXISTS \"pgcrypto\"",
        "CREATE EXTENSION IF NOT EXISTS \"vector\" WITH SCHEMA \"extensions\";\n"
        "CREATE EXTENSION IF NOT EXISTS \"pgcrypto\""
    );

    const DrillReport report = drill("night");

    EXPECT_EQ(report.result, DrillOutcome::Result::passed) << errors_of(report);
    EXPECT_EQ(rows_in(report, "public.posts"), 400u);
    EXPECT_NE(
        skipped_of(report).find("the extension vector is not installed here: nothing"),
        std::string::npos
    ) << skipped_of(report);
}

TEST_F(FilesOfSupabase, D8_of_a_newer_postgresql_say_which_one_they_need) {
    dump_files("night");
    replace_in(
        "night/data.sql",
        "-- Dumped from database version 15.",
        "-- Dumped from database version 99."
    );

    const DrillReport report = drill("night");

    EXPECT_EQ(report.result, DrillOutcome::Result::unknown);
    EXPECT_NE(errors_of(report).find("major 99 or newer"), std::string::npos) << errors_of(report);
}

TEST_F(FilesOfSupabase, D12_that_take_too_long_fail_with_their_time_and_leave_nothing) {
    dump_files("night");
    replace_in("night/schema.sql", "RESET ALL;", "SELECT pg_sleep(100);\n\nRESET ALL;");
    DrillSettings settings;
    settings.timeout = 8s;

    const DrillReport report = drill("night", std::move(settings));

    EXPECT_EQ(report.result, DrillOutcome::Result::failed) << errors_of(report);
    EXPECT_NE(errors_of(report).find("no end of the drill within 8s"), std::string::npos)
        << errors_of(report);
    EXPECT_GE(report.restore_seconds(), 3.0);
    EXPECT_TRUE(processes_in(directory_ / "work").empty());
    for (const auto& entry : fs::directory_iterator(directory_ / "work")) {
        EXPECT_FALSE(entry.path().filename().string().starts_with("drill-")) << entry.path();
    }
}

TEST_F(FilesOfSupabase, D12_that_fill_the_disk_are_ended_with_their_time_and_leave_nothing) {
    dump_files("night");
    replace_in(
        "night/schema.sql",
        "RESET ALL;",
        "CREATE TABLE public.filler AS SELECT repeat(md5(n::text), 30) FROM generate_series(1, "
        "400000) n;"
        "\n\nRESET ALL;"
    );
    const SmallDisk disk(directory_ / "work", "300m");
    if (!disk.is_mounted()) GTEST_SKIP() << "nothing may be mounted here";

    const DrillReport report = drill("night");

    // A disk of ours: it says nothing against the files.
    EXPECT_EQ(report.result, DrillOutcome::Result::unknown) << errors_of(report);
    // Whoever saw it first: the watch, or the server.
    const std::string errors = errors_of(report);
    const bool is_told = errors.find("the disk of ") != errors.npos ||
                         errors.find("Free some space on the volume") != errors.npos;
    EXPECT_TRUE(is_told) << errors;
    EXPECT_GT(report.restore_seconds(), 0.0);
    EXPECT_TRUE(processes_in(directory_ / "work").empty());
    for (const auto& entry : fs::directory_iterator(directory_ / "work")) {
        EXPECT_FALSE(entry.path().filename().string().starts_with("drill-")) << entry.path();
    }
}

}  // namespace
}  // namespace backupwatch
