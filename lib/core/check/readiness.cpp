#include "core/check/readiness_items.hpp"
#include "core/words.hpp"

#include <algorithm>

namespace backupwatch {
namespace {

using namespace std::chrono_literals;
using Facts = ReadinessFacts;
using Item = ReadinessItem;

/// A channel that took a test then may have been broken since.
constexpr Duration test_holds = 90 * 24h;

std::string attested_by(const Attestation& one) {
    std::string text =
        "attested by " + one.by + " at " + in_words(one.at) + ", until " + in_words(one.expires_at);
    if (!one.file.empty()) text += ": " + one.file;
    return text;
}

std::string attest_command(const Facts& facts, std::string_view item) {
    return "`backupwatch attest " + facts.database + " " + std::string(item) + " --by WHO`";
}

Item pitr(const Facts& facts, Instant now) {
    const std::string name = "point-in-time recovery";
    for (const Facts::Set& set : facts.sets) {
        if (!set.pitr) continue;
        const std::string evidence =
            set.name + " at " + in_words(set.pitr_at) + ": " + set.pitr->summary;
        if (set.pitr->severity == Severity::ok) return ready_item(name, evidence);
        return lacking_item(
            name, set.pitr->severity, evidence, "see `backupwatch check " + facts.database + "`"
        );
    }
    const Attestation* const held = held_attestation(facts.attestations, "pitr", now);
    if (held != nullptr) return ready_item(name, attested_by(*held));
    return lacking_item(
        name, Severity::warning, "no source tells how it stands", attest_command(facts, "pitr")
    );
}

Item notifications(const Facts& facts, Instant now) {
    const std::string name = "failure notifications";
    if (facts.notifiers.empty()) {
        return lacking_item(name, Severity::critical, "nobody is told", "configure `notifiers`");
    }
    std::vector<std::string> names;
    for (const Facts::Notifier& notifier : facts.notifiers) names.push_back(notifier.name);
    return ready_item(name, listed(names, names.size()) + ", as configured at " + in_words(now));
}

Item delivered(const Facts& facts, Instant now) {
    const std::string name = "notifications delivered in a test";
    std::vector<std::string> untested;
    std::string tested;
    for (const Facts::Notifier& notifier : facts.notifiers) {
        if (!notifier.tested_at || now - *notifier.tested_at > test_holds) {
            untested.push_back(notifier.name);
            continue;
        }
        tested +=
            (tested.empty() ? "" : ", ") + notifier.name + " at " + in_words(*notifier.tested_at);
    }
    if (untested.empty() && !tested.empty()) return ready_item(name, tested);
    const std::string evidence =
        untested.empty() ? "nobody is told" : "no test of " + listed(untested, untested.size());
    return lacking_item(name, Severity::critical, evidence, "`backupwatch notify-test --page`");
}

/// After the last of them it was to be written again; none: there was none.
std::optional<Instant> last_drill(const Facts& facts) {
    std::optional<Instant> last;
    const auto note = [&last](const std::optional<DrillOutcome>& drill) {
        if (drill) last = std::max(last.value_or(drill->finished_at), drill->finished_at);
    };
    for (const Facts::Set& set : facts.sets) {
        note(set.last_pass);
        note(set.failed_since);
    }
    return last;
}

/// The date of a file may be some milliseconds before that of what was done before it.
bool is_before(Instant one, Instant other) {
    constexpr Duration jitter = 1s;
    return one + jitter < other;
}

Item runbook_written(const Facts& facts) {
    const std::string name = "runbook written";
    const std::string drill = "`backupwatch drill " + facts.database + "`";
    const auto lacks = [&name](std::string evidence, std::string to_do) {
        return lacking_item(name, Severity::critical, std::move(evidence), std::move(to_do));
    };
    if (!facts.has_runbook) {
        return lacks("it is not configured", "configure `runbook`, then " + drill + " writes it");
    }
    if (!facts.runbook_written_at) return lacks("not yet", drill + " writes it");
    const std::string written = in_words(*facts.runbook_written_at);
    const auto drilled = last_drill(facts);
    if (drilled && is_before(*facts.runbook_written_at, *drilled)) {
        return lacks(
            written + ", and not again after the drill at " + in_words(*drilled),
            "see in the log why it was not written, then " + drill
        );
    }
    return ready_item(name, written);
}

Item runbook_published(const Facts& facts, Instant now) {
    const std::string name = "runbook published";
    const std::string drill = "`backupwatch drill " + facts.database + "`";
    const auto lacks = [&name](std::string evidence, std::string to_do) {
        return lacking_item(name, Severity::critical, std::move(evidence), std::move(to_do));
    };
    if (!facts.publishes_runbook)
        return lacks("nobody gets it", "configure `publish` of the runbook");
    if (!facts.publish_error.empty()) {
        return lacks(facts.publish_error, "see what that program says");
    }
    const auto& published = facts.runbook_published_at;
    if (!published || *published > now) return lacks("not yet", drill);
    const auto& written = facts.runbook_written_at;
    if (written && is_before(*published, *written)) {
        return lacks(
            in_words(*published) + ", and not what was written at " + in_words(*written),
            "see in the log how far it is, or " + drill
        );
    }
    return ready_item(name, in_words(*published));
}

Item attested(const Facts& facts, const AttestItem& item, Instant now) {
    const std::string name(item.name);
    const Attestation* const held = held_attestation(facts.attestations, item.name, now);
    if (held != nullptr) return ready_item(name, attested_by(*held));
    const bool has_expired = std::ranges::find(facts.attestations, item.name, &Attestation::item) !=
                             facts.attestations.end();
    return lacking_item(
        name,
        Severity::critical,
        has_expired ? "attested, and expired since" : "only a person can confirm it",
        "once " + std::string(item.text) + ": " + attest_command(facts, item.name)
    );
}

}  // namespace

ReadinessItem ready_item(std::string name, std::string evidence) {
    return {std::move(name), Severity::ok, std::move(evidence), {}};
}

ReadinessItem lacking_item(
    std::string name, Severity severity, std::string evidence, std::string to_do
) {
    return {std::move(name), severity, std::move(evidence), std::move(to_do)};
}

std::vector<ReadinessItem> check_readiness(const ReadinessFacts& facts, Instant now) {
    std::vector<ReadinessItem> items{
        readiness_of_backups(facts, now),
        readiness_of_interval(facts, now),
        readiness_of_reach(facts, now),
        pitr(facts, now),
        notifications(facts, now),
        delivered(facts, now),
        readiness_of_drill(facts, now),
        readiness_of_restore_time(facts),
        runbook_written(facts),
        runbook_published(facts, now),
        readiness_of_success(facts, now),
        readiness_of_size(facts, now),
        readiness_of_disk(facts),
    };
    for (const AttestItem& item : attest_items()) {
        if (item.is_required) items.push_back(attested(facts, item, now));
    }
    return items;
}

}  // namespace backupwatch
