#pragma once
#include "async/clock.hpp"
#include "async/semaphore.hpp"
#include "net/http_reader.hpp"
#include "sources/source_commons.hpp"
#include "sources/supabase/allowance.hpp"
#include "sources/supabase/answer.hpp"

#include <map>
#include <memory>
#include <optional>
#include <string>

namespace backupwatch {

/// Shared by all sets under one token, so that many projects neither starve each other nor storm.
struct SupabaseAccount : SourceCommon {
    std::map<std::string, Allowance> allowances;  ///< by scope
    /// At a time. Disks have places of their own: a sweep over all backups holds up none of them.
    Semaphore questions{6};
    Semaphore disks{6};

    /// What an organization answers to all of its projects.
    struct Kept {
        std::optional<ApiReply> reply;
        Duration at{};  ///< by Clock::uptime()
        Semaphore turn{1};
    };
    std::map<std::string, Kept> kept;  ///< by path
};

/// How the API is reached.
struct ApiSettings {
    std::string url;  ///< without a slash at its end
    NetworkSettings network;
    ApiPlace place;
};

/// Supabase's Management API, asked and never told anything.
class SupabaseApi {
  public:
    SupabaseApi(
        ApiSettings settings, HttpReader web, Clock& clock, std::shared_ptr<SupabaseAccount> account
    );

    /// Waits until the scope's allowance lets it, for as long as a look has time, and for a place
    /// among those who ask. A failure never holds the token, and blames the host where the others
    /// hold all places for too long. Throws none.
    Task<ApiReply> ask(Question question);
    /// The same, of how full a disk is.
    Task<ApiReply> ask_of_disk(Question question);
    /// The same of an organization, asked once for all of its projects within a few minutes.
    Task<ApiReply> ask_once(Question question);

    const ApiPlace& place() const { return settings_.place; }

  private:
    Task<ApiReply> send(Question question, Semaphore& places);
    Task<ApiReply> exchange(Question question, Semaphore& places);
    Task<Semaphore::Place> take_place(const Question& question, Semaphore& places);
    Duration end_of(const Question& question) const;
    Failure too_slow(const Question& question) const;

    ApiSettings settings_;
    HttpReader web_;
    Clock& clock_;
    std::shared_ptr<SupabaseAccount> account_;
};

}  // namespace backupwatch
