// What Supabase's API answers: each reply could be sent in the place of each other.
#include "sources/supabase/metrics_text.hpp"
#include "sources/supabase/replies.hpp"
#include "target.hpp"

namespace backupwatch {
namespace {

/// What these bytes are not, they are refused as.
template <class Parse>
void try_to_read(Parse parse) {
    try {
        parse();
    } catch (const Failure& failure) {
        expect(failure.kind() == Failure::Kind::corrupt, failure.what());
    }
}

}  // namespace

void read_foreign_bytes(std::string_view bytes) {
    try_to_read([&] {
        for (const ProviderBackup& backup : parse_backups(bytes).backups) {
            expect(!backup.id.empty(), "a backup has a name");
            expect(backup.status.size() <= 240, "a status is a word");
        }
    });
    try_to_read([&] {
        const ProjectReply project = parse_project(bytes);
        const bool fits =
            project.organization.empty() || is_organization_slug(project.organization);
        expect(fits, "nothing but a slug comes into a URL");
    });
    try_to_read([&] {
        const DiskUse use = parse_disk_use(bytes);
        expect(use.available <= use.size, "no more is free than there is");
    });
    try_to_read([&] {
        for (const std::string& ref : parse_projects(bytes).refs) {
            expect(is_project_ref(ref), "nothing but a reference comes into a URL");
        }
    });
    try_to_read([&] {
        const ScheduleReply schedule = parse_schedule(bytes);
        expect(schedule.since_midnight <= std::chrono::hours(24), "a time of day is within a day");
    });
    try_to_read([&] { parse_plan(bytes); });
    try_to_read([&] { parse_retention_days(bytes); });
    try_to_read([&] { parse_pitr_days(bytes); });
    try_to_read([&] { parse_readonly(bytes); });
    try_to_read([&] { parse_disk_size(bytes); });
    try_to_read([&] { parse_autoscale_limit(bytes); });
    parse_project_metrics(bytes);
    parse_provider_time(bytes);
}

}  // namespace backupwatch
