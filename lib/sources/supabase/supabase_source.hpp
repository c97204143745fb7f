#pragma once
#include "sources/registry.hpp"
#include "sources/source.hpp"

#include <memory>

namespace backupwatch {

/// The daily backups and the point-in-time recovery of a project at Supabase, by its Management
/// API. It is only ever asked: nothing can be taken, removed or fetched there.
std::unique_ptr<Source> make_supabase(const SetSettings& set, const SourcePlace& place);

}  // namespace backupwatch
