#include "core/backup/retention.hpp"

#include "unit/core/inventories.hpp"

#include <gtest/gtest.h>

namespace backupwatch {
namespace {

using namespace std::chrono_literals;
using Ids = std::vector<std::string>;

/// One each night, `first` to 22 November, at 03:00.
Inventory nights_since(int first) {
    Inventory inventory;
    for (int day = first; day <= 22; ++day) {
        inventory.backups.push_back(
            completed("2026-11-" + std::to_string(100 + day).substr(1) + "T03:00")
        );
    }
    return inventory;
}

TEST(Retention, removes_what_is_older_than_keep_oldest_first) {
    EXPECT_EQ(
        expired(nights_since(12), {}, {.keep = 8 * 24h, .keep_at_least = 3}, {}, noon),
        (Ids{"2026-11-12T03:00", "2026-11-13T03:00", "2026-11-14T03:00"})
    );
    EXPECT_EQ(
        expired(nights_since(15), {}, {.keep = 8 * 24h, .keep_at_least = 3}, {}, noon), Ids{}
    );
}

TEST(Retention, keeps_one_that_is_exactly_as_old_as_keep) {
    const RetentionPolicy policy{.keep = 24h, .keep_at_least = 1};
    Inventory inventory;
    inventory.backups = {completed("2026-11-21T12:00"), completed("2026-11-22T03:00")};

    EXPECT_EQ(expired(inventory, {}, policy, {}, noon), Ids{});
    EXPECT_EQ(expired(inventory, {}, policy, {}, noon + 1ms), Ids{"2026-11-21T12:00"});
}

TEST(Retention, keeps_the_newest_whatever_their_age) {
    const Instant months_later = noon + 100 * 24h;

    EXPECT_EQ(
        expired(nights_since(19), {}, {.keep = 24h, .keep_at_least = 3}, {}, months_later),
        Ids{"2026-11-19T03:00"}
    );
    EXPECT_EQ(
        expired(nights_since(20), {}, {.keep = 24h, .keep_at_least = 3}, {}, months_later), Ids{}
    );
    EXPECT_EQ(
        expired(nights_since(22), {}, {.keep = 24h, .keep_at_least = 0}, {}, months_later), Ids{}
    );
    EXPECT_EQ(expired({}, {}, {.keep = 24h, .keep_at_least = 0}, {}, months_later), Ids{});
}

TEST(Retention, counts_only_proven_backups_among_the_newest) {
    Inventory inventory = nights_since(20);
    inventory.backups.push_back(failed("2026-11-22T03:10"));
    inventory.backups.push_back(with_status(BackupStatus::running, "2026-11-22T11:59"));
    inventory.backups.push_back(with_status(BackupStatus::unknown, "2026-11-22T11:59"));
    inventory.backups.push_back(completed("2036-11-22T03:00"));

    EXPECT_EQ(
        expired(inventory, {}, {.keep = 1h, .keep_at_least = 2}, {}, noon), Ids{"2026-11-20T03:00"}
    );
}

TEST(Retention, lets_damaged_ones_go_when_as_many_newer_ones_are_whole) {
    struct Case {
        const char* what;
        std::vector<int> whole;
        std::vector<int> damaged;
        RetentionPolicy policy;
        Ids gone;
    };
    const std::vector<Case> cases{
        {"with whole ones, oldest first",
         {17, 20, 22},
         {18, 21},
         {.keep = 24h, .keep_at_least = 1},
         {"2026-11-17T03:00", "2026-11-18T03:00", "2026-11-20T03:00", "2026-11-21T03:00"}},
        {"not as old as `keep`",
         {20, 21, 22},
         {18, 19},
         {.keep = 96h, .keep_at_least = 1},
         {"2026-11-18T03:00"}},
        {"as many whole ones as stay, and not all are newer",
         {20, 22},
         {19, 21},
         {.keep = 24h, .keep_at_least = 2},
         {"2026-11-19T03:00"}},
        {"fewer whole ones than stay", {21, 22}, {18}, {.keep = 24h, .keep_at_least = 3}, {}},
        {"none is whole", {}, {18, 19}, {.keep = 24h, .keep_at_least = 0}, {}},
    };
    const auto night = [](int day) { return "2026-11-" + std::to_string(day) + "T03:00"; };
    for (const auto& c : cases) {
        Inventory inventory;
        std::vector<Backup> damaged;
        for (const int day : c.whole) inventory.backups.push_back(completed(night(day)));
        for (const int day : c.damaged) {
            inventory.backups.push_back(failed(night(day)));
            damaged.push_back(completed(night(day)));
        }
        EXPECT_EQ(expired(inventory, damaged, c.policy, {}, noon), c.gone) << c.what;
    }
}

TEST(Retention, keeps_a_damaged_one_that_someone_holds_or_wanted_longer) {
    const Inventory inventory = nights_since(20);
    std::vector<Backup> damaged{completed("2026-11-18T03:00"), completed("2026-11-19T03:00")};
    damaged[0].keep_until = noon + 1ms;
    EXPECT_EQ(
        expired(
            inventory,
            damaged,
            {.keep = 72h, .keep_at_least = 1},
            {.proven = {}, .held = {"2026-11-19T03:00"}},
            noon
        ),
        Ids{}
    );
}

TEST(Retention, never_touches_what_was_never_completed) {
    Inventory inventory = nights_since(20);
    inventory.backups.push_back(failed("2025-11-22T03:10"));
    inventory.backups.push_back(with_status(BackupStatus::unknown, "2025-11-22T03:10"));

    EXPECT_EQ(expired(inventory, {}, {.keep = 8 * 24h, .keep_at_least = 1}, {}, noon), Ids{});
}

TEST(Retention, keeps_the_last_that_passed_a_drill_and_what_is_held) {
    const RetentionPolicy policy{.keep = 24h, .keep_at_least = 1};
    const Protected stays{.proven = {"2026-11-18T03:00"}, .held = {"2026-11-20T03:00", "other"}};

    EXPECT_EQ(
        expired(nights_since(18), {}, policy, stays, noon),
        (Ids{"2026-11-19T03:00", "2026-11-21T03:00"})
    );
}

using Result = DrillOutcome::Result;

/// What a drill said of the dump of that night of November.
struct Verdict {
    int night;
    Result result;
};

std::vector<DrillOutcome> outcomes(const std::vector<Verdict>& newest_first) {
    std::vector<DrillOutcome> verdicts;
    for (const Verdict& verdict : newest_first) {
        verdicts.emplace_back();
        verdicts.back().backup_id = "2026-11-" + std::to_string(verdict.night) + "T03:00";
        verdicts.back().result = verdict.result;
    }
    return verdicts;
}

/// Of 19 to 22 November, some of which read as damaged.
Inventory four_nights(const std::set<int>& damaged) {
    Inventory inventory = nights_since(19);
    for (const int night : damaged) {
        inventory.backups.at(static_cast<std::size_t>(night) - 19).status = BackupStatus::failed;
    }
    return inventory;
}

TEST(Proven, are_those_that_passed_up_to_one_that_is_whole_and_was_not_found_wrong_since) {
    struct Case {
        const char* what;
        std::vector<Verdict> newest_first;
        std::set<int> damaged;
        std::set<std::string> ids;
    };
    const std::string night_20 = "2026-11-20T03:00";
    const std::string night_21 = "2026-11-21T03:00";
    const std::string night_22 = "2026-11-22T03:00";
    const std::vector<Case> cases{
        {"none", {}, {}, {}},
        {"the newest", {{22, Result::passed}, {21, Result::passed}}, {}, {night_22}},
        {"by the backup, not by when it was drilled",
         {{20, Result::passed}, {21, Result::passed}},
         {},
         {night_21}},
        {"the one before, where the newest failed",
         {{22, Result::failed}, {21, Result::passed}},
         {},
         {night_21}},
        {"also a damaged one, and the whole one before",
         {{22, Result::passed}, {21, Result::passed}, {20, Result::passed}},
         {22},
         {night_22, night_21}},
        {"also one that fails now",
         {{22, Result::failed}, {22, Result::passed}, {21, Result::passed}},
         {},
         {night_22, night_21}},
        {"one that passed again", {{22, Result::passed}, {22, Result::failed}}, {}, {night_22}},
        {"that a drill could not be run changes nothing",
         {{22, Result::unknown}, {22, Result::passed}, {21, Result::passed}},
         {},
         {night_22}},
        {"what is gone proves nothing",
         {{25, Result::passed}, {20, Result::passed}},
         {},
         {night_20}},
    };
    for (const Case& c : cases) {
        EXPECT_EQ(proven(four_nights(c.damaged), outcomes(c.newest_first), noon), c.ids) << c.what;
    }
}

TEST(Proven, from_the_future_takes_nobodys_place) {
    Inventory inventory = nights_since(20);
    inventory.backups.push_back(completed("2026-12-24T03:00"));
    auto verdicts = outcomes({{21, Result::passed}, {24, Result::passed}});
    verdicts[1].backup_id = "2026-12-24T03:00";

    const std::set<std::string> both{"2026-11-21T03:00", "2026-12-24T03:00"};
    EXPECT_EQ(proven(inventory, verdicts, noon), both);
}

TEST(Proven, is_none_now_that_is_damaged_or_fails_or_is_gone_or_from_the_future) {
    const Instant a_day_before = noon - 24h;
    struct Case {
        const char* what;
        std::vector<Verdict> newest_first;
        std::set<int> damaged;
        bool is_any;
        Instant now = noon;
    };
    const std::vector<Case> cases{
        {"none was drilled", {}, {}, false},
        {"none ever passed", {{22, Result::failed}, {21, Result::unknown}}, {}, false},
        {"passed", {{22, Result::passed}}, {}, true},
        {"passed, then damaged", {{22, Result::passed}}, {22}, false},
        {"passed, then failed", {{22, Result::failed}, {22, Result::passed}}, {}, false},
        {"failed, then passed", {{22, Result::passed}, {22, Result::failed}}, {}, true},
        {"passed, then a drill could not be run",
         {{22, Result::unknown}, {22, Result::passed}},
         {},
         true},
        {"passed, from the future", {{22, Result::passed}}, {}, false, a_day_before},
        {"passed, and is gone", {{18, Result::passed}}, {}, false},
        {"passed, then damaged, and an older one that stands",
         {{22, Result::passed}, {20, Result::passed}},
         {22},
         true},
        {"passed and failed, each another", {{22, Result::failed}, {21, Result::passed}}, {}, true},
    };
    for (const Case& c : cases) {
        const auto verdicts = outcomes(c.newest_first);
        EXPECT_EQ(is_any_proven_now(four_nights(c.damaged), verdicts, c.now), c.is_any) << c.what;
    }
}

TEST(Retention, keeps_a_backup_until_the_day_that_was_given_with_it) {
    const RetentionPolicy policy{.keep = 24h, .keep_at_least = 1};
    Inventory inventory = nights_since(20);
    inventory.backups[0].keep_until = noon + 1ms;
    inventory.backups[1].keep_until = noon;

    EXPECT_EQ(expired(inventory, {}, policy, {}, noon), Ids{"2026-11-21T03:00"});
}

}  // namespace
}  // namespace backupwatch
