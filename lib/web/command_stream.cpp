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

#include <deque>
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

/// What there is to tell while it goes on.
struct Meanwhile {
    std::optional<Progress> progress{};  ///< the newest alone
    std::deque<json::object> news{};
};

/// Whatever goes wrong becomes the reply, but for a cancellation: nobody waits for one then.
Task<> run_verb(World& world, WebRequest asked, Meanwhile& meanwhile, Reply& reply) {
    const std::string& name = asked.target;
    try {
        const Verb& verb = find_verb(name);
        Request request = parse_request(name, asked.body);
        request.asker.uid = asked.user;
        request.asker.hears = [&meanwhile](json::object news) {
            meanwhile.news.push_back(std::move(news));
        };
        ProgressSink note = [&meanwhile](const Progress& now) { meanwhile.progress = now; };
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
Task<> show(Meanwhile& meanwhile, BodyWriter& lines) {
    auto executor = co_await asio::this_coro::executor;
    asio::steady_timer timer(executor);
    for (;;) {
        timer.expires_after(pause);
        co_await timer.async_wait(asio::use_awaitable);
        if (const auto progress = std::exchange(meanwhile.progress, std::nullopt)) {
            const json::object line{{"progress", to_json(*progress)}};
            co_await lines.write(json_text(line) + "\n");
        }
        while (!meanwhile.news.empty()) {
            const json::object line{{"news", std::move(meanwhile.news.front())}};
            meanwhile.news.pop_front();
            co_await lines.write(json_text(line) + "\n");
        }
    }
}

std::optional<json::object> member_of(std::string_view line, const char* name) {
    boost::system::error_code error;
    const json::value value = json::parse(line, error);
    if (error || !value.is_object()) return std::nullopt;
    const json::value* entry = value.as_object().if_contains(name);
    if (entry == nullptr || !entry->is_object()) return std::nullopt;
    return entry->as_object();
}

}  // namespace

Task<> stream_command(std::shared_ptr<World> world, WebRequest request, BodyWriter& lines) {
    Meanwhile meanwhile;
    Reply reply;
    auto work = run_verb(*world, std::move(request), meanwhile, reply);
    auto showing = show(meanwhile, lines);
    co_await either(std::move(work), std::move(showing));
    co_await lines.write(json_text(to_json(reply)) + "\n");
}

std::optional<Progress> parse_progress(std::string_view line) {
    const auto object = member_of(line, "progress");
    if (!object) return std::nullopt;
    const auto number = [&object](const char* key) -> std::uint64_t {
        const json::value* field = object->if_contains(key);
        if (field == nullptr || !field->is_number()) return 0;
        return field->to_number<std::uint64_t>();
    };
    Progress progress;
    if (const auto* phase = object->if_contains("phase"); phase && phase->is_string()) {
        progress.phase = std::string(phase->as_string());
    }
    progress.bytes_done = number("bytes_done");
    progress.bytes_total = number("bytes_total");
    progress.tables_done = number("tables_done");
    progress.tables_total = number("tables_total");
    return progress;
}

std::optional<json::object> parse_news(std::string_view line) {
    return member_of(line, "news");
}

}  // namespace backupwatch
