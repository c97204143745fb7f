#pragma once
#include "core/failure.hpp"
#include "core/secret.hpp"
#include "net/http_client.hpp"

#include <optional>
#include <string>

namespace backupwatch {

/// One thing that the API is asked.
struct Question {
    std::string path;        ///< from `/v1` on; what is not ours in it was checked
    std::string scope;       ///< whose allowance it takes from: a project, or an organization
    std::string what;        ///< `the backups`
    std::string permission;  ///< that a scoped token needs, as the dashboard names it
    Duration limit = std::chrono::seconds(15);  ///< of the exchange alone
    /// By Clock::uptime(): then nobody waits for the answer any more, nor for a turn to ask. None:
    /// as soon as it can be had, and no look waits.
    std::optional<Duration> until{};
    std::size_t most_reply = 4 * 1024 * 1024;
};

/// What came of a question, as it came.
struct ApiReply {
    int status = 0;  ///< 0: there is none
    std::string body;
    std::optional<Failure> failure{};  ///< why it answers nothing

    /// The body. Throws the failure.
    const std::string& answer() const;
};

/// Whom we ask, and as who.
struct ApiPlace {
    std::string host;  ///< with its port, where it has one
    Secret token;

    /// What other projects fail by as well, as Cause::name has it.
    std::string cause() const { return host; }
    std::string cause_of_token() const;
};

/// What all that one project is asked may fail by: that it is not there, or restricted.
std::string cause_of_project(const std::string& ref);

/// Blames the project for what is not there where the project itself, which was asked for then, is
/// not there either: without it, one thing alone may be missing. What is blamed already stays so.
/// Pure.
void blame_project(
    Failure& failure, const std::string& ref, const std::optional<Failure>& of_project
);

/// Why this reply answers nothing; none: it does. Whatever goes wrong with it, nothing is known
/// then: that is never an empty list. Pure.
std::optional<Failure> failure_of(
    const HttpReply& reply, const Question& question, const ApiPlace& place
);

}  // namespace backupwatch
