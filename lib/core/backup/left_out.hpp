#pragma once
#include "core/backup/manifest.hpp"
#include "core/backup/verification.hpp"

#include <set>
#include <string>
#include <vector>

namespace backupwatch {

/// What was not restored, since this machine lacks its extension, or a new project lacks it, and
/// nothing in the backup needs it. Names as TableContent has them.
struct LeftOut {
    std::set<std::string> extensions;
    std::set<std::string> tables;                  ///< empty ones, of extensions or the platform
    std::set<std::vector<std::string>> sequences;  ///< of these, by the parts of their names

    friend bool operator==(const LeftOut&, const LeftOut&) = default;
};

/// What a restore into a server that stays leaves to a person, for when nothing uses the old
/// database any more: it acts outward, and would act for both.
struct LeftForLater {
    std::string what;  ///< `the extension pg_cron`
    std::string step;  ///< one sentence
};

/// What must be in the restored database then. A sequence that is there all the same is compared.
Manifest without(Manifest manifest, const LeftOut& left_out, const RestoredContent& restored);

}  // namespace backupwatch
