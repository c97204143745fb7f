#include "commands/verbs.hpp"
#include "support/tcp_listener.hpp"
#include "unit/watch/fixture.hpp"

#include <boost/json/array.hpp>

#include <algorithm>
#include <iterator>
#include <thread>

namespace backupwatch {
namespace {

class GateCommand : public Watch {
  protected:
    Reply ask(World& world, boost::json::object options = {}) {
        Request request{"gate", {"shop"}, std::move(options)};
        try {
            return run_on(loop, gate_command(world, request, [](const Progress&) {}));
        } catch (const Failure& failure) {
            return reply_of("gate", failure);
        }
    }

    /// What a drill by schedule of its backup said.
    void drilled(World& world, const WatchedSet& set, DrillOutcome::Result result) {
        const Backup& backup = dynamic_cast<FakeSource&>(*set.source).backups.back();
        DrillRecord record;
        record.database = "shop";
        record.set = "nightly";
        record.outcome.backup_id = backup.id;
        record.outcome.backup_at = instant_of(backup);
        record.outcome.result = result;
        record.outcome.finished_at = clock.now();
        Outcome outcome;
        outcome.database = "shop";
        outcome.set = "nightly";
        outcome.at = clock.now();
        outcome.drill = std::move(record);
        run_on(loop, world.commit(std::move(outcome)));
    }

    static Task<> ask_over_http(std::shared_ptr<World> world) {
        co_await gate_json(*world, "shop", 24h);
    }

    std::vector<NotedMark> marks() { return run_on(loop, store.marks("shop", noon - 24h)); }

    static bool shows(const std::string& text, const std::string& part) {
        return text.find(part) != std::string::npos;
    }
};

TEST_F(GateCommand, opens_by_what_was_proven_and_says_what_that_is) {
    const auto world = make_world();
    WatchedSet& set = add_set_with_backup(*world);
    drilled(*world, set, DrillOutcome::Result::passed);

    const Reply reply = ask(*world);

    EXPECT_EQ(reply.exit_code, 0) << reply.text;
    EXPECT_TRUE(reply.document.at("open").as_bool());
    EXPECT_EQ(reply.document.at("proof").at("set").as_string(), "shop/nightly");
    EXPECT_TRUE(shows(reply.text, "open: shop\n  shop/nightly 2026-11-22T11:00:00Z")) << reply.text;
    EXPECT_EQ(ask(*world, {{"max_age", "59m"}}).exit_code, 2);
}

TEST_F(GateCommand, that_could_ask_no_database_whether_others_dump_it_says_so) {
    const auto world = make_world();
    WatchedSet& set = add_set_with_backup(*world);
    const char* const unseen = "not looked at: whether somebody else dumps shop: it has no `url`\n";
    EXPECT_TRUE(ask(*world).text.ends_with(unseen)) << ask(*world).text;

    drilled(*world, set, DrillOutcome::Result::passed);
    const Reply open = ask(*world);

    EXPECT_EQ(open.exit_code, 0) << open.text;
    EXPECT_TRUE(open.text.ends_with(unseen)) << open.text;
    EXPECT_EQ(
        open.document.at("not_looked_at").as_string(),
        "whether somebody else dumps shop: it has no `url`"
    );
}

TEST_F(GateCommand, is_shut_while_nothing_is_proven_and_by_an_unreadable_source_unknown) {
    const auto world = make_world();
    WatchedSet& set = add_set_with_backup(*world);
    const Reply unproven = ask(*world);
    EXPECT_EQ(unproven.exit_code, 2) << unproven.text;
    EXPECT_TRUE(shows(unproven.text, "shut: shop\n")) << unproven.text;

    drilled(*world, set, DrillOutcome::Result::passed);
    source_of(set).list_fails = Failure(Failure::Kind::unreachable, "no route");
    const Reply unreadable = ask(*world);
    EXPECT_EQ(unreadable.exit_code, 3) << unreadable.text;
    EXPECT_FALSE(unreadable.document.at("can_tell").as_bool());
    EXPECT_TRUE(shows(unreadable.text, "no route")) << unreadable.text;
}

TEST_F(GateCommand, is_shut_by_a_drill_by_hand_that_failed_after_it) {
    const auto world = make_world();
    WatchedSet& set = add_set_with_backup(*world);
    drilled(*world, set, DrillOutcome::Result::passed);
    ASSERT_EQ(ask(*world).exit_code, 0);

    // The fake's drills end with damage.
    run_on(loop, drill(*world, set, {}, [](const Progress&) {}));

    EXPECT_EQ(ask(*world).exit_code, 2);

    // What an older one says then is no word on this one.
    DrillRecord older = *set.last_drill;
    older.outcome.result = DrillOutcome::Result::passed;
    older.outcome.backup_id = "older";
    *older.outcome.backup_at -= std::chrono::hours(24);
    remember_drill(set, older);
    EXPECT_EQ(ask(*world).exit_code, 2);
}

TEST_F(GateCommand, is_shut_while_a_dump_runs_here_or_elsewhere) {
    const auto world = make_world();
    WatchedSet& set = add_set_with_backup(*world);
    drilled(*world, set, DrillOutcome::Result::passed);
    set.running = "backup";
    EXPECT_TRUE(shows(ask(*world).text, "a dump of shop/nightly is running"));

    set.running = "drill";
    EXPECT_EQ(ask(*world).exit_code, 0);

    set.running.clear();
    const auto elsewhere = FileLock::try_acquire(folder / "locks/shop/nightly.lock");
    ASSERT_TRUE(elsewhere);
    EXPECT_TRUE(shows(ask(*world).text, "another process dumps or drills shop/nightly"));
}

TEST_F(GateCommand, takes_a_dump_and_drills_it_and_believes_no_older_proof_when_that_fails) {
    const auto world = make_world();
    WatchedSet& set = add_set_with_backup(*world);
    set.settings.take = std::get<Schedule>(Schedule::parse("03:00"));
    drilled(*world, set, DrillOutcome::Result::passed);

    const Reply damaged = ask(*world, {{"take", "yes"}});
    EXPECT_EQ(source_of(set).takes, 1);
    ASSERT_EQ(source_of(set).drilled.size(), 1U);
    EXPECT_EQ(source_of(set).drilled[0], "2026-11-22T12:00:00Z");
    EXPECT_EQ(damaged.exit_code, 2) << damaged.text;
    EXPECT_TRUE(shows(damaged.text, "taken for it, 2026-11-22T12:00:00Z, failed its drill: "))
        << damaged.text;

    source_of(set).take_fails = Failure(Failure::Kind::denied, "no right");
    const Reply untaken = ask(*world, {{"take", "yes"}});
    EXPECT_EQ(untaken.exit_code, 2) << untaken.text;
    EXPECT_TRUE(shows(untaken.text, "no dump of shop/nightly could be taken: no right"))
        << untaken.text;
}

TEST_F(GateCommand, takes_nothing_where_that_could_prove_nothing) {
    const auto world = make_world();
    WatchedSet& set = add_set_with_backup(*world);
    const Reply watched_only = ask(*world, {{"take", "yes"}});
    EXPECT_EQ(watched_only.exit_code, 64) << watched_only.text;
    EXPECT_EQ(source_of(set).takes, 0);
}

TEST_F(GateCommand, is_overridden_with_a_reason_that_is_recorded_and_told) {
    alerts.digest_notify = {"slack", "pagerduty"};
    const auto world = make_world();
    add_set_with_backup(*world);
    world->alerting.use(chat_and_pager());
    std::vector<Pending> told;
    world->alerting.deliver = [&told](std::vector<Pending> notices) {
        std::ranges::move(notices, std::back_inserter(told));
    };

    const Reply reply = ask(*world, {{"override", "hotfix\n4711"}});

    EXPECT_EQ(reply.exit_code, 0) << reply.text;
    EXPECT_FALSE(reply.document.at("open").as_bool());
    EXPECT_EQ(reply.document.at("override").as_string(), "hotfix 4711");
    EXPECT_TRUE(shows(reply.text, "overridden: hotfix 4711; recorded, and told\n")) << reply.text;
    ASSERT_EQ(told.size(), 1U) << "a pager is not called for it";
    EXPECT_EQ(told[0].lane.notifier, "slack");
    EXPECT_EQ(told[0].notice.kind, NoticeKind::noted);
    EXPECT_EQ(told[0].notice.summary, "the gate was overridden: hotfix 4711");
    EXPECT_EQ(told[0].notice.consequences.size(), 1U);
    ASSERT_EQ(marks().size(), 1U);
    EXPECT_EQ(marks()[0].kind, NotedMark::Kind::gate_overridden);
    EXPECT_EQ(run_on(loop, store.outbox(0)).pending.size(), 1U);
}

TEST_F(GateCommand, that_is_open_needs_no_override_and_records_none) {
    const auto world = make_world();
    WatchedSet& set = add_set_with_backup(*world);
    drilled(*world, set, DrillOutcome::Result::passed);

    const Reply reply = ask(*world, {{"override", "hotfix"}});

    EXPECT_EQ(reply.exit_code, 0);
    EXPECT_TRUE(reply.document.at("override").is_null());
    EXPECT_TRUE(marks().empty());
}

TEST_F(GateCommand, cannot_be_overridden_unseen) {
    const auto world = make_world();
    add_set_with_backup(*world);
    EXPECT_EQ(ask(*world, {{"override", " \n"}}).exit_code, 64);
    ask(*world);
    store.refuses = true;

    const Reply reply = ask(*world, {{"override", "hotfix"}});

    EXPECT_NE(reply.exit_code, 0) << reply.text;
    EXPECT_TRUE(shows(reply.text, "the disk is full")) << reply.text;
}

TEST_F(GateCommand, is_answered_as_it_is_known_without_a_look) {
    const auto world = make_world();
    WatchedSet& set = add_set_with_backup(*world);
    const auto known = [&] { return run_on(loop, gate_json(*world, "shop", 24h)); };
    EXPECT_FALSE(known().at("open").as_bool());
    drilled(*world, set, DrillOutcome::Result::passed);
    run_on(loop, look(*world, set));
    const int lists = source_of(set).lists;

    EXPECT_TRUE(known().at("open").as_bool());

    EXPECT_EQ(source_of(set).lists, lists);
    EXPECT_TRUE(run_on(loop, gate_json(*world, "users", 24h)).empty());
}

TEST_F(GateCommand, cannot_tell_where_nobody_can_be_asked_who_dumps_it) {
    const auto world = make_world();
    WatchedSet& set = add_set_with_backup(*world);
    drilled(*world, set, DrillOutcome::Result::passed);
    ASSERT_EQ(ask(*world).exit_code, 0);
    world->databases.front().url = Secret("host=/nowhere dbname=shop");
    const std::string reason = "whether somebody else dumps shop cannot be told: ";

    const Reply reply = ask(*world);

    EXPECT_EQ(reply.exit_code, 3) << reply.text;
    EXPECT_TRUE(shows(reply.text, "cannot tell: shop\n  " + reason)) << reply.text;
    const auto known = run_on(loop, gate_json(*world, "shop", 24h));
    EXPECT_FALSE(known.at("open").as_bool());
    EXPECT_FALSE(known.at("can_tell").as_bool());
    ASSERT_EQ(known.at("reasons").as_array().size(), 1U);
    EXPECT_TRUE(known.at("reasons").at(0).as_string().starts_with(reason));
}

TEST_F(GateCommand, is_asked_by_one_at_a_time_of_a_server_that_does_not_answer) {
    const TcpListener silent;
    const auto world = make_world();
    WatchedSet& set = add_set_with_backup(*world);
    drilled(*world, set, DrillOutcome::Result::passed);
    run_on(loop, look(*world, set));
    world->databases.front().url = Secret(
        "host=127.0.0.1 user=nobody dbname=shop sslmode=disable port=" +
        std::to_string(silent.port())
    );
    begin(ask_over_http(world));
    EXPECT_FALSE(world->databases.front().question->try_acquire());

    auto second = asio::co_spawn(loop, gate_json(*world, "shop", 24h), asio::use_future);
    clock.settle();
    clock.advance(5s);
    for (int turns = 0; turns < 1000; ++turns) {
        if (second.wait_for(0s) == std::future_status::ready) break;
        clock.settle();
        std::this_thread::sleep_for(1ms);
    }

    ASSERT_EQ(second.wait_for(0s), std::future_status::ready);
    const auto known = second.get();
    EXPECT_FALSE(known.at("open").as_bool());
    ASSERT_EQ(known.at("reasons").as_array().size(), 1U);
    EXPECT_EQ(
        known.at("reasons").at(0).as_string(),
        "whether somebody else dumps shop cannot be told: its server has not answered who asked "
        "before"
    );
    end_all();
    EXPECT_TRUE(world->databases.front().question->try_acquire()) << "the next one may ask";
}

TEST_F(GateCommand, trusts_no_set_whose_looks_do_not_come_back) {
    const auto world = make_world();
    WatchedSet& set = add_set_with_backup(*world);
    drilled(*world, set, DrillOutcome::Result::passed);
    run_on(loop, look(*world, set));
    ASSERT_TRUE(run_on(loop, gate_json(*world, "shop", 24h)).at("open").as_bool());

    clock.advance(3h);

    EXPECT_FALSE(run_on(loop, gate_json(*world, "shop", 24h)).at("open").as_bool());
}

TEST_F(GateCommand, has_marks_noted_beside_it) {
    const auto world = make_world();
    add_set_with_backup(*world);
    const auto mark = [&](const std::string& target, const std::string& text) {
        try {
            Request request{"mark", {target}, {{"text", text}}};
            return run_on(loop, mark_command(*world, request, [](const Progress&) {}));
        } catch (const Failure& failure) {
            return reply_of("mark", failure);
        }
    };

    const Reply noted = mark("shop", "deploy\x1B[31m 2.0");
    EXPECT_EQ(noted.exit_code, 0) << noted.text;
    EXPECT_EQ(mark("shop", "  ").exit_code, 64);
    EXPECT_EQ(mark("shop/nightly", "x").exit_code, 64);
    EXPECT_EQ(mark("users", "x").exit_code, 64);
    store.refuses = true;
    EXPECT_EQ(mark("shop", "unkept").exit_code, 2);

    ASSERT_EQ(marks().size(), 1U);
    EXPECT_EQ(marks()[0].text, "deploy [31m 2.0");
    EXPECT_EQ(marks()[0].at, noon);
}

}  // namespace
}  // namespace backupwatch
