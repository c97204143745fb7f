#include "simulation/years.hpp"

#include "async/chance.hpp"
#include "core/failure.hpp"
#include "support/loop.hpp"
#include "unit/watch/fake_source.hpp"
#include "watch/handling.hpp"

#include <algorithm>
#include <iterator>

namespace backupwatch {
namespace {

using namespace std::chrono_literals;

const Instant beginning = *parse_rfc3339("2026-11-22T03:00:00Z");

}  // namespace

Years::Years(std::uint64_t seed, Troubles troubles)
    : chance_(seed), troubles_(troubles), clock_(loop_, beginning), disk_(seed) {
    chance().seed(seed);
    for (const char* name : {"email", "slack", "pagerduty"}) {
        ends_.push_back(std::make_shared<Moody>(name, clock_, disk_, chance_));
        ends_.back()->slow = troubles.slow_channel;
        // As often as a night brings a loss of power, over all that is sent in it.
        ends_.back()->kills_with = troubles.loss_of_power / 6;
    }
    boot();
}

Years::~Years() {
    end();
}

void Years::run(int nights) {
    for (int night = 0; night < nights && !testing::Test::HasFailure(); ++night) spend_a_night();
    make_peace();
    check_that_all_is_told();
}

void Years::boot() {
    scope_ = std::make_unique<Scope>(loop_.get_executor(), [](const auto& name, const auto& what) {
        ADD_FAILURE() << name << " ended: " << what;
    });
    file_ = run_on(loop_, Store::open(folder_.path(), clock_.now(), Store::Thread::callers));
    EXPECT_TRUE(file_->damaged_files().empty()) << "a fault of the disk damaged the state";
    store_ = std::make_unique<Witness>(*file_);
    store_->opened_at = clock_.now();
    delivery_ = std::make_unique<Delivery>(clock_, *store_, *scope_, loop_.get_executor());
    delivery_->events.settled = [this](const Settlement& settlement, bool is_recorded) {
        world_->alerting.settled(settlement, is_recorded);
    };
    make_world(nullptr);
    run_on(loop_, delivery_->recall());
    clock_.settle();
}

/// As the daemon does it, at start and at a reload.
void Years::make_world(const World* before) {
    Settings settings;
    settings.state_dir = folder_.path();
    settings.work_dir = folder_ / "work";
    auto world = std::make_shared<World>(std::move(settings), clock_, *store_, pool_, web_, before);
    for (std::size_t i = 0; i < databases; ++i) {
        if (is_left_out_[i]) continue;
        auto set = std::make_unique<WatchedSet>();
        WatchedDatabase& database = world->databases.emplace_back();
        database.name = set->database = "d" + std::to_string(i);
        set->settings.name = "nightly";
        set->source = std::make_unique<FakeSource>(clock_);
        database.sets.push_back(std::move(set));
    }
    run_on(loop_, world->recall());
    world_ = std::move(world);
    use_configuration();
}

void Years::use_configuration() {
    AlertPolicy policy;
    Alerting& alerting = world_->alerting;
    alerting.notifiers.clear();
    ends_[1]->rename(is_renamed_ ? "chat" : "slack");
    for (const auto& end : ends_) {
        policy.lanes.push_back(end->lanes().front());
        alerting.notifiers.push_back({policy.lanes.back().notifier, end});
    }
    policy.steps = default_escalation(policy.lanes);
    policy.reminders = {24h, 72h, 168h};
    alerting.use(std::move(policy));
    delivery_->use(alerting.notifiers);
    alerting.deliver = [this](std::vector<Pending> notices) { take(std::move(notices)); };
    alerting.renumber = [this](const std::vector<KeptNotice>& recorded) {
        delivery_->renumber(recorded);
    };
}

void Years::end() {
    scope_->cancel();
    clock_.settle();
    if (scope_->size() > 0) clock_.advance(2s);
    delivery_.reset();
    world_.reset();
    file_.reset();
}

void Years::crash() {
    ++crashes_;
    disk_.die_after(0);
    const auto unrecorded = world_->alerting.unrecorded();
    end();
    disk_.come_back();
    numbers_.insert(store_->number_of.begin(), store_->number_of.end());
    std::erase_if(told_of_, [this](const auto& told) {
        const auto known = store_->is_over.find(number_of(told.first));
        return known != store_->is_over.end() && known->second;
    });
    for (const auto& [id, database] : told_of_) {
        if (unrecorded.contains(database)) forgotten_.insert({id, number_of(id)});
    }
    const std::unique_ptr<Witness> before = std::move(store_);
    // What a process was asked to wait and could not record, the next cannot know.
    for (const auto& end : ends_) {
        const Instant kept = before->not_before[end->lanes().front().endpoint];
        const Duration wait = std::max(kept - clock_.now(), Duration(0));
        end->allowed_from = std::min(end->allowed_from, clock_.uptime() + wait);
        unanswered_.insert(end->last_incidents.begin(), end->last_incidents.end());
    }
    boot();
    check_that_all_is_kept(*before);
    look_at_all();
}

/// A process whose disk has died is gone.
void Years::survive() {
    while (disk_.is_dead() && !testing::Test::HasFailure()) crash();
}

void Years::spend_a_night() {
    change_the_world();
    fail_and_recover();
    look_at_all();
    pass(std::chrono::seconds(chance_.up_to(4 * 3600)));
    handle_something();
    if (chance_.with(troubles_.reload)) reload();
    if (chance_.with(troubles_.loss_of_power / 3)) crash();
    judge();
    pass(20h);
    judge();
    survive();
}

void Years::change_the_world() {
    for (const auto& end : ends_) {
        // A fault that lasts brings nothing new but tries: every five minutes, by each channel.
        if (chance_.with(0.6)) end->mood = SendResult::delivered;
        if (!chance_.with(troubles_.moody_channel)) continue;
        constexpr SendResult moods[] = {
            SendResult::delivered,
            SendResult::delivered,
            SendResult::retry,
            SendResult::ambiguous,
            SendResult::bad_payload,
            SendResult::broken};
        end->mood = moods[chance_.up_to(5)];
    }
    if (chance_.with(troubles_.loss_of_power)) disk_.die_after(1 + chance_.up_to(200));
    if (chance_.with(troubles_.failing_sync)) disk_.fail_sync_after(chance_.up_to(8));
    if (chance_.with(troubles_.clock_is_set)) {
        clock_.set(clock_.now() + (chance_.with(0.5) ? 24h : -24h));
        for (const auto& end : ends_) end->allowed_from = Duration(0);
    }
}

void Years::fail_and_recover() {
    for (int& failures : failures_) {
        failures = chance_.with(failures > 0 ? 0.5 : troubles_.failing_backup) ? failures + 1 : 0;
    }
}

/// A state that refuses says so, and nothing is done.
void Years::handle_something() {
    if (disk_.is_dead()) return;
    const int index = chance_.up_to(databases - 1);
    try {
        const auto& open = world_->alerting.open();
        if (!open.empty() && chance_.with(troubles_.someone_handles)) {
            auto one = open.begin();
            std::advance(one, chance_.up_to(static_cast<int>(open.size()) - 1));
            ++handled_;
            run_on(loop_, acknowledge(*world_, one->first));
        }
        if (!is_left_out_[static_cast<std::size_t>(index)] &&
            chance_.with(troubles_.someone_handles)) {
            ++handled_;
            const std::string target = "d" + std::to_string(index) + "/nightly";
            run_on(loop_, silence(*world_, target, 30h, "moving"));
        }
        const auto& silences = world_->alerting.silences;
        if (!silences.empty() && chance_.with(troubles_.someone_handles * 10)) {
            ++handled_;
            run_on(loop_, unsilence(*world_, silences.front().id));
        }
    } catch (const Failure& failure) {
        EXPECT_NE(failure.kind(), Failure::Kind::usage) << failure.what();
    }
    clock_.settle();
}

void Years::reload() {
    if (disk_.is_dead()) return;
    ++reloads_;
    if (chance_.with(0.5)) is_renamed_ = !is_renamed_;
    auto& is_left_out = is_left_out_[static_cast<std::size_t>(chance_.up_to(databases - 1))];
    if (chance_.with(0.3)) is_left_out = !is_left_out;
    const std::shared_ptr<World> before = world_;
    make_world(before.get());
    judge();
}

void Years::look_at_all() {
    for (std::size_t i = 0; i < databases && !disk_.is_dead(); ++i) {
        if (!is_left_out_[i]) look_at(i);
    }
    clock_.settle();
}

void Years::look_at(std::size_t index) {
    Finding finding;
    finding.database = "d" + std::to_string(index);
    finding.set = "nightly";
    finding.check = "backup";
    finding.failures = failures_[index];
    finding.severity = finding.failures > 0 ? Severity::critical : Severity::ok;
    // Of what works night after night there is nothing to lose.
    const auto& known = world_->findings();
    const bool is_known = known.contains({finding.database, finding.set, finding.check});
    const bool is_dull = is_known && !is_open(finding.database) && finding.failures == 0;
    if (is_dull && world_->store_error.empty() && chance_.with(0.8)) return;
    Outcome outcome;
    outcome.database = finding.database;
    outcome.set = finding.set;
    outcome.at = clock_.now();
    outcome.findings = {finding};
    run_on(loop_, world_->commit(std::move(outcome)));
    if (!world_->store_error.empty() && !disk_.is_dead()) ++refusals_;
}

bool Years::is_open(const std::string& database) const {
    return std::ranges::any_of(world_->alerting.open(), [&](const auto& entry) {
        return entry.second.key.database == database;
    });
}

/// Whether the state works is all that there is to see here.
void Years::look_at_ourselves() {
    Outcome outcome;
    outcome.database = "backupwatch";
    outcome.at = clock_.now();
    outcome.findings = {world_->state_finding()};
    const bool is_fine = outcome.findings.front().severity == Severity::ok;
    if (is_fine && !is_open(outcome.database)) return;
    run_on(loop_, world_->commit(std::move(outcome)));
}

/// As the daemon does it each minute.
void Years::judge() {
    if (disk_.is_dead()) return;
    look_at_ourselves();
    run_on(loop_, world_->judge_all());
    clock_.settle();
    if (!disk_.is_dead()) check_that_all_hear_of_it();
}

void Years::pass(Duration duration) {
    if (!disk_.is_dead()) clock_.advance(duration);
}

void Years::make_peace() {
    survive();
    disk_.die_after(-1);
    disk_.fail_sync_after(-1);
    for (const auto& end : ends_) {
        end->mood = SendResult::delivered;
        end->kills_with = 0;
    }
    failures_ = {};
    // Longer than a silence lasts, though the clock may have been set back in it.
    for (int hour = 0; hour < 72; ++hour) {
        look_at_all();
        judge();
        pass(1h);
    }
}

int Years::repeated() const {
    int all = 0;
    for (const auto& end : ends_) all += end->repeated;
    return all;
}

int Years::excuses() const {
    int all = 0;
    for (const auto& end : ends_) all += end->excuses;
    return all;
}

}  // namespace backupwatch
