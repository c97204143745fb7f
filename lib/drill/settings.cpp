#include "drill/settings.hpp"

namespace backupwatch {

using namespace std::chrono_literals;

Parsed<DrillTime> parse_value(std::string_view text, As<DrillTime>) {
    if (text == "after_backup") return DrillTime{};
    auto parsed = Schedule::parse(text);
    if (auto* wrong = std::get_if<std::string>(&parsed)) {
        return Complaint{std::move(*wrong) + "; or after_backup"};
    }
    return DrillTime{std::get<Schedule>(parsed)};
}

namespace {

/// The mapping `verify`: what is asked of the restored database.
struct Verify {
    VerifyPolicy& policy;
    Queries& queries;
};

void describe(Section& section, Verify& verify) {
    section.key("rows", verify.policy.rows, "exact counts, as in the dump's own snapshot");
    section.key("content", verify.policy.content, "a hash of every row");
    section.key("tables", verify.policy.tables, "tables that must be there, with these columns");
    section.key("queries", verify.queries.texts, "must run; rows are never stored or shown");
    section.key("role", verify.queries.role, "they run as this role; default: as a superuser");
    section.key("claims", verify.queries.claims, "JSON of request.jwt.claims while they run");
    if (verify.queries.role.empty() && !verify.queries.claims.empty()) {
        section.complain("claims", "claims: nobody reads them without a role");
    }
}

}  // namespace

void describe(Section& section, DrillSettings& drill) {
    section.key("when", drill.when, "after_backup, or a schedule");
    section.key("target", drill.policy.target, "slower is a warning").at_least(1s);
    section
        .key("timeout", drill.timeout, "then it is ended: failed once it restores, unknown before")
        .at_least(1s);
    section.key("max_age", drill.policy.max_age, "the newest passed drill may be this old")
        .at_least(1s);
    Verify verify{drill.verify, drill.queries};
    section.section("verify", verify, "what is asked of the restored database");
    if (drill.policy.target > drill.timeout) {
        section.complain(
            section.has("target") ? "target" : "timeout",
            "target: " + to_text(drill.policy.target) + " is longer than timeout, " +
                to_text(drill.timeout)
        );
    }
}

}  // namespace backupwatch
