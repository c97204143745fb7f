#include "postgres/server_access.hpp"

#include "core/failure.hpp"
#include "postgres/conninfo.hpp"
#include "postgres/libpq.hpp"
#include "postgres/supabase.hpp"

#include <unistd.h>

#include <algorithm>
#include <memory>
#include <string_view>

namespace backupwatch {
namespace {

OptionsHandle options_of(const Secret& conninfo) {
    char* message = nullptr;
    OptionsHandle options(PQconninfoParse(conninfo.reveal().c_str(), &message));
    // libpq's message may quote the connection string, password and all.
    PQfreemem(message);
    if (!options) {
        throw Failure(
            Failure::Kind::rejected, "the database's url is not a connection string of PostgreSQL"
        );
    }
    return options;
}

void append(std::string& conninfo, std::string_view keyword, std::string_view value) {
    if (!conninfo.empty()) conninfo += ' ';
    conninfo += keyword;
    conninfo += "='";
    for (const char c : value) {
        if (c == '\'' || c == '\\') conninfo += '\\';
        conninfo += c;
    }
    conninfo += '\'';
}

/// What libpq looks at beside the connection string: password file, certificates, services.
bool is_for_libpq(std::string_view name) {
    return name == "HOME" || (name.starts_with("PG") && name != "PG_COLOR");
}

}  // namespace

ServerAccess::ServerAccess(const Secret& conninfo) {
    const OptionsHandle parsed = options_of(conninfo);
    for (const auto* option = parsed.get(); option->keyword != nullptr; ++option) {
        if (option->val == nullptr) continue;
        const std::string_view keyword = option->keyword;
        // libpq marks with a star what a form should not show.
        const bool secret = std::string_view(option->dispchar).starts_with('*');
        if (keyword == "dbname") continue;
        if (keyword == "options") {
            options_ = option->val;
        } else if (!secret) {
            keywords_.emplace_back(keyword, option->val);
        } else if (option->envvar != nullptr) {
            environment_.emplace_back(option->envvar, option->val);
        } else {
            throw Failure(
                Failure::Kind::rejected,
                "the database's url has a " + std::string(keyword) +
                    ", which pg_dump takes from its arguments only, where everyone sees it",
                "Use a key without a passphrase, readable by this user alone."
            );
        }
    }
    // Messages in English, which we read; times in UTC, which COPY writes.
    environment_.emplace_back("LC_ALL", "C");
    environment_.emplace_back("PGTZ", "UTC");
    environment_.emplace_back("PGCONNECT_TIMEOUT", "30");
    environment_.emplace_back("PATH", "/usr/bin:/bin");
}

ServerAccess ServerAccess::to_production(const Secret& conninfo) {
    ServerAccess access(conninfo);
    const auto given = access.environment_;
    for (char** variable = environ; variable != nullptr && *variable != nullptr; ++variable) {
        const std::string_view text = *variable;
        const auto name = text.substr(0, text.find('='));
        if (!is_for_libpq(name) || name.size() == text.size()) continue;
        const auto same = [name](const auto& entry) { return entry.first == name; };
        if (std::any_of(given.begin(), given.end(), same)) continue;
        access.environment_.emplace_back(name, text.substr(name.size() + 1));
    }
    const bool is_supabase =
        supabase_place(effective_options(parse_conninfo(conninfo))) != SupabasePlace::elsewhere;
    // Its pooler answers a question for GSSAPI with what libpq does not understand.
    if (is_supabase) access.environment_.emplace_back("PGGSSENCMODE", "disable");
    return access;
}

ServerAccess ServerAccess::to_sandbox(const Secret& conninfo) {
    ServerAccess access(conninfo);
    // A restored database may have a setting of its own, which counts for more than the server's.
    access.environment_.emplace_back("PGOPTIONS", "-c lc_messages=C");
    return access;
}

std::string ServerAccess::conninfo(const std::string& database) const {
    std::string text;
    for (const auto& [keyword, value] : keywords_) append(text, keyword, value);
    if (!options_.empty()) append(text, "options", options_);
    if (!database.empty()) append(text, "dbname", database);
    return text;
}

void ServerAccess::set(const std::string& setting, const std::string& value) {
    if (!options_.empty()) options_ += ' ';
    options_ += "-c " + setting + "=" + value;
}

}  // namespace backupwatch
