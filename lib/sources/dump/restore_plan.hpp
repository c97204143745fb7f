#pragma once
#include "core/backup/left_out.hpp"
#include "core/backup/restore_errors.hpp"
#include "postgres/archive.hpp"

#include <map>
#include <set>
#include <string>
#include <vector>

namespace backupwatch {

/// What an error of a restore is judged by, of the entry that it is about.
struct RestoredItem {
    std::string kind;           ///< TABLE, POLICY, ...
    bool about_member = false;  ///< of what an extension made
};

/// An extension that is not made, wherever that is.
struct HeldExtension {
    std::string name;
    std::string schema;       ///< of its objects
    bool is_here = false;     ///< the server has it
    bool keeps_rows = false;  ///< that schema has what the dump holds of it
};

/// What of a dump is restored on a machine that may lack some of its extensions.
struct RestorePlan {
    std::map<int, RestoredItem> items;  ///< by dump_id
    std::vector<MissingHere> missing;   ///< then it is not restored at all
    LeftOut left_out;
    std::set<int> left_out_entries;
    std::string list;  ///< for pg_restore --use-list; empty: all of it
    /// Own what a stock server lets only a superuser own, and some platforms others.
    std::set<std::string> owners_like_superusers;
    std::vector<std::string> stubs;             ///< SQL that is run before
    std::set<std::string> platform_extensions;  ///< of those left out: made nowhere but there
    std::vector<HeldExtension> held;            ///< the same
    std::vector<std::string> subscriptions;     ///< which a server that stays does not get
};

/// Pure. What a person makes by hand, on a server that stays.
std::vector<LeftForLater> left_for_later(const RestorePlan& plan);

/// Pure. `installed` are the extensions that the server, of version `major`, could make.
RestorePlan plan_restore(
    const Archive& archive,
    const Manifest& manifest,
    const std::set<std::string>& installed,
    int major
);

}  // namespace backupwatch
