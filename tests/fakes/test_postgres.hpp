#pragma once
#include <sys/types.h>

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace backupwatch {

/// A real PostgreSQL for tests: in a temporary folder of its own, gone with the object. Blocking.
/// As root its programs run as nobody. Throws std::runtime_error with what PostgreSQL said.
class TestPostgres {
  public:
    struct Options {
        bool tcp = false;  ///< also on 127.0.0.1, where passwords are asked for
        std::vector<std::pair<std::string, std::string>> settings{};
        std::filesystem::path bin = "/usr/lib/postgresql/15/bin";
        bool is_copied = false;  ///< copy_kept_cluster(): for one that is never compared to another
    };

    static constexpr const char* superuser = "postgres";

    TestPostgres() : TestPostgres(Options{}) {}
    explicit TestPostgres(Options options);
    ~TestPostgres();
    TestPostgres(const TestPostgres&) = delete;
    TestPostgres& operator=(const TestPostgres&) = delete;

    /// One for all tests of this process, without TCP, started when first asked for.
    static TestPostgres& shared();

    /// A connection string over the socket, where nobody asks for a password.
    std::string url(const std::string& database, const std::string& user = superuser) const;
    /// The same over 127.0.0.1.
    std::string tcp_url(
        const std::string& database, const std::string& user, const std::string& password
    ) const;

    /// Runs statements as the superuser; several are one transaction.
    void execute(const std::string& database, const std::string& sql) const;
    /// Runs a script as psql does, each statement on its own.
    void execute_file(const std::string& database, const std::filesystem::path& script) const;
    /// The first value of the first row, or empty.
    std::string value(const std::string& database, const std::string& sql) const;
    /// An empty database; one of that name goes first.
    void create_database(const std::string& database, const std::string& options = {}) const;
    /// One of the server's programs, such as pg_dump, with its server's place in the environment.
    void run(const std::string& program, const std::vector<std::string>& arguments) const;

    /// SIGKILL to the server: a crash. It does not come back.
    void crash();

    const std::filesystem::path& socket_folder() const { return folder_; }
    const std::filesystem::path& bin() const { return options_.bin; }
    int port() const { return port_; }
    pid_t pid() const { return server_; }

  private:
    void initialise() const;
    void start();
    void wait_until_ready() const;
    void end();

    Options options_;
    std::filesystem::path folder_;
    int port_ = 5432;
    pid_t server_ = -1;
};

}  // namespace backupwatch
