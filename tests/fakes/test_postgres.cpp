#include "fakes/test_postgres.hpp"

#include "fakes/kept_clusters.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <libpq-fe.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <thread>

namespace backupwatch {
namespace {

namespace fs = std::filesystem;

constexpr uid_t nobody = 65534;
constexpr auto patience = std::chrono::seconds(30);

std::string contents(const fs::path& file) {
    std::ostringstream text;
    text << std::ifstream(file).rdbuf();
    return text.str();
}

/// Begins a program whose output goes to `log`, in an environment of its own.
pid_t spawn(
    const fs::path& program,
    const std::vector<std::string>& arguments,
    const std::vector<std::string>& environment,
    const fs::path& log
) {
    std::vector<const char*> argv{program.c_str()};
    for (const auto& argument : arguments) argv.push_back(argument.c_str());
    argv.push_back(nullptr);
    std::vector<const char*> envp;
    for (const auto& variable : environment) envp.push_back(variable.c_str());
    envp.push_back(nullptr);
    const std::string folder = log.parent_path();

    const pid_t child = ::fork();
    if (child != 0) return child;
    const int output = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    const int nothing = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    ::dup2(nothing, STDIN_FILENO);
    ::dup2(output, STDOUT_FILENO);
    ::dup2(output, STDERR_FILENO);
    const bool root = ::geteuid() == 0;
    if (root && (::setgid(nobody) != 0 || ::setuid(nobody) != 0)) ::_exit(126);
    // A test that crashes takes its server along. After setuid, which would forget it.
    ::prctl(PR_SET_PDEATHSIG, SIGQUIT);
    if (::chdir(folder.c_str()) != 0) ::_exit(126);
    ::execve(
        program.c_str(),
        const_cast<char* const*>(argv.data()),
        const_cast<char* const*>(envp.data())
    );
    ::_exit(127);
}

int free_port() {
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = ::htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    const bool found =
        ::bind(socket, generic, size) == 0 && ::getsockname(socket, generic, &size) == 0;
    ::close(socket);
    if (!found) throw std::runtime_error("no free port on 127.0.0.1");
    return ::ntohs(address.sin_port);
}

struct Finish {
    void operator()(PGconn* connection) const { PQfinish(connection); }
    void operator()(PGresult* result) const { PQclear(result); }
};

std::unique_ptr<PGresult, Finish> execute_at(const std::string& url, const std::string& sql) {
    const std::unique_ptr<PGconn, Finish> connection(
        PQconnectdb((url + " client_encoding=UTF8").c_str())
    );
    PQsetNoticeReceiver(
        connection.get(), [](void*, const PGresult*) {}, nullptr
    );
    std::unique_ptr<PGresult, Finish> result(PQexec(connection.get(), sql.c_str()));
    const auto status = PQresultStatus(result.get());
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
        throw std::runtime_error(sql.substr(0, 200) + ": " + PQerrorMessage(connection.get()));
    }
    return result;
}

}  // namespace

TestPostgres::TestPostgres(Options options) : options_(std::move(options)) {
    std::string pattern = fs::temp_directory_path() / "backupwatch-test-XXXXXX";
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder");
    folder_ = pattern;
    if (::geteuid() == 0 && ::chown(folder_.c_str(), nobody, nobody) != 0) {
        throw std::runtime_error("cannot give the temporary folder to nobody");
    }
    if (options_.tcp) port_ = free_port();
    try {
        const auto make = [this] { initialise(); };
        if (options_.is_copied) {
            copy_kept_cluster(folder_ / "data", options_.bin, nobody, make);
        } else {
            make();
        }
        start();
        wait_until_ready();
    } catch (...) {
        end();
        throw;
    }
}

TestPostgres::~TestPostgres() {
    end();
}

TestPostgres& TestPostgres::shared() {
    static TestPostgres server(Options{.is_copied = true});
    return server;
}

void TestPostgres::initialise() const {
    run("initdb",
        {"--pgdata=data",
         "--no-sync",
         "--auth-local=trust",
         "--auth-host=scram-sha-256",
         "--encoding=UTF8",
         "--locale=C.UTF-8",
         std::string("--username=") + superuser});
}

void TestPostgres::start() {
    std::vector<std::string> arguments{"-D", folder_ / "data", "-k", folder_};
    auto settings = options_.settings;
    settings.emplace_back("port", std::to_string(port_));
    settings.emplace_back("listen_addresses", options_.tcp ? "127.0.0.1" : "");
    settings.emplace_back("fsync", "off");
    settings.emplace_back("autovacuum", "off");
    settings.emplace_back("shared_buffers", "32MB");
    for (const auto& [name, value] : settings) {
        arguments.push_back("-c");
        arguments.push_back(name + "=" + value);
    }
    server_ = spawn(options_.bin / "postgres", arguments, {"LC_ALL=C.UTF-8"}, folder_ / "log");
}

void TestPostgres::wait_until_ready() const {
    const auto end = std::chrono::steady_clock::now() + patience;
    while (PQping(url("postgres").c_str()) != PQPING_OK) {
        const bool dead = ::kill(server_, 0) != 0 || ::waitpid(server_, nullptr, WNOHANG) != 0;
        if (dead || std::chrono::steady_clock::now() > end) {
            throw std::runtime_error(
                "the test server does not start: " + contents(folder_ / "log")
            );
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
}

void TestPostgres::end() {
    if (server_ > 0) {
        ::kill(server_, SIGQUIT);
        ::waitpid(server_, nullptr, 0);
        server_ = -1;
    }
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
}

void TestPostgres::crash() {
    ::kill(server_, SIGKILL);
    ::waitpid(server_, nullptr, 0);
    server_ = -1;
}

std::string TestPostgres::url(const std::string& database, const std::string& user) const {
    return "host='" + folder_.string() + "' port=" + std::to_string(port_) + " user='" + user +
           "' dbname='" + database + "'";
}

std::string TestPostgres::tcp_url(
    const std::string& database, const std::string& user, const std::string& password
) const {
    return "postgresql://" + user + ":" + password + "@127.0.0.1:" + std::to_string(port_) + "/" +
           database;
}

void TestPostgres::execute(const std::string& database, const std::string& sql) const {
    execute_at(url(database), sql);
}

void TestPostgres::execute_file(const std::string& database, const fs::path& script) const {
    // nobody may not be able to read the file where it is.
    const fs::path copy = folder_ / "script.sql";
    std::ofstream(copy) << contents(script);
    run("psql", {"-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", database, "-f", copy});
}

std::string TestPostgres::value(const std::string& database, const std::string& sql) const {
    const auto result = execute_at(url(database), sql);
    return PQntuples(result.get()) == 0 ? std::string() : PQgetvalue(result.get(), 0, 0);
}

void TestPostgres::create_database(const std::string& database, const std::string& options) const {
    execute("postgres", "DROP DATABASE IF EXISTS \"" + database + "\" WITH (FORCE)");
    execute("postgres", "CREATE DATABASE \"" + database + "\" " + options);
}

void TestPostgres::run(const std::string& program, const std::vector<std::string>& arguments)
    const {
    const fs::path log = folder_ / (program + ".log");
    fs::remove(log);
    const std::vector<std::string> environment{
        "PGHOST=" + folder_.string(),
        "PGPORT=" + std::to_string(port_),
        std::string("PGUSER=") + superuser,
        "LC_ALL=C.UTF-8",
    };
    const pid_t child = spawn(options_.bin / program, arguments, environment, log);
    int status = 0;
    ::waitpid(child, &status, 0);
    if (status != 0) throw std::runtime_error(program + " failed: " + contents(log));
}

}  // namespace backupwatch
