// The acceptance cases B: what is wrong with the backups, or with what they are of.
#include "unit/watch/supabase_watch.hpp"

namespace backupwatch {
namespace {

class SupabaseBad : public SupabaseWatch {
  protected:
    void add(const std::string& inserted_at, const std::string& status) {
        project().backups.insert(project().backups.begin(), {900, inserted_at, status});
    }
};

TEST_F(SupabaseBad, B1_tells_a_failure_at_once_and_again_when_the_last_is_too_old) {
    add("2026-11-22T11:00:00Z", "FAILED");
    EXPECT_EQ(
        look_at("backup"),
        "critical 1: the backup of 2026-11-22T11:00Z failed: the provider says no more than "
        "FAILED; "
        "the last completed one is 2026-11-22T07:00Z"
    );
    clock.advance(46h);
    EXPECT_TRUE(look_at("backup").starts_with("critical 2: no completed backup for 2 d 3 h"))
        << say("backup");
}

TEST_F(SupabaseBad, B2_takes_what_is_pending_for_hours_for_a_failure) {
    add("2026-11-22T11:00:00Z", "PENDING");
    EXPECT_TRUE(look_at("backup").starts_with("ok 0")) << say("backup");
    clock.advance(6h);
    EXPECT_TRUE(
        has(look_at("backup"),
            "critical 1: the backup of 2026-11-22T11:00Z failed: it is PENDING for 7 h")
    ) << say("backup");
}

TEST_F(SupabaseBad, B3_tells_that_the_newest_is_too_old) {
    clock.advance(20h);
    EXPECT_TRUE(look_at("backup").starts_with("ok 0")) << say("backup");
    clock.advance(3h);
    EXPECT_TRUE(look_at("backup").starts_with("critical 1: no completed backup for 1 d 4 h"))
        << say("backup");
}

TEST_F(SupabaseBad, B4_counts_nothing_that_is_removed_archived_or_cancelled) {
    project().backups = {
        {1, "2026-11-22T07:00:00Z", "REMOVED"},
        {2, "2026-11-21T07:00:00Z", "ARCHIVED"},
        {3, "2026-11-20T07:00:00Z", "CANCELLED"}};
    const std::string said = look_at("backup");
    EXPECT_TRUE(said.starts_with("critical 690: no completed backup since the project was made"))
        << said;
    EXPECT_TRUE(has(said, "of unknown status, so not counted: 3 (CANCELLED) and 2 (ARCHIVED)"))
        << said;
}

TEST_F(SupabaseBad, B4_and_B5_are_told_by_a_token_that_may_not_read_the_plan) {
    web.script.instead["/v1/organizations/acme"] = refusal(403, "Forbidden");
    web.script.instead["/v1/organizations/acme/entitlements"] = refusal(403, "Forbidden");
    look();
    EXPECT_TRUE(say("backup").starts_with("ok 0")) << say("backup");
    project().backups.clear();
    start();
    EXPECT_TRUE(look_at("backup").starts_with("critical")) << say("backup");
    // Of a project that is seen for the first time, and had some.
    store = Store::in_memory();
    project().backups = {{1, "2026-11-22T07:00:00Z", "REMOVED"}};
    start();
    EXPECT_TRUE(look_at("backup").starts_with("critical")) << say("backup");
    // And of one of which nobody can tell that.
    store = Store::in_memory();
    project().backups.clear();
    start();
    EXPECT_TRUE(has(look_at("backup"), "unknown 1: cannot tell whether there should be a backup"))
        << say("backup");
}

TEST_F(SupabaseBad, B5_tells_backups_that_go_before_their_time) {
    look();
    project().backups.erase(project().backups.begin() + 1);
    EXPECT_TRUE(
        has(look_at("retention"), "warning 1: 1 backup gone before time: 99 (2026-11-21T07:00Z)")
    ) << say("retention");
    project().backups.front().status = "REMOVED";
    EXPECT_TRUE(has(look_at("retention"), "2 backups gone before time")) << say("retention");
    project().backups.clear();
    // By another process, which knows what this one saw.
    start();
    EXPECT_TRUE(look_at("retention").starts_with("critical 1: nothing can be restored any more"))
        << say("retention");
}

TEST_F(SupabaseBad, B5_misses_them_for_as_long_as_the_plan_keeps_them) {
    web.script.retention = 14;
    look();
    pass_nights(6);
    // Seven days are seen, of fourteen that were promised.
    EXPECT_TRUE(has(look_at("retention"), "gone before time")) << say("retention");
}

TEST_F(SupabaseBad, B6_tells_that_recovery_was_switched_off_until_somebody_accepts_it) {
    switch_pitr_on(90s);
    look();
    project() = SupabaseProject(clock.now());
    const std::string off = "warning 1: point-in-time recovery was switched off";
    EXPECT_EQ(look_at("project"), off);
    EXPECT_EQ(look_at("project"), off) << "not only once";
    start();
    EXPECT_EQ(look_at("project"), off) << "nor forgotten over a restart";

    const auto accepted = run_on(loop, set().source->accept_changes());
    EXPECT_EQ(accepted, std::vector<std::string>{"point-in-time recovery was switched off"});
    EXPECT_TRUE(look_at("project").starts_with("ok 0")) << say("project");
    start();
    EXPECT_TRUE(look_at("project").starts_with("ok 0")) << say("project");
}

TEST_F(SupabaseBad, B6_says_nothing_of_recovery_that_nobody_asks_for) {
    start("pitr: off");
    switch_pitr_on(9h);
    EXPECT_EQ(look_at("pitr"), "ok 0: point-in-time recovery is on, and nobody asks for it");
    project() = SupabaseProject(clock.now());
    EXPECT_TRUE(look_at("project").starts_with("ok 0")) << say("project");
}

TEST_F(SupabaseBad, B6_does_not_take_another_configuration_for_another_project) {
    switch_pitr_on(90s);
    look();
    start("pitr: off");
    EXPECT_TRUE(look_at("project").starts_with("ok 0"))
        << "nobody asks any more: " << say("project");
    project() = SupabaseProject(clock.now());
    look();
    start();
    EXPECT_TRUE(look_at("project").starts_with("ok 0")) << "nobody missed it: " << say("project");
    switch_pitr_on(90s);
    look();
    project() = SupabaseProject(clock.now());
    EXPECT_EQ(look_at("project"), "warning 1: point-in-time recovery was switched off");
}

TEST_F(SupabaseBad, B6_is_critical_where_recovery_is_required) {
    start("pitr: required");
    EXPECT_EQ(look_at("pitr"), "critical 1: point-in-time recovery is required, and it is off");
}

TEST_F(SupabaseBad, B7_tells_a_stretch_that_shrinks) {
    switch_pitr_on(90s, 7);
    EXPECT_TRUE(look_at("retention").starts_with("ok 0")) << say("retention");
    project().earliest = clock.now() - 72h;
    EXPECT_EQ(
        look_at("retention"),
        "warning 1: the stretch that can be restored has shrunk: it begins at 2026-11-19T12:00Z, "
        "and was to begin at 2026-11-15T12:00Z; bought are 7 d"
    );
}

TEST_F(SupabaseBad, B7_lets_a_young_stretch_grow) {
    switch_pitr_on(90s, 7);
    project().earliest = clock.now() - 24h;
    for (int day = 0; day < 10; ++day) {
        EXPECT_TRUE(look_at("retention").starts_with("ok 0")) << say("retention");
        clock.advance(24h);
        project().latest = clock.now() - 90s;
        project().earliest = std::max(*project().earliest, clock.now() - 24h * 7);
    }
}

TEST_F(SupabaseBad, B8_tells_that_less_is_promised_than_was) {
    web.script.plan = "team";
    web.script.retention = 14;
    look();
    web.script.plan = "pro";
    web.script.retention = 7;
    clock.advance(7h);
    EXPECT_EQ(
        look_at("project"),
        "warning 1: the plan was team, and is pro; daily backups were kept for 14 days, and are "
        "for "
        "7 days"
    );
    web.script.plan = "team";
    web.script.retention = 14;
    clock.advance(7h);
    EXPECT_TRUE(look_at("project").starts_with("ok 0")) << say("project");
}

TEST_F(SupabaseBad, B8_tells_it_still_after_a_restart_at_which_nobody_answers_for_the_plan) {
    look();
    web.script.plan = "free";
    web.script.retention = std::nullopt;
    project().backups.clear();
    clock.advance(7h);
    look();
    const std::string told = say("project");
    const std::string none = say("backup");
    EXPECT_TRUE(has(told, "the plan was pro, and is free")) << told;
    EXPECT_TRUE(none.starts_with("warning 1: no provider backup on the plan")) << none;
    web.script.instead["/v1/organizations/acme"] = refusal(500, "down");
    web.script.instead["/v1/organizations/acme/entitlements"] = refusal(500, "down");
    start();
    EXPECT_EQ(look_at("project"), told);
    EXPECT_EQ(say("backup"), none);
}

TEST_F(SupabaseBad, B8_lets_a_person_accept_that_there_are_none_where_nobody_tells_the_plan) {
    web.script.instead["/v1/organizations/acme"] = refusal(403, "Forbidden");
    web.script.instead["/v1/organizations/acme/entitlements"] = refusal(403, "Forbidden");
    const auto accept = [&] { return run_on(loop, set().source->accept_changes()); };
    const std::vector<std::string> that_it_has_none{
        "it has no backups, and none is missed until it has some again"};
    const std::string none = "warning 1: no provider backup, as was accepted: take dumps";
    look();
    EXPECT_EQ(accept(), std::vector<std::string>()) << "it has some";
    const auto listed = std::exchange(project().backups, {});
    for (const char* check : {"backup", "retention"}) {
        EXPECT_TRUE(look_at(check).starts_with("critical")) << say(check);
    }
    EXPECT_EQ(accept(), that_it_has_none);
    EXPECT_TRUE(look_at("backup").starts_with(none)) << say("backup");
    EXPECT_EQ(say("retention"), "silent");
    EXPECT_EQ(accept(), std::vector<std::string>()) << "that stands";
    start();
    EXPECT_TRUE(look_at("backup").starts_with(none)) << "over a restart: " << say("backup");

    // Where the plan is told after all, and has backups, they are missed whatever was said.
    web.script.instead.clear();
    start();
    EXPECT_TRUE(look_at("backup").starts_with("critical")) << say("backup");
    EXPECT_EQ(accept(), std::vector<std::string>()) << "nor can it be said of such a plan";
    web.script.plan = "free";
    web.script.retention = std::nullopt;
    clock.advance(7h);
    EXPECT_TRUE(has(look_at("backup"), "on the plan \"free\"")) << say("backup");

    // And once there are any again, it counts no more.
    project().backups = listed;
    look();
    project().backups.clear();
    web.script.plan = "pro";
    web.script.instead["/v1/organizations/acme"] = refusal(403, "Forbidden");
    web.script.instead["/v1/organizations/acme/entitlements"] = refusal(403, "Forbidden");
    store = Store::in_memory();
    start();
    EXPECT_TRUE(has(look_at("backup"), "unknown 1: cannot tell whether there should be a backup"))
        << "never seen: " << say("backup");
    EXPECT_EQ(accept(), that_it_has_none);
    project().backups = listed;
    clock.advance(1h);
    EXPECT_TRUE(look_at("backup").starts_with("ok 0: the last backup was")) << say("backup");
    project().backups.clear();
    EXPECT_TRUE(look_at("backup").starts_with("critical")) << say("backup");
}

TEST_F(SupabaseBad, B8_takes_an_accept_of_its_own_that_there_are_none) {
    web.script.instead["/v1/organizations/acme"] = refusal(403, "Forbidden");
    web.script.instead["/v1/organizations/acme/entitlements"] = refusal(403, "Forbidden");
    switch_pitr_on(90s);
    look();
    // On purpose, and the first daily backup is not there yet.
    project() = SupabaseProject(clock.now());
    project().backups.clear();
    look();

    const auto accept = [&] { return run_on(loop, set().source->accept_changes()); };
    EXPECT_EQ(accept(), std::vector<std::string>{"point-in-time recovery was switched off"});
    EXPECT_FALSE(look_at("backup").starts_with("ok")) << say("backup");
    EXPECT_FALSE(has(say("backup"), "as was accepted")) << say("backup");

    const std::string that_it_has_none =
        "it has no backups, and none is missed until it has some again";
    EXPECT_EQ(accept(), std::vector<std::string>{that_it_has_none});
    EXPECT_TRUE(has(look_at("backup"), "as was accepted")) << say("backup");
}

TEST_F(SupabaseBad, B8_accepts_nothing_of_a_project_whose_first_backup_may_still_come) {
    web.script.instead["/v1/organizations/acme"] = refusal(403, "Forbidden");
    web.script.instead["/v1/organizations/acme/entitlements"] = refusal(403, "Forbidden");
    project().backups.clear();
    project().created_at = "2026-11-22T10:00:00Z";
    look();
    EXPECT_EQ(run_on(loop, set().source->accept_changes()), std::vector<std::string>());
    EXPECT_TRUE(look_at("backup").starts_with("ok 0: waiting for the first")) << say("backup");
}

TEST_F(SupabaseBad, B8_tells_that_backups_are_kept_no_more) {
    look();
    web.script.retention = std::nullopt;
    clock.advance(7h);
    EXPECT_EQ(look_at("project"), "warning 1: daily backups were kept for 7 days, and are no more");
    web.script.retention = 7;
    clock.advance(7h);
    EXPECT_TRUE(look_at("project").starts_with("ok 0")) << say("project");
}

TEST_F(SupabaseBad, B8_tells_that_backups_are_kept_for_less_than_is_asked_for) {
    start("reach_back: 14d");
    EXPECT_EQ(
        look_at("project"),
        "warning 1: daily backups are kept for 7 d, and reach_back asks for 14 d"
    );
}

TEST_F(SupabaseBad, B9_tells_how_the_project_is) {
    struct Case {
        const char* status;
        const char* said;
    };
    const Case cases[] = {
        {"INACTIVE", "critical 1: it is paused"},
        {"PAUSING", "critical 1: it is being paused"},
        {"PAUSE_FAILED", "critical 1: pausing it failed"},
        {"GOING_DOWN", "critical 1: it is being removed"},
        {"REMOVED", "critical 1: it is removed"},
        {"RESTORE_FAILED", "critical 1: restoring it failed"},
        {"INIT_FAILED", "critical 1: making it failed"},
        {"UNKNOWN", "unknown 1: the provider itself does not know"},
        {"ACTIVE_UNHEALTHY", "warning 1: it runs, and is not healthy"},
        {"RESTORING", "warning 1: it is RESTORING"},
        {"UPGRADING", "ok 0: it is UPGRADING"},
        {"HIBERNATING", "unknown 1: its status \"HIBERNATING\" is none that this version knows"},
    };
    for (const auto& [status, said] : cases) {
        project().status = status;
        EXPECT_TRUE(look_at("project").starts_with(said)) << status << ": " << say("project");
    }
}

TEST_F(SupabaseBad, B9_says_that_a_project_is_paused_where_its_backups_are_refused_for_that) {
    project().status = "INACTIVE";
    web.script.instead["/database/backups"] = refusal(400, "Project is not active");
    EXPECT_EQ(
        look_at("backup"),
        "unknown 0: cannot tell whether there is a backup: the source cannot be read: cannot read "
        "the backups: HTTP 400: Project is not active; the project is INACTIVE"
    );
}

TEST_F(SupabaseBad, B9_tells_a_restore_that_does_not_end) {
    project().status = "RESTORING";
    look();
    clock.advance(5h);
    start();
    EXPECT_EQ(look_at("project"), "critical 1: it is RESTORING for 5 h");
}

TEST_F(SupabaseBad, B10_tells_that_it_takes_no_writes) {
    project().is_readonly = true;
    EXPECT_EQ(look_at("project"), "critical 1: it is in read-only mode: its disk is, or was, full");
}

TEST_F(SupabaseBad, B11_tells_a_disk_that_is_nearly_full) {
    const auto filled = [&](double ratio) {
        project().disk_available = project().disk_size * (1 - ratio);
        project().disk_measured_at = to_rfc3339(clock.now());
        clock.advance(5min);
        return poll();
    };
    EXPECT_TRUE(filled(0.85).starts_with("warning 1: 85% used")) << filled(0.85);
    EXPECT_TRUE(filled(0.91).starts_with("critical 1: 91% used")) << filled(0.91);
    EXPECT_TRUE(has(filled(0.955), "; at 95% Supabase lets the database take no more writes"));
    project().is_readonly = true;
    EXPECT_TRUE(has(filled(0.955), "; the database takes no writes any more"));
}

TEST_F(SupabaseBad, B11_tells_a_disk_that_will_be_full_before_anybody_looks_again) {
    // From 40%, by 1% every ten minutes; and once it has stopped growing, for a day.
    double used = 0.40;
    const auto poll_after_ten_minutes = [&](double more) {
        clock.advance(10min);
        used += more;
        project().disk_available = project().disk_size * (1 - used);
        project().disk_measured_at = to_rfc3339(clock.now());
        return poll();
    };
    for (int polls = 1; polls <= 6; ++polls) {
        const std::string said = poll_after_ten_minutes(0.01);
        EXPECT_TRUE(said.starts_with("ok 0: ")) << "a line through too little time: " << said;
    }
    const std::string growing = poll_after_ten_minutes(0.01);
    EXPECT_TRUE(growing.starts_with("warning 1: 47% used")) << growing;
    EXPECT_TRUE(has(growing, "; full in 8 h 49 min if it grows on like this")) << growing;
    std::string said;
    for (int polls = 0; polls < 6 * 24; ++polls) said = poll_after_ten_minutes(0);
    EXPECT_TRUE(said.starts_with("ok 0: 47% used")) << said;
}

TEST_F(SupabaseBad, B11_tells_a_disk_that_grows_no_further) {
    project().autoscale = R"({"growth_percent":50,"min_increment_gb":4,"max_size_gb":8})";
    EXPECT_EQ(
        poll(),
        "warning 1: 8% used, 670.6 MB of 8.35 GB; it has grown to the 8 GB that it may grow to by "
        "itself"
    );
}

TEST_F(SupabaseBad, B12_tells_another_region_another_version_and_another_project) {
    look();
    project().region = "eu-west-1";
    project().engine = "18";
    EXPECT_EQ(
        look_at("project"),
        "warning 1: the region was us-east-1, and is eu-west-1; PostgreSQL was 17, and is 18: "
        "drills "
        "need that one here"
    );
    // The configuration names another one.
    SupabaseProject other(clock.now(), "zyxwvutsrqponmlkjihg");
    web.script.projects.push_back(other);
    Settings changed = settings("");
    const auto& own = changed.databases.front().backups.front().own;
    auto replaced = std::make_shared<SupabaseSettings>(dynamic_cast<const SupabaseSettings&>(*own));
    replaced->project = other.ref;
    changed.databases.front().backups.front().own = replaced;
    world = std::make_unique<World>(std::move(changed), clock, *store, pool, web);
    run_on(loop, world->recall());
    EXPECT_EQ(
        look_at("project"),
        "warning 1: another project is looked at than before: zyxwvutsrqponmlkjihg, not "
        "abcdefghijklmnopqrst"
    );
}

}  // namespace
}  // namespace backupwatch
