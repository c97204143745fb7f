#include "sources/dump/tool_failure.hpp"

#include "core/exhaustion.hpp"

#include <algorithm>
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

constexpr Symptom full_disk{
    "", Failure::Kind::exhausted, "Free some space on the volume that it writes to."};
constexpr Symptom no_memory{"", Failure::Kind::exhausted, ""};

bool tell_of(Exhausted what, const std::vector<std::string>& lines) {
    return std::any_of(lines.begin(), lines.end(), [&](const auto& line) {
        return exhausted_by(line) == what;
    });
}

std::optional<Symptom> symptom_in(const std::vector<std::string>& lines) {
    if (tell_of(Exhausted::disk, lines)) return full_disk;
    for (const auto& symptom : symptoms) {
        for (const auto& line : lines) {
            if (line.find(symptom.text) != std::string::npos) return symptom;
        }
    }
    // Last: a server that has no memory for a connection is out of reach.
    if (tell_of(Exhausted::memory, lines)) return no_memory;
    return std::nullopt;
}

/// A statement that failed is quoted behind its error, and may hold any words.
std::string without_statement(const std::string& error) {
    return error.substr(0, error.find("; Command was:"));
}

}  // namespace

Failure tool_failure(const std::string& what, const Exit& exit) {
    const std::string message = what + " failed: " + describe(exit);
    if (const auto symptom = symptom_in(exit.last_lines)) {
        return {symptom->kind, message, std::string(symptom->hint)};
    }
    return {exit.signal ? Failure::Kind::internal : Failure::Kind::rejected, message};
}

std::optional<Failure> sandbox_failure(const std::vector<std::string>& errors) {
    for (const auto& error : errors) {
        const auto symptom = symptom_in({without_statement(error)});
        if (!symptom) continue;
        // What a statement cannot reach (a foreign server) is no matter of ours.
        const bool of_statement = error.find("ERROR:  ") != std::string::npos;
        const bool of_sandbox = symptom->kind == Failure::Kind::exhausted ||
                                (symptom->kind == Failure::Kind::unreachable && !of_statement);
        if (!of_sandbox) continue;
        return Failure(
            symptom->kind, "cannot restore the dump: " + error, std::string(symptom->hint)
        );
    }
    return std::nullopt;
}

}  // namespace backupwatch
