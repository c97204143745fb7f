#include "sources/set_settings.hpp"

#include "config/name.hpp"
#include "sources/registry.hpp"

#include <algorithm>

namespace backupwatch {
namespace {

using namespace std::chrono_literals;

/// The keys of the set's own kind. Where nobody knows which that is, those of all kinds are valid:
/// one error is enough.
void describe_kind(Section& section, SetSettings& set) {
    if (const SourceKind* kind = find_source_kind(set.source)) {
        kind->describe(section, set);
        return;
    }
    if (!set.source.empty()) {
        section.complain(
            "source",
            "source: " + in_quotes(set.source) +
                " is none that this version of backupwatch has: " + listed(source_kind_names())
        );
    }
    for (const SourceKind& kind : source_kinds()) {
        SetSettings unused;
        section.accept([&](Section& accepted) { kind.describe(accepted, unused); });
    }
}

/// Dumps are kept so long that restore points may reach back this far.
Duration reach_of(const SetSettings& set) {
    return std::max(set.retention.keep, set.retention.keep_at_least * set.every);
}

void settle_schedules(Section& section, SetSettings& set) {
    if (!set.take) {
        if (!set.check) set.check = std::get<Schedule>(Schedule::parse("03:00"));
        return;
    }
    if (section.has("every")) {
        section.complain(
            "every", "every: a set with take has it from there; remove one of the two"
        );
    }
    set.every = set.take->longest_gap();
}

void settle_reach_back(Section& section, SetSettings& set) {
    if (!set.take || set.reach_back <= reach_of(set)) return;
    if (section.has("reach_back")) {
        section.complain(
            "reach_back",
            "reach_back: " + to_text(set.reach_back) + " can never hold, as dumps go after " +
                to_text(reach_of(set)) + "; raise keep"
        );
    }
    set.reach_back = reach_of(set);
}

void settle_hook(Section& section, SetSettings& set) {
    if (set.hook && !set.take) {
        section.complain("after_backup", "after_backup: without `take` no backup is taken here");
    }
    if (set.hook_limit <= set.every) return;
    if (section.has("after_backup_timeout")) {
        section.complain(
            "after_backup_timeout",
            "after_backup_timeout: " + to_text(set.hook_limit) + " is more than the " +
                to_text(set.every) + " until the next backup"
        );
    }
    set.hook_limit = set.every;
}

}  // namespace

Parsed<PitrMode> parse_value(std::string_view text, As<PitrMode>) {
    return parse_choice<PitrMode>(
        text,
        {{"off", PitrMode::off}, {"optional", PitrMode::optional}, {"required", PitrMode::required}}
    );
}

void describe(Section& section, SetSettings& set) {
    section.key("source", set.source, "where the backups come from, such as dump").required();
    set.name = set.source;
    section.key("name", set.name, "the set's name").must(is_name, name_rule);
    describe_kind(section, set);
    section.key("every", set.every, "a completed backup at least this often").at_least(1s);
    section.key("grace", set.grace, "this much later is still fine");
    section.key("check", set.check, "the daily complete check");
    section.key("poll", set.poll, "in between, the newest backup is looked at this often")
        .at_least(1s);
    section.key("reach_back", set.reach_back, "restorable at least this far back").at_least(1s);
    settle_schedules(section, set);
    settle_reach_back(section, set);
    settle_hook(section, set);
}

}  // namespace backupwatch
