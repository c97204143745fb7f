#include "sources/dump/settings.hpp"

#include "core/failure.hpp"
#include "sources/dump/name_pattern.hpp"

namespace backupwatch {

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
