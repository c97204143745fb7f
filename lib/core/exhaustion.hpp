#pragma once
#include <string_view>

namespace backupwatch {

/// What ran out on a machine, as programs put it into words.
enum class Exhausted { nothing, disk, memory };

/// PostgreSQL's programs all end with code 1: what they say is all there is to tell by. Memory
/// stands for descriptors and processes too, which end the same way: with less at once.
Exhausted exhausted_by(std::string_view words);

}  // namespace backupwatch
