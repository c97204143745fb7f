// What a night costs the state, in steps of SQLite's machine: the same, however many nights lie
// behind it.
#include "fixture.hpp"

#include <sqlite3.h>

#include <map>

namespace backupwatch {
namespace {

/// The steps of each statement, on every connection that is opened while this lives.
class Steps {
  public:
    Steps() { sqlite3_auto_extension(as_extension(&watch)); }
    ~Steps() {
        sqlite3_cancel_auto_extension(as_extension(&watch));
        of_statement_.clear();
    }
    Steps(const Steps&) = delete;
    Steps& operator=(const Steps&) = delete;

    /// Since it was asked last.
    static std::map<std::string, std::int64_t> take() { return std::exchange(of_statement_, {}); }

  private:
    using Watch = int (*)(sqlite3*, char**, const sqlite3_api_routines*);
    static void (*as_extension(Watch watch))() { return reinterpret_cast<void (*)()>(watch); }

    static int watch(sqlite3* database, char**, const sqlite3_api_routines*) {
        return sqlite3_trace_v2(database, SQLITE_TRACE_PROFILE, &count, nullptr);
    }
    static int count(unsigned, void*, void* ended, void*) {
        auto* statement = static_cast<sqlite3_stmt*>(ended);
        of_statement_[sqlite3_sql(statement)] +=
            sqlite3_stmt_status(statement, SQLITE_STMTSTATUS_VM_STEP, 1);
        return 0;
    }

    static inline std::map<std::string, std::int64_t> of_statement_;
};

/// Opens an incident where the night failed, and ends it where it did not.
Judgement judged(const std::vector<Incident>& open, bool has_failed, Instant now) {
    Judgement judgement;
    if (has_failed != open.empty()) return judgement;
    Incident incident = has_failed ? Incident() : open.front();
    incident.key = {"orders", "nightly", "backup"};
    if (has_failed) incident.opened_at = now;
    if (!has_failed) incident.ended_at = now;
    incident.finding = finding("backup", has_failed ? Severity::critical : Severity::ok);
    Notice notice;
    notice.key = incident.key;
    notice.incident = incident.id;
    notice.made_at = now;
    judgement.notices.push_back({{"slack", "", "endpoint-of-slack"}, notice});
    judgement.changed.push_back(std::move(incident));
    return judgement;
}

/// A week of dumps; those of a provider go without a word.
std::vector<Backup> week_before(Instant now) {
    std::vector<Backup> backups;
    for (int day = 6; day >= 0; --day) {
        const Instant begun = now - day * 24h;
        backups.push_back(backup(to_rfc3339(begun), BackupStatus::completed, begun));
    }
    return backups;
}

/// All that the daemon asks of the state from one night to the next.
void live_through(Store& store, int number) {
    const Instant now = night + number * 24h;
    const bool has_failed = number % 3 == 0;
    Silence silence;
    silence.database = "orders";
    silence.made_at = now;
    silence.until = now + 2h;
    run(store.add_silence(silence));
    run(store.history(nightly, now));
    run(store.open_slot(nightly, due(now), now));

    Outcome taken = outcome_at(now);
    taken.closes = Outcome::Slot{nightly, now, "ok"};
    taken.findings = {finding("backup", has_failed ? Severity::critical : Severity::ok)};
    taken.seen = week_before(now);
    taken.expired = {to_rfc3339(now - 7 * 24h)};
    taken.drill =
        drill(has_failed ? DrillOutcome::Result::failed : DrillOutcome::Result::passed, now);
    taken.judge = [=](const std::vector<Incident>& open, const std::vector<Silence>&) {
        return judged(open, has_failed, now);
    };
    const Recorded recorded = run(store.commit(std::move(taken)));
    Settlement settlement;
    settlement.lane.endpoint = "endpoint-of-slack";
    for (const Pending& pending : recorded.notices) {
        const Lane& lane = pending.lane;
        settlement.gone.push_back(pending.id);
        settlement.answers.push_back({lane, lane, pending.notice.incident, now, {}, now});
    }
    run(store.settle(std::move(settlement)));

    Outcome listed = outcome_at(now + 1h);
    listed.set = "of-the-provider";
    listed.seen = week_before(now);
    run(store.commit(std::move(listed)));
    for (const char* set : {"nightly", "of-the-provider"}) {
        run(store.seen("orders", set, now - 7 * 24h));
        run(store.failed_takes("orders", set));
        run(store.judged_drills("orders", set, 10));
        run(store.drills("orders", set, 1));
        run(store.last_passed_drill("orders", set));
    }
    run(store.silences(now));
    run(store.findings());
}

TEST(Cost, of_a_night_is_the_same_after_a_year) {
    constexpr int old_row_goes = 10;  ///< steps of each night once there are such
    const Steps steps;
    const auto store = Store::in_memory();
    const auto month_from = [&](int first) {
        Steps::take();
        for (int number = first; number < first + 30; ++number) live_through(*store, number);
        return Steps::take();
    };

    month_from(0);
    auto early = month_from(30);
    for (int number = 60; number < 360; ++number) live_through(*store, number);
    const auto late = month_from(360);

    for (const auto& [statement, count] : late) {
        EXPECT_LE(count, early[statement] * 11 / 10 + old_row_goes * 30) << statement;
    }
}

/// For the ledger of the one incident that there is.
Answer answer_of(const std::string& endpoint, Instant at) {
    const Lane lane{"slack", "", endpoint};
    return {lane, lane, 1, at, Arrival::told, at};
}

TEST(Cost, of_catching_up_is_one_write_for_each_incident) {
    const Steps steps;
    const auto store = Store::in_memory();
    live_through(*store, 0);
    const auto settle = [&](std::vector<Answer> answers) {
        Settlement settlement;
        settlement.answers = std::move(answers);
        Steps::take();
        run(store->settle(std::move(settlement)));
        return Steps::take();
    };

    const auto one = settle({answer_of("a", night)});
    const auto many = settle({answer_of("a", night), answer_of("b", night), answer_of("c", night)});

    EXPECT_EQ(many, one);
}

TEST(Cost, of_catching_up_is_the_same_however_long_the_state_refused) {
    Settlement all;
    for (int minute = 0; minute < 500; ++minute) {
        Settlement later;
        later.answers = {answer_of("a", night + minute * 1min)};
        add(all, std::move(later));
    }

    ASSERT_EQ(all.answers.size(), 1u);
    EXPECT_EQ(all.answers.front().at, night + 499min);
}

}  // namespace
}  // namespace backupwatch
