#include "run_command.hpp"

#include "app.hpp"
#include "async/scope.hpp"
#include "commands/check_config.hpp"
#include "commands/check_config_online.hpp"
#include "commands/command.hpp"
#include "commands/tell.hpp"
#include "core/failure.hpp"
#include "core/words.hpp"
#include "deliver/kept_health.hpp"
#include "evidence.hpp"
#include "exit_code.hpp"
#include "json/text.hpp"
#include "process/file_lock.hpp"
#include "report_file.hpp"
#include "terminal.hpp"
#include "visit.hpp"
#include "web/command_stream.hpp"
#include "web/control_client.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/signal_set.hpp>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <iostream>
#include <optional>
#include <thread>

namespace backupwatch {
namespace {

constexpr std::chrono::seconds longest_silence{5};
/// check-config looks at folders, and no more.
constexpr std::size_t threads_of_a_check = 2;

struct Signals {
    asio::signal_set set;
    bool is_over = false;  ///< one may have come that nobody has heard of yet
};

/// One task with its result, as a Scope takes it.
Task<> keep(Task<Reply> task, Reply& reply, std::exception_ptr& failed, Signals& signals) {
    try {
        reply = co_await std::move(task);
    } catch (...) {
        failed = std::current_exception();
    }
    signals.is_over = true;
    signals.set.cancel();
}

void obey(Signals& signals, Scope& scope, const Visit* visit) {
    signals.set.async_wait([&signals, &scope, visit](boost::system::error_code error, int signal) {
        if (error || signals.is_over) return;
        const bool is_for_psql = signal == SIGINT && visit != nullptr && visit->has_terminal();
        if (!is_for_psql) scope.cancel();
        obey(signals, scope, visit);
    });
}

/// Whoever started us with nohup wants us to go on when their terminal is closed.
bool is_ignored(int signal) {
    struct sigaction now {};
    return ::sigaction(signal, nullptr, &now) == 0 && now.sa_handler == SIG_IGN;
}

Failure interrupted(const std::string& verb) {
    const bool leaves_something = verb == "restore";
    if (!leaves_something) {
        return Failure(Failure::Kind::cancelled, "interrupted: what was begun is undone");
    }
    return Failure(
        Failure::Kind::cancelled,
        "interrupted: the old database was not touched; the new one, if it was made, is marked as "
        "unfinished until its restore has ended",
        "without --confirm the same command says what is there; with it, it drops what is "
        "unfinished and begins anew."
    );
}

/// Runs one task to its end. Ctrl-C ends the work, not the program: what was begun is undone
/// first; so does a terminal that is closed.
Reply run_loop(
    asio::io_context& loop,
    Task<Reply> task,
    const Visit* visit = nullptr,
    const std::string& verb = {}
) {
    Scope scope(loop.get_executor(), [](const std::string&, const std::string&) {});
    Signals signals{asio::signal_set(loop, SIGINT, SIGTERM)};
    if (!is_ignored(SIGHUP)) signals.set.add(SIGHUP);
    obey(signals, scope, visit);
    Reply reply;
    std::exception_ptr failed;
    scope.spawn("command", keep(std::move(task), reply, failed, signals));
    loop.run();
    if (!failed) return reply;
    try {
        std::rethrow_exception(failed);
    } catch (const boost::system::system_error& error) {
        if (error.code() != asio::error::operation_aborted) throw;
        throw interrupted(verb);
    }
}

/// Whoever carries out a command hears of it meanwhile.
struct Listener {
    ProgressLine& line;
    Visit& visit;
};

Task<Reply> ask(std::filesystem::path socket, Request request, Listener listener) {
    std::function<void(const std::string&)> show = [listener](const std::string& text) {
        if (const auto progress = parse_progress(text)) listener.line.show(*progress);
        if (auto news = parse_news(text)) listener.visit.begin(std::move(*news));
    };
    const std::string body = json_text(to_json(request));
    const std::string last = co_await command_daemon(socket, request.verb, body, std::move(show));
    co_return parse_reply(last);
}

/// As a daemon left them. Where the state cannot be read, that is told by itself.
Task<> recall_health(World& world) {
    Outbox outbox;
    try {
        outbox = co_await world.store.outbox(0);
    } catch (const Failure&) {
        co_return;
    }
    world.alerting.health = [health = kept_health(outbox, world.alerting.notifiers)] {
        return health;
    };
}

/// Nothing that ends with this process is said to be kept, nor what it could not read to be fine.
void require_state(const World& world) {
    const std::string unread = world.unread_incidents();
    if (unread.empty()) return;
    throw Failure(
        Failure::Kind::unreachable,
        unread,
        "Mend the volume of `state_dir`, or make room on it: this is kept there and nowhere else."
    );
}

Task<Reply> work_here(App& app, Settings settings, Request request, Listener listener) {
    ProgressLine& line = listener.line;
    const Verb& verb = find_verb(request.verb);
    co_await app.open(std::move(settings));
    app.world->ends_with_command = true;
    if (verb.is_of_state) require_state(*app.world);
    app.make_notifiers_for(*app.world);
    co_await recall_health(*app.world);
    ProgressSink show = [&line](const Progress& progress) { line.show(progress); };
    request.asker.hears = [listener](boost::json::object news) {
        listener.visit.begin(std::move(news));
    };
    Reply reply = co_await verb.run(*app.world, std::move(request), std::move(show));
    // In a state that ends with this process nobody finds them; the daemon's own look tells again.
    if (app.world->alerting.queued > 0 && app.world->state_alarm.empty()) {
        line.say(
            "in the outbox: " + counted(app.world->alerting.queued, "notice") +
            ", for the next `backupwatch run` to deliver"
        );
    }
    co_return reply;
}

int print(const Invocation& invocation, const Reply& reply, std::optional<ReportFile>& report) {
    int exit_code = reply.exit_code;
    if (report && !reply.report.empty()) {
        try {
            report->write(reply.report);
        } catch (const Failure& failure) {
            std::cerr << reply_of(invocation.request.verb, failure).text;
            exit_code = std::max(exit_code, work_failed);
        }
    }
    const bool is_error =
        reply.document.is_object() && reply.document.as_object().contains("error");
    if (is_error) std::cerr << reply.text;
    if (invocation.json) {
        std::cout << json_text(reply.document) << "\n";
    } else if (!is_error) {
        std::cout << reply.text;
    }
    std::cout.flush();
    return std::cout ? exit_code : work_failed;
}

Reply reply_of_bad_configuration(const ConfigErrors& errors) {
    Reply reply;
    reply.exit_code = bad_configuration;
    for (const ConfigError& error : errors) reply.text += to_string(error) + "\n";
    reply.document = boost::json::object{{"error", reply.text}};
    return reply;
}

/// Without a daemon: the same work, with the same configuration and state.
Reply run_here(
    asio::io_context& loop, Settings settings, const Request& request, Listener listener
) {
    start_logging(LogLevel::warning);
    become_owner_of(settings.state_dir);
    App app(loop);
    auto work = work_here(app, std::move(settings), request, listener);
    return run_loop(loop, listener.visit.during(std::move(work)), &listener.visit, request.verb);
}

/// It took the work along: that has failed, whatever it was.
Reply reply_of_dead_daemon(const Invocation& invocation, const Failure& failure) {
    Reply reply = reply_of(invocation.request.verb, failure);
    reply.exit_code = work_failed;
    return reply;
}

/// A daemon is there and may be at the very work that is asked for, but it does not say so.
Reply reply_of_silent_daemon(const Invocation& invocation, const Failure& failure) {
    Reply reply = reply_of(invocation.request.verb, failure);
    reply.exit_code = cannot_tell;
    return reply;
}

Failure held_without_answer(const Settings& settings) {
    return Failure(
        Failure::Kind::timeout,
        "a daemon runs (it holds " + daemon_lock(settings.state_dir).string() +
            "), but nobody has listened on control_socket \"" + settings.control_socket.string() +
            "\" for 5 s",
        "Look at what it logs; after a change of control_socket, restart it."
    );
}

/// Nothing: nobody listens there.
std::optional<Reply> try_daemon(
    asio::io_context& loop,
    const std::filesystem::path& socket,
    const Invocation& invocation,
    Listener listener
) {
    loop.restart();
    try {
        auto work = ask(socket, invocation.request, listener);
        return run_loop(
            loop, listener.visit.during(std::move(work)), &listener.visit, invocation.request.verb
        );
    } catch (const Failure& failure) {
        switch (failure.kind()) {
            case Failure::Kind::unreachable:
                return reply_of_dead_daemon(invocation, failure);
            case Failure::Kind::timeout:
                return reply_of_silent_daemon(invocation, failure);
            case Failure::Kind::missing:
                if (!invocation.socket) return std::nullopt;
                throw;
            default:
                throw;
        }
    }
}

/// A daemon that begins holds its lock a while before it listens. Nothing: there is none.
std::optional<Reply> await_daemon(
    asio::io_context& loop,
    const Settings& settings,
    const Invocation& invocation,
    Listener listener
) {
    const auto deadline = std::chrono::steady_clock::now() + longest_silence;
    while (FileLock::is_held(daemon_lock(settings.state_dir))) {
        if (auto reply = try_daemon(loop, settings.control_socket, invocation, listener))
            return reply;
        if (std::chrono::steady_clock::now() > deadline) {
            return reply_of_silent_daemon(invocation, held_without_answer(settings));
        }
        // Nothing else is to be done here meanwhile, and no loop runs that it could hold up.
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
    return std::nullopt;
}

/// Read by whoever asks, as whom they are: the daemon need not be able to.
Invocation with_evidence(Invocation invocation) {
    if (invocation.evidence) {
        invocation.request.options["file"] = evidence_in(*invocation.evidence);
    }
    return invocation;
}

Reply run(const Invocation& invocation, Listener listener) {
    asio::io_context loop(1);
    const auto socket =
        invocation.socket ? *invocation.socket : read_control_socket(invocation.config);
    if (auto reply = try_daemon(loop, socket, invocation, listener)) return *reply;
    auto loaded = load_settings(invocation.config);
    if (const auto* errors = std::get_if<ConfigErrors>(&loaded)) {
        return reply_of_bad_configuration(*errors);
    }
    Settings& settings = std::get<Settings>(loaded);
    if (auto reply = await_daemon(loop, settings, invocation, listener)) return *reply;
    if (invocation.request.verb == "reload") {
        throw Failure(Failure::Kind::missing, "no daemon runs that could reload its configuration");
    }
    loop.restart();
    return run_here(loop, std::move(settings), invocation.request, listener);
}

Reply tell_everybody(asio::io_context& loop, const Invocation& invocation) {
    const ReachableNotifiers reachable = read_notifiers(invocation.config);
    if (reachable.alerts.notifiers.empty() && !reachable.errors.empty()) {
        return reply_of_bad_configuration(reachable.errors);
    }
    std::vector<std::string> unreadable;
    for (const ConfigError& error : reachable.errors) unreadable.push_back(to_string(error));
    become_owner_of(reachable.state_dir);
    const auto clock = make_clock(loop.get_executor());
    const auto network = make_network(loop.get_executor());
    auto notifiers = make_notifiers(reachable.alerts, *network);
    auto telling = tell(std::move(notifiers), std::move(unreadable), *clock, invocation.request);
    return run_loop(loop, std::move(telling));
}

/// As the user that the daemon works as, as far as that is known.
void try_online(asio::io_context& loop, Clock& clock, CheckConfigReply& reply) {
    start_logging(LogLevel::warning);
    Reply online;
    try {
        become_owner_of(reply.settings->state_dir);
        Pool pool(threads_of_a_check);
        const auto network = make_network(loop.get_executor());
        online = run_loop(loop, check_config_online(*reply.settings, clock, pool, *network));
    } catch (const std::exception& failure) {
        online = reply_of("check-config", failure);
        std::cerr << online.text;
        online.text.clear();
    }
    reply.exit_code = online.exit_code;
    reply.output += online.text;
    reply.json["online"] = std::move(online.document);
}

}  // namespace

int run_command(const Invocation& invocation) {
    ProgressLine line(::isatty(STDERR_FILENO) == 1);
    Reply reply;
    std::optional<ReportFile> report;
    try {
        if (invocation.report) report.emplace(*invocation.report);
        Visit visit(invocation, line);
        reply = run(with_evidence(invocation), {line, visit});
    } catch (const std::exception& failure) {
        reply = reply_of(invocation.request.verb, failure);
    }
    line.clear();
    return print(invocation, reply, report);
}

int run_tell(const Invocation& invocation) {
    start_logging(LogLevel::warning);
    Reply reply;
    std::optional<ReportFile> no_report;
    try {
        asio::io_context loop(1);
        reply = tell_everybody(loop, invocation);
    } catch (const std::exception& failure) {
        reply = reply_of(invocation.request.verb, failure);
    }
    return print(invocation, reply, no_report);
}

int run_check_config(const Invocation& invocation) {
    asio::io_context loop(1);
    const auto clock = make_clock(loop.get_executor());
    CheckConfigReply reply = check_config(invocation.config, clock->now());
    std::cerr << reply.errors;
    if (invocation.online && reply.settings) try_online(loop, *clock, reply);
    if (invocation.json) {
        std::cout << json_text(reply.json) << "\n";
    } else {
        std::cout << reply.output;
    }
    return reply.exit_code;
}

}  // namespace backupwatch
