// A server that several databases share goes away: from their findings to what is told of it.
#include "unit/watch/fixture.hpp"
#include "watch/handling.hpp"

namespace backupwatch {
namespace {

using Lines = std::vector<std::string>;

const std::string server = "db.example.com:5432";

class SharedCauses : public Watch {
  protected:
    std::shared_ptr<World> make_telling_world(const Lines& names = {"shop", "forum", "wiki"}) {
        auto world = make_world();
        world->databases.clear();
        for (const std::string& name : names) {
            world->databases.emplace_back().name = name;
            auto set = std::make_unique<WatchedSet>();
            set->database = name;
            set->settings.name = "nightly";
            set->source = std::make_unique<FakeSource>(clock);
            world->databases.back().sets.push_back(std::move(set));
        }
        world->alerting.use(chat_and_pager());
        world->alerting.deliver = [this](const std::vector<Pending>& notices) {
            for (const Pending& pending : notices) {
                const Notice& notice = pending.notice;
                std::string line = name_of(pending.lane) + " " +
                                   std::string(to_string(notice.kind)) + " " +
                                   target_of(notice.key);
                for (const std::string& member : notice.members) line += " " + member;
                told.push_back(line);
            }
        };
        run_on(loop, world->recall());
        run_on(loop, world->judge_all());
        return world;
    }

    void find(World& world, const std::string& database, int failed_nights) {
        find(world, database, failed_nights, server);
    }
    void find(
        World& world, const std::string& database, int failed_nights, const std::string& cause
    ) {
        Outcome outcome;
        outcome.database = database;
        outcome.set = "nightly";
        outcome.at = clock.now();
        Finding finding;
        finding.database = database;
        finding.set = "nightly";
        finding.check = "backup";
        finding.severity = failed_nights > 0 ? Severity::critical : Severity::ok;
        finding.failures = failed_nights;
        if (failed_nights > 0) finding.cause = {cause, "cannot connect to " + cause};
        outcome.findings = {finding};
        run_on(loop, world.commit(std::move(outcome)));
    }

    Lines told_since() { return std::exchange(told, {}); }

    Lines told;
};

TEST_F(SharedCauses, are_told_once_of_all_that_fail_by_them_and_once_when_that_is_over) {
    auto world = make_telling_world();
    find(*world, "shop", 1);
    EXPECT_EQ(told_since(), Lines{"slack problem shop/nightly"}) << "nobody knows of more yet";
    find(*world, "forum", 1);
    EXPECT_EQ(told_since(), Lines{"slack problem backupwatch/db.example.com:5432 forum shop"});
    find(*world, "wiki", 1);
    EXPECT_EQ(told_since(), Lines{});

    find(*world, "shop", 2);
    EXPECT_EQ(
        told_since(), Lines{"pagerduty problem backupwatch/db.example.com:5432 forum shop wiki"}
    );
    find(*world, "forum", 2);
    find(*world, "wiki", 2);
    EXPECT_EQ(told_since(), Lines{}) << "one cause calls once";

    find(*world, "shop", 0);
    EXPECT_EQ(told_since(), Lines{"slack recovery shop/nightly"}) << "that was told by itself";
    find(*world, "forum", 0);
    EXPECT_EQ(told_since(), Lines{});
    find(*world, "wiki", 0);
    EXPECT_EQ(
        told_since(),
        (Lines{
            "slack recovery backupwatch/db.example.com:5432",
            "pagerduty recovery backupwatch/db.example.com:5432"})
    );
    EXPECT_TRUE(world->alerting.open().empty());
}

TEST_F(SharedCauses, are_known_over_a_restart) {
    auto world = make_telling_world();
    find(*world, "shop", 1);
    find(*world, "forum", 1);
    told.clear();

    world = make_telling_world();
    EXPECT_EQ(told_since(), Lines{});
    find(*world, "shop", 1);
    find(*world, "forum", 1);
    EXPECT_EQ(told_since(), Lines{});
    find(*world, "shop", 0);
    find(*world, "forum", 0);
    EXPECT_EQ(
        told_since(),
        (Lines{"slack recovery shop/nightly", "slack recovery backupwatch/db.example.com:5432"})
    );
}

TEST_F(SharedCauses, speak_no_longer_for_what_fails_by_something_else) {
    auto world = make_telling_world();
    find(*world, "shop", 1);
    find(*world, "forum", 1);
    told.clear();
    find(*world, "forum", 1, "app@db.example.com:5432");
    EXPECT_EQ(told_since(), Lines{"slack problem forum/nightly"});
    find(*world, "shop", 0);
    EXPECT_EQ(
        told_since(),
        (Lines{"slack recovery backupwatch/db.example.com:5432", "slack recovery shop/nightly"})
    );
}

TEST_F(SharedCauses, are_told_again_of_who_takes_the_place_of_one_that_is_well) {
    auto world = make_telling_world();
    find(*world, "shop", 1);
    find(*world, "forum", 1);
    told.clear();
    find(*world, "forum", 0);
    EXPECT_EQ(told_since(), Lines{});
    find(*world, "wiki", 1);
    EXPECT_EQ(told_since(), Lines{"slack worse backupwatch/db.example.com:5432 shop wiki"});
}

TEST_F(SharedCauses, call_nobody_for_what_one_of_them_called_somebody_for) {
    auto world = make_telling_world();
    find(*world, "shop", 1);
    find(*world, "shop", 2);
    EXPECT_EQ(
        told_since(), (Lines{"slack problem shop/nightly", "pagerduty problem shop/nightly"})
    );
    find(*world, "forum", 1);
    EXPECT_EQ(told_since(), Lines{"slack problem backupwatch/db.example.com:5432 forum shop"});
    find(*world, "shop", 3);
    EXPECT_EQ(told_since(), Lines{"pagerduty again shop/nightly"});
    find(*world, "forum", 2);
    EXPECT_EQ(told_since(), Lines{"pagerduty problem backupwatch/db.example.com:5432 forum shop"});
}

TEST_F(SharedCauses, that_are_open_stay_so_while_the_state_cannot_be_read) {
    auto world = make_telling_world();
    find(*world, "shop", 1);
    find(*world, "forum", 1);
    told.clear();
    store.refuses_findings = true;
    world = make_telling_world();
    EXPECT_EQ(told_since(), Lines{}) << "nobody can know who blames it";
    store.refuses_findings = false;
    run_on(loop, world->judge_all());
    find(*world, "shop", 0);
    find(*world, "forum", 0);
    EXPECT_EQ(
        told_since(),
        (Lines{"slack recovery shop/nightly", "slack recovery backupwatch/db.example.com:5432"})
    );
}

TEST_F(SharedCauses, end_with_the_databases_that_leave_the_configuration) {
    auto world = make_telling_world();
    find(*world, "shop", 1);
    find(*world, "forum", 1);
    told.clear();
    world = make_telling_world({"wiki"});
    EXPECT_EQ(
        told_since(),
        (Lines{"slack unwatched backupwatch/db.example.com:5432", "slack unwatched shop/nightly"})
    );
}

TEST_F(SharedCauses, make_no_news_of_what_is_silenced) {
    auto world = make_telling_world();
    run_on(loop, silence(*world, "shop", 2h, "moves"));
    find(*world, "shop", 1);
    find(*world, "forum", 1);
    EXPECT_EQ(told_since(), Lines{"slack problem forum/nightly"}) << "one of two is silenced";
    find(*world, "wiki", 1);
    EXPECT_EQ(told_since(), Lines{"slack problem backupwatch/db.example.com:5432 forum shop wiki"});
}

TEST_F(SharedCauses, can_be_silenced_and_are_told_when_that_is_over) {
    auto world = make_telling_world();
    find(*world, "shop", 1);
    find(*world, "forum", 1);
    told.clear();
    run_on(loop, silence(*world, "backupwatch/" + server, 2h, "moves"));
    find(*world, "wiki", 1);
    find(*world, "shop", 2);
    EXPECT_EQ(told_since(), Lines{});
    clock.advance(2h);
    run_on(loop, world->judge_all());
    EXPECT_EQ(
        told_since(),
        (Lines{
            "slack worse backupwatch/db.example.com:5432 forum shop wiki",
            "pagerduty problem backupwatch/db.example.com:5432 forum shop wiki"})
    );
}

TEST_F(SharedCauses, are_told_from_memory_while_the_state_refuses) {
    auto world = make_telling_world();
    store.refuses = true;
    find(*world, "shop", 1);
    find(*world, "forum", 1);
    find(*world, "forum", 1);
    EXPECT_EQ(
        told_since(),
        (Lines{
            "slack problem shop/nightly",
            "slack problem backupwatch/db.example.com:5432 forum shop"})
    );
    store.refuses = false;
    find(*world, "shop", 0);
    find(*world, "forum", 0);
    EXPECT_EQ(
        told_since(),
        (Lines{"slack recovery shop/nightly", "slack recovery backupwatch/db.example.com:5432"})
    );
}

}  // namespace
}  // namespace backupwatch
