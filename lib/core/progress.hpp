#pragma once
#include <cstdint>
#include <functional>
#include <string>

namespace backupwatch {

/// How far a dump or a drill is. Totals are 0 while unknown; those of a dump are estimated.
struct Progress {
    std::string phase;  ///< dump | fetch | start | restore | verify
    std::uint64_t bytes_done = 0;
    std::uint64_t bytes_total = 0;
    std::uint64_t tables_done = 0;
    std::uint64_t tables_total = 0;
};

/// Called on the loop, a few times a second at most; must not block.
using ProgressSink = std::function<void(const Progress&)>;

}  // namespace backupwatch
