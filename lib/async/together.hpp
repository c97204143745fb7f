#pragma once
#include "async/task.hpp"

#include <vector>

namespace backupwatch {

/// Runs the tasks at the same time and returns when the last has ended. The first that fails
/// cancels the others, and its failure is thrown once they have ended; an outer cancellation
/// reaches them all.
Task<> together(std::vector<Task<>> tasks);

}  // namespace backupwatch
