#include "core/exhaustion.hpp"

#include <gtest/gtest.h>

namespace backupwatch {
namespace {

TEST(Exhaustion, is_told_by_what_programs_say) {
    struct Case {
        const char* words;
        Exhausted what;
    };
    const Case cases[] = {
        {"could not extend file \"base/5/16384\": No space left on device", Exhausted::disk},
        {"could not extend file \"base/5/16384\": wrote only 4096 of 8192 bytes at block 30453",
         Exhausted::disk},
        {"pg_restore: error: could not write to file: Disk quota exceeded", Exhausted::disk},
        {"could not fork new process for connection: Cannot allocate memory", Exhausted::memory},
        {"could not fork new process: Resource temporarily unavailable", Exhausted::memory},
        {"could not create worker process: Resource temporarily unavailable", Exhausted::memory},
        {"ERROR:  out of memory", Exhausted::memory},
        {"pg_restore: error: out of memory", Exhausted::memory},
        {"ERROR:  out of shared memory", Exhausted::memory},
        {"could not open file \"global/pg_filenode.map\": Too many open files", Exhausted::memory},
        {"out of file descriptors: Too many open files; release and retry", Exhausted::memory},
        {"FATAL:  insufficient file descriptors available to start server process",
         Exhausted::memory},
        {"relation \"posts\" does not exist", Exhausted::nothing},
        {"", Exhausted::nothing},
    };
    for (const auto& [words, what] : cases) EXPECT_EQ(exhausted_by(words), what) << words;
}

}  // namespace
}  // namespace backupwatch
