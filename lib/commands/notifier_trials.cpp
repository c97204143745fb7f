#include "commands/notifier_trials.hpp"

#include "async/together.hpp"
#include "core/check/our_checks.hpp"
#include "watch/alert_policy.hpp"

#include <memory>
#include <optional>
#include <utility>

namespace backupwatch {
namespace {

Task<> try_out(std::shared_ptr<Notifier> notifier, std::optional<TryOut>& tried) {
    tried = co_await notifier->try_out();
}

}  // namespace

Task<std::vector<NotifierFacts>> gather_notifiers(const AlertSettings& alerts, Network& network) {
    const auto notifiers = make_notifiers(alerts, network);
    std::vector<std::optional<TryOut>> tried(notifiers.size());
    std::vector<Task<>> tasks;
    for (std::size_t i = 0; i < notifiers.size(); ++i) {
        tasks.push_back(try_out(notifiers[i].notifier, tried[i]));
    }
    co_await together(std::move(tasks));
    std::vector<NotifierFacts> facts;
    for (std::size_t i = 0; i < notifiers.size(); ++i) {
        if (tried[i]) facts.push_back({notifiers[i].name, std::move(*tried[i])});
    }
    co_return facts;
}

Trial judge_notifier(const NotifierFacts& notifier, Instant now) {
    Trial trial{"", "", "log-in"};
    trial.notifier = notifier.name;
    const auto& [receipt, hint] = notifier.tried;
    if (receipt.result == SendResult::delivered) {
        trial.sentence = "accepted" + (receipt.answer.empty() ? "" : ": " + receipt.answer);
        if (!receipt.certificate) return trial;
        trial.sentence += "; certificate valid until " + in_words(receipt.certificate->valid_until);
        if (!expires_soon({*receipt.certificate, now}, now)) return trial;
        trial.verdict = Verdict::advice;
        trial.hint = "Have the server's certificate renewed: once it has expired, nothing is sent.";
        return trial;
    }
    // Whoever said no will say it again; what nobody answered may be well in the night.
    const bool is_refused = receipt.result == SendResult::broken;
    trial.verdict = is_refused ? Verdict::problem : Verdict::unknown;
    trial.sentence = std::string(to_string(receipt.result)) + ": " + receipt.answer;
    trial.hint = hint;
    return trial;
}

}  // namespace backupwatch
