#include "sources/dump/tool_failure.hpp"

#include <string_view>

namespace backupwatch {
namespace {

struct Symptom {
    std::string_view text;
    Failure::Kind kind;
    std::string_view hint;
};

// PostgreSQL's programs all end with code 1; what they say is all there is to tell by.
constexpr Symptom symptoms[] = {
    {"No space left on device",
     Failure::Kind::exhausted,
     "Free some space on the volume that it writes to."},
    {"Disk quota exceeded",
     Failure::Kind::exhausted,
     "Free some space on the volume that it writes to."},
    {"due to lock timeout",
     Failure::Kind::timeout,
     "Something holds a lock on the table: see pg_locks, or dump at another time."},
    {"row-level security policy", Failure::Kind::denied, "Give the role BYPASSRLS."},
    {"permission denied", Failure::Kind::denied, "Grant the role the right to read it."},
    {"password authentication failed",
     Failure::Kind::denied,
     "Check user and password of the url."},
    {"no pg_hba.conf entry", Failure::Kind::denied, "Let this host in by pg_hba.conf."},
    {"server version mismatch", Failure::Kind::missing, "Install a newer pg_dump."},
    {"invalid snapshot identifier", Failure::Kind::unreachable, ""},
    {"server closed the connection", Failure::Kind::unreachable, ""},
    {"terminating connection", Failure::Kind::unreachable, ""},
    {"the database system is", Failure::Kind::unreachable, ""},
    {"connection to server", Failure::Kind::unreachable, ""},
    {"could not connect", Failure::Kind::unreachable, ""},
    {"could not receive data", Failure::Kind::unreachable, ""},
    {"SSL connection has been closed", Failure::Kind::unreachable, ""},
};

}  // namespace

Failure tool_failure(const std::string& what, const Exit& exit) {
    const std::string message = what + " failed: " + describe(exit);
    for (const auto& symptom : symptoms) {
        for (const auto& line : exit.last_lines) {
            if (line.find(symptom.text) == std::string::npos) continue;
            return {symptom.kind, message, std::string(symptom.hint)};
        }
    }
    return {exit.signal ? Failure::Kind::internal : Failure::Kind::rejected, message};
}

}  // namespace backupwatch
