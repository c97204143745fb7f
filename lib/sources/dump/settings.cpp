#include "sources/dump/settings.hpp"

#include "core/failure.hpp"
#include "postgres/conninfo.hpp"
#include "postgres/supabase.hpp"
#include "sources/dump/name_pattern.hpp"

namespace backupwatch {

Parsed<DumpPreset> parse_value(std::string_view text, As<DumpPreset>) {
    return parse_choice<DumpPreset>(
        text, {{"supabase", DumpPreset::supabase}, {"none", DumpPreset::none}}
    );
}

bool is_of_supabase(const DumpSettings& dump, const Secret& url) {
    if (dump.preset) return *dump.preset == DumpPreset::supabase;
    if (url.empty()) return false;
    try {
        const ConnectOptions options = effective_options(parse_conninfo(url));
        return supabase_place(options) != SupabasePlace::elsewhere;
    } catch (const Failure&) {
        // That it cannot be read is told by whoever connects.
        return false;
    }
}

void describe_dump(Section& section, SetSettings& set) {
    using namespace std::chrono_literals;
    const auto dump = std::make_shared<DumpSettings>();
    set.own = dump;
    set.grace = 1h;

    section.key("directory", set.directory, "the folder where the dumps lie").required();
    section.key("take", set.take, "when a dump is taken; left out, the folder is only watched");
    section.key("keep", set.retention.keep, "older dumps go").at_least(1s);
    section.key("keep_at_least", set.retention.keep_at_least, "the newest, which never go")
        .at_least(1)
        .at_most(10'000);
    section.key("jobs", dump->jobs, "tables dumped at a time").at_least(1).at_most(64);
    section.key("exclude_tables", dump->exclude_tables, "patterns of tables that are left out");
    section.key(
        "preset", dump->preset, "supabase: the platform's parts are left out; default: by the url"
    );
    section.key("lock_timeout", dump->lock_timeout, "a table locked for longer fails the dump")
        .at_least(1ms);
    for (const std::string& pattern : dump->exclude_tables) {
        if (pattern.empty()) continue;  // It has an error already.
        try {
            NamePattern{pattern};
        } catch (const Failure& failure) {
            section.complain("exclude_tables", std::string("exclude_tables: ") + failure.what());
        }
    }
    describe_foreign(section, set, dump->foreign);
    describe_hook(section, set.hook, set.hook_limit);
}

}  // namespace backupwatch
