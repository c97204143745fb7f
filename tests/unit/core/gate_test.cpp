#include "core/check/gate.hpp"

#include "unit/core/inventories.hpp"

#include <gtest/gtest.h>

#include <functional>

namespace backupwatch {
namespace {

using namespace std::chrono_literals;

DrillOutcome drill_of(const Backup& backup, DrillOutcome::Result result) {
    DrillOutcome outcome;
    outcome.backup_id = backup.id;
    outcome.backup_at = instant_of(backup);
    outcome.result = result;
    outcome.finished_at = noon - 1h;
    outcome.error = "1 of 10 rows missing";
    return outcome;
}

/// A database with one set, whose backup of three o'clock passed its drill.
GateFacts proven() {
    GateFacts facts;
    GateFacts::Set& set = facts.sets.emplace_back();
    set.name = "shop/nightly";
    set.is_drilled = true;
    set.inventory = Inventory{{completed("2026-11-22T03:05")}, noon};
    set.drills = {drill_of(set.inventory->backups[0], DrillOutcome::Result::passed)};
    return facts;
}

std::string said(const GateDecision& decision) {
    std::string text(to_string(decision.severity()));
    for (const GateReason& reason : decision.reasons) text += "\n" + reason.text;
    return text;
}

TEST(Gate, is_open_with_a_young_backup_that_itself_passed_a_drill) {
    const GateDecision decision = decide_gate(proven(), 24h, noon);

    EXPECT_EQ(said(decision), "ok");
    ASSERT_TRUE(decision.proof);
    EXPECT_EQ(decision.proof->set, "shop/nightly");
    EXPECT_EQ(decision.proof->backup.id, "2026-11-22T03:05");
}

TEST(Gate, says_why_it_is_shut) {
    using Change = std::function<void(GateFacts&)>;
    struct Row {
        const char* what;
        Change change;
        const char* said;
    };
    const Row rows[] = {
        {"no set at all",
         [](GateFacts& facts) { facts.sets.clear(); },
         "critical\nit has no backup set"},
        {"nothing is drilled",
         [](GateFacts& facts) {
             facts.sets[0].is_drilled = false;
             facts.sets[0].drills.clear();
         },
         "critical\nshop/nightly: is not drilled, so nothing proves that it restores"},
        {"nothing is there",
         [](GateFacts& facts) { facts.sets[0].inventory->backups.clear(); },
         "critical\nshop/nightly: there is no completed backup"},
        {"it was never drilled",
         [](GateFacts& facts) { facts.sets[0].drills.clear(); },
         "critical\nshop/nightly: 2026-11-22T03:05, 9 h old, has passed no drill yet"},
        {"its drill failed",
         [](GateFacts& facts) { facts.sets[0].drills[0].result = DrillOutcome::Result::failed; },
         "critical\nshop/nightly: 2026-11-22T03:05, 9 h old, failed its drill: 1 of 10 rows "
         "missing"},
        {"it failed after it had passed",
         [](GateFacts& facts) {
             auto& drills = facts.sets[0].drills;
             drills.insert(
                 drills.begin(),
                 drill_of(facts.sets[0].inventory->backups[0], DrillOutcome::Result::failed)
             );
         },
         "critical\nshop/nightly: 2026-11-22T03:05, 9 h old, failed its drill: 1 of 10 rows "
         "missing"},
        {"it was written over since",
         [](GateFacts& facts) { facts.sets[0].inventory->backups[0].finished_at = noon - 1h; },
         "critical\nshop/nightly: 2026-11-22T03:05, 9 h old, has passed no drill yet"},
        {"what passed is an older one",
         [](GateFacts& facts) {
             facts.sets[0].inventory->backups[0].id = "old";
             facts.sets[0].inventory->backups[0].started_at -= 24h;
             facts.sets[0].inventory->backups.push_back(completed("2026-11-22T03:05"));
             facts.sets[0].drills[0].backup_id = "old";
         },
         "critical\nshop/nightly: 2026-11-22T03:05, 9 h old, has passed no drill yet"},
        {"it is from the future",
         [](GateFacts& facts) {
             facts.sets[0].inventory->backups = {completed("2026-11-23T03:05")};
             facts.sets[0].drills = {
                 drill_of(facts.sets[0].inventory->backups[0], DrillOutcome::Result::passed)};
         },
         "critical\nshop/nightly: there is no completed backup"},
        {"it is damaged",
         [](GateFacts& facts) {
             facts.sets[0].inventory->backups[0].status = BackupStatus::failed;
         },
         "critical\nshop/nightly: there is no completed backup"},
        {"something critical",
         [](GateFacts& facts) {
             Finding disk;
             disk.check = "disk";
             disk.summary = "91 % full";
             facts.critical = {disk};
         },
         "critical\ncritical: disk: 91 % full"},
        {"a dump runs",
         [](GateFacts& facts) { facts.busy = {"a dump of shop/nightly is running"}; },
         "critical\na dump of shop/nightly is running"},
        {"it cannot be read",
         [](GateFacts& facts) {
             facts.sets[0].inventory.reset();
             facts.sets[0].error = "401";
         },
         "unknown\nshop/nightly: which backups there are cannot be told: 401"},
        {"the clock is in doubt",
         [](GateFacts& facts) { facts.clock_doubted_before = noon; },
         "unknown\nshop/nightly: the clock is in doubt: how old its backups are cannot be told"},
        {"the state cannot be read",
         [](GateFacts& facts) { facts.unread = "disk full"; },
         "unknown\ndisk full"},
        {"nobody could ask whether others dump it",
         [](GateFacts& facts) { facts.unasked = "no route"; },
         "unknown\nno route"},
        {"it may be a copy of an older one",
         [](GateFacts& facts) { facts.sets[0].inventory->backups[0].unchanged_since = noon - 25h; },
         "unknown\nshop/nightly: whether the newest backup, 2026-11-22T03:05, is new cannot be "
         "told: byte for byte it is the one of 2026-11-21T11:00Z, and at most 1d is asked for "
         "(pg_dump marks each dump since its releases of August 2025, and dates those of -Fc)"},
        {"that, and its drill failed",
         [](GateFacts& facts) {
             facts.sets[0].inventory->backups[0].unchanged_since = noon - 25h;
             facts.sets[0].drills[0].result = DrillOutcome::Result::failed;
         },
         "critical\nshop/nightly: 2026-11-22T03:05, 9 h old, failed its drill: 1 of 10 rows "
         "missing"},
        {"both",
         [](GateFacts& facts) {
             facts.unread = "disk full";
             facts.busy = {"a dump of shop/nightly is running"};
         },
         "critical\na dump of shop/nightly is running\ndisk full"},
    };
    for (const Row& row : rows) {
        GateFacts facts = proven();
        row.change(facts);
        EXPECT_EQ(said(decide_gate(facts, 24h, noon)), row.said) << row.what;
    }
}

TEST(Gate, holds_the_age_of_the_snapshot_against_the_limit) {
    // Begun at 03:00, finished at 03:05.
    EXPECT_TRUE(decide_gate(proven(), 9h, noon).is_open());
    const GateDecision late = decide_gate(proven(), 9h, noon + 1ms);
    EXPECT_EQ(
        said(late),
        "critical\nshop/nightly: the newest backup, 2026-11-22T03:05, is 9 h old, and at most 9h "
        "is asked for"
    );
    EXPECT_FALSE(late.proof);
}

TEST(Gate, believes_a_copy_that_is_young_even_if_it_is_one) {
    GateFacts facts = proven();
    facts.sets[0].inventory->backups[0].unchanged_since = noon - 24h;
    EXPECT_EQ(said(decide_gate(facts, 24h, noon)), "ok");
}

TEST(Gate, needs_a_proof_in_one_of_several_sets) {
    GateFacts facts = proven();
    GateFacts::Set other;
    other.name = "shop/supabase";
    other.error = "401";
    facts.sets.insert(facts.sets.begin(), other);
    EXPECT_EQ(said(decide_gate(facts, 24h, noon)), "ok");

    // The youngest of two.
    GateFacts::Set noonish = facts.sets[1];
    noonish.name = "shop/hourly";
    noonish.inventory->backups = {completed("2026-11-22T11:00")};
    noonish.drills = {drill_of(noonish.inventory->backups[0], DrillOutcome::Result::passed)};
    facts.sets.push_back(noonish);
    EXPECT_EQ(decide_gate(facts, 24h, noon).proof->set, "shop/hourly");
}

TEST(Gate, takes_a_drill_that_could_not_be_run_for_no_verdict) {
    GateFacts facts = proven();
    const Backup backup = facts.sets[0].inventory->backups[0];
    const DrillOutcome unrun = drill_of(backup, DrillOutcome::Result::unknown);
    facts.sets[0].drills.insert(facts.sets[0].drills.begin(), unrun);
    EXPECT_TRUE(decide_gate(facts, 24h, noon).is_open());

    facts.sets[0].drills = {unrun};
    EXPECT_EQ(
        said(decide_gate(facts, 24h, noon)),
        "critical\nshop/nightly: 2026-11-22T03:05, 9 h old, could not be drilled: 1 of 10 rows "
        "missing"
    );
}

}  // namespace
}  // namespace backupwatch
