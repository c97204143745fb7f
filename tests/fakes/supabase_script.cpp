#include "fakes/supabase_script.hpp"

#include <algorithm>
#include <cstdio>

namespace backupwatch {
namespace {

std::string number(double value) {
    char text[40];
    std::snprintf(text, sizeof(text), "%.1f", value);
    return text;
}

std::string quoted(const std::string& text) {
    return "\"" + text + "\"";
}

std::string unix_seconds(Instant instant) {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(instant.time_since_epoch());
    return std::to_string(seconds.count());
}

std::string metrics_of(const SupabaseProject& project) {
    const std::string labels = "{supabase_project_ref=" + quoted(project.ref) +
                               ",service_type=\"db\",fstype=\"ext4\",mountpoint=";
    std::string text = "# HELP node_filesystem_size_bytes Filesystem size in bytes.\n";
    text += "node_filesystem_size_bytes" + labels + "\"/\"} 1.0359754752e+10\n";
    text += "node_filesystem_avail_bytes" + labels + "\"/\"} 2.910277632e+09\n";
    text +=
        "node_filesystem_size_bytes" + labels + "\"/data\"} " + number(project.disk_size) + "\n";
    text += "node_filesystem_avail_bytes" + labels + "\"/data\"} " +
            number(project.disk_available) + "\n";
    text += "replication_slots_max_lag_bytes{server=\"localhost:5432\"} NaN\n";
    text += "pg_ls_archive_statusdir_wal_pending_count{server=\"localhost:5432\"} " +
            std::to_string(project.waiting_segments.value_or(0)) + "\n";
    return text;
}

std::string addons_of(const SupabaseProject& project) {
    std::string selected =
        R"({"type":"compute_instance","variant":{"id":"ci_micro","name":"Micro","meta":{"cpu_cores":2}}})";
    if (project.pitr_bought) {
        const std::string days = std::to_string(*project.pitr_bought);
        selected += R"(,{"type":"pitr","variant":{"id":"pitr_)" + days +
                    R"(","name":"PITR","meta":{"backup_duration_days":)" + days + "}}}";
    }
    return R"({"selected_addons":[)" + selected + R"(],"available_addons":[]})";
}

}  // namespace

SupabaseProject::SupabaseProject(Instant now, std::string its_ref) : ref(std::move(its_ref)) {
    disk_measured_at = to_rfc3339(now - std::chrono::minutes(1));
    for (int nights = 0; nights < 7; ++nights) {
        const Instant taken = now - std::chrono::hours(5) - std::chrono::hours(24) * nights;
        backups.push_back({100 - nights, to_rfc3339(taken)});
    }
}

std::string SupabaseProject::backups_body() const {
    std::string list;
    for (const Listed& backup : backups) {
        list += list.empty() ? "{" : ",{";
        if (backup.id != 0) list += "\"id\":" + std::to_string(backup.id) + ",";
        list += R"("is_physical_backup":true,"status":)" + quoted(backup.status) +
                R"(,"inserted_at":)" + quoted(backup.inserted_at) + "}";
    }
    std::string physical;
    if (earliest) physical += R"("earliest_physical_backup_date_unix":)" + unix_seconds(*earliest);
    if (latest) {
        physical += (physical.empty() ? "" : ",");
        physical += R"("latest_physical_backup_date_unix":)" + unix_seconds(*latest);
    }
    return R"({"region":)" + quoted(region) + R"(,"walg_enabled":true,"pitr_enabled":)" +
           (has_pitr ? "true" : "false") + R"(,"backups":[)" + list +
           R"(],"physical_backup_data":{)" + physical + "}}";
}

std::string SupabaseProject::project_body() const {
    return R"({"id":)" + quoted(ref) + R"(,"ref":)" + quoted(ref) +
           R"(,"organization_id":"acme","organization_slug":"acme","name":"shop","region":)" +
           quoted(region) + R"(,"status":)" + quoted(status) +
           R"(,"database":{"host":"db.example","version":)" + quoted(version) +
           R"(,"postgres_engine":)" + quoted(engine) + R"(,"release_channel":"ga"},"created_at":)" +
           quoted(created_at) + "}";
}

FakeAnswer SupabaseProject::answer(const std::string& rest) const {
    if (rest.empty()) return json_answer(project_body());
    if (rest == "/database/backups") return json_answer(backups_body());
    if (rest == "/database/backups/schedule") {
        if (!schedule) return refusal(402, "Upgrade to read the schedule");
        return json_answer(
            R"({"schedule_for":)" + quoted(*schedule) +
            R"(,"updated_at":"2026-01-04T14:40:44+00:00"})"
        );
    }
    if (rest == "/readonly") {
        return json_answer(
            std::string(R"({"enabled":)") + (is_readonly ? "true" : "false") +
            R"(,"override_enabled":false,"override_active_until":"1970-01-01 00:00:00+00"})"
        );
    }
    if (rest == "/billing/addons") return json_answer(addons_of(*this));
    if (rest == "/config/disk/util") {
        return json_answer(
            R"({"timestamp":)" + quoted(disk_measured_at) + R"(,"metrics":{"fs_size_bytes":)" +
            number(disk_size) + R"(,"fs_avail_bytes":)" + number(disk_available) +
            R"(,"fs_used_bytes":)" + number(disk_size - disk_available) + "}}"
        );
    }
    if (rest == "/config/disk") return json_answer(disk);
    if (rest == "/config/disk/autoscale") return json_answer(autoscale);
    if (rest == "/analytics/endpoints/metrics") {
        if (!waiting_segments) return refusal(403, "no permission");
        return {200, {{"Content-Type", "text/plain"}}, metrics_of(*this)};
    }
    return refusal(404, "Not Found");
}

bool SupabaseScript::is_too_many(const std::string& scope, Duration at) {
    std::deque<Duration>& recent = recent_[scope];
    while (!recent.empty() && recent.front() + std::chrono::minutes(1) <= at) recent.pop_front();
    recent.push_back(at);
    most_within_a_minute = std::max(most_within_a_minute, recent.size());
    return recent.size() > most_per_minute;
}

std::optional<FakeAnswer> SupabaseScript::fault_for(const std::string& path) const {
    if (instead_of_all) return instead_of_all;
    for (const auto& [end, answer] : instead) {
        if (path.ends_with(end)) return answer;
    }
    return std::nullopt;
}

/// Two a page.
FakeAnswer SupabaseScript::projects_page(const std::string& target) const {
    const auto at = target.find("offset=");
    const std::size_t offset = at == std::string::npos ? 0 : std::stoul(target.substr(at + 7));
    std::string page;
    std::size_t place = 0;
    const auto add = [&](const std::string& ref, const char* is_branch) {
        if (place >= offset && place < offset + 2) {
            page += page.empty() ? "" : ",";
            page += R"({"ref":)" + quoted(ref) + R"(,"is_branch":)" + is_branch +
                    R"(,"databases":[{"type":"PRIMARY"},{"type":"READ_REPLICA"}]})";
        }
        ++place;
    };
    for (const SupabaseProject& project : projects) add(project.ref, "false");
    for (const std::string& ref : branches) add(ref, "true");
    return json_answer(
        R"({"projects":[)" + page + R"(],"pagination":{"count":)" + std::to_string(place) +
        R"(,"limit":2,"offset":)" + std::to_string(offset) + "}}"
    );
}

FakeAnswer SupabaseScript::answer_for_organization(
    const std::string& path, const std::string& target
) const {
    if (path.ends_with("/entitlements")) {
        const std::string value = std::to_string(retention.value_or(0));
        return json_answer(
            R"({"entitlements":[{"feature":{"key":"project_pausing","type":"boolean"},)"
            R"("type":"boolean","hasAccess":false,"config":{"enabled":false}},)"
            R"({"feature":{"key":"backup.retention_days","type":"numeric"},"type":"numeric",)"
            R"("hasAccess":)" +
            std::string(retention ? "true" : "false") + R"(,"config":{"value":)" + value +
            R"(,"unlimited":false,"enabled":true,"unit":"days"}}]})"
        );
    }
    if (path.ends_with("/projects")) return projects_page(target);
    return json_answer(R"({"id":"acme","name":"Acme","plan":)" + quoted(plan) + "}");
}

FakeAnswer SupabaseScript::answer(const ReceivedRequest& request, Duration at) {
    ++asked;
    if (request.method != "GET") ++other_than_get;
    const std::string path = request.target.substr(0, request.target.find('?'));
    ++asked_of[path];
    const std::string projects_prefix = "/v1/projects/";
    const std::string organizations_prefix = "/v1/organizations/";
    const bool is_project = path.starts_with(projects_prefix);
    const std::string named = path.substr(
        std::min(path.size(), (is_project ? projects_prefix : organizations_prefix).size())
    );
    const std::string scope = named.substr(0, named.find('/'));
    FakeAnswer answer;
    if (is_too_many(scope, at)) {
        ++refused;
        answer = refusal(429, "ThrottlerException: Too Many Requests");
    } else if (auto fault = fault_for(path)) {
        return *fault;
    } else if (request.headers.contains("authorization") &&
               request.headers.at("authorization") != "Bearer " + token) {
        answer = refusal(401, "Unauthorized");
    } else if (!is_project) {
        answer = answer_for_organization(path, request.target);
    } else {
        answer = refusal(404, "Project not found");
        for (const SupabaseProject& project : projects) {
            if (project.ref == scope) answer = project.answer(named.substr(scope.size()));
        }
    }
    const auto used = static_cast<int>(recent_[scope].size());
    answer.headers.emplace_back("x-ratelimit-limit", std::to_string(most_per_minute));
    answer.headers.emplace_back(
        "x-ratelimit-remaining", std::to_string(std::max(0, most_per_minute - used))
    );
    answer.headers.emplace_back("x-ratelimit-reset", "60");
    return answer;
}

}  // namespace backupwatch
