#include "store/pruning.hpp"

#include "fixture.hpp"

namespace backupwatch {
namespace {

/// A disk sample every `period` over `length`, from `start`.
void watch_disk(Store& store, Instant start, Duration length, Duration period) {
    for (Instant now = start; now < start + length; now += period) {
        Outcome outcome = outcome_at(now);
        outcome.disk = DiskSample{now, 1, 2};
        run(store.commit(outcome));
    }
}

TEST(Pruning, thins_disk_samples_to_hours_and_drops_them_after_a_month) {
    auto store = Store::in_memory();
    watch_disk(*store, night, 40 * 24h, 10min);
    const Instant now = night + 40 * 24h;

    const auto samples = run(store->disk_samples("orders", night));

    // The last look was up to an hour ago, so each border lies up to an hour back.
    EXPECT_GE(samples.front().at, now - 30 * 24h - 1h);
    EXPECT_LE(samples.front().at, now - 30 * 24h + 1h);
    std::size_t raw = 0;
    for (const DiskSample& sample : samples) raw += sample.at >= now - 48h ? 1 : 0;
    EXPECT_EQ(raw, 48u * 6);
    EXPECT_NEAR(static_cast<double>(samples.size() - raw), 28 * 24, 8);
}

TEST(Pruning, drops_evidence_after_a_hundred_days) {
    auto store = Store::in_memory();
    for (int nights = 0; nights < 130; ++nights) {
        const Instant now = night + nights * 24h;
        run(store->keep_evidence("orders", "nightly", {now, "{}"}));
        run(store->commit(outcome_at(now)));
    }

    const auto evidence = run(store->evidence("orders", "nightly"));

    ASSERT_EQ(evidence.size(), 101u) << "a hundred days, and the one that ends now";
    EXPECT_EQ(evidence.front().taken_at, night + 29 * 24h);
}

TEST(Pruning, gives_at_most_two_thousand_samples_the_newest) {
    auto store = Store::in_memory();
    watch_disk(*store, night, 3000s, 1s);

    const auto samples = run(store->disk_samples("orders", night));

    ASSERT_EQ(samples.size(), 2000u);
    EXPECT_EQ(samples.back().at, night + 2999s);
    EXPECT_EQ(samples.front().at, night + 1000s);
}

TEST(Pruning, keeps_drills_for_400_days_and_the_last_that_passed_for_ever) {
    auto store = Store::in_memory();
    using Result = DrillOutcome::Result;
    Outcome first = outcome_at(night);
    first.drill = drill(Result::passed, night);
    run(store->commit(first));
    for (int week = 1; week <= 100; ++week) {
        const Instant now = night + week * 7 * 24h;
        Outcome outcome = outcome_at(now);
        outcome.drill = drill(Result::failed, now);
        run(store->commit(outcome));
    }

    const auto drills = run(store->drills("orders", "nightly", 1000));

    ASSERT_EQ(drills.size(), 59u) << "57 weeks are 399 days, today's, and the one that passed";
    EXPECT_EQ(drills.back().outcome.result, Result::passed);
    EXPECT_EQ(drills[57].outcome.finished_at, night + (100 - 57) * 7 * 24h);
}

TEST(Pruning, keeps_incidents_for_400_days_after_their_end) {
    auto store = Store::in_memory();
    const auto end_one = [&](Instant now, bool is_told) {
        Outcome outcome = outcome_at(now);
        outcome.judge = [now, is_told](const auto&, const auto&) {
            Judgement judgement;
            Incident& incident = judgement.changed.emplace_back();
            incident.key = {"orders", "nightly", is_told ? "backup" : "restore"};
            incident.opened_at = now;
            incident.ended_at = now;
            Notice notice;
            notice.key = incident.key;
            notice.made_at = now;
            if (!is_told) judgement.notices.push_back({Lane{"gone", "", "endpoint"}, notice});
            return judgement;
        };
        run(store->commit(outcome));
    };
    const auto pass = [&](int first_day, int last_day) {
        for (int day = first_day; day <= last_day; ++day) {
            run(store->commit(outcome_at(night + day * 24h)));
        }
    };
    end_one(night, true);
    end_one(night + 300 * 24h, false);
    pass(1, 399);
    EXPECT_EQ(run(store->incidents(night - 24h)).size(), 2U);
    pass(400, 402);
    EXPECT_EQ(run(store->incidents(night - 24h)).size(), 1U);
    EXPECT_EQ(run(store->outbox(0)).pending.size(), 1U);
    pass(403, 702);
    EXPECT_TRUE(run(store->outbox(0)).pending.empty()) << "that nobody ever took";
    EXPECT_TRUE(run(store->incidents(night - 24h)).empty());
}

/// Whether the row of this slot is there: it cannot be closed again.
bool knows(Store& store, const StreamKey& stream, Instant slot) {
    Outcome outcome = outcome_at(night);
    outcome.database = "";
    outcome.closes = Outcome::Slot{stream, slot, "ok"};
    return failure_of(store.commit(outcome)) == Failure::Kind::rejected;
}

TEST(Pruning, forgets_how_slots_of_polls_went_after_two_days_and_of_takes_after_400) {
    auto store = Store::in_memory();
    const StreamKey polls{"orders", "nightly", "poll"};
    const auto work = [&](const StreamKey& stream, Instant slot) {
        Outcome outcome = outcome_at(slot);
        outcome.closes = Outcome::Slot{stream, slot, "ok"};
        run(store->commit(outcome));
    };
    for (int day = 0; day < 402; ++day) {
        work(polls, night + day * 24h);
        work(nightly, night + day * 24h);
    }

    EXPECT_EQ(run(store->history(nightly, night)).last, night + 401 * 24h);
    EXPECT_FALSE(knows(*store, nightly, night));
    EXPECT_TRUE(knows(*store, nightly, night + 2 * 24h));
    EXPECT_FALSE(knows(*store, polls, night + 398 * 24h));
    EXPECT_TRUE(knows(*store, polls, night + 400 * 24h));
}

TEST(Pruning, removes_nothing_while_the_clock_is_wrong_for_some_hours) {
    auto store = Store::in_memory();
    watch_disk(*store, night, 48h, 1h);
    const Instant wrong = night + 3650 * 24h;

    watch_disk(*store, wrong, 20h, 1h);
    watch_disk(*store, night + 68h, 3h, 1h);

    EXPECT_EQ(run(store->disk_samples("orders", night)).front().at, night);
    EXPECT_EQ(run(store->disk_samples("orders", night)).size(), 48u + 20 + 3);
}

}  // namespace
}  // namespace backupwatch
