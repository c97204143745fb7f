#include "sources/supabase/api.hpp"

#include "async/acquire_within.hpp"
#include "async/chance.hpp"

#include <algorithm>
#include <random>
#include <utility>

namespace backupwatch {
namespace {

/// A look that waits for longer would be given up, and would have waited for nothing.
constexpr Duration patience = std::chrono::seconds(20);
/// Nobody answers in less, over TLS.
constexpr Duration shortest_exchange = std::chrono::seconds(1);
constexpr Duration shared_for = std::chrono::minutes(10);
/// After a failure the next project asks again, though not each of fifty at once.
constexpr Duration shared_failure_for = std::chrono::seconds(30);

double spread_by_chance() {
    return std::uniform_real_distribution<double>(0, 1)(chance());
}

}  // namespace

SupabaseApi::SupabaseApi(
    ApiSettings settings, HttpReader web, Clock& clock, std::shared_ptr<SupabaseAccount> account
)
    : settings_(std::move(settings)), web_(web), clock_(clock), account_(std::move(account)) {}

Task<ApiReply> SupabaseApi::ask(Question question) {
    return send(std::move(question), account_->questions);
}

Task<ApiReply> SupabaseApi::ask_of_disk(Question question) {
    return send(std::move(question), account_->disks);
}

Task<ApiReply> SupabaseApi::ask_once(Question question) {
    SupabaseAccount::Kept& kept = account_->kept[question.path];
    const Duration end = end_of(question);
    const auto turn = co_await acquire_within(clock_, kept.turn, end - clock_.uptime());
    if (!turn) co_return ApiReply{0, {}, too_slow(question)};
    const Duration age = clock_.uptime() - kept.at;
    if (kept.reply && age < (kept.reply->failure ? shared_failure_for : shared_for)) {
        co_return *kept.reply;
    }
    kept.reply.reset();
    question.until = end;
    kept.reply = co_await send(std::move(question), account_->questions);
    kept.at = clock_.uptime();
    co_return *kept.reply;
}

Duration SupabaseApi::end_of(const Question& question) const {
    return question.until.value_or(clock_.uptime() + patience + question.limit);
}

Failure SupabaseApi::too_slow(const Question& question) const {
    Failure failure(
        Failure::Kind::unreachable,
        "cannot read " + question.what + ": " + settings_.place.host +
            " answers too slowly: there was no time left to ask"
    );
    failure.blame(settings_.place.cause());
    return failure;
}

/// Once its scope may be asked.
Task<Semaphore::Place> SupabaseApi::take_place(const Question& question, Semaphore& places) {
    const Allowance& allowance = account_->allowances[question.scope];
    const bool is_of_disk = &places == &account_->disks;
    const std::size_t most = is_of_disk ? Allowance::most_per_minute : Allowance::most_of_looks;
    const Duration end = end_of(question);
    const Duration patient_until = std::min(clock_.uptime() + patience, end);
    for (;;) {
        const Duration wait = allowance.wait(clock_.uptime(), most);
        if (wait > Duration(0) && clock_.uptime() + wait > patient_until) {
            throw Failure(
                Failure::Kind::unreachable,
                "cannot read " + question.what + ": asked too often; the next question is due in " +
                    in_words(wait)
            );
        }
        if (wait > Duration(0)) co_await pause(clock_, wait);
        // Whoever has a place asks: nobody waits with one.
        const Duration left = end - shortest_exchange - clock_.uptime();
        if (left < Duration(0)) throw too_slow(question);
        auto place = co_await acquire_within(clock_, places, left);
        if (!place) throw too_slow(question);
        if (allowance.wait(clock_.uptime(), most) == Duration(0)) co_return *std::move(place);
    }
}

Task<ApiReply> SupabaseApi::send(Question question, Semaphore& places) {
    ApiReply reply;
    try {
        reply = co_await exchange(std::move(question), places);
    } catch (const Failure& failure) {
        reply.failure = failure;
    }
    co_return reply;
}

/// Throws Failure where nothing was asked.
Task<ApiReply> SupabaseApi::exchange(Question question, Semaphore& places) {
    question.until = end_of(question);
    const auto place = co_await take_place(question, places);
    Allowance& allowance = account_->allowances[question.scope];
    allowance.note_sent(clock_.uptime());

    HttpRequest request;
    request.url = Secret(settings_.url + question.path);
    request.headers.emplace_back(
        "Authorization", Secret("Bearer " + settings_.place.token.reveal())
    );
    request.limit = std::min(question.limit, *question.until - clock_.uptime());
    request.most_reply = question.most_reply;
    request.network = settings_.network;
    request.wanted = {limit_remaining_header, limit_reset_header};
    HttpReply reply = co_await web_.get(std::move(request));
    allowance.note_reply(
        reply.status, reply.headers, reply.retry_after, spread_by_chance(), clock_.uptime()
    );
    ApiReply told;
    told.status = reply.status;
    told.failure = failure_of(reply, question, settings_.place);
    told.body = std::move(reply.body);
    co_return told;
}

}  // namespace backupwatch
