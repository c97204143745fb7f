#include "unit/postgres/session.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>

namespace backupwatch {
namespace {

using std::chrono::milliseconds;

class CopyOut : public testing::Test {
  protected:
    void copy(const std::string& sql, Connection::RowSink sink, Duration limit = Session::limit) {
        run_on(session.loop, session.connection->copy_out(sql, pool, std::move(sink), limit));
    }

    std::string text_of(const std::string& sql) {
        std::string text;
        copy(sql, [&text](std::string_view row) { text += row; });
        return text;
    }

    Session session{server().url("postgres")};
    Pool pool{1};
};

const Connection::RowSink ignore = [](std::string_view) {};

TEST_F(CopyOut, hands_out_every_row_with_its_newline) {
    std::size_t rows = 0;
    std::size_t bytes = 0;
    bool whole = true;

    copy(
        "COPY (SELECT n, repeat('x', n % 3000) FROM generate_series(1, 20000) n) TO STDOUT",
        [&](std::string_view row) {
            ++rows;
            bytes += row.size();
            whole = whole && row.ends_with('\n') && row.find('\n') == row.size() - 1;
        }
    );

    EXPECT_EQ(rows, 20000u);
    EXPECT_EQ(
        std::to_string(bytes),
        session.value("SELECT sum(length(n::text) + 2 + n % 3000) FROM generate_series(1, 20000) n")
    );
    EXPECT_TRUE(whole);
}

TEST_F(CopyOut, hands_out_nothing_of_an_empty_table_and_empty_rows_of_no_columns) {
    EXPECT_EQ(text_of("COPY (SELECT 1 WHERE false) TO STDOUT"), "");
    EXPECT_EQ(text_of("COPY (SELECT FROM generate_series(1, 3)) TO STDOUT"), "\n\n\n");
}

TEST_F(CopyOut, takes_rows_larger_than_any_buffer) {
    EXPECT_EQ(text_of("COPY (SELECT repeat('x', 5000000)) TO STDOUT").size(), 5000001u);
}

TEST_F(CopyOut, leaves_the_session_ready_for_more) {
    EXPECT_EQ(text_of("COPY (SELECT 1) TO STDOUT"), "1\n");
    EXPECT_EQ(session.value("SELECT 2"), "2");
    EXPECT_EQ(text_of("COPY (SELECT 3) TO STDOUT"), "3\n");
}

TEST_F(CopyOut, fails_with_an_error_in_the_middle_of_the_rows) {
    std::size_t rows = 0;

    const auto failure = failure_of([&] {
        copy(
            "COPY (SELECT 1 / (90000 - n) FROM generate_series(1, 100000) n) TO STDOUT",
            [&rows](std::string_view) { ++rows; }
        );
    });

    EXPECT_EQ(failure.kind(), Failure::Kind::rejected);
    EXPECT_TRUE(says(failure, "22012")) << failure.what();
    EXPECT_GT(rows, 1000u);
    EXPECT_EQ(session.value("SELECT 1"), "1");
}

TEST_F(CopyOut, fails_where_the_statement_is_wrong_and_keeps_the_session) {
    const auto failure = failure_of([&] { copy("COPY no_such_table TO STDOUT", ignore); });

    EXPECT_TRUE(says(failure, "42P01")) << failure.what();
    EXPECT_EQ(session.value("SELECT 1"), "1");
}

TEST_F(CopyOut, refuses_what_is_no_copy_to_us) {
    const auto failure = failure_of([&] { copy("SELECT 1", ignore); });

    EXPECT_EQ(failure.kind(), Failure::Kind::internal);
}

TEST_F(CopyOut, ends_when_the_sink_throws_and_says_what_it_threw) {
    struct Full {};
    const Connection::RowSink full = [](std::string_view) { throw Full(); };

    EXPECT_THROW(
        copy("COPY (SELECT 'thrown', generate_series(1, 1000000000)) TO STDOUT", full), Full
    );

    EXPECT_TRUE(server_forgets(server(), "thrown"));
}

TEST_F(CopyOut, ends_on_the_server_too_when_its_time_is_over) {
    const auto failure = failure_of([&] {
        copy(
            "COPY (SELECT 'overdue', generate_series(1, 1000000000)) TO STDOUT",
            ignore,
            milliseconds(200)
        );
    });

    EXPECT_EQ(failure.kind(), Failure::Kind::timeout);
    EXPECT_TRUE(server_forgets(server(), "overdue"));
    EXPECT_EQ(failure_of([&] { session.query("SELECT 1"); }).kind(), Failure::Kind::unreachable);
}

TEST_F(CopyOut, comes_back_from_a_server_that_is_silent) {
    const auto failure = failure_of([&] {
        copy("COPY (SELECT pg_sleep(600) AS silent) TO STDOUT", ignore, milliseconds(200));
    });

    EXPECT_EQ(failure.kind(), Failure::Kind::timeout);
    EXPECT_TRUE(server_forgets(server(), "silent"));
}

TEST_F(CopyOut, ends_on_the_server_too_when_the_caller_is_cancelled) {
    asio::cancellation_signal signal;
    std::exception_ptr failure;
    auto ended = [&](std::exception_ptr error) { failure = error; };

    asio::co_spawn(
        session.loop,
        session.connection->copy_out(
            "COPY (SELECT 'unwanted', generate_series(1, 1000000000)) TO STDOUT",
            pool,
            ignore,
            Session::limit
        ),
        asio::bind_cancellation_slot(signal.slot(), ended)
    );
    session.loop.restart();
    session.loop.run_for(milliseconds(200));
    signal.emit(asio::cancellation_type::terminal);
    session.loop.run();

    ASSERT_TRUE(failure);
    EXPECT_THROW(std::rethrow_exception(failure), boost::system::system_error);
    EXPECT_TRUE(server_forgets(server(), "unwanted"));
}

TEST_F(CopyOut, is_unreachable_when_the_server_ends_the_session) {
    const auto failure = failure_of([&] {
        copy(
            "COPY (SELECT CASE WHEN n = 5000 THEN pg_terminate_backend(pg_backend_pid()) END "
            "FROM generate_series(1, 100000) n) TO STDOUT",
            ignore
        );
    });

    EXPECT_EQ(failure.kind(), Failure::Kind::unreachable);
}

}  // namespace
}  // namespace backupwatch
