#include "visit.hpp"

#include "async/either.hpp"
#include "core/failure.hpp"
#include "exit_code.hpp"
#include "foreground.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/json/array.hpp>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace backupwatch {
namespace {

namespace json = boost::json;

constexpr auto between_looks_for_news = std::chrono::milliseconds(20);
/// Whoever ended the server says why within.
constexpr auto longest_explanation = std::chrono::seconds(3);

std::string text_in(const json::object& news, const char* name) {
    const json::value* value = news.if_contains(name);
    if (value != nullptr && value->is_string()) return std::string(value->get_string());
    throw Failure(Failure::Kind::internal, "the daemon's answer cannot be read");
}

/// Of the folders above we may not even know that they are closed.
void require_entry(const std::filesystem::path& socket_folder) {
    const auto socket = socket_folder / ".s.PGSQL.5432";
    if (::access(socket.c_str(), R_OK | W_OK) == 0) return;
    throw Failure(
        Failure::Kind::denied,
        "the backup lies open, but you may not enter " + socket_folder.string(),
        "Run this as root: sudo backupwatch open ..."
    );
}

/// No value in it has a letter that libpq would take for more than itself.
std::string conninfo_of(const json::object& news) {
    return "host=" + text_in(news, "socket_folder") + " port=5432 user=" + text_in(news, "user") +
           " dbname=" + text_in(news, "database");
}

std::vector<std::string> psql_arguments(const json::object& news) {
    std::vector<std::string> arguments;
    // A script wants the same result whoever runs it; a person their own settings.
    if (::isatty(STDIN_FILENO) == 0) arguments.emplace_back("--no-psqlrc");
    const std::string prompt = text_in(news, "prompt");
    arguments.push_back("--set=PROMPT1=" + prompt);
    arguments.push_back("--set=PROMPT2=" + prompt);
    arguments.push_back("--dbname=" + conninfo_of(news));
    return arguments;
}

std::vector<std::string> pg_dump_arguments(const json::object& news) {
    // Whom it belonged to is of no use where it goes: there are other roles.
    std::vector<std::string> arguments{"--no-owner", "--no-privileges"};
    for (const json::value& table : news.at("tables").as_array()) {
        arguments.push_back("--table=" + std::string(table.as_string()));
    }
    arguments.push_back("--dbname=" + conninfo_of(news));
    return arguments;
}

}  // namespace

Task<Reply> Visit::during(Task<Reply> work) {
    if (invocation_.request.verb != "open") co_return co_await std::move(work);
    auto keeping = keep(std::move(work));
    auto attending = attend();
    co_await either(std::move(keeping), std::move(attending));
    co_return std::move(reply_);
}

Task<> Visit::keep(Task<Reply> work) {
    reply_ = co_await std::move(work);
}

Task<> Visit::attend() {
    co_await await_news();
    require_entry(text_in(*news_, "socket_folder"));
    const int exit_code = co_await run_program();
    const bool is_export = invocation_.request.options.contains("export");
    if (exit_code == 0) {
        // A table may be cut short by what went wrong, and nobody reads what a script is told.
        if (is_export && !news_->at("is_whole").as_bool()) reply_.exit_code = work_failed;
        co_return;
    }
    asio::steady_timer explanation(co_await asio::this_coro::executor, longest_explanation);
    co_await explanation.async_wait(asio::use_awaitable);
    reply_.exit_code = work_failed;
    reply_.text = std::string("error: ") + (is_export ? "pg_dump" : "psql") +
                  " ended with exit code " + std::to_string(exit_code) + "\n";
    reply_.document = json::object{{"error", reply_.text}};
}

Task<> Visit::await_news() const {
    asio::steady_timer pause(co_await asio::this_coro::executor);
    while (!news_) {
        pause.expires_after(between_looks_for_news);
        co_await pause.async_wait(asio::use_awaitable);
    }
}

Task<int> Visit::run_program() {
    const json::object& news = *news_;
    const std::filesystem::path programs = text_in(news, "programs");
    const bool is_export = invocation_.request.options.contains("export");
    const auto executor = co_await asio::this_coro::executor;
    line_.clear();
    line_.say(text_in(news, "text"));
    Foreground program(
        executor,
        programs / (is_export ? "pg_dump" : "psql"),
        is_export ? pg_dump_arguments(news) : psql_arguments(news)
    );
    has_terminal_ = true;
    const int exit_code = co_await program.wait();
    has_terminal_ = false;
    co_return exit_code;
}

}  // namespace backupwatch
