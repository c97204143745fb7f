#include "web/command_stream.hpp"

#include "async/either.hpp"
#include "commands/command.hpp"
#include "core/failure.hpp"
#include "core/quoted_line.hpp"
#include "core/time/time.hpp"
#include "json/text.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/json/parse.hpp>
#include <boost/system/system_error.hpp>
#include <spdlog/spdlog.h>

#include <exception>
#include <utility>

namespace backupwatch {
namespace {

namespace json = boost::json;

constexpr Duration pause = std::chrono::milliseconds(200);

json::object to_json(const Progress& progress) {
    return {
        {"phase", progress.phase},
        {"bytes_done", progress.bytes_done},
        {"bytes_total", progress.bytes_total},
        {"tables_done", progress.tables_done},
        {"tables_total", progress.tables_total},
    };
}

/// What no Failure is should not have happened; who waits is told all the same.
Reply reply_of_fault(const std::string& verb, const std::exception& error) {
    spdlog::error(
        "a command failed by a fault of ours verb={} error={}", verb, quoted_line(error.what())
    );
    const Failure failure(
        Failure::Kind::internal,
        verb + " failed by a fault of backupwatch: " + error.what(),
        "The daemon's log has it too; please report it."
    );
    return reply_of(verb, failure);
}

/// Whatever goes wrong becomes the reply, but for a cancellation: nobody waits for one then.
Task<> run_verb(
    World& world, std::string name, std::string body, std::optional<Progress>& latest, Reply& reply
) {
    try {
        const Verb& verb = find_verb(name);
        Request request = parse_request(name, body);
        ProgressSink note = [&latest](const Progress& progress) { latest = progress; };
        reply = co_await verb.run(world, std::move(request), std::move(note));
    } catch (const Failure& failure) {
        reply = reply_of(name, failure);
    } catch (const boost::system::system_error& error) {
        if (error.code() == asio::error::operation_aborted) throw;
        reply = reply_of_fault(name, error);
    } catch (const std::exception& error) {
        reply = reply_of_fault(name, error);
    }
}

/// Only the newest progress counts: a slow client gets fewer lines, not later ones.
Task<> show_progress(std::optional<Progress>& latest, BodyWriter& lines) {
    auto executor = co_await asio::this_coro::executor;
    asio::steady_timer timer(executor);
    for (;;) {
        timer.expires_after(pause);
        co_await timer.async_wait(asio::use_awaitable);
        if (!latest) continue;
        const json::object line{{"progress", to_json(*latest)}};
        latest.reset();
        co_await lines.write(json_text(line) + "\n");
    }
}

}  // namespace

Task<> stream_command(
    std::shared_ptr<World> world, std::string verb, std::string body, BodyWriter& lines
) {
    std::optional<Progress> latest;
    Reply reply;
    auto work = run_verb(*world, std::move(verb), std::move(body), latest, reply);
    auto show = show_progress(latest, lines);
    co_await either(std::move(work), std::move(show));
    co_await lines.write(json_text(to_json(reply)) + "\n");
}

std::optional<Progress> parse_progress(std::string_view line) {
    boost::system::error_code error;
    const json::value value = json::parse(line, error);
    if (error || !value.is_object()) return std::nullopt;
    const json::value* entry = value.as_object().if_contains("progress");
    if (entry == nullptr || !entry->is_object()) return std::nullopt;
    const json::object& object = entry->as_object();
    const auto number = [&object](const char* key) -> std::uint64_t {
        const json::value* field = object.if_contains(key);
        if (field == nullptr || !field->is_number()) return 0;
        return field->to_number<std::uint64_t>();
    };
    Progress progress;
    if (const auto* phase = object.if_contains("phase"); phase && phase->is_string()) {
        progress.phase = std::string(phase->as_string());
    }
    progress.bytes_done = number("bytes_done");
    progress.bytes_total = number("bytes_total");
    progress.tables_done = number("tables_done");
    progress.tables_total = number("tables_total");
    return progress;
}

}  // namespace backupwatch
