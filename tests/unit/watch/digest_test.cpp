// The daily digest: once per slot, with its closing, to those who get it.
#include "watch/digest.hpp"

#include "async/pool.hpp"
#include "async/scope.hpp"
#include "fakes/fake_clock.hpp"
#include "fakes/fake_network.hpp"
#include "support/loop.hpp"
#include "support/temporary_folder.hpp"
#include "unit/watch/refusing_store.hpp"
#include "watch/alert_policy.hpp"
#include "watch/streams.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>

namespace backupwatch {
namespace {

using namespace std::chrono_literals;

const Instant slot = parse_rfc3339("2026-11-22T07:00:00Z").value();

class DigestSlot : public testing::Test {
  protected:
    DigestSlot() { make_world(", fallback: hook", "digest: '07:00'\n"); }
    ~DigestSlot() override {
        scope.cancel();
        clock.settle();
    }

    void make_world(const std::string& of_slack, const std::string& more) {
        const auto config = folder / "config.yaml";
        std::ofstream(config
        ) << "state_dir: "
          << (folder / "state").string() << "\n"
          << "databases:\n- name: shop\n  backups:\n  - {name: nightly, source: dump, directory: "
          << (folder / "dumps").string() << ", check: '03:00', every: 1d, drill: {when: '04:00'}}\n"
          << "notifiers:\n"
          << "- {type: slack, webhook_url: \"https://hooks.slack.com/services/T/B/x\"" << of_slack
          << "}\n- {name: hook, type: webhook, url: \"https://ops.example.com/hook\", secret: "
             "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=}\n"
          << "- {type: pagerduty, routing_key: 0123456789abcdef0123456789abcdef}\n"
          << more;
        auto loaded = load_settings(config);
        ASSERT_TRUE(std::holds_alternative<Settings>(loaded))
            << to_string(std::get<ConfigErrors>(loaded).front());
        world =
            std::make_shared<World>(std::move(std::get<Settings>(loaded)), clock, store, pool, web);
        run_on(loop, world->recall());
        world->alerting.notifiers = make_notifiers(world->settings.alerts, network);
        world->alerting.use(policy_of(world->settings.alerts, world->alerting.notifiers));
        world->alerting.deliver = [this](std::vector<Pending> notices) {
            for (Pending& pending : notices) told.push_back(std::move(pending));
        };
        set().last_look = clock.now();
    }

    WatchedSet& set() { return *world->databases[0].sets[0]; }
    std::vector<std::string> receivers() const {
        std::vector<std::string> names;
        for (const Pending& pending : told) names.push_back(pending.lane.notifier);
        return names;
    }
    static DueSlot due() {
        return {.slot = slot, .late = false, .attempt = 1, .previous = slot - 24h};
    }
    void open() { run_on(loop, store.open_slot(digest_stream(), due(), clock.now())); }
    SlotResult work() { return run_on(loop, digest_slot(world, due())); }

    TemporaryFolder folder;
    asio::io_context loop{1};
    FakeClock clock{loop, slot + 1s};
    RefusingStore store;
    Pool pool{1};
    FakeNetwork web;
    FakeNetwork network;
    Scope scope{loop.get_executor(), [](auto&&...) {}};
    std::shared_ptr<World> world;
    std::vector<Pending> told;
};

TEST_F(DigestSlot, is_told_to_everybody_but_pagers_and_closed_in_one) {
    open();
    EXPECT_EQ(work(), SlotResult::ok);

    EXPECT_EQ(receivers(), (std::vector<std::string>{"slack", "hook"}));
    EXPECT_EQ(told.front().notice.kind, NoticeKind::digest);
    EXPECT_EQ(store.closed, std::vector<std::string>{"2026-11-22T07:00:00Z ok"});
    const Outbox outbox = run_on(loop, store.outbox(0));
    ASSERT_EQ(outbox.pending.size(), 2u) << "it survives a crash";
    EXPECT_EQ(outbox.pending.front().notice.consequences, told.front().notice.consequences);
    EXPECT_THROW(work(), Failure) << "each slot once";
}

TEST_F(DigestSlot, is_told_to_those_alone_who_are_named) {
    make_world("", "digest: '07:00'\ndigest_notify: [hook]\n");
    open();
    work();

    EXPECT_EQ(receivers(), std::vector<std::string>{"hook"});
}

TEST_F(DigestSlot, of_a_broken_notifier_goes_to_its_fallback) {
    make_world(", fallback: hook", "digest: '07:00'\ndigest_notify: [slack]\n");
    world->alerting.health = [] {
        NotifierHealth slack;
        slack.name = "slack";
        slack.is_broken = true;
        return std::vector<NotifierHealth>{slack};
    };
    open();
    work();

    EXPECT_EQ(receivers(), (std::vector<std::string>{"slack", "hook"}));
}

TEST_F(DigestSlot, that_the_state_refuses_stays_due_and_tells_nobody) {
    open();
    store.refuses = true;
    EXPECT_THROW(work(), Failure);
    EXPECT_TRUE(told.empty());
    EXPECT_FALSE(world->store_error.empty());

    store.refuses = false;
    EXPECT_EQ(work(), SlotResult::ok);
    EXPECT_EQ(told.size(), 2u);
}

TEST_F(DigestSlot, that_is_caught_up_too_late_is_closed_without_a_word) {
    open();
    clock.advance(6h);
    EXPECT_EQ(work(), SlotResult::ok);

    EXPECT_TRUE(told.empty());
    EXPECT_EQ(store.closed.size(), 1u);
}

TEST_F(DigestSlot, after_a_start_waits_until_everything_was_looked_at) {
    set().last_look.reset();
    open();
    Task<> work_it = [](std::shared_ptr<World> its) -> Task<> {
        co_await digest_slot(std::move(its), due());
    }(world);
    scope.spawn("digest", std::move(work_it));
    clock.advance(30s);
    EXPECT_TRUE(told.empty());

    set().last_look = clock.now();
    clock.advance(2s);
    EXPECT_EQ(told.size(), 2u);
}

TEST_F(DigestSlot, waits_two_minutes_at_most_and_says_what_is_not_known) {
    set().last_look.reset();
    open();
    Task<> work_it = [](std::shared_ptr<World> its) -> Task<> {
        co_await digest_slot(std::move(its), due());
    }(world);
    scope.spawn("digest", std::move(work_it));
    clock.advance(2min + 1s);

    ASSERT_EQ(told.size(), 2u);
    EXPECT_EQ(
        told.front().notice.consequences.front(),
        "UNKNOWN shop/nightly: it was not looked at yet; which backups there are is not known; "
        "never proven to restore yet; next run 2026-11-23T03:00Z"
    );
}

TEST_F(DigestSlot, says_what_was_found_and_proven) {
    Backup backup;
    backup.id = "20261122T030000Z";
    backup.status = BackupStatus::completed;
    backup.started_at = slot - 4h;
    backup.finished_at = slot - 4h;
    backup.size_bytes = 151'200'000;
    set().inventory = Inventory{{backup}, slot};
    DrillRecord& drill = set().last_passed.emplace();
    drill.outcome.backup_id = backup.id;
    drill.outcome.finished_at = slot - 3h;
    drill.outcome.seconds = 60;
    Outcome outcome;
    outcome.database = "shop";
    outcome.set = "nightly";
    outcome.at = clock.now();
    Finding finding;
    finding.database = "shop";
    finding.set = "nightly";
    finding.check = "backup";
    outcome.findings = {finding};
    run_on(loop, world->commit(std::move(outcome)));

    const DigestFacts facts = digest_facts(*world, clock.now());

    ASSERT_EQ(facts.sets.size(), 1u);
    EXPECT_EQ(facts.sets[0].severity, Severity::ok);
    EXPECT_EQ(
        make_digest(facts, slot).consequences.front(),
        "shop/nightly: newest backup 20261122T030000Z, 4 h old, 151.2 MB; restored in 1 min "
        "(target 5 min), 3 h ago; next run 2026-11-23T03:00Z"
    );
}

TEST_F(DigestSlot, has_a_schedule_only_where_it_is_configured) {
    const auto has_one = [this] {
        const auto streams = streams_of(world, scope);
        return std::any_of(streams.begin(), streams.end(), [](const Stream& stream) {
            return stream.key == digest_stream() && stream.durable;
        });
    };
    EXPECT_TRUE(has_one());
    make_world("", "");
    EXPECT_FALSE(has_one());
}

}  // namespace
}  // namespace backupwatch
