// storyteller STATE CONFIG: tells the notifiers of CONFIG the story of a backup that fails for
// three nights and then works, with the real judgement, state, delivery and network; ends when all
// of it is told. Killed anywhere and begun again, it goes on with what its state holds, as the
// daemon does: what waits is sent, what was found last is found again, then comes the next night.
#include "async/clock.hpp"
#include "async/scope.hpp"
#include "config/yaml.hpp"
#include "core/incident/incident.hpp"
#include "deliver/delivery.hpp"
#include "net/network.hpp"
#include "watch/alert_policy.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <array>
#include <fstream>
#include <iostream>
#include <sstream>

namespace backupwatch {
namespace {

using namespace std::chrono_literals;

/// Failures in a row, night after night.
constexpr std::array nights{1, 2, 3, 0};

struct Document {
    AlertSettings alerts;
};
void describe(Section& section, Document& document) {
    describe_alerts(section, document.alerts);
}

AlertSettings read_alerts(const std::string& path) {
    std::ifstream file(path);
    std::ostringstream text;
    text << file.rdbuf();
    ConfigErrors errors;
    const YamlFile yaml = parse_yaml(text.str(), path, errors);
    Document document;
    read_section(yaml.root, document, errors);
    for (const ConfigError& error : in_order(errors)) throw std::runtime_error(to_string(error));
    return document.alerts;
}

class Teller {
  public:
    Teller(std::string state, AlertSettings alerts)
        : state_(std::move(state)),
          notifiers_(make_notifiers(alerts, *network_)),
          policy_(policy_of(alerts, notifiers_)) {}

    Task<> tell() {
        store_ = co_await Store::open(state_, clock_->now());
        Delivery delivery(*clock_, *store_, scope_, loop.get_executor());
        delivery.use(notifiers_);
        co_await delivery.recall();
        co_await finish(delivery);
        const std::size_t last = co_await night_recorded();
        for (std::size_t night = last; night < nights.size(); ++night) {
            co_await find(nights.at(night), delivery);
            co_await finish(delivery);
        }
        scope_.cancel();
        co_await scope_.drained();
        has_told = true;
    }

    asio::io_context loop{1};
    bool has_told = false;

  private:
    /// The last that the state has heard of; it is looked at again.
    Task<std::size_t> night_recorded() {
        std::size_t last = 0;
        for (const RecordedFinding& recorded : co_await store_->findings()) {
            const auto* night = std::find(nights.begin(), nights.end(), recorded.finding.failures);
            last = static_cast<std::size_t>(night - nights.begin());
        }
        co_return last;
    }

    Task<> find(int failures, Delivery& delivery) {
        Finding finding;
        finding.database = "shop";
        finding.set = "nightly";
        finding.check = "backup";
        finding.failures = failures;
        finding.severity = failures > 0 ? Severity::critical : Severity::ok;
        finding.summary = "night " + std::to_string(failures);
        Outcome outcome;
        outcome.database = finding.database;
        outcome.set = finding.set;
        outcome.at = clock_->now();
        outcome.findings = {finding};
        Situation situation{finding.database, finding.set, {finding}, {"backup"}, {}};
        outcome.judge = [this, situation, at = outcome.at](const auto& open, const auto& silences) {
            return judge(open, situation, policy_, silences, at);
        };
        Recorded recorded = co_await store_->commit(std::move(outcome));
        delivery.add(std::move(recorded.notices));
    }

    Task<> finish(const Delivery& delivery) {
        while (!delivery.is_idle()) co_await pause(*clock_, 2ms);
    }

    std::string state_;
    std::unique_ptr<Network> network_ = make_network(loop.get_executor());
    std::unique_ptr<Clock> clock_ = make_clock(loop.get_executor());
    std::unique_ptr<Store> store_;
    std::vector<ConfiguredNotifier> notifiers_;
    AlertPolicy policy_;
    Scope scope_{loop.get_executor(), [](const std::string& name, const std::string& what) {
                     std::cerr << name << ": " << what << '\n';
                 }};
};

int run(const std::string& state, const std::string& config) {
    Teller teller(state, read_alerts(config));
    asio::co_spawn(teller.loop, teller.tell(), [](std::exception_ptr failure) {
        if (failure) std::rethrow_exception(failure);
    });
    teller.loop.run();
    return teller.has_told ? 0 : 1;
}

}  // namespace
}  // namespace backupwatch

int main(int count, char** arguments) {
    if (count != 3) return 64;
    try {
        return backupwatch::run(arguments[1], arguments[2]);
    } catch (const std::exception& failure) {
        std::cerr << failure.what() << '\n';
        return 1;
    }
}
