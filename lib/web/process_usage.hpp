#pragma once

namespace backupwatch {

/// What this process uses, as /proc/self says it.
struct ProcessUsage {
    double cpu_seconds = 0;
    double open_files = 0;
    double most_files = 0;  ///< infinity: without limit
    double resident_bytes = 0;
    double started_at = 0;  ///< seconds since the epoch
    double threads = 0;
};

/// What cannot be read is 0.
ProcessUsage process_usage();

}  // namespace backupwatch
