#pragma once
#include "core/backup/manifest.hpp"

#include <string>
#include <vector>

namespace backupwatch {

/// The triggers that are a project's webhooks, in whatever schema their tables lie:
/// `public.posts.on_post`.
std::vector<std::string> project_webhooks(const Manifest& manifest);

}  // namespace backupwatch
