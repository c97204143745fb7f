#pragma once
#include "sources/source.hpp"

#include <memory>

namespace backupwatch {

/// A folder in which lie dumps of ours, that someone copied there, and those of other tools: one
/// set. Nothing is taken, nothing removed.
std::unique_ptr<Source> make_watched_folder(
    std::unique_ptr<Source> ours, std::unique_ptr<Source> foreign
);

}  // namespace backupwatch
