#include "postgres/connect.hpp"

#include "async/on_own_thread.hpp"
#include "postgres/supabase.hpp"

#include <netdb.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <memory>
#include <utility>

namespace backupwatch {
namespace {

/// What a thread looks up; it may outlive whoever asked.
struct Lookup {
    std::vector<Endpoint> wanted;
    std::vector<Endpoint> found;  ///< every address of each, in the resolver's order
    std::string errors;
    bool has_old_address = false;  ///< IPv4, or a socket
};

struct FreeAddresses {
    void operator()(addrinfo* list) const { ::freeaddrinfo(list); }
};

void look_up(Lookup& lookup, const Endpoint& endpoint) {
    addrinfo wish{};
    wish.ai_family = AF_UNSPEC;
    wish.ai_socktype = SOCK_STREAM;
    addrinfo* list = nullptr;
    const int error = ::getaddrinfo(endpoint.host.c_str(), nullptr, &wish, &list);
    const std::unique_ptr<addrinfo, FreeAddresses> owned(list);
    if (error != 0) {
        if (!lookup.errors.empty()) lookup.errors += "; ";
        lookup.errors += "no address of \"" + endpoint.host + "\": " + ::gai_strerror(error);
        return;
    }
    for (const auto* entry = list; entry != nullptr; entry = entry->ai_next) {
        std::array<char, NI_MAXHOST> text{};
        const auto size = static_cast<socklen_t>(text.size());
        const int unreadable = ::getnameinfo(
            entry->ai_addr, entry->ai_addrlen, text.data(), size, nullptr, 0, NI_NUMERICHOST
        );
        if (unreadable != 0) continue;
        lookup.found.push_back({endpoint.host, text.data(), endpoint.port});
        if (entry->ai_family == AF_INET) lookup.has_old_address = true;
    }
}

void look_up_all(Lookup& lookup) {
    for (const auto& endpoint : lookup.wanted) {
        if (endpoint.needs_address()) {
            look_up(lookup, endpoint);
        } else {
            lookup.found.push_back(endpoint);
            lookup.has_old_address = true;
        }
    }
}

constexpr const char* hint_for_names =
    "Check the name of the host in the URL and this machine's name server.";
constexpr const char* hint_for_new_addresses =
    "Its name has IPv6 addresses alone: give this machine IPv6, or use the address of the "
    "provider's session pooler.";

/// Puts addresses beside the names, so that libpq, which would block the loop with it, has none to
/// look up. The names stay: certificates and password files go by them. Returns a hint for the case
/// that none of the addresses answers.
Task<std::string> resolve(ConnectOptions& options, std::string target) {
    const ConnectOptions effective = effective_options(options);
    const auto wanted = endpoints_of(effective);
    if (!wanted || std::ranges::none_of(*wanted, &Endpoint::needs_address)) {
        co_return std::string();
    }
    const auto lookup = std::make_shared<Lookup>();
    lookup->wanted = *wanted;
    std::function<void()> job = [lookup] { look_up_all(*lookup); };
    co_await on_own_thread(std::move(job));
    // One name of several that is gone must not keep us from the others.
    if (lookup->found.empty()) {
        const std::string message = "cannot connect to " + target + ": " + lookup->errors;
        throw Failure(Failure::Kind::unreachable, message, hint_for_names);
    }
    set_endpoints(options, lookup->found);
    if (!lookup->errors.empty()) co_return std::string(hint_for_names);
    if (lookup->has_old_address) co_return std::string();
    co_return std::string(hint_for_new_addresses);
}

/// `... FATAL: 28P01: password authentication failed ...`: libpq has no field for it here.
std::string sqlstate_in(const std::string& message) {
    constexpr std::size_t length = 5;
    for (auto end = message.rfind(": "); end != std::string::npos && end >= length + 2;
         end = message.rfind(": ", end - 1)) {
        const std::string word = message.substr(end - length, length);
        const auto fits = [](unsigned char c) { return std::isdigit(c) || std::isupper(c); };
        if (message[end - length - 1] == ' ' && std::ranges::all_of(word, fits)) return word;
    }
    return {};
}

Failure connect_failure(const PGconn& connection, const std::string& target, std::string hint) {
    const std::string cause = one_line(PQerrorMessage(&connection));
    const std::string sqlstate = sqlstate_in(cause);
    const std::string message = "cannot connect to " + target + ": " + cause;
    if (PQconnectionNeedsPassword(&connection)) {
        return {Failure::Kind::denied, message, "Give the password in the URL."};
    }
    if (sqlstate.empty()) return {Failure::Kind::unreachable, message, std::move(hint)};
    const auto kind = kind_at_connect(sqlstate);
    if (kind == Failure::Kind::denied) hint = "Check user and password of the URL.";
    return {kind, message, std::move(hint)};
}

ConnectionHandle start(const ConnectOptions& options) {
    std::vector<const char*> names;
    std::vector<const char*> values;
    for (const auto& [name, value] : options) {
        names.push_back(name.c_str());
        values.push_back(value.c_str());
    }
    names.push_back(nullptr);
    values.push_back(nullptr);
    ConnectionHandle connection(PQconnectStartParams(names.data(), values.data(), 0));
    if (!connection) throw Failure(Failure::Kind::exhausted, "no memory for a connection");
    // Puts the SQLSTATE into the message of a refused log-in.
    PQsetErrorVerbosity(connection.get(), PQERRORS_VERBOSE);
    PQsetNoticeReceiver(
        connection.get(), [](void*, const PGresult*) {}, nullptr
    );
    return connection;
}

/// What is ours unless the URL says otherwise.
void add_defaults(ConnectOptions& options) {
    const auto add = [&options](const std::string& name, const std::string& value) {
        if (find_option(options, name) == nullptr) set_option(options, name, value);
    };
    add("fallback_application_name", "backupwatch");
    // A peer that vanished is noticed within a minute, also in the middle of a long query, and
    // PQcancel has no other limit than this one.
    add("keepalives_idle", "30");
    add("keepalives_interval", "10");
    add("keepalives_count", "3");
    add("tcp_user_timeout", "60000");
    // Its pooler answers a question for GSSAPI with what libpq does not understand.
    const bool is_supabase = supabase_place(options) != SupabasePlace::elsewhere;
    if (is_supabase) add("gssencmode", "disable");
    // All text of this program is UTF-8, whatever the role or PGCLIENTENCODING say.
    set_option(options, "client_encoding", "UTF8");
}

}  // namespace

Task<ConnectionHandle> open_connection(ConnectOptions options, std::string target) {
    auto resolving = resolve(options, target);
    const std::string hint = co_await std::move(resolving);
    add_defaults(options);
    ConnectionHandle connection = start(options);
    auto state =
        PQstatus(connection.get()) == CONNECTION_BAD ? PGRES_POLLING_FAILED : PGRES_POLLING_WRITING;
    while (state != PGRES_POLLING_OK) {
        if (state == PGRES_POLLING_FAILED) throw connect_failure(*connection, target, hint);
        const auto direction = state == PGRES_POLLING_READING ? Direction::read : Direction::write;
        co_await socket_ready(*connection, direction);
        state = PQconnectPoll(connection.get());
    }
    PQsetnonblocking(connection.get(), 1);
    co_return connection;
}

}  // namespace backupwatch
