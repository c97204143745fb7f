#include "watch/settings_rules.hpp"

#include "sources/registry.hpp"

#include <algorithm>
#include <map>

namespace backupwatch {
namespace {

using namespace std::chrono_literals;

/// Each name once among the items of `list`. Empty ones have their error already.
template <class Items>
void check_unique_names(Section& section, std::string_view list, const Items& items) {
    std::map<std::string_view, Mark> seen;
    for (std::size_t i = 0; i < items.size(); ++i) {
        if (items[i].name.empty()) continue;
        const std::string path = path_of_item(list, i, "name");
        const auto [first, is_new] = seen.emplace(items[i].name, section.mark(path));
        if (is_new) continue;
        section.complain(
            path,
            "name: duplicate " + in_quotes(items[i].name) + ", as at " + to_string(first->second)
        );
    }
}

/// A folder that is ours alone.
struct Place {
    std::filesystem::path folder;
    std::string owner;  ///< in words
    std::string key;    ///< path in the document
};

bool is_within(const std::filesystem::path& folder, const std::filesystem::path& outer) {
    return std::mismatch(outer.begin(), outer.end(), folder.begin(), folder.end()).first ==
           outer.end();
}

std::vector<Place> places_of(const Settings& settings) {
    std::vector<Place> places{{settings.work_dir, "work_dir", "work_dir"}};
    for (std::size_t i = 0; i < settings.databases.size(); ++i) {
        const DatabaseSettings& database = settings.databases[i];
        for (std::size_t j = 0; j < database.backups.size(); ++j) {
            const BackupSetSettings& set = database.backups[j];
            if (set.directory.empty()) continue;
            const std::string key = path_of_item("backups", j, "directory");
            places.push_back(
                {set.directory,
                 "the directory of " + database.name + "/" + set.name,
                 path_of_item("databases", i, key)}
            );
        }
    }
    return places;
}

}  // namespace

std::string path_of_item(std::string_view list, std::size_t index, std::string_view key) {
    return std::string(list) + "." + std::to_string(index) + "." + std::string(key);
}

void check_disk_source(Section& section, const DiskSettings& disk) {
    if (disk.source == DiskSource::supabase) {
        for (const char* key : {"path", "capacity"}) {
            if (!section.has(key)) continue;
            section.complain(key, std::string(key) + ": source supabase does not have this key");
        }
        return;
    }
    const bool of_filesystem = disk.source == DiskSource::filesystem;
    const std::string source = of_filesystem ? "filesystem" : "database";
    const std::string needed = of_filesystem ? "path" : "capacity";
    const std::string foreign = of_filesystem ? "capacity" : "path";
    if (!section.has(needed)) {
        section.complain("source", needed + " is missing: source " + source + " needs it");
    }
    if (section.has(foreign)) {
        section.complain(foreign, foreign + ": source " + source + " does not have this key");
    }
}

void check_can_be_drilled(Section& section, const BackupSetSettings& set) {
    const SourceKind* kind = find_source_kind(set.source);
    if (!set.drill || kind == nullptr || kind->restores) return;
    section.complain(
        "drill",
        "drill: backups of source " + set.source +
            " cannot be fetched; drill dumps, in a set of their own"
    );
}

void check_disk_is_told(Section& section, const DatabaseSettings& database) {
    if (!database.disk || database.disk->source != DiskSource::supabase) return;
    const bool is_told = std::ranges::any_of(database.backups, [](const BackupSetSettings& set) {
        const SourceKind* kind = find_source_kind(set.source);
        return kind != nullptr && kind->tells_disk;
    });
    if (is_told) return;
    section.complain(
        "disk.source", "source: supabase needs a backup set of that source, which is missing"
    );
}

void check_disk_thresholds(Section& section, const DiskSettings& disk) {
    if (disk.warning < disk.critical) return;
    section.complain(
        section.has("warning") ? "warning" : "critical", "warning: must be less than critical"
    );
}

void settle_max_age(Section& section, BackupSetSettings& set) {
    if (!set.drill) return;
    const auto& schedule = set.drill->when.schedule;
    const Duration gap = schedule ? schedule->longest_gap() : set.every;
    Duration& max_age = set.drill->policy.max_age;
    if (!section.has("drill.max_age")) {
        max_age = std::max(max_age, gap + 2h);
    } else if (max_age < gap) {
        section.complain(
            "drill.max_age",
            "max_age: " + to_text(max_age) + " can never hold, as drills are " + to_text(gap) +
                " apart"
        );
    }
}

void check_set_names(Section& section, const DatabaseSettings& database) {
    check_unique_names(section, "backups", database.backups);
}

void check_url_where_needed(Section& section, const DatabaseSettings& database) {
    if (section.has("url")) return;
    for (std::size_t i = 0; i < database.backups.size(); ++i) {
        if (!database.backups[i].take) continue;
        section.complain(
            path_of_item("backups", i, "take"),
            "take: needs the url of the database, which is missing"
        );
    }
    if (database.disk && database.disk->source == DiskSource::database) {
        section.complain(
            "disk.source", "source: database needs the url of the database, which is missing"
        );
    }
}

void check_database_names(Section& section, const Settings& settings) {
    check_unique_names(section, "databases", settings.databases);
}

void check_restore_targets(Section& section, const Settings& settings) {
    check_unique_names(section, "restore_targets", settings.restore_targets);
    for (std::size_t i = 0; i < settings.restore_targets.size(); ++i) {
        const RestoreTarget& target = settings.restore_targets[i];
        for (const DatabaseSettings& database : settings.databases) {
            if (target.url.empty() || database.url != target.url) continue;
            section.complain(
                path_of_item("restore_targets", i, "url"),
                "url: is that of the database " + database.name +
                    ", which no restore may touch: name a new database"
            );
        }
    }
}

void check_directories(Section& section, const Settings& settings) {
    std::vector<Place> places = places_of(settings);
    // By component, so that whatever lies in a folder comes right behind it.
    std::stable_sort(places.begin(), places.end(), [](const Place& a, const Place& b) {
        return a.folder < b.folder;
    });
    const Place* outer = nullptr;
    for (const Place& place : places) {
        if (outer == nullptr || !is_within(place.folder, outer->folder)) {
            outer = &place;
            continue;
        }
        const std::string key = place.key.substr(place.key.rfind('.') + 1);
        section.complain(
            place.key,
            key + ": " + in_quotes(place.folder.string()) +
                (place.folder == outer->folder ? " is also " : " lies in ") + outer->owner
        );
    }
}

}  // namespace backupwatch
