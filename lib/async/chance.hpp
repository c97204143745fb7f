#pragma once
#include <random>

namespace backupwatch {

/// What is left to chance, where a test may have to replay it. Each thread has its own, seeded by
/// the machine until somebody seeds it.
inline std::mt19937_64& chance() {
    thread_local std::mt19937_64 engine{std::random_device()()};
    return engine;
}

}  // namespace backupwatch
