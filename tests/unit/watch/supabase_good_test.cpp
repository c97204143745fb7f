// The acceptance cases A of good replies, each from the API's bytes to what people are told.
#include "unit/watch/supabase_watch.hpp"

namespace backupwatch {
namespace {

class SupabaseGood : public SupabaseWatch {};

TEST_F(SupabaseGood, A1_takes_the_newest_completed_backup_of_an_unsorted_list) {
    std::swap(project().backups.front(), project().backups[3]);
    EXPECT_EQ(look_at("backup"), "ok 0: the last backup was completed 5 h ago: 2026-11-22T07:00Z");
    EXPECT_EQ(say("retention"), "ok 0: 7 restore points within 7 d, the oldest 2026-11-16T07:00Z");
    EXPECT_EQ(say("pitr"), "ok 0: point-in-time recovery is off");
    EXPECT_EQ(say("project"), "ok 0: it runs, and nothing about it has changed");
    EXPECT_EQ(say("source"), "ok 0: it can be read");
    EXPECT_EQ(say("size"), "silent");
}

TEST_F(SupabaseGood, A1_is_quiet_over_weeks_in_which_the_oldest_goes_with_each_that_comes) {
    for (int night = 0; night < 20; ++night) {
        look();
        EXPECT_TRUE(say("backup").starts_with("ok")) << say("backup");
        EXPECT_TRUE(say("retention").starts_with("ok")) << say("retention");
        pass_nights(1);
    }
}

TEST_F(SupabaseGood, A2_counts_point_in_time_recovery_that_is_up_to_date) {
    switch_pitr_on(90s);
    EXPECT_EQ(look_at("backup"), "ok 0: can be restored to any moment up to 2026-11-22T11:58Z");
    EXPECT_EQ(say("pitr"), "ok 0: reaches up to 2026-11-22T11:58Z");
    EXPECT_EQ(say("retention"), "ok 0: can be restored to any moment since 2026-11-15T12:00Z");
    EXPECT_EQ(
        web.script.asked_of.count("/v1/projects/" + project().ref + "/analytics/endpoints/metrics"),
        0u
    ) << "300 kB, ten times a minute at most: asked only where it matters";
}

TEST_F(SupabaseGood, A3_is_not_alarmed_by_an_idle_database_that_ships_no_wal) {
    switch_pitr_on(9h);
    project().waiting_segments = 0;
    EXPECT_EQ(
        look_at("pitr"),
        "ok 0: reaches up to 2026-11-22T03:00Z, and nothing that was written since waits to be "
        "archived"
    );
    EXPECT_EQ(
        say("backup"),
        "ok 0: can be restored to any moment up to 2026-11-22T03:00Z, and nothing that was written "
        "since waits to be archived"
    );
}

TEST_F(SupabaseGood, A3_is_alarmed_where_wal_waits_and_none_was_archived_since) {
    switch_pitr_on(9h);
    project().waiting_segments = 1;
    EXPECT_EQ(
        look_at("pitr"),
        "ok 0: reaches up to 2026-11-22T03:00Z, and what was written since waits to be archived"
    ) << "an idle database, and one write a moment ago";
    clock.advance(15min);
    // By another process, which knows what this one saw.
    start();
    EXPECT_TRUE(look_at("pitr").starts_with("ok 0")) << say("pitr");
    clock.advance(15min);
    EXPECT_EQ(
        look_at("pitr"),
        "critical 1: reaches up to 2026-11-22T03:00Z, 9 h 30 min ago, and what was written since "
        "waits to "
        "be archived, since 2026-11-22T12:00Z at the latest"
    );
    clock.advance(26h);
    EXPECT_TRUE(look_at("backup").starts_with(
        "critical 1: can be restored only up to 2026-11-22T03:00Z, and what was written since waits"
    )) << say("backup");

    project().latest = clock.now() - 1h;
    EXPECT_TRUE(look_at("pitr").starts_with("ok 0")) << "it moves: " << say("pitr");
    project().waiting_segments = 0;
    clock.advance(1h);
    look();
    project().waiting_segments = 1;
    clock.advance(1h);
    EXPECT_TRUE(look_at("pitr").starts_with("ok 0")) << "that waits anew: " << say("pitr");
}

TEST_F(SupabaseGood, A3_is_alarmed_by_an_archive_that_moves_and_stays_behind) {
    switch_pitr_on(10h);
    project().waiting_segments = 500;
    EXPECT_TRUE(look_at("pitr").starts_with("ok 0")) << say("pitr");
    for (int look_no = 1; look_no <= 60; ++look_no) {
        clock.advance(15min);
        project().latest = clock.now() - 10h;
        look();
        const bool is_fine = say("pitr").starts_with("ok 0");
        EXPECT_EQ(is_fine, look_no == 1) << look_no << ": " << say("pitr");
    }
    project().latest = clock.now() - 10min;
    EXPECT_TRUE(look_at("pitr").starts_with("ok 0")) << "caught up: " << say("pitr");
}

TEST_F(SupabaseGood, A3_does_not_call_it_fine_where_nobody_can_tell) {
    switch_pitr_on(9h);
    EXPECT_EQ(
        look_at("pitr"),
        "unknown 1: reaches up to 2026-11-22T03:00Z, 9 h ago, and nobody can tell whether anything "
        "was written since"
    );
    EXPECT_TRUE(say("backup").starts_with("ok 0")) << say("backup");
    project().latest = clock.now() - 40h;
    EXPECT_EQ(
        look_at("backup"),
        "unknown 1: can be restored only up to 2026-11-20T20:00Z, and nobody can tell whether "
        "anything was written since"
    );
}

TEST_F(SupabaseGood, A3_does_not_call_it_fine_where_nothing_comes_for_more_than_a_week) {
    switch_pitr_on(7 * 24h, 14);
    project().waiting_segments = 0;
    EXPECT_TRUE(look_at("pitr").starts_with("ok 0")) << say("pitr");
    clock.advance(25h);
    EXPECT_TRUE(look_at("pitr").starts_with("unknown 1: reaches up to 2026-11-15T12:00Z, 8 d 1 h"))
        << say("pitr");
}

TEST_F(SupabaseGood, A4_waits_for_the_first_backup_of_a_new_project) {
    project().backups.clear();
    project().created_at = "2026-11-22T10:00:00Z";
    EXPECT_EQ(
        look_at("backup"),
        "ok 0: waiting for the first backup: one is due every 1 d, at the latest at "
        "2026-11-23T12:00Z"
    );
}

TEST_F(SupabaseGood, A4_does_not_wait_where_the_project_is_old) {
    project().backups.clear();
    EXPECT_TRUE(look_at("backup").starts_with(
        "critical 690: no completed backup since the project was made, 690 d 12 h"
    )) << say("backup");
}

TEST_F(SupabaseGood, A5_says_that_the_plan_has_no_backups) {
    project().backups.clear();
    web.script.plan = "free";
    web.script.retention = std::nullopt;
    EXPECT_EQ(
        look_at("backup"),
        "warning 1: no provider backup on the plan \"free\": take dumps, in a set of their own "
        "with "
        "`source: dump` and `take`"
    );
}

TEST_F(SupabaseGood, A5_fails_by_no_plan_without_backups_where_dumps_are_taken) {
    project().backups.clear();
    web.script.plan = "free";
    web.script.retention = std::nullopt;
    world.reset();
    Settings with_dumps = configuration.settings_of(
        "state_dir: /nowhere\nwork_dir: /nowhere/work\ndatabases:\n- name: shop\n"
        "  url: postgresql://127.0.0.1:1/none\n  backups:\n"
        "  - {source: supabase, project: abcdefghijklmnopqrst, access_token: " +
        web.script.token +
        "}\n  - {source: dump, name: nightly, directory: /nowhere/dumps, take: \"03:00\"}\n"
    );
    world = std::make_unique<World>(std::move(with_dumps), clock, *store, pool, web);
    run_on(loop, world->recall());
    EXPECT_EQ(
        look_at("backup"),
        "ok 0: no provider backup on the plan \"free\": what there is of this database is in the "
        "set nightly"
    );
    EXPECT_EQ(say("project"), "ok 0: it runs, and nothing about it has changed");
}

TEST_F(SupabaseGood, A6_reads_moments_in_every_form) {
    struct Case {
        const char* text;
        const char* moment;
    };
    const Case cases[] = {
        {"2026-11-22T07:00:30Z", "2026-11-22T07:00Z"},
        {"2026-11-22T07:00:30+00:00", "2026-11-22T07:00Z"},
        {"2026-11-22T08:00:30+01:00", "2026-11-22T07:00Z"},
        {"2026-11-22 07:00:30", "2026-11-22T07:00Z"},
        {"2026-11-22T07:00:30", "2026-11-22T07:00Z"},
        {"2026-11-22 07:00:30+00", "2026-11-22T07:00Z"},
        {"2026-11-22 07:00:30+0000", "2026-11-22T07:00Z"},
        {"2026-11-22 07:00:30.123456", "2026-11-22T07:00Z"},
        {"2026-11-22T07:00:30.123456+00:00", "2026-11-22T07:00Z"},
    };
    for (const auto& [text, moment] : cases) {
        project().backups = {{1, text}};
        EXPECT_TRUE(look_at("backup").ends_with(moment)) << text << " " << say("backup");
        start();
    }
}

TEST_F(SupabaseGood, A7_bears_missing_ids_unknown_fields_and_unknown_statuses) {
    for (auto& backup : project().backups) backup.id = 0;
    std::string body = project().backups_body();
    body.insert(1, R"("new":{"deep":[1,null]},)");
    web.script.instead["/database/backups"] = json_answer(body);
    EXPECT_TRUE(look_at("backup").starts_with("ok 0: the last backup was")) << say("backup");

    project().backups.insert(project().backups.begin(), {0, "2026-11-22T11:00:00Z", "HALFWAY"});
    web.script.instead.clear();
    EXPECT_EQ(
        look_at("backup"),
        "ok 0: the last backup was completed 5 h ago: 2026-11-22T07:00Z; of unknown status, so not "
        "counted: 2026-11-22T11:00:00Z (HALFWAY)"
    );
}

TEST_F(SupabaseGood, A7_knows_backups_again_that_are_numbered_anew) {
    look();
    const auto numbered = project().backups;
    for (auto& backup : project().backups) backup.id = 0;
    EXPECT_TRUE(look_at("retention").starts_with("ok 0: 7 restore points")) << say("retention");
    for (auto& backup : project().backups) backup.id = 900;
    EXPECT_TRUE(look_at("retention").starts_with("ok 0: 7 restore points")) << say("retention");
    project().backups = numbered;
    EXPECT_TRUE(look_at("retention").starts_with("ok 0: 7 restore points")) << say("retention");
    project().backups.erase(project().backups.begin() + 1);
    EXPECT_TRUE(has(look_at("retention"), "warning 1: 1 backup gone before time"))
        << "under whatever names it was seen: " << say("retention");
}

TEST_F(SupabaseGood, A8_ignores_that_the_plan_has_no_schedule) {
    look();
    EXPECT_EQ(say("project"), "ok 0: it runs, and nothing about it has changed");
    EXPECT_EQ(
        web.script.asked_of["/v1/projects/" + project().ref + "/database/backups/schedule"], 1
    );
}

TEST_F(SupabaseGood, A9_holds_a_backup_against_the_time_of_its_schedule) {
    project().schedule = "04:00:00";
    // A day and an hour old, and that of this night is two hours and more overdue.
    project().backups = {{1, "2026-11-21T11:00:00Z"}};
    EXPECT_TRUE(look_at("backup").starts_with("critical 1: no completed backup for 1 d 1 h"))
        << say("backup");
    project().backups = {{2, "2026-11-22T04:02:00Z"}};
    EXPECT_TRUE(look_at("backup").starts_with("ok 0")) << say("backup");
    // Its time was moved: nothing is due before the evening.
    start();
    project().schedule = "23:00:00";
    project().backups = {{2, "2026-11-21T03:02:00Z"}};
    project().backups.push_back({3, "2026-11-21T22:59:00Z"});
    EXPECT_TRUE(look_at("backup").starts_with("ok 0")) << say("backup");
}

TEST_F(SupabaseGood, A9_learns_when_they_come_where_no_schedule_is_told) {
    // They came at seven; now and then two hours earlier, as the last one.
    project().backups[3].inserted_at = "2026-11-19T05:00:00Z";
    project().backups.front().inserted_at = "2026-11-22T05:00:00Z";
    clock.advance(20h);
    EXPECT_TRUE(look_at("backup").starts_with("ok 0")) << "27 h old: " << say("backup");
    clock.advance(2h);
    EXPECT_TRUE(look_at("backup").starts_with("critical 1: no completed backup for 1 d 5 h"))
        << say("backup");
}

TEST_F(SupabaseGood, A9_holds_one_that_came_at_an_hour_of_its_own_against_its_age) {
    project().backups.front().inserted_at = "2026-11-22T12:00:00Z";
    clock.advance(25h);
    EXPECT_TRUE(look_at("backup").starts_with("ok 0")) << say("backup");
    clock.advance(2h);
    EXPECT_TRUE(look_at("backup").starts_with("critical 1: no completed backup for 1 d 3 h"))
        << say("backup");
}

TEST_F(SupabaseGood, A10_says_how_full_the_disk_is_and_that_the_measurement_is_stale) {
    EXPECT_EQ(poll(), "ok 0: 8% used, 670.6 MB of 8.35 GB");
    project().disk_measured_at = "2026-11-22 09:00:00+00";
    EXPECT_EQ(
        poll(), "warning 1: 8% used, 670.6 MB of 8.35 GB; that was measured 3 h ago, and not since"
    );
}

TEST_F(SupabaseGood, A11_and_A12_bear_disks_without_limits_and_of_another_type) {
    project().disk = R"({"attributes":{"type":"io2","size_gb":100,"iops":9000}})";
    EXPECT_TRUE(poll().starts_with("ok 0")) << poll();
    EXPECT_EQ(web.script.asked_of["/v1/projects/" + project().ref + "/config/disk/autoscale"], 1);
    // Read as it is, and not passed over.
    project().autoscale = R"({"growth_percent":null,"min_increment_gb":null,"max_size_gb":100})";
    start();
    EXPECT_TRUE(has(poll(), "; it has grown to the 100 GB that it may grow to by itself"))
        << poll();
}

TEST_F(SupabaseGood, A13_reads_the_disk_of_the_database_from_metrics_where_the_other_is_refused) {
    web.script.instead["/config/disk/util"] = refusal(403, "no permission");
    project().waiting_segments = 0;
    EXPECT_EQ(poll(), "ok 0: 8% used, 670.6 MB of 8.35 GB");
}

TEST_F(SupabaseGood, A15_knows_how_long_backups_and_recovery_are_kept) {
    for (const int days : {7, 14, 30}) {
        web.script.retention = days;
        start();
        look();
        EXPECT_EQ(set().inventory->provider->keeps, Duration(24h * days));
    }
    switch_pitr_on(90s, 14);
    start();
    look();
    ASSERT_TRUE(set().inventory->provider->pitr);
    EXPECT_EQ(set().inventory->provider->pitr->keeps, Duration(24h * 14));
}

}  // namespace
}  // namespace backupwatch
