// The acceptance cases C: whatever the API does instead of answering, nothing is known then. That
// is neither "backup missing" nor "fine". What needs a real connection is in tests/integration.
#include "core/incident/step.hpp"
#include "unit/watch/supabase_watch.hpp"

#include <boost/json/parse.hpp>
#include <gtest/gtest-spi.h>

namespace backupwatch {
namespace {

class SupabaseFault : public SupabaseWatch {
  protected:
    /// Three looks, after which people are told.
    void look_thrice() {
        for (int times = 0; times < 3; ++times) {
            look();
            clock.advance(15min);
        }
    }
    void expect_blind(const std::string& why) {
        EXPECT_TRUE(say("backup").starts_with("unknown ")) << say("backup");
        EXPECT_TRUE(say("source").starts_with("unknown ")) << say("source");
        EXPECT_TRUE(has(say("source"), why)) << say("source");
        EXPECT_EQ(say("retention"), "silent");
        EXPECT_EQ(say("pitr"), "silent");
        EXPECT_EQ(say("project"), "silent");
        for (const char* check : {"backup", "source"}) {
            EXPECT_FALSE(has(say(check), web.script.token)) << say(check);
        }
    }
    std::string cause_of(const std::string& check) const {
        return world->findings().at({"shop", "supabase", check}).finding.cause.name;
    }
    /// The disk, which is told by the same project, is told under its backup.
    void expect_one_incident() {
        poll();
        std::vector<Finding> all;
        for (const auto& [key, recorded] : world->findings()) all.push_back(recorded.finding);
        const Finding& disk = world->findings().at({"shop", "", "disk"}).finding;
        const Finding* leader = leader_of(disk, all);
        ASSERT_NE(leader, nullptr) << disk.summary;
        EXPECT_EQ(leader->check, "backup");
        EXPECT_EQ(disk.cause.name, "project-abcdefghijklmnopqrst");
        EXPECT_EQ(cause_of("source"), disk.cause.name);
    }
    static boost::json::value kept_of(const Evidence& evidence, const std::string& rest) {
        return boost::json::parse(evidence.document)
            .at("replies")
            .at("/v1/projects/abcdefghijklmnopqrst" + rest);
    }
    /// With as much time as it waits for.
    void look_over_time() {
        auto looking = asio::co_spawn(loop, backupwatch::look(*world, set()), asio::use_future);
        for (int seconds = 0; seconds < 30; ++seconds) {
            clock.advance(1s);
            if (looking.wait_for(0s) == std::future_status::ready) break;
        }
        looking.get();
    }
};

TEST_F(SupabaseFault, C1_a_token_that_is_refused_is_blindness_and_no_storm) {
    web.script.instead_of_all = refusal(401, "Unauthorized");
    look_thrice();
    expect_blind(
        "the access token is refused (HTTP 401: Unauthorized): it has expired, or was revoked"
    );
    EXPECT_EQ(web.script.asked, 3) << "one question for each look";
    EXPECT_TRUE(cause_of("source").starts_with("token-")) << cause_of("source");
    EXPECT_TRUE(cause_of("source").ends_with("@api.supabase.com")) << cause_of("source");
    EXPECT_EQ(cause_of("backup"), cause_of("source"));

    web.script.instead_of_all.reset();
    EXPECT_TRUE(look_at("backup").starts_with("ok 0")) << say("backup");
    EXPECT_EQ(say("source"), "ok 0: it can be read");
}

TEST_F(SupabaseFault, C2_a_permission_that_is_missing_is_named_and_the_others_go_on) {
    web.script.instead["/readonly"] = refusal(403, "Forbidden");
    EXPECT_TRUE(look_at("backup").starts_with("ok 0")) << say("backup");
    EXPECT_EQ(
        say("project"),
        "unknown 1: whether it takes writes is not known: cannot read read-only mode: the access "
        "token lacks the permission Read-only Mode (HTTP 403: Forbidden)"
    );
    web.script.instead = {{"/entitlements", refusal(403, "Forbidden")}};
    start();
    EXPECT_TRUE(has(look_at("project"), "ok 0: for how long backups are kept is not known"))
        << say("project");
    EXPECT_TRUE(has(say("project"), "permission Organization Settings")) << say("project");

    web.script.instead = {{"/database/backups", refusal(403, "Forbidden")}};
    look_thrice();
    expect_blind("lacks the permission Backups (HTTP 403: Forbidden)");
}

TEST_F(SupabaseFault, C3_a_project_that_is_not_there_is_no_missing_backup) {
    web.script.projects.clear();
    look_thrice();
    expect_blind("it is not there, or not for this token (HTTP 404: Project not found)");
    expect_one_incident();
}

TEST_F(SupabaseFault, C3_one_thing_that_is_not_there_is_no_project_that_is_not) {
    for (const int status : {404, 400, 302}) {
        start();
        web.script.instead = {
            {"/database/backups", refusal(status, "None")},
            {"/config/disk/util", refusal(status, "None")}};
        look_thrice();
        poll();
        EXPECT_EQ(cause_of("source"), "") << say("source");
        const Finding& disk = world->findings().at({"shop", "", "disk"}).finding;
        EXPECT_EQ(disk.cause.name, "") << disk.summary;
    }
}

TEST_F(SupabaseFault, C4_an_organization_that_is_restricted_is_no_missing_backup) {
    web.script.instead_of_all = refusal(402, "Exceeded its quota");
    look_thrice();
    expect_blind("the organization is restricted (HTTP 402: Exceeded its quota)");
    expect_one_incident();
}

TEST_F(SupabaseFault, C5_a_429_is_obeyed_whatever_its_headers) {
    struct Case {
        std::vector<std::pair<std::string, std::string>> headers;
        Duration at_least;
        Duration at_most;
    };
    const Case cases[] = {
        {{{"x-ratelimit-reset", "37"}}, 37s, 47s},
        {{}, 60s, 75s},
        {{{"x-ratelimit-reset", "0"}}, 1s, 2s},
        {{{"x-ratelimit-reset", "99999999999999999999"}}, 5min, 6min + 15s},
        {{{"x-ratelimit-reset", "-3"}}, 60s, 75s},
        {{{"x-ratelimit-reset", "soon"}}, 60s, 75s},
        {{{"retry-after", "90"}}, 90s, 113s},
        {{{"retry-after", "90"}, {"x-ratelimit-reset", "37"}}, 90s, 113s},
    };
    for (const auto& [headers, at_least, at_most] : cases) {
        start();
        web.script.instead_of_all = refusal(429, "Too Many Requests");
        for (const auto& header : headers) web.script.instead_of_all->headers.push_back(header);
        look();
        EXPECT_TRUE(has(say("backup"), "unknown 0: cannot tell whether there is a backup"))
            << say("backup");
        web.script.instead_of_all.reset();
        const int asked = web.script.asked;
        // Long before its time a look does not even wait; shortly before, it does.
        const Duration early = at_least > 30s ? 25s : 1s;
        clock.advance(at_least - early);
        if (at_least > 30s) look();
        clock.advance(early - 1s);
        EXPECT_EQ(web.script.asked, asked) << "asked before its time";
        clock.advance(at_most - at_least + 2s);
        look_over_time();
        EXPECT_TRUE(say("backup").starts_with("ok 0")) << say("backup");
    }
}

TEST_F(SupabaseFault, C5_a_429_is_obeyed_over_a_reload) {
    web.script.instead_of_all = refusal(429, "Too Many Requests");
    look();
    const int asked = web.script.asked;
    web.script.instead_of_all.reset();
    const auto before = std::move(world);
    world = std::make_unique<World>(settings({}), clock, *store, pool, web, before.get());
    run_on(loop, world->recall());
    look();
    EXPECT_EQ(web.script.asked, asked);
    clock.advance(76s);
    EXPECT_TRUE(look_at("backup").starts_with("ok 0")) << say("backup");
}

TEST_F(SupabaseFault, C6_failures_of_the_provider_with_a_page_of_html) {
    for (const int status : {500, 502, 503, 504, 521}) {
        start();
        web.script.instead_of_all =
            FakeAnswer{status, {{"content-type", "text/html"}}, "<html><h1>Oops</h1></html>"};
        look_thrice();
        expect_blind(
            "cannot read the backups: the provider fails (HTTP " + std::to_string(status) + ")"
        );
        EXPECT_EQ(cause_of("source"), "api.supabase.com");
        EXPECT_FALSE(has(say("source"), "<html>")) << say("source");
    }
}

TEST_F(SupabaseFault, C7_a_200_that_says_nothing) {
    const std::string good = project().backups_body();
    const auto with = [&](const std::string& old, const std::string& now) {
        std::string body = good;
        body.replace(body.find(old), old.size(), now);
        return body;
    };
    const std::string none = R"("physical_backup_data":{})";
    const std::string first = to_rfc3339(clock.now() - 5h);
    const std::string cases[] = {
        "<html><body>maintenance</body></html>",
        good.substr(0, good.size() / 2),
        "",
        "null",
        "[]",
        "{}",
        R"({"message":"ok"})",
        R"({"region":"x","pitr_enabled":false,"backups":null,"physical_backup_data":{}})",
        R"({"region":"x","pitr_enabled":"false","backups":[],"physical_backup_data":{}})",
        R"({"region":"x","pitr_enabled":false,"backups":{"0":1},"physical_backup_data":{}})",
        R"({"region":"x","pitr_enabled":false,"backups":[7],"physical_backup_data":{}})",
        with(none, R"("physical_backup_data":{"latest_physical_backup_date_unix":"1790000000"})"),
        with(none, R"("physical_backup_data":{"latest_physical_backup_date_unix":-5})"),
        with(none, R"("physical_backup_data":{"latest_physical_backup_date_unix":1e300})"),
        with(first, "yesterday"),
        with(first, "2026-13-45T00:00:00Z"),
        std::string(10 * 1024 * 1024, ' '),
        std::string(4000, '['),
        std::string("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03packed", 16),
    };
    for (const std::string& body : cases) {
        start();
        web.script.instead["/database/backups"] = json_answer(body);
        look_thrice();
        expect_blind("cannot ");
    }
    start();
    web.script.instead.clear();
    web.is_cut = true;
    look_thrice();
    expect_blind("the reply broke off");
}

TEST_F(SupabaseFault, C7_a_moment_of_the_year_2100_proves_nothing) {
    switch_pitr_on(90s);
    project().latest = parse_rfc3339("2100-01-01T00:00:00Z");
    EXPECT_EQ(
        look_at("backup"),
        "critical 1: the provider says that it restores up to 2100-01-01T00:00Z, which is in the "
        "future: that proves nothing"
    );
    EXPECT_TRUE(say("pitr").starts_with("unknown 1")) << say("pitr");
}

TEST_F(SupabaseFault, C9_a_backup_from_the_future_is_not_counted) {
    project().backups = {{1, "2026-11-22T13:00:00Z"}};
    EXPECT_TRUE(has(look_at("backup"), "dated in the future, so not counted: 1 (2026-11-22T13:00Z)")
    ) << say("backup");
    EXPECT_TRUE(say("backup").starts_with("critical")) << say("backup");
}

TEST_F(SupabaseFault, C10_a_failure_that_comes_and_goes_is_told_once_and_taken_back) {
    const FakeAnswer failing{503, {}, ""};
    look();
    for (int turn = 0; turn < 4; ++turn) {
        web.script.instead["/database/backups"] = failing;
        clock.advance(15min);
        EXPECT_TRUE(look_at("source").starts_with("ok 0: tried again after 1 failed look"))
            << say("source");
        EXPECT_TRUE(say("backup").starts_with("unknown 0")) << say("backup");
        web.script.instead.clear();
        clock.advance(15min);
        EXPECT_TRUE(look_at("backup").starts_with("ok 0")) << say("backup");
    }
    web.script.instead["/database/backups"] = failing;
    clock.advance(15min);
    look_thrice();
    EXPECT_TRUE(say("source").starts_with("unknown 1: cannot be read since")) << say("source");
    web.script.instead.clear();
    EXPECT_EQ(look_at("source"), "ok 0: it can be read");
}

TEST_F(SupabaseFault, C10_what_is_asked_beside_the_backups_is_known_on_over_a_short_outage) {
    project().status = "INACTIVE";
    look();
    web.script.instead["abcdefghijklmnopqrst"] = FakeAnswer{502, {}, "<html>"};
    const std::string paused =
        "critical 1: it is paused: nobody can use it, and no backup is taken (INACTIVE)";
    EXPECT_EQ(look_at("project"), paused);
    EXPECT_EQ(look_at("project"), paused);
    EXPECT_TRUE(has(look_at("project"), "; whether it runs is not known: ")) << say("project");
    EXPECT_TRUE(look_at("backup").starts_with("ok 0")) << say("backup");
}

TEST_F(SupabaseFault, C10_what_seldom_changes_is_asked_again_at_once_where_it_was_missed) {
    web.script.instead["/entitlements"] = FakeAnswer{503, {}, ""};
    look();
    EXPECT_EQ(say("project"), "ok 0: it runs, and nothing about it has changed") << "missed once";
    clock.advance(15min);
    look();
    clock.advance(15min);
    EXPECT_TRUE(has(look_at("project"), "for how long backups are kept is not known"))
        << say("project");
    web.script.instead.clear();
    web.script.retention = 5;
    clock.advance(15min);
    EXPECT_TRUE(has(look_at("project"), "daily backups are kept for 5 d")) << say("project");
    const int asked = web.script.asked_of["/v1/organizations/acme/entitlements"];
    clock.advance(15min);
    look();
    EXPECT_EQ(web.script.asked_of["/v1/organizations/acme/entitlements"], asked);
}

TEST_F(SupabaseFault, C10_a_disk_is_known_on_over_a_short_outage_and_no_longer) {
    EXPECT_EQ(poll(), "ok 0: 8% used, 670.6 MB of 8.35 GB");
    web.script.instead_of_all = FakeAnswer{502, {}, "<html>"};
    clock.advance(5min);
    EXPECT_EQ(
        poll(),
        "ok 0: 8% used, 670.6 MB of 8.35 GB; as told 5 min ago, and now: cannot read how full the "
        "disk is: the provider fails (HTTP 502)"
    );
    clock.advance(1h);
    EXPECT_TRUE(poll().starts_with("unknown 1: cannot tell how full the disk is")) << poll();
    web.script.instead_of_all.reset();
    project().disk_measured_at = to_rfc3339(clock.now());
    EXPECT_TRUE(poll().starts_with("ok 0")) << poll();
    web.script.instead["/config/disk/util"] = refusal(403, "Forbidden");
    EXPECT_TRUE(
        has(poll(),
            "unknown 1: cannot tell how full the disk is: cannot read how full the disk is: the "
            "access token lacks the permission Disk Config")
    ) << poll();
}

TEST_F(SupabaseFault, C10_a_reload_begins_no_patience_with_a_disk_anew) {
    web.script.instead["/config/disk/util"] = FakeAnswer{503, {}, "<html>"};
    EXPECT_TRUE(poll().starts_with("unknown 0")) << poll();
    const auto reload = [&] {
        auto next = std::make_unique<World>(settings({}), clock, *store, pool, web, world.get());
        run_on(loop, next->recall());
        world = std::move(next);
    };
    int polls = 0;
    do {
        ASSERT_LT(++polls, 24) << "no end";
        clock.advance(10min);
        reload();
    } while (poll().starts_with("unknown 0"));
    EXPECT_TRUE(poll().starts_with("unknown 1")) << poll();
}

TEST_F(SupabaseFault, C10_whether_wal_waits_is_known_on_over_a_short_outage) {
    const FakeAnswer bad_readings[] = {
        {503, {}, ""},
        {200, {}, "<html><h1>521</h1></html>"},
        {200, {}, "pg_ls_archive_statusdir_wal_pending_count{server=\"localhost:5432\"} NaN\n"}};
    for (const FakeAnswer& bad : bad_readings) {
        web.script.instead.clear();
        start();
        switch_pitr_on(9h);
        project().waiting_segments = 0;
        EXPECT_TRUE(look_at("pitr").starts_with("ok 0")) << say("pitr");
        web.script.instead["/analytics/endpoints/metrics"] = bad;
        EXPECT_TRUE(look_at("pitr").starts_with("ok 0")) << say("pitr");
        EXPECT_TRUE(look_at("pitr").starts_with("ok 0")) << say("pitr");
        EXPECT_TRUE(has(look_at("pitr"), "unknown 1: ")) << say("pitr");
        // And of any other moment: it moves on, and nobody can tell as before.
        project().latest = clock.now() - 1h;
        EXPECT_TRUE(has(look_at("pitr"), "unknown 1: ")) << say("pitr");
        // One that nothing was ever told of is no verdict, until it is missed as often.
        project().latest = clock.now() - 1min;
        EXPECT_TRUE(look_at("pitr").starts_with("ok 0")) << say("pitr");
        for (const char* said : {"unknown 0: ", "unknown 0: ", "unknown 1: "}) {
            project().latest = *project().latest - 1h;
            EXPECT_TRUE(has(look_at("pitr"), said)) << said << say("pitr");
        }
        web.script.instead.clear();
        clock.advance(1min);
        EXPECT_TRUE(look_at("pitr").starts_with("ok 0")) << say("pitr");
    }
}

TEST_F(SupabaseFault, C11_the_token_is_in_no_finding_whatever_is_echoed) {
    web.script.instead_of_all = refusal(400, "bad token " + web.script.token + " given");
    look_thrice();
    expect_blind("HTTP 400: bad token *** given");
}

TEST_F(SupabaseFault, C12_a_restart_knows_what_was_known) {
    web.script.instead_of_all = refusal(503, "down");
    look_thrice();
    start();
    expect_blind("the provider fails (HTTP 503: down)");
}

TEST_F(SupabaseFault, C12_looks_at_the_same_time_ask_once_and_both_end_in_time) {
    web.latency_of = [](const std::string& target) {
        return target.ends_with("/database/backups") ? Duration(14s) : Duration(1h);
    };
    auto poll = asio::co_spawn(loop, backupwatch::look(*world, set()), asio::use_future);
    auto check = asio::co_spawn(loop, backupwatch::look(*world, set()), asio::use_future);
    clock.advance(1min);
    for (auto* looking : {&poll, &check}) {
        ASSERT_EQ(looking->wait_for(0s), std::future_status::ready);
        for (const Finding& finding : looking->get()) {
            EXPECT_EQ(finding.severity, Severity::ok) << in_words_of(finding);
        }
    }
    EXPECT_EQ(web.script.asked_of["/v1/projects/abcdefghijklmnopqrst/database/backups"], 1);
    web.latency_of = nullptr;
    EXPECT_TRUE(look_at("backup").starts_with("ok 0")) << say("backup");
    EXPECT_EQ(web.script.asked_of["/v1/projects/abcdefghijklmnopqrst/database/backups"], 2);
}

TEST_F(SupabaseFault, C13_a_test_in_which_anything_but_get_is_sent_has_failed) {
    for (const bool is_answered : {true, false}) {
        auto other = std::make_unique<SupabaseWeb>(loop, clock);
        if (!is_answered) other->no_reply.emplace();
        HttpRequest request;
        request.method = "POST";
        request.url = Secret("https://api.supabase.com/v1/projects/x/database/backups/restore");
        run_on(loop, other->send(std::move(request)));
        EXPECT_NONFATAL_FAILURE(other.reset(), "what a provider keeps is never touched");
    }
}

TEST_F(SupabaseFault, is_blind_where_the_replies_are_on_another_project) {
    project().ref = "zyxwvutsrqponmlkjihg";
    web.script.instead["abcdefghijklmnopqrst"] = json_answer(project().project_body());
    web.script.instead["/database/backups"] = json_answer(project().backups_body());
    EXPECT_TRUE(
        has(look_at("project"),
            "unknown 1: whether it runs is not known: cannot use the reply on the project: it is "
            "on another one")
    ) << say("project");
}

TEST_F(SupabaseFault, keeps_all_replies_of_a_look_though_a_disk_is_polled_meanwhile) {
    project().disk_available = project().disk_size * 0.04;
    web.holds = "/entitlements";
    auto looking = asio::co_spawn(loop, backupwatch::look(*world, set()), asio::use_future);
    clock.settle();
    ASSERT_EQ(web.held, 1);
    EXPECT_TRUE(has(poll(), "critical 1: 96% used")) << poll();
    web.release();
    clock.settle();
    ASSERT_EQ(looking.wait_for(0s), std::future_status::ready);
    const auto kept = run_on(loop, store->evidence("shop", "supabase"));
    ASSERT_EQ(kept.size(), 1u);
    EXPECT_TRUE(has(kept.front().document, "/v1/projects/abcdefghijklmnopqrst/readonly"));
    EXPECT_FALSE(has(kept.front().document, "/config/disk")) << "of the look alone";
}

TEST_F(SupabaseFault, keeps_the_replies_of_each_day_as_evidence) {
    const std::string first = project().backups_body();
    for (int quarters = 0; quarters < 4 * 24 * 2; ++quarters) {
        look();
        clock.advance(15min);
        if (quarters % 96 == 95) {
            project().backups.insert(
                project().backups.begin(), {300 + quarters, to_rfc3339(clock.now() - 1h)}
            );
        }
    }
    const auto kept = run_on(loop, store->evidence("shop", "supabase"));
    ASSERT_EQ(kept.size(), 3u);
    EXPECT_EQ(to_rfc3339(kept[0].taken_at), "2026-11-22T12:00:00Z") << "the first of all";
    EXPECT_EQ(to_rfc3339(kept[1].taken_at), "2026-11-23T03:00:00Z") << "the daily check's";
    EXPECT_EQ(to_rfc3339(kept[2].taken_at), "2026-11-24T03:00:00Z") << "and it stays there";
    EXPECT_EQ(kept_of(kept[0], "/database/backups").at("body").as_string(), first);
    const auto schedule = kept_of(kept[0], "/database/backups/schedule");
    EXPECT_EQ(schedule.at("status").as_int64(), 402) << "what is refused is evidence, too";
    EXPECT_TRUE(has(kept[0].document, "backup.retention_days"));
    EXPECT_FALSE(has(kept[0].document, web.script.token));
}

TEST_F(SupabaseFault, keeps_a_refusal_of_the_backups_once_a_day_and_the_days_answer_all_the_same) {
    web.script.instead["/database/backups"] = refusal(403, "Forbidden");
    for (int looks = 0; looks < 3; ++looks) {
        look();
        clock.advance(15min);
    }
    start();
    look();
    auto kept = run_on(loop, store->evidence("shop", "supabase"));
    ASSERT_EQ(kept.size(), 1u) << "also over a restart";
    EXPECT_EQ(
        kept_of(kept[0], "/database/backups").at("body").as_string(), R"({"message":"Forbidden"})"
    );
    web.script.instead.clear();
    look();
    web.script.instead["/database/backups"] = refusal(403, "Forbidden");
    clock.advance(15min);
    look();
    kept = run_on(loop, store->evidence("shop", "supabase"));
    ASSERT_EQ(kept.size(), 2u);
    EXPECT_EQ(kept_of(kept[1], "/database/backups").at("status").as_int64(), 200);
}

}  // namespace
}  // namespace backupwatch
