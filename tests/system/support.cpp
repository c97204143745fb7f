#include "system/support.hpp"

#include "process/process.hpp"
#include "process/process_table.hpp"

#include <boost/json/parse.hpp>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/close_range.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <ctime>
#include <exception>
#include <fstream>
#include <iostream>
#include <sstream>
#include <stdexcept>
#include <thread>

namespace backupwatch {
namespace {

namespace fs = std::filesystem;
using SteadyClock = std::chrono::steady_clock;

fs::path make_folder() {
    std::string name = fs::temp_directory_path() / "backupwatch-system-XXXXXX";
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
    // As root, the drill's user passes through it to what is its own.
    fs::permissions(name, fs::perms(0711));
    return name;
}

void remove_folder(const fs::path& folder) {
    kill_processes_in(folder);
    std::error_code ignored;
    fs::remove_all(folder, ignored);
}

struct WorkFolder {
    ~WorkFolder() { remove_folder(path); }
    const fs::path path = make_folder();
};

std::string command_line(pid_t pid) {
    std::string text = read_text("/proc/" + std::to_string(pid) + "/cmdline");
    std::replace(text.begin(), text.end(), '\0', ' ');
    return text;
}

bool works_below(pid_t pid, const fs::path& folder) {
    std::error_code gone;
    const std::string cwd = fs::read_symlink("/proc/" + std::to_string(pid) + "/cwd", gone);
    return !gone && (cwd + "/").starts_with(folder.string() + "/");
}

/// A lock, or a template that is complete: `MAJOR-USER-REVISION-HASH-VERSION`.
bool is_kept(const fs::path& of_templates) {
    const std::string name = of_templates.filename();
    return name.ends_with(".lock") || std::count(name.begin(), name.end(), '-') == 4;
}

}  // namespace

void await(
    const std::string& what, const std::function<bool()>& is_so, std::chrono::seconds limit
) {
    const auto deadline = SteadyClock::now() + limit;
    while (!is_so()) {
        if (SteadyClock::now() > deadline) throw std::runtime_error("waited in vain: " + what);
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
}

boost::json::value Ran::json() const {
    boost::system::error_code error;
    auto value = boost::json::parse(out, error);
    if (error) throw std::runtime_error("no JSON document: \"" + out + "\", " + err);
    return value;
}

Running::Running(
    std::vector<std::string> arguments,
    fs::path folder,
    std::optional<unsigned> most_descriptors,
    fs::path input,
    const std::vector<std::string>& under
) {
    static std::atomic<int> runs = 0;
    const std::string name = "run-" + std::to_string(++runs);
    out_ = folder / (name + ".out");
    err_ = folder / (name + ".err");
    std::vector<const char*> argv;
    for (const auto& word : under) argv.push_back(word.c_str());
    argv.push_back(PROGRAM);
    for (const auto& argument : arguments) argv.push_back(argument.c_str());
    argv.push_back(nullptr);

    pid_ = ::fork();
    if (pid_ != 0) return;
    ::dup2(::open(input.c_str(), O_RDONLY | O_CLOEXEC), STDIN_FILENO);
    ::dup2(::open(out_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600), STDOUT_FILENO);
    ::dup2(::open(err_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600), STDERR_FILENO);
    ::close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC);
    if (most_descriptors) {
        const rlimit limit{*most_descriptors, *most_descriptors};
        if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) ::_exit(126);
    }
    ::execvp(argv.front(), const_cast<char* const*>(argv.data()));
    ::_exit(127);
}

Running::~Running() {
    if (!has_ended()) {
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
    }
    // Of a program that was killed, or whose exit code no test looks at, only this tells.
    const std::string said = errors();
    const bool test_fails = std::uncaught_exceptions() > 0 || testing::Test::HasFailure();
    if (test_fails) std::cerr << "what the program said:\n" << said;
    for (const char* report : {"Sanitizer: ", "runtime error: "}) {
        if (said.find(report) != said.npos) ADD_FAILURE() << said;
    }
}

void Running::send(int signal) const {
    if (!exit_code_) ::kill(pid_, signal);
}

bool Running::has_ended() {
    int status = 0;
    if (!exit_code_ && ::waitpid(pid_, &status, WNOHANG) == pid_) {
        exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }
    return exit_code_.has_value();
}

Ran Running::wait(std::chrono::seconds limit) {
    const auto deadline = SteadyClock::now() + limit;
    while (!has_ended()) {
        if (SteadyClock::now() > deadline) {
            throw std::runtime_error("the program runs on; it said: " + errors());
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    return {*exit_code_, read_text(out_), errors()};
}

std::string Running::errors() const {
    return read_text(err_);
}

Site::Site(std::string url, std::string database)
    : url_(std::move(url)), database_(std::move(database)), folder_(make_folder()) {
    configure("");
}

std::string days_away() {
    constexpr const char* days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    const std::time_t now = std::time(nullptr);
    std::tm today{};
    ::gmtime_r(&now, &today);
    return std::string(days[(today.tm_wday + 3) % 7]) + " 12:00";
}

Site::~Site() {
    remove_folder(folder_);
}

void Site::configure(const std::string& set, const std::string& rest) const {
    write_config("        take: \"" + days_away() + "\"\n" + set, rest);
}

void Site::configure_without_take(const std::string& set) const {
    write_config("        every: 1d\n" + set, "");
}

void Site::listen_on(int port) {
    port_ = port;
    configure("");
}

void Site::write_config(const std::string& set, const std::string& rest) const {
    std::ostringstream yaml;
    yaml << "state_dir: " << state().string() << "\n"
         << "control_socket: " << control_socket().string() << "\n"
         << "work_dir: " << work().string() << "\n"
         << "http: {listen: \"127.0.0.1:" << port_ << "\"}\n"
         << "databases:\n"
         << "  - name: " << database_ << "\n"
         << "    url: \"" << url_ << "\"\n"
         << "    backups:\n"
         << "      - name: nightly\n"
         << "        source: dump\n"
         << "        directory: " << dumps().string() << "\n"
         << set << rest;
    write_text(config(), yaml.str());
}

fs::path Site::work() const {
    static const WorkFolder shared;
    return shared.path;
}

std::unique_ptr<Running> Site::start(
    std::vector<std::string> arguments, std::optional<unsigned> most_descriptors
) const {
    arguments.insert(arguments.begin(), {"--config", config().string()});
    return std::make_unique<Running>(std::move(arguments), folder_, most_descriptors);
}

std::unique_ptr<Running> Site::start_under(
    const std::vector<std::string>& tracer, std::vector<std::string> arguments
) const {
    arguments.insert(arguments.begin(), {"--config", config().string()});
    return std::make_unique<Running>(
        std::move(arguments), folder_, std::nullopt, "/dev/null", tracer
    );
}

std::unique_ptr<Running> Site::start_with_input(
    std::vector<std::string> arguments, const std::string& input
) const {
    static int inputs = 0;
    const fs::path file = folder_ / ("input-" + std::to_string(++inputs));
    write_text(file, input);
    arguments.insert(arguments.begin(), {"--config", config().string()});
    return std::make_unique<Running>(std::move(arguments), folder_, std::nullopt, file);
}

Ran Site::run(std::vector<std::string> arguments) const {
    return start(std::move(arguments))->wait();
}

std::string Site::take_backup() const {
    const Ran ran = run({"backup", database_, "--json"});
    if (ran.exit_code != 0) throw std::runtime_error("the backup failed: " + ran.err);
    return std::string(ran.json().at("backup").at("id").as_string());
}

Ran Site::drill(const std::string& id) const {
    return run({"drill", database_, "--backup", id, "--json"});
}

std::vector<std::string> Site::completed() const {
    const Ran ran = run({"list", database_, "--json"});
    if (ran.exit_code != 0) throw std::runtime_error("cannot list: " + ran.err);
    std::vector<std::string> ids;
    const auto list = ran.json();
    for (const auto& backup : list.at("backups").as_array()) {
        if (backup.at("status").as_string() == "completed")
            ids.emplace_back(backup.at("id").as_string());
    }
    return ids;
}

std::vector<std::string> Site::left_behind() const {
    std::vector<std::string> found;
    for (const pid_t pid : all_processes()) {
        if (!works_below(pid, folder_) && !works_below(pid, work())) continue;
        found.push_back("process " + std::to_string(pid) + ": " + command_line(pid));
    }
    std::error_code missing;
    for (const auto& entry : fs::directory_iterator(dumps(), missing)) {
        const std::string name = entry.path().filename();
        if (name.starts_with(".")) found.push_back("folder " + entry.path().string());
    }
    for (const auto& entry : fs::directory_iterator(work(), missing)) {
        if (entry.path().filename() == "templates") continue;
        found.push_back("folder " + entry.path().string());
    }
    for (const auto& entry : fs::directory_iterator(work() / "templates", missing)) {
        if (is_kept(entry.path())) continue;
        found.push_back("template " + entry.path().string());
    }
    return found;
}

std::vector<pid_t> processes_in(const fs::path& folder, const std::string& words) {
    std::vector<pid_t> found;
    for (const pid_t pid : all_processes()) {
        if (!works_below(pid, folder)) continue;
        if (command_line(pid).find(words) != std::string::npos) found.push_back(pid);
    }
    return found;
}

std::optional<pid_t> process_in(const fs::path& folder, const std::string& words) {
    const auto found = processes_in(folder, words);
    return found.empty() ? std::nullopt : std::optional(found.front());
}

pid_t await_process_in(const fs::path& folder, const std::string& words) {
    std::optional<pid_t> found;
    await("a process in " + folder.string() + " with \"" + words + "\"", [&] {
        found = process_in(folder, words);
        return found.has_value();
    });
    return *found;
}

pid_t await_worker_in(const fs::path& folder, const std::string& words) {
    pid_t found = 0;
    await("a worker in " + folder.string() + " with \"" + words + "\"", [&] {
        const auto all = processes_in(folder, words);
        for (const pid_t pid : all) {
            if (std::ranges::count(all, parent_of(pid)) > 0) found = pid;
        }
        return found != 0;
    });
    return found;
}

pid_t parent_of(pid_t pid) {
    const std::string row = read_text("/proc/" + std::to_string(pid) + "/stat");
    const auto name_end = row.rfind(')');
    if (name_end == std::string::npos) return 0;
    std::istringstream fields(row.substr(name_end + 2));
    char state = 0;
    pid_t parent = 0;
    fields >> state >> parent;
    return parent;
}

std::string read_text(const fs::path& file) {
    std::ostringstream text;
    text << std::ifstream(file, std::ios::binary).rdbuf();
    return text.str();
}

void write_text(const fs::path& file, const std::string& text) {
    std::ofstream stream(file, std::ios::binary | std::ios::trunc);
    stream << text;
    if (!stream.flush()) throw std::runtime_error("cannot write " + file.string());
}

std::map<std::string, std::string> contents_of(const fs::path& folder) {
    std::map<std::string, std::string> contents;
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
        if (!entry.is_regular_file()) continue;
        contents[entry.path().lexically_relative(folder).string()] = read_text(entry.path());
    }
    return contents;
}

void load(const TestPostgres& server, const std::string& database, const std::string& script) {
    server.create_database(database);
    // The server's user may not be able to read the script where it is.
    const fs::path copy = server.socket_folder() / (database + ".sql");
    write_text(copy, read_text(fs::path(SOURCE_DIR) / "tests/databases" / script));
    server.run(
        "psql",
        {"-X", "-q", "-v", "ON_ERROR_STOP=1", "-v", "scale=0.02", "-d", database, "-f", copy}
    );
}

fs::path create_held(const TestPostgres& server, const std::string& database) {
    const fs::path gate = server.socket_folder() / (database + ".gate");
    write_text(gate, "");
    server.create_database(database);
    server.execute(
        database,
        "CREATE TABLE posts AS SELECT i AS id FROM generate_series(1, 100) AS i;"
        "CREATE FUNCTION held(int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS $$ BEGIN "
        "WHILE pg_catalog.pg_stat_file('" +
            gate.string() +
            "', true) IS NULL LOOP PERFORM pg_catalog.pg_sleep(0.05); END LOOP;"
            "RETURN $1; END $$;"
            "CREATE INDEX ON posts (held(id))"
    );
    fs::remove(gate);
    // The throw-away server's user looks for it.
    fs::permissions(server.socket_folder(), fs::perms(0711));
    return gate;
}

}  // namespace backupwatch
