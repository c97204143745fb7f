#include "core/exhaustion.hpp"

namespace backupwatch {
namespace {

struct Sign {
    std::string_view words;
    Exhausted what;
};

// The system's words (strerror) and PostgreSQL's own.
constexpr Sign signs[] = {
    {"No space left on device", Exhausted::disk},
    {"Disk quota exceeded", Exhausted::disk},
    // Of the last block, of which a part had room.
    {": wrote only ", Exhausted::disk},
    {"Cannot allocate memory", Exhausted::memory},
    {"out of memory", Exhausted::memory},
    {"out of shared memory", Exhausted::memory},
    {"Too many open files", Exhausted::memory},
    {"file descriptors", Exhausted::memory},
    {"could not fork", Exhausted::memory},
    {"could not create worker process", Exhausted::memory},
};

}  // namespace

Exhausted exhausted_by(std::string_view words) {
    for (const Sign& sign : signs) {
        if (words.find(sign.words) != words.npos) return sign.what;
    }
    return Exhausted::nothing;
}

}  // namespace backupwatch
