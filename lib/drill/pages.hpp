#pragma once
#include "async/task.hpp"
#include "core/backup/verification.hpp"
#include "core/wording/runbook_settings.hpp"
#include "net/http_client.hpp"

#include <vector>

namespace backupwatch {

/// Asks for each page of the application once, with a GET; one check for each. Never throws for
/// what they answer.
Task<std::vector<VerifiedCheck>> ask_pages(
    HttpClient& web, std::vector<RunbookSettings::Page> pages, NetworkSettings network
);

}  // namespace backupwatch
