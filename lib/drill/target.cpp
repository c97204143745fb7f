#include "drill/target.hpp"

#include "core/failure.hpp"
#include "core/text.hpp"
#include "postgres/connection.hpp"
#include "postgres/supabase.hpp"

#include <algorithm>
#include <utility>

namespace backupwatch {
namespace {

/// By which the sessions of a restore are known, and those that one left behind.
constexpr const char* application_name = "backupwatch_restore";
constexpr const char* usual_port = "5432";
/// A session that says nothing for as long as a large table takes is kept by what lies between.
constexpr const char* seconds_between_signs = "60";

std::string option_of(const ConnectOptions& options, const char* name) {
    const std::string* value = find_option(options, name);
    return value == nullptr ? std::string() : *value;
}

/// Of one database on one server, what its place is called there.
std::string address_of(const ConnectOptions& options) {
    std::string address;
    for (const Endpoint& endpoint : endpoints_of(options).value_or(std::vector<Endpoint>())) {
        const std::string& host = endpoint.host.empty() ? endpoint.address : endpoint.host;
        address += host + ":" + (endpoint.port.empty() ? usual_port : endpoint.port) + ",";
    }
    return address;
}

std::string database_of(const ConnectOptions& options) {
    const std::string database = option_of(options, "dbname");
    return database.empty() ? option_of(options, "user") : database;
}

}  // namespace

TargetServer::TargetServer(const Secret& url)
    : given_(parse_conninfo(url)),
      effective_(effective_options(given_)),
      user_(option_of(effective_, "user")),
      database_(option_of(effective_, "dbname")),
      project_(supabase_project(effective_)) {
    // What is looked at must be what is written to, whoever answers then.
    if (endpoints_of(effective_).value_or(std::vector<Endpoint>()).size() > 1) {
        throw Failure(
            Failure::Kind::rejected,
            "the url of the restore target names several hosts",
            "name the one that is to be written to."
        );
    }
    if (supabase_place(effective_) == SupabasePlace::transaction_pooler) {
        throw Failure(
            Failure::Kind::rejected,
            "the url of the restore target has port 6543, Supabase's transaction pooler, where a "
            "restore has no session",
            "use port 5432: the session pooler, or the database itself."
        );
    }
    if (!database_.empty()) return;
    throw Failure(
        Failure::Kind::rejected,
        "the url of the restore target names no database",
        "write it as postgresql://user@host/NEW_DATABASE."
    );
}

Secret TargetServer::conninfo(const std::string& database) const {
    ConnectOptions options = given_;
    set_option(options, "dbname", database);
    set_option(options, "application_name", application_name);
    if (find_option(options, "keepalives_idle") == nullptr) {
        set_option(options, "keepalives_idle", seconds_between_signs);
    }
    if (!session_settings_.empty()) set_option(options, "options", session_settings_);
    return conninfo_of(options);
}

ServerAccess TargetServer::access() const {
    ServerAccess access = ServerAccess::to_production(conninfo(database_));
    // Its errors are read. Whoever may not say so has them told in the server's own language, where
    // what is harmless is not known to be.
    if (is_superuser_) access.set("lc_messages", "C");
    return access;
}

std::string TargetServer::place() const {
    const auto endpoints = endpoints_of(effective_).value_or(std::vector<Endpoint>());
    std::string host = "localhost";
    std::string port = usual_port;
    if (!endpoints.empty()) {
        const Endpoint& first = endpoints.front();
        if (!first.address.empty()) host = first.address;
        if (!first.host.empty()) host = first.host;
        if (!first.port.empty()) port = first.port;
    }
    // A folder of sockets is on this host.
    if (host.starts_with('/') || host.starts_with('@')) host = "localhost";
    // One pooler is the host of many projects.
    const bool is_shared = supabase_place(effective_) == SupabasePlace::session_pooler;
    if (is_shared && !project_.empty()) host = project_ + "@" + host;
    if (port == usual_port) return host + "/" + database_;
    const bool is_address_of_colons = host.find(':') != std::string::npos;
    return (is_address_of_colons ? "[" + host + "]" : host) + ":" + port + "/" + database_;
}

void TargetServer::begins_with(const std::string& setting, const std::string& value) {
    // Also what the environment says, which libpq would take no more.
    if (session_settings_.empty()) session_settings_ = option_of(effective_, "options");
    session_settings_ += (session_settings_.empty() ? "-c " : " -c ") + setting + "=" + value;
}

bool TargetServer::is_other_project(const Secret& url) const {
    const std::string other = supabase_project(effective_options(parse_conninfo(url)));
    return !other.empty() && !project_.empty() && other != project_;
}

bool TargetServer::is_same_address(const Secret& url) const {
    const ConnectOptions other = effective_options(parse_conninfo(url));
    const std::string project = supabase_project(other);
    if (!project.empty() && !project_.empty()) {
        return project == project_ && database_of(other) == database_;
    }
    return address_of(other) == address_of(effective_) && database_of(other) == database_;
}

void require_accepted(const TargetDecision& decision) {
    if (decision.step != TargetDecision::Step::refuse) return;
    throw Failure(Failure::Kind::rejected, decision.sentence, decision.hint);
}

}  // namespace backupwatch
