#pragma once
#include "core/time/time.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace backupwatch {

/// What the replies of Supabase's Management API say, as far as it matters here. Fields that nobody
/// promised may be missing, and new ones are passed over; what is there must be of its type. Each
/// parser throws Failure::corrupt for everything else: a reply that cannot be read is no empty
/// list.

struct ProviderBackup {
    std::string id;  ///< unique in its list, also where the API gives none
    std::string status;
    Instant inserted_at;
};

/// `/v1/projects/REF/database/backups`
struct BackupsReply {
    std::string region;
    bool pitr_enabled = false;
    std::vector<ProviderBackup> backups;  ///< in no order
    std::optional<Instant> earliest;
    std::optional<Instant> latest;
};
BackupsReply parse_backups(std::string_view bytes);

/// `/v1/projects/REF`
struct ProjectReply {
    std::string ref;
    std::string organization;  ///< its slug; empty: not told
    std::string status;
    std::optional<Instant> created_at;
    int postgres_major = 0;  ///< 0: not told
};
ProjectReply parse_project(std::string_view bytes);

/// `/v1/organizations/SLUG`: its plan, or empty.
std::string parse_plan(std::string_view bytes);
/// `/v1/organizations/SLUG/entitlements`: for how many days a daily backup is kept; 0: it is
/// entitled to none; none: not told.
std::optional<int> parse_retention_days(std::string_view bytes);
/// `/v1/projects/REF/billing/addons`: how far back point-in-time recovery was bought, in days.
std::optional<int> parse_pitr_days(std::string_view bytes);

/// `/v1/projects/REF/database/backups/schedule`
struct ScheduleReply {
    Duration since_midnight{};  ///< UTC
    std::optional<Instant> updated_at;
};
ScheduleReply parse_schedule(std::string_view bytes);

/// `/v1/projects/REF/readonly`: whether it takes no writes.
bool parse_readonly(std::string_view bytes);

/// `/v1/projects/REF/config/disk/util`
struct DiskUse {
    std::optional<Instant> measured_at;
    std::uint64_t size = 0;
    std::uint64_t available = 0;
};
DiskUse parse_disk_use(std::string_view bytes);
/// `/v1/projects/REF/config/disk`: what was ordered, in GB.
double parse_disk_size(std::string_view bytes);
/// `/v1/projects/REF/config/disk/autoscale`: what it grows to at most, in GB; none: no limit is
/// set.
std::optional<double> parse_autoscale_limit(std::string_view bytes);

/// A page of `/v1/organizations/SLUG/projects`
struct ProjectsPage {
    std::vector<std::string> refs;  ///< those that are databases of their own: no branches
    std::uint64_t listed = 0;       ///< of all kinds, on this page
    std::uint64_t count = 0;        ///< on all pages
};
ProjectsPage parse_projects(std::string_view bytes);

/// The project's reference as a URL may hold it: 20 small letters.
bool is_project_ref(const std::string& text);
bool is_organization_slug(const std::string& text);

/// As the API writes moments: RFC 3339, or with a space, without a zone (UTC then), or with one of
/// two digits.
std::optional<Instant> parse_provider_time(std::string_view text);

}  // namespace backupwatch
