#include "found_failures.hpp"

#include "core/check/checks.hpp"
#include "core/check/our_checks.hpp"
#include "core/incident/shared_cause.hpp"
#include "support/notices.hpp"

#include <utility>

namespace backupwatch {
namespace {

using namespace std::chrono_literals;

using Result = DrillOutcome::Result;

/// The dump of `nights` after that night, begun at 03:00 and finished a minute later.
Backup dump_of(int nights, std::uint64_t size = 151'200'000) {
    Backup backup;
    backup.started_at = night + nights * 24h;
    std::string id = to_rfc3339(backup.started_at).substr(0, 19) + "Z";
    std::erase(id, '-');
    std::erase(id, ':');
    backup.id = id;
    backup.status = BackupStatus::completed;
    backup.finished_at = backup.started_at + 1min;
    backup.size_bytes = size;
    return backup;
}

Backup failed_dump_of(int nights, const std::string& error) {
    Backup backup = dump_of(nights);
    backup.status = BackupStatus::failed;
    backup.size_bytes.reset();
    backup.error = error;
    return backup;
}

/// A set of nightly dumps at ten past three of a night, when all is well: a week of dumps, and a
/// drill of the last one.
struct ASetAtNight {
    SetPolicy policy{
        .backup = {.every = 24h, .grace = 1h, .reach_back = 7 * 24h},
        .drill = DrillPolicy{.target = 5min, .max_age = 26h},
    };
    SetObservation seen;
    std::optional<Inventory> last_read;  ///< where it cannot be read now
    Instant now;

    explicit ASetAtNight(int nights = 0) : now(night + nights * 24h + 10min) {
        seen.watched_since = night - 100 * 24h;
        seen.inventory = Inventory{};
        for (int last = nights - 7; last <= nights; ++last) {
            seen.inventory->backups.push_back(dump_of(last));
        }
        drill(nights, Result::passed, 183.2);
        seen.last_passed_drill = seen.last_drill->finished_at;
    }

    std::vector<Backup>& backups() { return seen.inventory->backups; }

    void drill(int nights, Result result, double seconds, const std::string& error = {}) {
        DrillOutcome outcome;
        outcome.backup_id = dump_of(nights).id;
        outcome.result = result;
        outcome.finished_at = night + nights * 24h + 5min;
        outcome.seconds = seconds;
        outcome.error = error;
        seen.last_drill = outcome;
        seen.drills_not_passed = result == Result::passed ? 0 : 1;
    }
    /// The newest dump and all of its drill are of this night; what came after is not there.
    void ends_with(int nights) {
        std::erase_if(backups(), [&](const Backup& backup) {
            return backup.started_at > night + nights * 24h;
        });
        drill(nights, Result::passed, 183.2);
        seen.last_passed_drill = seen.last_drill->finished_at;
    }
    /// The last three looks, a quarter of an hour apart, failed.
    void is_unreadable(const std::string& error) {
        last_read = std::exchange(seen.inventory, std::nullopt);
        seen.source = {.error = error, .tries = 3, .failing_since = now - 30min, .last_try = now};
    }

    std::vector<Finding> findings() const {
        auto found = check_set(policy, seen, now);
        for (Finding& finding : found) {
            finding.database = "postry-ai";
            finding.set = "nightly";
        }
        return found;
    }
    Proofs proofs() const {
        Proofs proofs;
        const Inventory& known = seen.inventory ? *seen.inventory : *last_read;
        const Backup* newest = newest_completed(known, now);
        if (newest != nullptr) {
            proofs.last_backup =
                ProofMention{newest->id, instant_of(*newest), newest->size_bytes, std::nullopt};
        }
        const Instant passed_at = *seen.last_passed_drill;
        // A drill is of the night in which it passed.
        const auto nights = std::chrono::floor<std::chrono::days>(passed_at - night).count();
        const bool is_last = seen.last_drill->finished_at == passed_at;
        proofs.last_drill = ProofMention{
            dump_of(static_cast<int>(nights)).id,
            passed_at,
            std::nullopt,
            is_last ? seen.last_drill->seconds : 183.2};
        return proofs;
    }
};

/// Well again in the next night.
FoundFailure of_set(
    const std::string& check, std::string what, const ASetAtNight& set, const ASetAtNight& then
) {
    return {
        check,
        std::move(what),
        {"postry-ai", "nightly", check},
        set.findings(),
        then.findings(),
        set.now,
        then.now,
        set.proofs(),
        then.proofs()};
}

void add_backups(std::vector<FoundFailure>& all) {
    ASetAtNight failed;
    failed.ends_with(-1);
    failed.backups().push_back(
        failed_dump_of(0, "cannot connect to \"postry-ai\": connection refused (10.0.0.5:5432)")
    );
    all.push_back(of_set("backup", "the dump of this night failed", failed, ASetAtNight(1)));

    ASetAtNight overdue;
    overdue.ends_with(-2);
    overdue.now = night + 2h;
    all.push_back(of_set("backup", "none came for two nights", overdue, ASetAtNight(1)));

    // Whoever silenced the source still hears that nobody knows of a backup.
    ASetAtNight unreadable;
    unreadable.is_unreadable("HTTP 401: Unauthorized");
    auto& unknown = all.emplace_back(
        of_set("backup", "its source is silenced and cannot be read", unreadable, ASetAtNight(1))
    );
    Silence silence;
    silence.database = "postry-ai";
    silence.check = "source";
    silence.made_at = night - 1h;
    silence.until = night + 1h;
    unknown.silences = {silence};
}

void add_retention(std::vector<FoundFailure>& all) {
    ASetAtNight gone;
    gone.seen.vanished = {gone.backups()[2]};
    gone.backups().erase(gone.backups().begin() + 2);
    all.push_back(of_set("retention", "a dump is gone before time", gone, ASetAtNight(1)));

    ASetAtNight damaged;
    damaged.seen.damaged = {damaged.backups()[2]};
    damaged.seen.damaged[0].error = "manifest.json is missing";
    damaged.backups()[2].status = BackupStatus::failed;
    damaged.backups()[2].error = "manifest.json is missing";
    all.push_back(of_set("retention", "a dump was damaged later", damaged, ASetAtNight(1)));

    ASetAtNight nothing;
    nothing.seen.vanished = nothing.backups();
    nothing.backups().clear();
    all.push_back(of_set("retention", "every dump is gone", nothing, ASetAtNight(1)));
}

void add_sizes(std::vector<FoundFailure>& all) {
    ASetAtNight small;
    small.backups().back().size_bytes = 12'400'000;
    all.push_back(of_set("size", "a tenth of the usual", small, ASetAtNight(1)));

    ASetAtNight empty;
    empty.backups().back().size_bytes = 0;
    all.push_back(of_set("size", "zero bytes", empty, ASetAtNight(1)));
}

void add_shapes(std::vector<FoundFailure>& all) {
    ASetAtNight lacking;
    lacking.seen.shape = ShapeJudgement{
        dump_of(0).id,
        night,
        12,
        false,
        {{dump_of(-1).id,
          {{"public.posts", "public.posts has lost all of its 380050 rows"},
           {"public.users", "public.users has lost email"}}}}};
    ASetAtNight whole(1);
    whole.seen.shape = ShapeJudgement{dump_of(1).id, night + 24h, 12, false, {}};
    all.push_back(of_set("shape", "a table is empty", lacking, whole));
}

void add_restores(std::vector<FoundFailure>& all) {
    ASetAtNight slow;
    slow.drill(0, Result::passed, 412.5);
    all.push_back(of_set("restore", "slower than its target", slow, ASetAtNight(1)));

    ASetAtNight overdue;
    overdue.drill(-2, Result::passed, 183.2);
    overdue.seen.last_passed_drill = overdue.seen.last_drill->finished_at;
    all.push_back(of_set("restore", "no drill for two nights", overdue, ASetAtNight(1)));

    ASetAtNight not_run;
    not_run.drill(
        0,
        Result::unknown,
        0,
        "3.1 GB are free in /var/lib/backupwatch/work, 8 GB are "
        "needed"
    );
    not_run.seen.last_passed_drill = night - 24h + 5min;
    all.push_back(of_set("restore", "no room for a drill", not_run, ASetAtNight(1)));

    ASetAtNight failed;
    failed.drill(0, Result::failed, 0, "public.posts: 1159 rows, 1200 were dumped");
    failed.seen.last_passed_drill = night - 24h + 5min;
    all.push_back(of_set("restore", "rows are missing", failed, ASetAtNight(1)));
}

void add_hooks(std::vector<FoundFailure>& all) {
    ASetAtNight failed;
    failed.policy.hook_limit = 1h;
    failed.seen.hook_runs = {
        {dump_of(-1).id, night - 24h, HookRun::State::done, 1, night - 24h, 12, ""},
        {dump_of(0).id,
         night,
         HookRun::State::failed,
         1,
         night,
         3,
         "exit code 1: Failed to copy: no such host"}};
    ASetAtNight done(1);
    done.policy.hook_limit = 1h;
    done.seen.hook_runs = {
        {dump_of(1).id, night + 24h, HookRun::State::done, 1, night + 24h, 12, ""}};
    all.push_back(of_set("after_backup", "the copy off the machine failed", failed, done));
}

void add_sources(std::vector<FoundFailure>& all) {
    ASetAtNight unreadable;
    unreadable.is_unreadable("HTTP 401: Unauthorized");
    all.push_back(of_set("source", "the token is refused", unreadable, ASetAtNight(1)));
}

/// Six hours of a disk of 8 GB that ends with this much.
std::vector<DiskSample> disk_samples(std::uint64_t used, std::uint64_t per_hour) {
    std::vector<DiskSample> samples;
    for (std::uint64_t hours = 6; hours-- > 0;) {
        samples.push_back({night - hours * 1h, used - hours * per_hour, 8'000'000'000});
    }
    return samples;
}

Finding disk(std::uint64_t used, std::uint64_t per_hour, const std::string& error = {}) {
    return check_disk(DiskPolicy(), disk_samples(used, per_hour), error, night);
}

FoundFailure of_one(
    std::string name, std::string what, const IncidentKey& key, Finding failing, Finding passing
) {
    for (Finding* finding : {&failing, &passing}) {
        finding->database = key.database;
        finding->set = key.set;
    }
    return {
        std::move(name),
        std::move(what),
        key,
        {std::move(failing)},
        {std::move(passing)},
        night,
        night + 95min,
        {},
        {}};
}

void add_disks(std::vector<FoundFailure>& all) {
    const Finding fine = disk(4'000'000'000, 0);
    const auto add = [&](const std::string& what, const Finding& failing) {
        all.push_back(of_one("disk", what, {"postry-ai", "", "disk"}, failing, fine));
    };
    add("over its first threshold", disk(6'500'000'000, 0));
    add("full within days", disk(5'500'000'000, 60'000'000));
    add("over its second threshold", disk(7'500'000'000, 60'000'000));
    add("cannot be measured", disk(0, 0, "cannot connect: connection refused (10.0.0.5:5432)"));
}

/// As `watch` names the volume.
Finding on_volume(Finding finding) {
    finding.summary = "/var/lib/backupwatch: " + finding.summary;
    return finding;
}

void add_ours(std::vector<FoundFailure>& all) {
    const auto add = [&](const std::string& check,
                         const std::string& what,
                         const Finding& failing,
                         const Finding& passing,
                         const std::string& set = {}) {
        const std::string name = check == "disk" ? "our-disk" : check;
        all.push_back(of_one(name, what, {"backupwatch", set, check}, failing, passing));
    };
    const Finding fine = on_volume(disk(4'000'000'000, 0));
    add("disk", "over its first threshold", on_volume(disk(6'500'000'000, 0)), fine);
    add("disk", "over its second threshold", on_volume(disk(7'500'000'000, 60'000'000)), fine);
    add("disk",
        "cannot be measured",
        on_volume(disk(0, 0, "cannot look at it: Input/output error")),
        fine);

    const Finding whole = check_state({});
    add("state", "the disk is full", check_state({"database or disk is full", "", ""}), whole);
    add("state", "no file since the start", check_state({"", "Permission denied", ""}), whole);
    add("state",
        "it was damaged",
        check_state({"", "", "/var/lib/backupwatch/state.db.damaged-2026-11-22T03:00:00Z"}),
        whole);

    const Finding steady = check_clock({});
    add("clock", "it jumped", check_clock({.jump = Duration(47h)}), steady);
    add("clock",
        "nothing sets it any more",
        check_clock({.is_synchronised = false, .was_synchronised = true, .uptime = 1000h}),
        steady);

    DeliveryObservation slack{"slack", 3, true, "slack", "HTTP 404: no_service", night};
    DeliveryObservation mail{
        "email", 1, false, "email/devops@example.com", "timed out after 60 s", night - 11min};
    const auto told = [](const char* notifier) {
        return check_delivery({notifier, 0, false, "", "", std::nullopt}, night);
    };
    add("delivery", "the webhook is gone", check_delivery(slack, night), told("slack"), "slack");
    add("delivery", "a server that stalls", check_delivery(mail, night), told("email"), "email");
}

/// Two databases on one server, each of which fails by it.
void add_shared_causes(std::vector<FoundFailure>& all) {
    const std::string server = "db.example.com:5432";
    const auto add = [&](const std::string& what, const std::string& check, Severity severity) {
        std::vector<Finding> failing;
        for (const char* database : {"billing", "postry-ai"}) {
            Finding& finding = failing.emplace_back();
            finding.database = database;
            finding.set = "nightly";
            finding.check = check;
            finding.severity = severity;
            finding.summary = "cannot connect to " + server + "/" + database + ": refused";
            finding.failures = 1;
            finding.cause = {server, "cannot connect to " + server + ": connection refused"};
        }
        Blaming blaming;
        for (const Finding& finding : failing) blaming.push_back(&finding);
        const auto shared = check_shared_cause(server, blaming, false);
        const auto over = check_shared_cause(server, {}, true);
        const IncidentKey key{"backupwatch", server, shared_cause_check};
        all.push_back(of_one("shared-source", what, key, shared.value(), over.value()));
        all.back().members = databases_of(blaming);
    };
    add("dumps failed that could not log in", "backup", Severity::critical);
    add("disks cannot be measured", "disk", Severity::unknown);
}

}  // namespace

std::vector<FoundFailure> found_failures() {
    std::vector<FoundFailure> all;
    add_backups(all);
    add_retention(all);
    add_sizes(all);
    add_shapes(all);
    add_restores(all);
    add_hooks(all);
    add_sources(all);
    add_disks(all);
    add_ours(all);
    add_shared_causes(all);
    return all;
}

}  // namespace backupwatch
