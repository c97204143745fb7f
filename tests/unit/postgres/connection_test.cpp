#include "postgres/libpq.hpp"
#include "support/wrong_wake_up.hpp"
#include "unit/postgres/session.hpp"

#include <arpa/inet.h>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace backupwatch {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// With TCP and a role that has a password; one for the tests that need it.
const TestPostgres& server_with_passwords() {
    static const TestPostgres tcp([] {
        TestPostgres::Options options;
        options.tcp = true;
        return options;
    }());
    static const bool prepared = [] {
        tcp.execute("postgres", "CREATE ROLE ann LOGIN PASSWORD 'hunter2'");
        return true;
    }();
    static_cast<void>(prepared);
    return tcp;
}

Failure refused(const std::string& conninfo) {
    return failure_of([&] { Session session(conninfo); });
}

/// A port that takes connections and never says a word.
class SilentPort {
  public:
    SilentPort() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof(address);
        auto* generic = reinterpret_cast<sockaddr*>(&address);
        EXPECT_EQ(::bind(socket_, generic, size), 0);
        EXPECT_EQ(::listen(socket_, 4), 0);
        EXPECT_EQ(::getsockname(socket_, generic, &size), 0);
        port_ = ntohs(address.sin_port);
    }
    ~SilentPort() { ::close(socket_); }
    SilentPort(const SilentPort&) = delete;
    SilentPort& operator=(const SilentPort&) = delete;
    std::string port() const { return std::to_string(port_); }

  private:
    int socket_;
    int port_ = 0;
};

TEST(Connect, tells_the_server_who_it_is_unless_the_url_does) {
    Session ours(server().url("postgres"));
    Session named(server().url("postgres") + " application_name=nightly");

    EXPECT_EQ(ours.value("SHOW application_name"), "backupwatch");
    EXPECT_EQ(named.value("SHOW application_name"), "nightly");
    EXPECT_EQ(ours.connection->server_version() / 10000, 15);
}

TEST(Connect, speaks_utf8_whatever_the_database_and_the_role_say) {
    server().create_database("latin", "ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0");
    server().execute("latin", "CREATE TABLE \"Groß\" (a text); INSERT INTO \"Groß\" VALUES ('é')");
    Session session(server().url("latin"));

    EXPECT_EQ(session.value("SELECT a FROM \"Groß\""), "é");
}

TEST(Connect, applies_settings_for_the_whole_session) {
    const Connection::Settings settings{
        {"default_transaction_read_only", "on"}, {"TimeZone", "UTC"}};
    Session session(server().url("postgres"), settings);

    const auto failure = failure_of([&] { session.query("CREATE TABLE never (n integer)"); });

    EXPECT_EQ(session.value("SHOW TimeZone"), "UTC");
    EXPECT_EQ(failure.kind(), Failure::Kind::rejected);
    EXPECT_TRUE(says(failure, "ERROR 25006")) << failure.what();
}

TEST(Connect, leaves_out_settings_that_the_server_is_too_old_for) {
    Session session(
        server().url("postgres"), {{"transaction_timeout", "0"}, {"idle_session_timeout", "7s"}}
    );

    EXPECT_EQ(session.value("SHOW idle_session_timeout"), "7s");
}

TEST(Connect, rejects_a_setting_that_does_not_exist) {
    const auto failure = failure_of([&] {
        Session session(server().url("postgres"), {{"no_such_setting", "on"}});
    });

    EXPECT_EQ(failure.kind(), Failure::Kind::rejected);
}

TEST(Connect, is_denied_with_a_wrong_password_and_never_tells_it) {
    const auto& tcp = server_with_passwords();

    const auto wrong = refused(tcp.tcp_url("postgres", "ann", "letmein"));
    const auto none = refused("host=127.0.0.1 user=ann port=" + std::to_string(tcp.port()));
    Session right(tcp.tcp_url("postgres", "ann", "hunter2"));

    EXPECT_EQ(wrong.kind(), Failure::Kind::denied);
    EXPECT_TRUE(says(wrong, "28P01")) << wrong.what();
    EXPECT_FALSE(says(wrong, "letmein")) << wrong.what();
    EXPECT_FALSE(says(wrong, "LOCATION")) << wrong.what();
    EXPECT_EQ(none.kind(), Failure::Kind::denied);
    EXPECT_FALSE(none.hint().empty());
    EXPECT_EQ(right.value("SELECT current_user"), "ann");
}

TEST(Connect, finds_passwords_by_the_name_of_the_host_although_it_gives_addresses) {
    const auto& tcp = server_with_passwords();
    std::string file = std::filesystem::temp_directory_path() / "backupwatch-pass-XXXXXX";
    const int descriptor = ::mkstemp(file.data());
    const std::string line = "localhost:*:*:ann:hunter2\n";
    ASSERT_EQ(::write(descriptor, line.data(), line.size()), static_cast<ssize_t>(line.size()));
    ::close(descriptor);

    Session session(
        "host=localhost dbname=postgres user=ann port=" + std::to_string(tcp.port()) +
        " passfile=" + file
    );

    EXPECT_EQ(session.value("SELECT current_user"), "ann");
    std::filesystem::remove(file);
}

TEST(Connect, goes_on_to_the_next_host_when_one_is_gone) {
    const auto& tcp = server_with_passwords();
    const std::string port = std::to_string(tcp.port());

    Session unknown_first(
        "postgresql://ann:hunter2@nowhere.invalid:" + port + ",localhost:" + port + "/postgres"
    );
    Session refused_first("postgresql://ann:hunter2@localhost:1,localhost:" + port + "/postgres");

    EXPECT_EQ(unknown_first.value("SELECT 1"), "1");
    EXPECT_EQ(refused_first.value("SELECT 1"), "1");
}

TEST(Connect, names_the_host_that_has_no_address) {
    const auto failure = refused("postgresql://ann:hunter2@nowhere.invalid/app");

    EXPECT_EQ(failure.kind(), Failure::Kind::unreachable);
    EXPECT_TRUE(says(failure, "no address of \"nowhere.invalid\"")) << failure.what();
    EXPECT_FALSE(says(failure, "hunter2")) << failure.what();
}

TEST(Connect, is_unreachable_where_nobody_listens) {
    const auto port = refused("postgresql://ann:hunter2@127.0.0.1:1/app");
    const auto socket = refused("host=/nowhere dbname=app");

    EXPECT_EQ(port.kind(), Failure::Kind::unreachable);
    EXPECT_TRUE(says(port, "127.0.0.1:1/app")) << port.what();
    EXPECT_TRUE(says(port, "refused")) << port.what();
    EXPECT_EQ(socket.kind(), Failure::Kind::unreachable);
}

TEST(Connect, says_that_a_database_does_not_exist) {
    const auto failure = refused(server().url("no_such_database"));

    EXPECT_EQ(failure.kind(), Failure::Kind::rejected);
    EXPECT_TRUE(says(failure, "3D000")) << failure.what();
}

TEST(Connect, gives_up_on_a_silent_server_in_time) {
    const SilentPort silent;
    asio::io_context loop(1);
    const Secret conninfo("host=localhost user=ann port=" + silent.port());
    const auto begin = std::chrono::steady_clock::now();

    const auto failure =
        failure_of([&] { run_on(loop, Connection::connect(conninfo, {}, milliseconds(300))); });

    EXPECT_EQ(failure.kind(), Failure::Kind::timeout);
    EXPECT_TRUE(says(failure, "connection to localhost")) << failure.what();
    EXPECT_LT(std::chrono::steady_clock::now() - begin, seconds(5));
}

TEST(Connect, does_not_take_what_was_there_for_another_descriptor_for_its_own) {
    const SilentPort silent;
    const std::string conninfo = "host=127.0.0.1 user=ann port=" + silent.port();
    const ConnectionHandle connection(PQconnectStart(conninfo.c_str()));
    asio::io_context loop(1);
    bool is_ready = false;
    asio::cancellation_signal signal;

    wake_wrongly(loop, milliseconds(300), [&] {
        asio::co_spawn(
            loop,
            socket_ready(*connection, Direction::read),
            asio::bind_cancellation_slot(
                signal.slot(), [&](const std::exception_ptr& failure) { is_ready = !failure; }
            )
        );
    });

    EXPECT_FALSE(is_ready);
    signal.emit(asio::cancellation_type::terminal);
    loop.run();
}

TEST(Query, returns_columns_and_rows_with_their_nulls) {
    Session session(server().url("postgres"));

    const auto result = session.query("SELECT 1 AS a, NULL AS b UNION ALL SELECT 2, '' ORDER BY 1");

    ASSERT_EQ(result.columns, (std::vector<std::string>{"a", "b"}));
    ASSERT_EQ(result.rows.size(), 2u);
    EXPECT_EQ(result.rows[0][0], "1");
    EXPECT_EQ(result.rows[0][1], std::nullopt);
    EXPECT_EQ(result.rows[1][1], "");
}

TEST(Query, returns_the_result_of_the_last_statement) {
    Session session(server().url("postgres"));

    const auto last = session.query("SELECT n FROM generate_series(1, 5) n; SELECT 'x' AS y");
    const auto nothing = session.query("SELECT 1; SELECT 2 AS b WHERE false");
    const auto command = session.query("BEGIN; SELECT 1; COMMIT");

    EXPECT_EQ(last.columns, std::vector<std::string>{"y"});
    EXPECT_EQ(last.single(), "x");
    EXPECT_EQ(nothing.columns, std::vector<std::string>{"b"});
    EXPECT_TRUE(nothing.rows.empty());
    EXPECT_TRUE(command.columns.empty());
    EXPECT_THROW(command.single(), Failure);
}

TEST(Query, fails_with_severity_state_message_and_detail_and_the_session_goes_on) {
    Session session(server().url("postgres"));
    session.query("CREATE TEMPORARY TABLE keys (k integer PRIMARY KEY); INSERT INTO keys VALUES (1)"
    );

    const auto failure = failure_of([&] { session.query("INSERT INTO\n   keys VALUES (1)"); });

    EXPECT_EQ(failure.kind(), Failure::Kind::rejected);
    EXPECT_TRUE(says(failure, "query \"INSERT INTO keys VALUES (1)\"")) << failure.what();
    EXPECT_TRUE(says(failure, "ERROR 23505: duplicate key value")) << failure.what();
    EXPECT_TRUE(says(failure, "(Key (k)=...)")) << failure.what();
    EXPECT_EQ(session.value("SELECT count(*) FROM keys"), "1");
}

TEST(Query, sends_and_receives_texts_larger_than_any_buffer) {
    Session session(server().url("postgres"));
    const std::string text(20'000'000, 'x');

    EXPECT_EQ(session.value("SELECT '" + text + "'"), text);
}

TEST(Query, refuses_a_result_that_would_fill_the_memory) {
    Session session(server().url("postgres"));

    const auto failure = failure_of([&] {
        session.query("SELECT repeat('x', 1000000) AS too_much FROM generate_series(1, 100000)");
    });

    EXPECT_EQ(failure.kind(), Failure::Kind::rejected);
    EXPECT_TRUE(says(failure, "larger than 256 MiB")) << failure.what();
    EXPECT_TRUE(server_forgets(server(), "too_much"));
}

TEST(Query, drops_notices) {
    Session session(server().url("postgres"));

    testing::internal::CaptureStderr();
    session.query("DO $$ BEGIN RAISE WARNING 'noise'; END $$");

    EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

TEST(Query, is_denied_what_the_role_may_not_see) {
    server().execute("postgres", "DROP TABLE IF EXISTS closed; CREATE TABLE closed (n integer)");
    server().execute("postgres", "DROP ROLE IF EXISTS bob; CREATE ROLE bob LOGIN");
    Session session(server().url("postgres", "bob"));

    const auto failure = failure_of([&] { session.query("SELECT * FROM closed"); });

    EXPECT_EQ(failure.kind(), Failure::Kind::denied);
    EXPECT_TRUE(says(failure, "42501")) << failure.what();
    EXPECT_FALSE(failure.hint().empty());
}

TEST(Query, is_denied_rather_than_shown_some_rows_of_a_table_with_policies) {
    server().execute(
        "postgres",
        "DROP TABLE IF EXISTS secrets; DROP ROLE IF EXISTS carl; CREATE ROLE carl LOGIN;"
        "CREATE TABLE secrets (n integer); INSERT INTO secrets VALUES (1), (2);"
        "ALTER TABLE secrets ENABLE ROW LEVEL SECURITY; GRANT SELECT ON secrets TO carl;"
        "CREATE POLICY one ON secrets USING (n = 1)"
    );
    Session session(server().url("postgres", "carl"), {{"row_security", "off"}});
    Pool pool(1);

    const auto queried = failure_of([&] { session.query("SELECT * FROM secrets"); });
    int rows = 0;
    Connection::RowSink count = [&](std::string_view) { ++rows; };
    const auto copied = failure_of([&] {
        auto copy =
            session.connection->copy_out("COPY secrets TO STDOUT", pool, count, Session::limit);
        run_on(session.loop, std::move(copy));
    });

    EXPECT_EQ(queried.kind(), Failure::Kind::denied);
    EXPECT_NE(queried.hint().find("BYPASSRLS"), std::string::npos) << queried.what();
    EXPECT_EQ(copied.kind(), Failure::Kind::denied);
    EXPECT_EQ(rows, 0);
}

TEST(Query, refuses_a_copy_and_closes_the_session) {
    Session session(server().url("postgres"));

    const auto failure = failure_of([&] { session.query("COPY pg_class TO STDOUT"); });
    const auto later = failure_of([&] { session.query("SELECT 1"); });

    EXPECT_EQ(failure.kind(), Failure::Kind::internal);
    EXPECT_EQ(later.kind(), Failure::Kind::unreachable);
}

TEST(Query, ends_on_the_server_too_when_its_time_is_over) {
    Session session(server().url("postgres"));

    const auto failure =
        failure_of([&] { session.query("SELECT pg_sleep(600) AS endless", milliseconds(200)); });
    const auto later = failure_of([&] { session.query("SELECT 1"); });

    EXPECT_EQ(failure.kind(), Failure::Kind::timeout);
    EXPECT_TRUE(says(failure, "within 200ms")) << failure.what();
    EXPECT_TRUE(server_forgets(server(), "endless"));
    EXPECT_EQ(later.kind(), Failure::Kind::unreachable);
}

TEST(Query, ends_on_the_server_too_when_the_caller_is_cancelled) {
    Session session(server().url("postgres"));
    asio::cancellation_signal signal;
    std::exception_ptr failure;
    auto ended = [&](std::exception_ptr error, QueryResult) { failure = error; };

    asio::co_spawn(
        session.loop,
        session.connection->query("SELECT pg_sleep(600) AS abandoned", Session::limit),
        asio::bind_cancellation_slot(signal.slot(), ended)
    );
    session.loop.restart();
    session.loop.run_for(milliseconds(200));
    signal.emit(asio::cancellation_type::terminal);
    session.loop.run();

    ASSERT_TRUE(failure);
    EXPECT_THROW(std::rethrow_exception(failure), boost::system::system_error);
    EXPECT_TRUE(server_forgets(server(), "abandoned"));
}

TEST(Query, is_unreachable_when_the_server_ends_the_session) {
    Session session(server().url("postgres"));

    const auto failure = failure_of([&] {
        session.query("SELECT pg_terminate_backend(pg_backend_pid()); SELECT pg_sleep(10)");
    });
    const auto later = failure_of([&] { session.query("SELECT 1"); });

    EXPECT_EQ(failure.kind(), Failure::Kind::unreachable);
    EXPECT_TRUE(says(failure, "57P01")) << failure.what();
    EXPECT_EQ(later.kind(), Failure::Kind::unreachable);
}

TEST(Query, is_unreachable_when_the_server_crashes) {
    TestPostgres doomed;
    Session session(doomed.url("postgres"));
    const std::string backend = session.value("SELECT pg_backend_pid()");

    doomed.crash();
    ::kill(std::stoi(backend), SIGKILL);
    const auto failure = failure_of([&] { session.query("SELECT 1"); });

    EXPECT_EQ(failure.kind(), Failure::Kind::unreachable);
}

TEST(Query, leaves_the_loop_to_others_meanwhile) {
    Session session(server().url("postgres"));
    int ticks = 0;
    auto tick = [](int& count) -> Task<> {
        asio::steady_timer timer(co_await asio::this_coro::executor);
        for (; count < 10; ++count) {
            timer.expires_after(milliseconds(20));
            co_await timer.async_wait(asio::use_awaitable);
        }
    };
    bool answered_after_ticks = false;

    asio::co_spawn(session.loop, tick(ticks), [](std::exception_ptr) {});
    asio::co_spawn(
        session.loop,
        session.connection->query("SELECT pg_sleep(0.5)", Session::limit),
        [&](std::exception_ptr, QueryResult) { answered_after_ticks = ticks == 10; }
    );
    session.loop.restart();
    session.loop.run();

    EXPECT_TRUE(answered_after_ticks);
}

TEST(KindAtConnect, takes_what_fails_within_the_server_for_no_answer) {
    EXPECT_EQ(kind_at_connect("XX000"), Failure::Kind::unreachable) << "could not write init file";
    EXPECT_EQ(kind_at_connect("58030"), Failure::Kind::unreachable);
    EXPECT_EQ(kind_at_connect("28P01"), Failure::Kind::denied);
    EXPECT_EQ(kind_at_connect("3D000"), Failure::Kind::rejected);
    EXPECT_EQ(kind_at_connect("53100"), Failure::Kind::exhausted);
    EXPECT_EQ(kind_of("XX000"), Failure::Kind::rejected) << "of a statement";
}

}  // namespace
}  // namespace backupwatch
