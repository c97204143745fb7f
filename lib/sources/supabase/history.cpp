#include "sources/supabase/history.hpp"

#include "core/failure.hpp"
#include "json/text.hpp"
#include "sources/dump/json_object.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <array>

namespace backupwatch {
namespace {

constexpr std::size_t most_waiting_looks = 32;

namespace json = boost::json;

/// From the smallest on. What is none of them cannot be compared.
constexpr std::array<std::string_view, 4> plans{"free", "pro", "team", "enterprise"};

bool is_smaller_plan(const std::string& plan, const std::string& than) {
    const auto* const one = std::ranges::find(plans, plan);
    const auto* const other = std::ranges::find(plans, than);
    return one != plans.end() && other != plans.end() && one < other;
}

std::string in_days(int count) {
    return std::to_string(count) + (count == 1 ? " day" : " days");
}

template <class T>
void put(json::object& object, const char* key, const std::optional<T>& value) {
    if (!value) return;
    if constexpr (std::is_same_v<T, Instant>) {
        object[key] = to_rfc3339(*value);
    } else {
        object[key] = *value;
    }
}

std::optional<int> number_or_none(const JsonObject& object, const char* key) {
    return object.has_value(key) ? std::optional(object.number(key)) : std::nullopt;
}

std::optional<Instant> instant_or_none(const JsonObject& object, const char* key) {
    return object.has_value(key) ? std::optional(object.instant(key)) : std::nullopt;
}

json::object facts_json(const ProjectFacts& facts) {
    json::object object{
        {"ref", facts.ref},
        {"region", facts.region},
        {"plan", facts.plan},
        {"postgres_major", facts.postgres_major}};
    put(object, "has_pitr", facts.has_pitr);
    put(object, "retention", facts.retention);
    put(object, "pitr_bought", facts.pitr_bought);
    return object;
}

ProjectFacts read_facts(const JsonObject& object) {
    ProjectFacts facts;
    facts.ref = object.text("ref");
    facts.region = object.text("region");
    facts.plan = object.text("plan");
    if (object.has_value("has_pitr")) facts.has_pitr = object.flag("has_pitr");
    facts.postgres_major = object.number("postgres_major");
    facts.retention = number_or_none(object, "retention");
    facts.pitr_bought = number_or_none(object, "pitr_bought");
    return facts;
}

}  // namespace

std::vector<Remark> changes_for_the_worse(const ProjectFacts& standing, const ProjectFacts& now) {
    std::vector<Remark> remarks;
    const auto warn = [&](std::string sentence) {
        remarks.push_back({Severity::warning, std::move(sentence)});
    };
    if (standing.ref != now.ref) {
        warn("another project is looked at than before: " + now.ref + ", not " + standing.ref);
        return remarks;
    }
    const bool has_pitr = now.has_pitr.value_or(false);
    if (standing.has_pitr.value_or(false) && now.has_pitr && !has_pitr) {
        warn("point-in-time recovery was switched off");
    }
    if (is_smaller_plan(now.plan, standing.plan)) {
        warn("the plan was " + standing.plan + ", and is " + now.plan);
    }
    if (standing.retention && now.retention && *now.retention < *standing.retention) {
        const std::string kept = "daily backups were kept for " + in_days(*standing.retention);
        const bool are_kept = *now.retention > 0;
        warn(kept + (are_kept ? ", and are for " + in_days(*now.retention) : ", and are no more"));
    }
    const bool has_both = standing.pitr_bought && now.pitr_bought && has_pitr;
    if (has_both && *now.pitr_bought < *standing.pitr_bought) {
        warn(
            "point-in-time recovery reached back " + in_days(*standing.pitr_bought) +
            ", and is for " + in_days(*now.pitr_bought) + " now"
        );
    }
    if (!standing.region.empty() && !now.region.empty() && standing.region != now.region) {
        warn("the region was " + standing.region + ", and is " + now.region);
    }
    const bool has_versions = standing.postgres_major > 0 && now.postgres_major > 0;
    if (has_versions && standing.postgres_major != now.postgres_major) {
        warn(
            "PostgreSQL was " + std::to_string(standing.postgres_major) + ", and is " +
            std::to_string(now.postgres_major) + ": drills need that one here"
        );
    }
    return remarks;
}

void remember(ProjectHistory& history, const ProjectFacts& facts) {
    if (history.last && history.last->ref != facts.ref) {
        ProjectHistory other;
        other.standing = history.standing;
        other.last_evidence = history.last_evidence;
        other.last_refusal = history.last_refusal;
        history = std::move(other);
    }
    history.last = facts;
    if (!history.standing) {
        history.standing = facts;
        return;
    }
    ProjectFacts& standing = *history.standing;
    if (standing.ref != facts.ref) return;
    if (standing.region.empty()) standing.region = facts.region;
    if (standing.postgres_major == 0) standing.postgres_major = facts.postgres_major;
    if (!facts.plan.empty() && !is_smaller_plan(facts.plan, standing.plan)) {
        standing.plan = facts.plan;
    }
    // What nobody asks for is not missed when somebody asks for it again.
    const bool stood = standing.has_pitr.value_or(false);
    standing.has_pitr = facts.has_pitr ? std::optional(stood || *facts.has_pitr) : std::nullopt;
    if (facts.retention) {
        standing.retention = std::max(*facts.retention, standing.retention.value_or(0));
    }
    if (facts.pitr_bought) {
        standing.pitr_bought = std::max(*facts.pitr_bought, standing.pitr_bought.value_or(0));
    }
}

void remember_status(ProjectHistory& history, const std::string& status, Instant now) {
    if (history.status == status && history.status_since && *history.status_since <= now) return;
    history.status = status;
    history.status_since = now;
}

void remember_pitr(ProjectHistory& history, bool is_on, std::optional<Instant> earliest) {
    if (!is_on) history.pitr_began.reset();
    if (!is_on || !earliest) return;
    history.pitr_began = std::min(history.pitr_began.value_or(*earliest), *earliest);
}

void remember_waiting(
    ProjectHistory& history,
    std::optional<Instant> latest,
    std::optional<bool> is_waiting,
    Instant now
) {
    std::vector<Instant>& looks = history.waiting;
    if (!latest || !is_waiting.value_or(true)) {
        looks.clear();
        return;
    }
    // One in the future was a wrong clock's: it was in the past then, and so it is now.
    for (Instant& look : looks) look = std::min(look, now);
    std::erase_if(looks, [&](Instant look) { return look <= *latest; });
    if (!is_waiting.value_or(false) || now <= *latest) return;
    // Evenly: wherever `latest` gets to, the next of them is not far.
    const bool is_wanted =
        looks.empty() ||
        (looks.back() < now && now - looks.back() >= (now - looks.front()) / most_waiting_looks);
    if (is_wanted) looks.push_back(now);
    if (looks.size() <= most_waiting_looks) return;
    std::vector<Instant> fewer;
    for (std::size_t i = 0; i < looks.size(); i += 2) fewer.push_back(looks[i]);
    looks = std::move(fewer);
}

std::string history_text(const ProjectHistory& history) {
    json::object object{{"status", history.status}};
    if (history.standing) object["standing"] = facts_json(*history.standing);
    if (history.last) object["last"] = facts_json(*history.last);
    if (history.had_backups) object["had_backups"] = true;
    if (history.is_without) object["is_without"] = true;
    put(object, "status_since", history.status_since);
    put(object, "pitr_began", history.pitr_began);
    put(object, "last_evidence", history.last_evidence);
    put(object, "last_refusal", history.last_refusal);
    if (!history.waiting.empty()) {
        json::array looks;
        for (const Instant look : history.waiting) looks.emplace_back(to_rfc3339(look));
        object["waiting"] = std::move(looks);
    }
    return json_text(object);
}

ProjectHistory read_history(std::string_view text) {
    boost::system::error_code error;
    const json::value document = json::parse({text.data(), text.size()}, error);
    if (error || !document.is_object()) return {};
    try {
        const JsonObject object(document.get_object(), "the history of a project");
        ProjectHistory history;
        history.status = object.text("status");
        if (object.has_value("standing")) history.standing = read_facts(object.object("standing"));
        if (object.has_value("last")) history.last = read_facts(object.object("last"));
        history.had_backups = object.has_value("had_backups") && object.flag("had_backups");
        history.is_without = object.has_value("is_without") && object.flag("is_without");
        history.status_since = instant_or_none(object, "status_since");
        history.pitr_began = instant_or_none(object, "pitr_began");
        history.last_evidence = instant_or_none(object, "last_evidence");
        history.last_refusal = instant_or_none(object, "last_refusal");
        if (object.has_value("waiting")) {
            for (const std::string& look : object.texts("waiting")) {
                if (const auto instant = parse_rfc3339(look)) history.waiting.push_back(*instant);
            }
        }
        return history;
    } catch (const Failure&) {
        return {};
    }
}

}  // namespace backupwatch
