#include "postgres/version.hpp"

#include "async/scope.hpp"
#include "process/process.hpp"

#include <boost/asio/io_context.hpp>

#include <cctype>
#include <charconv>
#include <chrono>
#include <utility>

namespace backupwatch {
namespace {

constexpr std::chrono::seconds limit{5};

Task<> ask(std::filesystem::path program, std::optional<std::string>& version) {
    Command command{.program = std::move(program), .arguments = {"--version"}};
    const Exit exit = co_await run_process(std::move(command), limit);
    if (exit.ok()) version = parse_version(exit.output);
}

}  // namespace

std::optional<std::string> parse_version(std::string_view said) {
    constexpr std::string_view mark = "(PostgreSQL) ";
    const auto begin = said.find(mark);
    if (begin == said.npos) return std::nullopt;
    said.remove_prefix(begin + mark.size());
    const std::string version(said.substr(0, said.find_first_of(" \n")));
    if (version.empty() || std::isdigit(static_cast<unsigned char>(version[0])) == 0) {
        return std::nullopt;
    }
    return version;
}

int major_of(std::string_view version) {
    int major = 0;
    std::from_chars(version.data(), version.data() + version.size(), major);
    return major;
}

std::optional<std::string> ask_version(const std::filesystem::path& program) {
    // A loop of its own: this is for threads that have none.
    asio::io_context loop(1);
    std::optional<std::string> version;
    const auto cannot_tell = [](const std::string&, const std::string&) {};
    Scope scope(loop.get_executor(), cannot_tell);
    scope.spawn("version", ask(program, version));
    loop.run();
    return version;
}

}  // namespace backupwatch
