#pragma once
#include "core/time/time.hpp"
#include "fakes/fake_http_server.hpp"

#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace backupwatch {

/// A project as Supabase's Management API tells of it. As it is made: healthy, on the plan pro,
/// with seven daily backups.
struct SupabaseProject {
    explicit SupabaseProject(Instant now, std::string its_ref = "abcdefghijklmnopqrst");

    struct Listed {
        int id = 0;  ///< 0: it is left out, as older versions of the API did
        std::string inserted_at;
        std::string status = "COMPLETED";
    };

    std::string ref;
    std::string status = "ACTIVE_HEALTHY";
    std::string region = "us-east-1";
    std::string version = "17.6.1.111";
    std::string engine = "17";
    std::string created_at = "2025-01-01T00:00:00Z";
    std::vector<Listed> backups;
    bool has_pitr = false;
    std::optional<Instant> earliest;
    std::optional<Instant> latest;
    std::optional<int> pitr_bought;       ///< days
    std::optional<int> waiting_segments;  ///< of WAL; none: there are no metrics
    std::optional<std::string> schedule;  ///< none: 402, as on most plans
    bool is_readonly = false;
    double disk_size = 8'350'298'112;
    double disk_available = 7'679'680'512;
    std::string disk_measured_at;
    std::string autoscale = R"({"growth_percent":null,"min_increment_gb":null,"max_size_gb":null})";
    std::string disk = R"({"attributes":{"type":"gp3","size_gb":8,"iops":3000}})";

    /// The bodies of its replies, by what comes after its reference in the path.
    std::string backups_body() const;
    std::string project_body() const;
    FakeAnswer answer(const std::string& rest) const;
};

/// The whole API, as a script for a server or for a client that needs none: projects of one
/// organization, faults where a test asks for them, and limits for each scope and minute. Not for
/// several threads at a time.
class SupabaseScript {
  public:
    static constexpr int most_per_minute = 120;

    std::vector<SupabaseProject> projects;
    std::vector<std::string> branches;  ///< of these, by their references
    std::string plan = "pro";
    std::optional<int> retention = 7;
    std::map<std::string, FakeAnswer> instead;  ///< by what the path ends in
    std::optional<FakeAnswer> instead_of_all;
    std::string token = "sbp_fc0123456789canary0123456789canary012345";

    /// `at`: when it arrived, by whatever clock.
    FakeAnswer answer(const ReceivedRequest& request, Duration at);

    int asked = 0;
    int other_than_get = 0;
    int refused = 0;                       ///< for there were too many
    std::size_t most_within_a_minute = 0;  ///< of any scope
    std::map<std::string, int> asked_of;   ///< by path

  private:
    bool is_too_many(const std::string& scope, Duration at);
    std::optional<FakeAnswer> fault_for(const std::string& path) const;
    FakeAnswer answer_for_organization(const std::string& path, const std::string& target) const;
    FakeAnswer projects_page(const std::string& target) const;

    std::map<std::string, std::deque<Duration>> recent_;
};

inline FakeAnswer json_answer(std::string body, int status = 200) {
    return {status, {{"Content-Type", "application/json; charset=utf-8"}}, std::move(body)};
}
inline FakeAnswer refusal(int status, const std::string& message) {
    return json_answer("{\"message\":\"" + message + "\"}", status);
}

}  // namespace backupwatch
