#include "core/check/readiness.hpp"

#include "unit/core/inventories.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <regex>

namespace backupwatch {
namespace {

using namespace std::chrono_literals;

/// A database that is ready in every respect.
ReadinessFacts ready() {
    ReadinessFacts facts;
    facts.database = "shop";
    ReadinessFacts::Set& set = facts.sets.emplace_back();
    set.name = "shop/nightly";
    set.policy.every = day;
    set.policy.grace = 2h;
    set.policy.reach_back = 7 * day;
    set.retention.emplace().summary = "7 restore points within 7 d";
    set.inventory = Inventory{};
    for (int night = 16; night <= 22; ++night) {
        set.inventory->backups.push_back(completed("2026-11-" + std::to_string(night) + "T03:05"));
    }
    set.is_drilled = true;
    DrillOutcome pass;
    pass.backup_id = "2026-11-22T03:05";
    pass.result = DrillOutcome::Result::passed;
    pass.finished_at = at("2026-11-22T03:10");
    pass.seconds = 41;
    set.last_pass = pass;
    set.longest_since_pass = 26h;
    set.pitr.emplace().summary = "off, as configured";
    set.pitr_at = noon;
    facts.notifiers = {{"slack", noon - 24h}, {"pagerduty", noon - 48h}};
    for (const AttestItem& item : attest_items()) {
        facts.attestations.push_back(
            {"shop", std::string(item.name), "Ada", noon - day, noon + day, {}, {}}
        );
    }
    facts.has_runbook = true;
    facts.runbook_written_at = noon - 8h;
    facts.publishes_runbook = true;
    facts.runbook_published_at = noon - 8h;
    facts.watches_disk = true;
    facts.disk = DiskSample{noon, 4, 10};
    return facts;
}

/// The items that are not ready: `severity name: evidence -> what to do`.
std::string lacking_in(const ReadinessFacts& facts) {
    std::string text;
    for (const ReadinessItem& item : check_readiness(facts, noon)) {
        if (item.severity == Severity::ok) {
            EXPECT_EQ(item.to_do, "") << item.name;
            EXPECT_NE(item.evidence, "") << item.name;
            continue;
        }
        text += (text.empty() ? "" : "\n") + std::string(to_string(item.severity)) + " " +
                item.name + ": " + item.evidence + " -> " + item.to_do;
    }
    return text;
}

TEST(Readiness, names_the_day_of_which_a_providers_replies_are_kept) {
    ReadinessFacts facts = ready();
    facts.sets.push_back(facts.sets.front());
    facts.sets.back().name = "shop/supabase";
    facts.sets.back().evidence_of = at("2026-11-22T03:00");
    const auto items = check_readiness(facts, noon);
    const auto backups = std::ranges::find(items, "automatic backups", &ReadinessItem::name);
    ASSERT_NE(backups, items.end());
    EXPECT_TRUE(backups->evidence.ends_with(
        "; what the provider of shop/supabase said at 2026-11-22T03:00Z is kept"
    )) << backups->evidence;
}

TEST(Readiness, says_what_is_so_where_all_is_well) {
    EXPECT_EQ(lacking_in(ready()), "");
    const auto items = check_readiness(ready(), noon);
    ASSERT_EQ(items.size(), 16U);
    EXPECT_EQ(
        items[0].evidence, "shop/nightly: 2026-11-22T03:05 (2026-11-22T03:05Z, 8 h 55 min old)"
    );
    EXPECT_EQ(
        items[1].evidence,
        "shop/nightly: every 1d, the newest is 2026-11-22T03:05 (2026-11-22T03:05Z, 8 h 55 min old)"
    );
    EXPECT_EQ(
        items[2].evidence,
        "shop/nightly: the oldest is 2026-11-16T03:05 (2026-11-16T03:05Z, 6 d 8 h old)"
    );
    EXPECT_EQ(items[3].evidence, "shop/nightly at 2026-11-22T12:00Z: off, as configured");
    EXPECT_EQ(items[4].evidence, "slack and pagerduty, as configured at 2026-11-22T12:00Z");
    EXPECT_EQ(items[5].evidence, "slack at 2026-11-21T12:00Z, pagerduty at 2026-11-20T12:00Z");
    EXPECT_EQ(
        items[10].evidence,
        "100.0%: 7 backups since 2026-11-16T03:05Z, 0 failed or missed; target 100.0%"
    );
    EXPECT_EQ(items[13].evidence, "attested by Ada at 2026-11-21T12:00Z, until 2026-11-23T12:00Z");
}

TEST(Readiness, shows_dated_evidence_where_all_is_well) {
    const std::regex date("2026-11-[0-9]{2}T[0-9]{2}:[0-9]{2}Z");
    ReadinessFacts of_dumps = ready();
    // Whose ids say nothing of when.
    for (Backup& backup : of_dumps.sets[0].inventory->backups) backup.id = "107";
    of_dumps.sets[0].last_pass->backup_id = "107";
    ReadinessFacts of_a_stretch = of_dumps;
    of_a_stretch.sets[0].inventory->backups.clear();
    auto& pitr = of_a_stretch.sets[0].inventory->provider.emplace().pitr.emplace();
    pitr.earliest = noon - 8 * day;
    pitr.latest = noon - 2min;
    EXPECT_EQ(lacking_in(of_dumps), "");
    for (const ReadinessFacts& facts : {of_dumps, of_a_stretch}) {
        std::size_t ready = 0;
        for (const ReadinessItem& item : check_readiness(facts, noon)) {
            if (item.severity != Severity::ok) continue;
            EXPECT_TRUE(std::regex_search(item.evidence, date))
                << item.name << ": " << item.evidence;
            ++ready;
        }
        EXPECT_GE(ready, 13U);
    }
}

TEST(Readiness, says_what_lacks_and_what_to_do) {
    using Change = std::function<void(ReadinessFacts&)>;
    struct Row {
        Change change;
        const char* lacks;
    };
    const Row rows[] = {
        {[](ReadinessFacts& facts) { facts.sets[0].inventory->backups.pop_back(); },
         "critical automatic backups: shop/nightly: 2026-11-21T03:05 (2026-11-21T03:05Z, 1 d 8 h "
         "old) -> see `backupwatch check shop`\n"
         "critical daily or better: shop/nightly: every 1d, but the newest is 2026-11-21T03:05 "
         "(2026-11-21T03:05Z, 1 d 8 h old) -> see `backupwatch check shop`\n"
         "warning success rate: 85.7%: 6 backups since 2026-11-16T03:05Z, 1 failed or missed; "
         "target 100.0% -> see `backupwatch history shop`"},
        {[](ReadinessFacts& facts) {
             // All that came since may be copies of that one.
             auto& backups = facts.sets[0].inventory->backups;
             backups.erase(backups.end() - 2);
             backups.back().unchanged_since = at("2026-11-20T03:05");
         },
         "unknown automatic backups: shop/nightly: 2026-11-22T03:05 (2026-11-22T03:05Z, 8 h 55 min "
         "old), byte for byte the one of 2026-11-20T03:05Z: whether it is new cannot be told -> "
         "see `backupwatch check "
         "shop`\n"
         "unknown daily or better: shop/nightly: every 1d, but the newest is 2026-11-22T03:05 "
         "(2026-11-22T03:05Z, 8 h 55 min old), byte for byte the one of 2026-11-20T03:05Z: whether "
         "it is new cannot be told "
         "-> see `backupwatch check shop`\n"
         "warning success rate: 85.7%: 6 backups since 2026-11-16T03:05Z, 1 failed or missed; "
         "target 100.0% -> see `backupwatch history shop`"},
        {[](ReadinessFacts& facts) { facts.sets[0].policy.every = 25h; },
         "critical daily or better: no set is backed up every day -> give one `take` or `every: "
         "1d`"},
        {[](ReadinessFacts& facts) {
             auto& backups = facts.sets[0].inventory->backups;
             backups.erase(backups.begin());
         },
         "critical reach back of 7 days: shop/nightly: the oldest is 2026-11-17T03:05 "
         "(2026-11-17T03:05Z, 5 d 8 h old) -> wait until it is there; `keep` must not be shorter"},
        {[](ReadinessFacts& facts) {
             // One old one, and nothing until last night.
             auto& backups = facts.sets[0].inventory->backups;
             backups.erase(backups.begin() + 1, backups.end() - 1);
             facts.sets[0].retention->severity = Severity::warning;
             facts.sets[0].retention->summary = "5 periods of 1 d without a restore point";
         },
         "critical reach back of 7 days: shop/nightly: the oldest is 2026-11-16T03:05 "
         "(2026-11-16T03:05Z, 6 d 8 h old); "
         "5 periods of 1 d without a restore point -> see `backupwatch check shop`\n"
         "warning success rate: 28.6%: 2 backups since 2026-11-16T03:05Z, 5 failed or missed; "
         "target 100.0% -> see `backupwatch history shop`"},
        {[](ReadinessFacts& facts) { facts.sets[0].retention.reset(); },
         "critical reach back of 7 days: shop/nightly: the oldest is 2026-11-16T03:05 "
         "(2026-11-16T03:05Z, 6 d 8 h old); "
         "whether each day has one is not known yet -> see `backupwatch check shop`"},
        {[](ReadinessFacts& facts) { facts.sets[0].policy.reach_back = 2 * day; },
         "critical reach back of 7 days: shop/nightly: the oldest is 2026-11-16T03:05 "
         "(2026-11-16T03:05Z, 6 d 8 h old); "
         "its `reach_back` looks for gaps in the last 2 d alone -> see `backupwatch check shop`"},
        {[](ReadinessFacts& facts) {
             facts.sets[0].pitr.reset();
             facts.attestations.clear();
             for (const char* item : {"approval", "contacts", "runbook-rehearsed"}) {
                 facts.attestations.push_back({"shop", item, "Ada", noon, noon + day, {}, {}});
             }
         },
         "warning point-in-time recovery: no source tells how it stands -> `backupwatch attest "
         "shop pitr --by WHO`"},
        {[](ReadinessFacts& facts) { facts.notifiers.clear(); },
         "critical failure notifications: nobody is told -> configure `notifiers`\n"
         "critical notifications delivered in a test: nobody is told -> `backupwatch notify-test "
         "--page`"},
        {[](ReadinessFacts& facts) { facts.notifiers[1].tested_at.reset(); },
         "critical notifications delivered in a test: no test of pagerduty -> `backupwatch "
         "notify-test --page`"},
        {[](ReadinessFacts& facts) { facts.notifiers[0].tested_at = noon - 91 * day; },
         "critical notifications delivered in a test: no test of slack -> `backupwatch notify-test "
         "--page`"},
        {[](ReadinessFacts& facts) { facts.sets[0].last_pass.reset(); },
         "critical a drill passed on a restored backup: none passed yet -> `backupwatch drill "
         "shop`\n"
         "critical restored within the target: never measured -> `backupwatch drill shop`"},
        {[](ReadinessFacts& facts) {
             DrillOutcome failed = *facts.sets[0].last_pass;
             failed.result = DrillOutcome::Result::failed;
             failed.error = "3 of 99 rows missing";
             facts.sets[0].failed_since = failed;
         },
         "critical a drill passed on a restored backup: shop/nightly 2026-11-22T03:05 failed its "
         "drill at 2026-11-22T03:10Z: 3 of 99 rows missing -> `backupwatch drill shop`"},
        {[](ReadinessFacts& facts) { facts.sets[0].longest_since_pass = 8h; },
         "critical a drill passed on a restored backup: shop/nightly 2026-11-22T03:05, drilled at "
         "2026-11-22T03:10Z, 8 h 50 min ago -> `backupwatch drill shop`"},
        {[](ReadinessFacts& facts) { facts.sets[0].last_pass->seconds = 300.1; },
         "warning restored within the target: 5 min, target 5 min, measured at 2026-11-22T03:10Z "
         "-> a faster disk, or more `jobs`"},
        {[](ReadinessFacts& facts) { facts.runbook_written_at.reset(); },
         "critical runbook written: not yet -> `backupwatch drill shop` writes it"},
        {[](ReadinessFacts& facts) { facts.has_runbook = false; },
         "critical runbook written: it is not configured -> configure `runbook`, then `backupwatch "
         "drill shop` writes it"},
        {[](ReadinessFacts& facts) { facts.runbook_written_at = at("2026-11-22T03:09"); },
         "critical runbook written: 2026-11-22T03:09Z, and not again after the drill at "
         "2026-11-22T03:10Z -> see in the log why it was not written, then `backupwatch drill "
         "shop`"},
        {[](ReadinessFacts& facts) { facts.runbook_published_at = noon - 9h; },
         "critical runbook published: 2026-11-22T03:00Z, and not what was written at "
         "2026-11-22T04:00Z -> see in the log how far it is, or `backupwatch drill shop`"},
        {[](ReadinessFacts& facts) { facts.publishes_runbook = false; },
         "critical runbook published: nobody gets it -> configure `publish` of the runbook"},
        {[](ReadinessFacts& facts) { facts.publish_error = "exit code 1"; },
         "critical runbook published: exit code 1 -> see what that program says"},
        {[](ReadinessFacts& facts) {
             facts.sets[0].failed = {failed("2026-11-20T04:00"), failed("2026-11-15T04:00")};
         },
         "warning success rate: 87.5%: 7 backups since 2026-11-16T03:05Z, 1 failed or missed; "
         "target 100.0% -> see `backupwatch history shop`"},
        {[](ReadinessFacts& facts) { facts.targets.size = 100'000'000; },
         "warning size of the newest backup: 151.2 MB, 2026-11-22T03:05Z; target 100.0 MB -> raise "
         "`targets.size`, or clear out"},
        {[](ReadinessFacts& facts) { facts.disk->used = 6; },
         "warning free disk: 40.0% at 2026-11-22T12:00Z; target 50.0% -> make room, or a larger "
         "disk"},
        {[](ReadinessFacts& facts) { facts.disk.reset(); },
         "unknown free disk: its disk could not be read -> see `backupwatch check shop`"},
        {[](ReadinessFacts& facts) {
             facts.disk.reset();
             facts.disk_error = "no route";
         },
         "unknown free disk: no route -> see `backupwatch check shop`"},
        {[](ReadinessFacts& facts) { facts.watches_disk = false; },
         "critical free disk: its disk is not watched -> configure `disk`"},
        {[](ReadinessFacts& facts) {
             for (Attestation& one : facts.attestations) {
                 if (one.item == "contacts") one.expires_at = noon;
             }
         },
         "critical contacts: attested, and expired since -> once the runbook's contacts were "
         "called, and answered: `backupwatch attest shop contacts --by WHO`"},
    };
    for (const Row& row : rows) {
        ReadinessFacts facts = ready();
        row.change(facts);
        EXPECT_EQ(lacking_in(facts), row.lacks);
    }
}

TEST(Readiness, takes_point_in_time_recovery_for_backups_which_lists_none) {
    ReadinessFacts facts = ready();
    facts.sets.push_back(facts.sets.front());
    ReadinessFacts::Set& set = facts.sets.back();
    set.name = "shop/supabase";
    set.inventory->backups.clear();
    PointInTime& pitr = set.inventory->provider.emplace().pitr.emplace();
    pitr.earliest = noon - 7 * day;
    pitr.latest = noon - 2min;
    facts.sets[0].inventory->backups.clear();

    const auto items = check_readiness(facts, noon);

    EXPECT_EQ(items[0].severity, Severity::ok);
    EXPECT_EQ(items[0].evidence, "shop/supabase: any moment up to 2026-11-22T11:58Z");
    EXPECT_EQ(items[2].severity, Severity::ok);
    EXPECT_EQ(items[2].evidence, "shop/supabase: the oldest is any moment since 2026-11-15T12:00Z");
    *facts.sets[1].inventory->provider->pitr->latest = noon - 27h;
    EXPECT_EQ(check_readiness(facts, noon)[0].severity, Severity::critical);
}

TEST(Readiness, calls_nothing_daily_that_is_so_by_its_configuration_alone) {
    ReadinessFacts facts = ready();
    facts.sets.push_back(facts.sets.front());
    facts.sets[0].inventory->backups.resize(3);
    facts.sets[1].name = "shop/weekly";
    facts.sets[1].policy.every = 7 * day;

    const auto items = check_readiness(facts, noon);

    EXPECT_EQ(items[0].severity, Severity::ok) << "the weekly one is in time";
    EXPECT_EQ(items[1].name, "daily or better");
    EXPECT_EQ(items[1].severity, Severity::critical);
    EXPECT_EQ(
        items[1].evidence,
        "shop/nightly: every 1d, but the newest is 2026-11-18T03:05 (2026-11-18T03:05Z, 4 d 8 h "
        "old)"
    );
}

TEST(Readiness, is_shown_best_by_the_set_that_is_in_time) {
    ReadinessFacts facts = ready();
    facts.sets.push_back(facts.sets.front());
    facts.sets[0].name = "shop/hourly";
    facts.sets[0].policy.every = 1h;
    facts.sets[0].inventory->backups = {completed("2026-11-22T07:00")};

    const auto items = check_readiness(facts, noon);

    EXPECT_EQ(
        items[0].evidence, "shop/nightly: 2026-11-22T03:05 (2026-11-22T03:05Z, 8 h 55 min old)"
    );
    EXPECT_EQ(
        items[1].evidence,
        "shop/nightly: every 1d, the newest is 2026-11-22T03:05 (2026-11-22T03:05Z, 8 h 55 min old)"
    );
}

TEST(Readiness, is_not_reached_back_by_what_began_today) {
    ReadinessFacts facts = ready();
    ReadinessFacts::Set& set = facts.sets[0];
    set.policy.every = 7 * day;
    set.inventory->backups = {completed("2026-11-22T11:59")};
    const auto reach = [&] { return check_readiness(facts, noon)[2]; };
    EXPECT_EQ(reach().severity, Severity::critical);
    EXPECT_EQ(
        reach().evidence,
        "shop/nightly: the oldest is 2026-11-22T11:59 (2026-11-22T11:59Z, 1 min old)"
    );

    // Of a stretch each moment is there: no next one is to come.
    set.policy.every = day;
    PointInTime& pitr = set.inventory->provider.emplace().pitr.emplace();
    pitr.earliest = noon - 7 * day + 1min;
    pitr.latest = noon;
    EXPECT_EQ(reach().severity, Severity::critical);
    pitr.earliest = noon - 7 * day;
    EXPECT_EQ(reach().severity, Severity::ok);
}

TEST(Readiness, counts_each_night_that_came_to_nothing_once) {
    const auto rate_of = [](const ReadinessFacts& facts) {
        const auto items = check_readiness(facts, noon);
        const auto item = std::ranges::find(items, "success rate", &ReadinessItem::name);
        return item->evidence.substr(0, item->evidence.find(';'));
    };
    ReadinessFacts facts = ready();
    ReadinessFacts::Set& set = facts.sets[0];
    auto& backups = set.inventory->backups;

    // The 19th was missed; that a try of it failed is the same night.
    backups.erase(backups.begin() + 3);
    const char* one_missed = "85.7%: 6 backups since 2026-11-16T03:05Z, 1 failed or missed";
    EXPECT_EQ(rate_of(facts), one_missed);
    set.failed = {failed("2026-11-19T03:10"), failed("2026-11-19T04:00")};
    EXPECT_EQ(rate_of(facts), one_missed);

    // What was there and is gone came all the same; what is listed is not counted again.
    set.past = {completed("2026-11-14T03:05"), completed("2026-11-17T03:05")};
    EXPECT_EQ(rate_of(facts), "77.8%: 7 backups since 2026-11-14T03:05Z, 2 failed or missed");
    set.past[1] = failed("2026-11-15T03:05");
    EXPECT_EQ(rate_of(facts), "77.8%: 7 backups since 2026-11-14T03:05Z, 2 failed or missed");

    // Since the window began, whatever came before.
    set.past = {completed("2026-10-01T03:05")};
    EXPECT_EQ(rate_of(facts), "20.0%: 6 backups since 2026-10-23T12:00Z, 24 failed or missed");

    // A file that nobody has read yet is no success, and no night that was missed.
    set.past.clear();
    set.failed.clear();
    backups.insert(backups.begin() + 3, unread("2026-11-19T03:05"));
    EXPECT_EQ(rate_of(facts), "100.0%: 6 backups since 2026-11-16T03:05Z, 0 failed or missed");

    // Nor does point-in-time recovery list any.
    backups.erase(backups.begin() + 3, backups.end());
    const char* none_missed = "100.0%: 3 backups since 2026-11-16T03:05Z, 0 failed or missed";
    set.inventory->provider.emplace().pitr.emplace();
    EXPECT_EQ(rate_of(facts), none_missed);

    // Nor is one owed on a plan without any, or where somebody accepted that there is none.
    set.inventory->provider.emplace().plan_without = "free";
    EXPECT_EQ(rate_of(facts), none_missed);
    set.inventory->provider.emplace().is_without = true;
    EXPECT_EQ(rate_of(facts), none_missed);
    set.inventory->provider.emplace();
    EXPECT_EQ(rate_of(facts), "42.9%: 3 backups since 2026-11-16T03:05Z, 4 failed or missed");
}

TEST(Readiness, calls_the_success_rate_unknown_while_any_set_cannot_be_read) {
    ReadinessFacts facts = ready();
    facts.sets.push_back(facts.sets.front());
    facts.sets.back().name = "shop/supabase";
    facts.sets.back().inventory.reset();
    facts.sets.back().error = "HTTP 401";
    EXPECT_EQ(
        lacking_in(facts),
        "unknown success rate: shop/supabase cannot be read: HTTP 401 -> see `backupwatch check "
        "shop`"
    );
}

TEST(Readiness, holds_the_runbook_against_the_newest_drill_of_any_set) {
    ReadinessFacts facts = ready();
    facts.sets.push_back(facts.sets.front());
    facts.runbook_written_at = facts.sets[0].last_pass->finished_at - 5ms;
    EXPECT_EQ(lacking_in(facts), "") << "a file system's clock is a little behind";
    facts.sets[1].last_pass->finished_at += 1min;
    EXPECT_NE(lacking_in(facts).find("critical runbook written: "), std::string::npos);
    facts.runbook_written_at = facts.sets[1].last_pass->finished_at;
    EXPECT_EQ(lacking_in(facts), "");
    DrillOutcome failed = *facts.sets[1].last_pass;
    failed.finished_at += 1h;
    facts.sets[1].failed_since = failed;
    EXPECT_NE(lacking_in(facts).find("critical runbook written: "), std::string::npos)
        << "what failed is called damaged there as well";
}

TEST(Readiness, calls_unknown_what_cannot_be_read) {
    ReadinessFacts facts = ready();
    facts.sets[0].inventory.reset();
    facts.sets[0].error = "HTTP 401";
    for (const ReadinessItem& item : check_readiness(facts, noon)) {
        if (item.name != "automatic backups" && item.name != "daily or better" &&
            item.name != "reach back of 7 days") {
            continue;
        }
        EXPECT_EQ(item.severity, Severity::unknown) << item.name;
        EXPECT_EQ(item.evidence, "shop/nightly cannot be read: HTTP 401") << item.name;
    }
}

TEST(Attestation, holds_until_it_expires) {
    const std::vector<Attestation> all{{"shop", "contacts", "Ada", noon - day, noon, {}, {}}};
    EXPECT_NE(held_attestation(all, "contacts", noon - 1ms), nullptr);
    EXPECT_EQ(held_attestation(all, "contacts", noon), nullptr);
    EXPECT_EQ(held_attestation(all, "approval", noon - 1ms), nullptr);
    for (const AttestItem& item : attest_items()) {
        EXPECT_EQ(find_attest_item(item.name), &item);
    }
    EXPECT_EQ(find_attest_item("nothing"), nullptr);
}

}  // namespace
}  // namespace backupwatch
