#pragma once
#include "fakes/test_postgres.hpp"

#include <boost/json/value.hpp>
#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace backupwatch {

/// Waits until it is so. Throws std::runtime_error that names it when it is not within `limit`.
void await(
    const std::string& what,
    const std::function<bool()>& is_so,
    std::chrono::seconds limit = std::chrono::seconds(60)
);

/// What a run of the program gave; a signal that ended it is 128 and its number, as in a shell.
struct Ran {
    int exit_code = -1;
    std::string out;
    std::string err;

    boost::json::value json() const;
};

/// The program while it runs. One that still runs when this goes is killed.
class Running {
  public:
    /// It never has more than so many descriptors, and reads `input`; `under` starts it.
    Running(
        std::vector<std::string> arguments,
        std::filesystem::path folder,
        std::optional<unsigned> most_descriptors = {},
        std::filesystem::path input = "/dev/null",
        const std::vector<std::string>& under = {}
    );
    ~Running();
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;

    void send(int signal) const;
    pid_t pid() const { return pid_; }
    bool has_ended();
    /// Throws std::runtime_error, with what it said, when it has not ended within `limit`.
    Ran wait(std::chrono::seconds limit = std::chrono::seconds(120));
    std::string errors() const;

  private:
    pid_t pid_ = -1;
    std::filesystem::path out_;
    std::filesystem::path err_;
    std::optional<int> exit_code_;
};

/// A slot that no test lives to see.
std::string days_away();

/// One installation of backupwatch, in a temporary folder: its configuration, its dumps, its state.
/// It watches one database with one set, `nightly`, whose `take` is days away.
class Site {
  public:
    explicit Site(std::string url, std::string database = "shop");
    ~Site();
    Site(const Site&) = delete;
    Site& operator=(const Site&) = delete;

    /// Writes the configuration anew. `set` and `rest` are lines of YAML that go into the set, and
    /// behind all.
    void configure(const std::string& set, const std::string& rest = {}) const;
    /// The set is only watched: its dumps come from elsewhere.
    void configure_without_take(const std::string& set = {}) const;
    void listen_on(int port);

    std::unique_ptr<Running> start(
        std::vector<std::string> arguments, std::optional<unsigned> most_descriptors = {}
    ) const;
    /// By strace, which holds it or ends it at a system call: such a command line without the
    /// program's.
    std::unique_ptr<Running> start_under(
        const std::vector<std::string>& tracer, std::vector<std::string> arguments
    ) const;
    Ran run(std::vector<std::string> arguments) const;
    /// With that on its standard input.
    std::unique_ptr<Running> start_with_input(
        std::vector<std::string> arguments, const std::string& input
    ) const;

    /// Takes a backup, which must succeed, and returns its id.
    std::string take_backup() const;
    /// `drill --json` of that backup.
    Ran drill(const std::string& id) const;
    /// The backups that `list` calls completed.
    std::vector<std::string> completed() const;

    /// Everything that no command may leave: processes that work below this folder, folders of
    /// dumps and drills that were begun, templates that are half made. Each in words.
    std::vector<std::string> left_behind() const;

    std::filesystem::path config() const { return folder_ / "config.yaml"; }
    std::filesystem::path dumps() const { return folder_ / "dumps"; }
    /// The same for all sites of a test program: PostgreSQL's template is made there once.
    std::filesystem::path work() const;
    std::filesystem::path state() const { return folder_ / "state"; }
    std::filesystem::path control_socket() const { return folder_ / "control.sock"; }

  private:
    void write_config(const std::string& set, const std::string& rest) const;

    std::string url_;
    std::string database_;
    int port_ = 0;
    std::filesystem::path folder_;
};

/// The processes that work in `folder`, or below it, and whose command lines have `words`.
std::vector<pid_t> processes_in(const std::filesystem::path& folder, const std::string& words);
/// The first of them.
std::optional<pid_t> process_in(const std::filesystem::path& folder, const std::string& words);
pid_t await_process_in(const std::filesystem::path& folder, const std::string& words);
/// Of the several that a program makes of itself, one that another of them started.
pid_t await_worker_in(const std::filesystem::path& folder, const std::string& words);
/// What started it.
pid_t parent_of(pid_t pid);

std::string read_text(const std::filesystem::path& file);
void write_text(const std::filesystem::path& file, const std::string& text);
/// Every file below it with its bytes.
std::map<std::string, std::string> contents_of(const std::filesystem::path& folder);

/// Runs a script of tests/databases in a new database.
void load(const TestPostgres& server, const std::string& database, const std::string& script);
/// Makes a database with an index that is built only while a file is there, and returns that file:
/// a drill is held until it is written.
std::filesystem::path create_held(const TestPostgres& server, const std::string& database);

}  // namespace backupwatch
