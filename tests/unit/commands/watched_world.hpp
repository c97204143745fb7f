#pragma once
#include "commands/command.hpp"
#include "commands/runbook_file.hpp"
#include "core/failure.hpp"
#include "fakes/fake_clock.hpp"
#include "fakes/fake_network.hpp"
#include "support/loop.hpp"
#include "unit/config/config_folder.hpp"
#include "watch/world.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include <future>
#include <memory>
#include <string>

namespace backupwatch {

/// What a configuration describes, alive, with its state in memory.
class WatchedWorld {
  public:
    static constexpr const char* now = "2026-11-22T12:00:00Z";

    /// `$` in the document is its folder.
    explicit WatchedWorld(std::string document) {
        const std::string folder = configuration_.path("").string();
        for (auto at = document.find('$'); at != std::string::npos; at = document.find('$', at)) {
            document.replace(at, 1, folder);
        }
        world = std::make_unique<World>(
            configuration_.settings_of(document), clock_, *store_, pool_, web
        );
        run_on(loop_, world->recall());
    }

    std::filesystem::path folder() const { return configuration_.path(""); }

    /// As the command line and the control socket both have it.
    Reply command(Request request) {
        try {
            const Verb& verb = find_verb(request.verb);
            return run_on(loop_, verb.run(*world, request, [](const Progress&) {}));
        } catch (const Failure& failure) {
            return reply_of(request.verb, failure);
        }
    }

    /// The same, given all the time that it waits for.
    Reply command_over_time(Request request) {
        const Verb& verb = find_verb(request.verb);
        auto task = verb.run(*world, std::move(request), [](const Progress&) {});
        auto result = asio::co_spawn(
            loop_,
            std::move(task),
            asio::bind_cancellation_slot(cancellation.slot(), asio::use_future)
        );
        for (int seconds = 0; seconds < 3600; ++seconds) {
            clock_.advance(std::chrono::seconds(1));
            if (result.wait_for(std::chrono::seconds(0)) == std::future_status::ready) break;
        }
        return result.get();
    }

    void commit(Outcome outcome) { run_on(loop_, world->commit(std::move(outcome))); }
    void renew(std::string database) { run_on(loop_, renew_runbook(*world, std::move(database))); }
    void pass(Duration duration) { clock_.advance(duration); }

  private:
    ConfigFolder configuration_;
    asio::io_context loop_;
    FakeClock clock_{loop_, parse_rfc3339(now).value()};
    std::unique_ptr<Store> store_ = Store::in_memory();
    Pool pool_{1};

  public:
    FakeNetwork web;
    std::unique_ptr<World> world;
    asio::cancellation_signal cancellation;  ///< of command_over_time()
};

}  // namespace backupwatch
