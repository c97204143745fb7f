#include "service.hpp"

#include "alert_loop.hpp"
#include "app.hpp"
#include "async/either.hpp"
#include "commands/command.hpp"
#include "commands/verbs.hpp"
#include "config/environment.hpp"
#include "core/failure.hpp"
#include "core/quoted_line.hpp"
#include "core/wording/service_status.hpp"
#include "core/words.hpp"
#include "deliver/heartbeat.hpp"
#include "documents.hpp"
#include "events.hpp"
#include "exit_code.hpp"
#include "guard.hpp"
#include "json/text.hpp"
#include "process/file_lock.hpp"
#include "process/supervisor.hpp"
#include "reading.hpp"
#include "reloads.hpp"
#include "watch/scheduler.hpp"
#include "watch/self_observation.hpp"
#include "watch/streams.hpp"
#include "web/command_stream.hpp"
#include "web/http_server.hpp"
#include "web/metrics.hpp"
#include "web/routes.hpp"
#include "web/world_metrics.hpp"

#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/json/object.hpp>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <memory>
#include <utility>

namespace backupwatch {
namespace {

/// Less than the five seconds that are promised. What is still there then dies with us, and the
/// next start removes what it leaves.
constexpr Duration stop_limit = std::chrono::milliseconds(4500);

/// Without one of these nothing is watched, or nobody is answered: then it ends, to be started
/// again by what supervises it, instead of looking healthy.
constexpr std::array<const char*, 9> essential{
    "http server",
    "control socket",
    "scheduler",
    "service",
    "signals",
    "alerts",
    "outbox",
    "delivery",
    "look at the notifiers"};

class Service {
  public:
    Service(std::filesystem::path config, Settings settings, bool gave_up_root)
        : config_(std::move(config)),
          settings_(std::move(settings)),
          gave_up_root_(gave_up_root),
          app_(loop_),
          reloads_(loop_.get_executor()),
          scope_(loop_.get_executor(), on_failure()),
          tcp_(loop_.get_executor(), read_only_routes(views()), on_failure()),
          control_(loop_.get_executor(), control_routes(views(), commands()), on_failure()),
          signals_(loop_, SIGTERM, SIGINT, SIGHUP) {}

    int run() {
        // First, and on its own: however long the start takes, it can be ended.
        scope_.spawn(essential[4], obey_signals());
        scope_.spawn(essential[3], serve());
        loop_.run();
        return exit_code_;
    }

  private:
    Task<> serve() {
        try {
            co_await app_.open(std::move(settings_));
            follow_world(app_, metrics_, scope_);
            tcp_.listen_tcp(
                numeric(app_.world->settings.listen.host), app_.world->settings.listen.port
            );
            control_.listen_unix(app_.world->settings.control_socket);
        } catch (const Failure& failure) {
            cannot_start(failure.what(), failure.hint());
            co_return;
        } catch (const std::exception& failure) {
            cannot_start(failure.what(), {});
            co_return;
        }
        scope_.spawn(essential[0], tcp_.run());
        scope_.spawn(essential[1], control_.run());
        // Before any work: what it finds is told.
        AlertLoop::Counted counted = [this](const std::string& notifier, std::string_view result) {
            metrics_.notified(notifier, result);
        };
        alerts_ = std::make_unique<AlertLoop>(
            *app_.clock, *app_.store, scope_, std::move(counted), loop_.get_executor()
        );
        app_.make_notifiers_for(*app_.world);
        alerts_->adopt(app_.world);
        scope_.spawn(essential[5], alerts_->run());
        scheduler_ = std::make_unique<Scheduler>(
            *app_.clock, *app_.store, scope_, scheduler_events(app_, metrics_), loop_.get_executor()
        );
        scheduler_->schedule(streams_of(app_.world, scope_));
        scope_.spawn(essential[2], scheduler_->run());
        first_look(app_.world, scope_);
        heartbeat_ = std::make_unique<Heartbeat>(
            *app_.clock, *app_.network, [this] { return audit(); }, loop_.get_executor()
        );
        heartbeat_->use(app_.world->settings.heartbeat);
        // Not essential: whoever waits for it notices when it is gone.
        scope_.spawn("heartbeat", heartbeat_->run());
        guard_ = std::make_unique<Guard>(*app_.clock, supervisor_, guard_views());
        // Nor is this: whoever waits for it ends us.
        scope_.spawn("guard", guard_->run());
        guard_->ready();
        spdlog::info(
            "running version={} databases={} pid={}",
            BACKUPWATCH_VERSION,
            app_.world->databases.size(),
            ::getpid()
        );
        reload_if_asked();
    }

    void cannot_start(const std::string& error, const std::string& hint) {
        // It was told to stop meanwhile.
        if (is_stopping_) return;
        spdlog::error("cannot start error={} hint={}", quoted_line(error), quoted_line(hint));
        exit_code_ = cannot_tell;
        asio::post(loop_, [this] { scope_.cancel(); });
    }

    /// Until told to stop, and until all the others have.
    Task<> obey_signals() {
        spdlog::info("starting version={} pid={}", BACKUPWATCH_VERSION, ::getpid());
        for (;;) {
            const int signal = co_await signals_.async_wait(asio::use_awaitable);
            if (signal != SIGHUP) break;
            reloads_.ask();
            reload_if_asked();
        }
        spdlog::info("stopping");
        supervisor_.say("STOPPING=1");
        is_stopping_ = true;
        // Not a task of the scope: it must outlive them all, and hold nothing up when they end.
        stop_alarm_.expires_after(stop_limit);
        stop_alarm_.async_wait([this](boost::system::error_code error) {
            if (error) return;
            spdlog::error("work does not end in time: left to the next start");
            std::_Exit(exit_code_);
        });
        asio::post(loop_, [this] { scope_.cancel(); });
        co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
        while (scope_.size() > 1) {
            asio::steady_timer tick(loop_, std::chrono::milliseconds(5));
            co_await tick.async_wait(asio::use_awaitable);
        }
        stop_alarm_.cancel();
        spdlog::info("stopped");
    }

    /// One after the other, and none before the start has ended. Beside: a file that cannot be read
    /// to its end must not keep us from obeying.
    void reload_if_asked() {
        if (!reloads_.is_due() || is_reloading_ || !guard_) return;
        is_reloading_ = true;
        scope_.spawn("reload", reload_while_asked());
    }

    Task<> reload_while_asked() {
        while (reloads_.is_due()) {
            const auto number = reloads_.newest();
            guard_->reloading();
            std::string error = co_await reload_or_say();
            if (is_stopping_) co_return;
            guard_->ready();
            reloads_.end(number, std::move(error));
        }
        is_reloading_ = false;
    }

    /// Whatever goes wrong with it, the next is tried. Returns that, or nothing.
    Task<std::string> reload_or_say() {
        std::string error;
        try {
            error = co_await reload();
            reloaded_ = error.empty();
            co_return error;
        } catch (const std::exception& failure) {
            error = failure.what();
        }
        if (is_stopping_) co_return error;
        reloaded_ = false;
        spdlog::error("configuration not reloaded error={}", quoted_line(error));
        co_return error + "\n";
    }

    /// A bad configuration never replaces a good one: then its errors are returned. Work that runs
    /// ends under the old one.
    Task<std::string> reload() {
        auto read = co_await read_again(config_, app_.world->hanging_calls, gave_up_root_);
        if (const auto* errors = std::get_if<ConfigErrors>(&read)) co_return lines_of(*errors);
        auto& settings = std::get<Settings>(read);
        say_what_waits_for_a_restart(settings, app_.world->settings);
        auto next = std::make_shared<World>(
            std::move(settings),
            *app_.clock,
            *app_.store,
            app_.pool,
            *app_.network,
            app_.world.get()
        );
        co_await next->recall();
        app_.world = std::move(next);
        follow_world(app_, metrics_, scope_);
        scheduler_->schedule(streams_of(app_.world, scope_));
        app_.make_notifiers_for(*app_.world);
        alerts_->adopt(app_.world);
        heartbeat_->use(app_.world->settings.heartbeat);
        spdlog::info("configuration reloaded databases={}", app_.world->databases.size());
        first_look(app_.world, scope_);
        co_return std::string();
    }

    static std::string lines_of(const ConfigErrors& errors) {
        std::string lines;
        for (const ConfigError& error : errors) lines += to_string(error) + "\n";
        return lines;
    }

    /// Whoever asked waits for what came of it.
    Task<> answer_reload(BodyWriter& lines) {
        const auto number = reloads_.ask();
        reload_if_asked();
        const std::string error = co_await reloads_.ended(number);
        Reply reply;
        reply.document = boost::json::object{{"databases", app_.world->databases.size()}};
        reply.text = "reloaded: " + counted(app_.world->databases.size(), "database") + "\n";
        if (!error.empty()) {
            reply.exit_code = bad_configuration;
            reply.document = boost::json::object{{"error", error}};
            reply.text = error + "not reloaded: the configuration from before stays in use\n";
        }
        co_await lines.write(json_text(to_json(reply)) + "\n");
    }

    Views views() {
        Views views;
        views.metrics = [this] { return render_metrics(); };
        views.not_ready = [this] { return reasons_not_ready(); };
        show_documents(views, app_);
        return views;
    }

    Commands commands() {
        Commands commands;
        for (const Verb& verb : verbs()) commands.verbs.emplace_back(verb.name);
        // Of the process, and not of a world.
        commands.verbs.emplace_back("reload");
        commands.carry_out = [this](WebRequest request, BodyWriter& lines) {
            if (request.target == "reload") return answer_reload(lines);
            return stream_command(app_.world, std::move(request), lines);
        };
        return commands;
    }

    Guard::Views guard_views() {
        return {
            [this] { return observe_self(app_.world, *scheduler_); },
            [this] { return to_line(service_status(), app_.clock->now()); }};
    }

    ServiceStatus service_status() const {
        const World& world = *app_.world;
        ServiceStatus status;
        status.databases = world.databases.size();
        status.incidents = world.alerting.open().size();
        status.next_slot = scheduler_->next_work(app_.clock->now());
        status.is_reloaded = reloaded_;
        return status;
    }

    Task<std::string> render_metrics() {
        std::vector<StreamKey> keys;
        if (scheduler_) keys = scheduler_->keys();
        MetricsView view = metrics_of(*app_.world, std::move(keys), reloaded_);
        if (heartbeat_) {
            const Heartbeat::State& state = heartbeat_->state();
            view.heartbeat = {
                state.is_passed, heartbeat_->period(), state.last_accepted, state.failures};
        }
        co_return metrics_.render(view);
    }

    Task<std::vector<std::string>> audit() {
        const SelfObservation observed = co_await observe_self(app_.world, *scheduler_);
        co_return self_audit(observed);
    }

    Task<std::vector<std::string>> reasons_not_ready() {
        std::vector<std::string> reasons;
        co_await app_.world->probe_store();
        const Finding state = app_.world->state_finding();
        if (state.severity != Severity::ok) reasons.push_back(state.summary);
        if (!reloaded_) reasons.push_back("the configuration was not reloaded: it has errors");
        co_return reasons;
    }

    Scope::OnFailure on_failure() {
        return [this](const std::string& name, const std::string& what) {
            spdlog::error(
                "a task of ours ended task={} error={}", quoted_line(name), quoted_line(what)
            );
            if (std::find(essential.begin(), essential.end(), name) == essential.end()) return;
            exit_code_ = EXIT_FAILURE;
            // Nobody is left to obey a signal.
            if (name == essential[4]) std::_Exit(EXIT_FAILURE);
            ::kill(::getpid(), SIGTERM);
        };
    }

    static std::string numeric(const std::string& host) {
        return host == "localhost" ? "127.0.0.1" : host;
    }

    std::filesystem::path config_;
    Settings settings_;
    bool gave_up_root_;
    asio::io_context loop_{1};
    App app_;
    Supervisor supervisor_{environment_variable, ::getpid()};
    Reloads reloads_;
    Metrics metrics_;
    std::unique_ptr<Scheduler> scheduler_;
    std::unique_ptr<AlertLoop> alerts_;
    std::unique_ptr<Heartbeat> heartbeat_;
    std::unique_ptr<Guard> guard_;
    bool reloaded_ = true;
    bool is_reloading_ = false;
    bool is_stopping_ = false;
    int exit_code_ = 0;
    Scope scope_;
    HttpServer tcp_;
    HttpServer control_;
    asio::signal_set signals_;
    asio::steady_timer stop_alarm_{loop_};
};

}  // namespace

int run_service(const std::filesystem::path& config) {
    auto loaded = load_settings(config);
    if (const auto* errors = std::get_if<ConfigErrors>(&loaded)) {
        for (const ConfigError& error : *errors) std::cerr << to_string(error) << "\n";
        return bad_configuration;
    }
    Settings& settings = std::get<Settings>(loaded);
    start_logging(settings.log_level);
    try {
        make_socket_folder(settings.control_socket, settings.state_dir);
        const bool was_root = ::geteuid() == 0;
        become_owner_of(settings.state_dir);
        raise_descriptor_limit();
        const auto lock = FileLock::try_acquire(daemon_lock(settings.state_dir));
        if (!lock) {
            spdlog::error("another daemon runs on {}", settings.state_dir.string());
            return cannot_tell;
        }
        Service service(config, std::move(settings), was_root && ::geteuid() != 0);
        return service.run();
    } catch (const std::exception& failure) {
        spdlog::error("cannot start error={}", quoted_line(failure.what()));
        return cannot_tell;
    }
}

}  // namespace backupwatch
