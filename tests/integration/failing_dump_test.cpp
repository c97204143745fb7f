#include "async/with_timeout.hpp"
#include "dump_fixture.hpp"
#include "support/small_disk.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/post.hpp>

#include <csignal>

namespace backupwatch {
namespace {

class FailingDump : public DumpTest {};

TEST_F(FailingDump, by_a_role_that_cannot_see_every_row_fails_with_its_name) {
    server_.execute(
        "shop",
        "DROP ROLE IF EXISTS blind; CREATE ROLE blind LOGIN; CREATE TABLE posts (id int);"
        "ALTER TABLE posts ENABLE ROW LEVEL SECURITY; GRANT pg_read_all_data TO blind"
    );
    DumpPlan as_blind = plan();
    as_blind.url = Secret(server_.url("shop", "blind"));

    const auto failure = failure_of(as_blind);

    ASSERT_TRUE(failure);
    EXPECT_EQ(failure->kind(), Failure::Kind::denied);
    EXPECT_STREQ(
        failure->what(),
        "the role blind cannot see every row of public.posts: row-level security applies to it"
    );
    EXPECT_NE(failure->hint().find("BYPASSRLS"), std::string::npos);
    server_.execute("shop", "DROP OWNED BY blind; DROP ROLE blind");
}

TEST_F(FailingDump, by_a_role_that_may_not_read_a_table_fails_with_its_name) {
    server_.execute(
        "shop",
        "DROP ROLE IF EXISTS stranger; CREATE ROLE stranger LOGIN; CREATE TABLE posts (id int)"
    );
    DumpPlan as_stranger = plan();
    as_stranger.url = Secret(server_.url("shop", "stranger"));

    const auto failure = failure_of(as_stranger);

    ASSERT_TRUE(failure);
    EXPECT_EQ(failure->kind(), Failure::Kind::denied);
    EXPECT_STREQ(failure->what(), "the role stranger may not read public.posts");
    server_.execute("shop", "DROP ROLE stranger");
}

TEST_F(FailingDump, by_a_role_that_may_not_read_large_objects_says_what_to_grant) {
    server_.execute(
        "shop",
        "DROP ROLE IF EXISTS archivist; CREATE ROLE archivist LOGIN; "
        "GRANT pg_read_all_data TO archivist; SELECT lo_from_bytea(4711, 'x'); "
        "SELECT lo_from_bytea(4712, 'x'); GRANT SELECT ON LARGE OBJECT 4711 TO archivist"
    );
    DumpPlan as_archivist = plan();
    as_archivist.url = Secret(server_.url("shop", "archivist"));

    const auto failure = failure_of(as_archivist);
    server_.execute("shop", "GRANT SELECT ON LARGE OBJECT 4712 TO archivist");
    const auto source = make(as_archivist);
    const Backup backup = take(*source);

    ASSERT_TRUE(failure);
    EXPECT_EQ(failure->kind(), Failure::Kind::denied);
    EXPECT_STREQ(failure->what(), "the role archivist may not read 1 large object");
    EXPECT_NE(failure->hint().find("GRANT SELECT ON LARGE OBJECT"), std::string::npos);
    EXPECT_EQ(backup.status, BackupStatus::completed);
    server_.execute("shop", "DROP OWNED BY archivist; DROP ROLE archivist");
}

TEST_F(FailingDump, never_queues_behind_a_lock) {
    server_.execute(
        "shop", "CREATE TABLE posts (id int); CREATE TABLE parts (id int) PARTITION BY RANGE (id)"
    );
    DumpPlan impatient = plan();
    impatient.lock_timeout = 200ms;

    for (const auto* table : {"posts", "parts"}) {
        holds_a_lock_on(table, [&] {
            const auto failure = failure_of(impatient);
            ASSERT_TRUE(failure);
            EXPECT_EQ(failure->kind(), Failure::Kind::timeout) << failure->what();
        });
    }
}

TEST_F(FailingDump, that_is_cancelled_while_it_waits_leaves_nothing) {
    server_.execute("shop", "CREATE TABLE posts (id int)");
    DumpPlan patient = plan();
    patient.lock_timeout = 1h;

    holds_a_lock_on("posts", [&] {
        const auto source = make(patient);
        auto cut = with_timeout(source->take({}, {}), 300ms, "the dump");
        EXPECT_THROW(run_on(loop_, std::move(cut)), Failure);
        EXPECT_TRUE(is_left_clean());
    });
}

TEST_F(FailingDump, that_is_cancelled_in_the_middle_leaves_nothing) {
    server_.execute("shop", big_table);
    const auto source = make(plan());
    asio::cancellation_signal signal;
    bool begun = false;
    ProgressSink cancel = [&](const Progress&) {
        if (begun) return;
        begun = true;
        EXPECT_FALSE(processes_in(directory_ / "dumps").empty());
        asio::post(loop_, [&signal] { signal.emit(asio::cancellation_type::terminal); });
    };
    std::exception_ptr failure;
    auto note = [&failure](std::exception_ptr thrown, Backup) { failure = thrown; };

    asio::co_spawn(
        loop_, source->take({}, cancel), asio::bind_cancellation_slot(signal.slot(), note)
    );
    loop_.restart();
    loop_.run();

    EXPECT_TRUE(begun);
    EXPECT_TRUE(failure);
    EXPECT_TRUE(is_left_clean());
}

TEST_F(FailingDump, whose_pg_dump_is_killed_says_so_and_leaves_nothing) {
    server_.execute("shop", big_table);
    const fs::path directory = directory_ / "dumps";
    bool killed = false;
    ProgressSink kill = [&](const Progress&) {
        for (const pid_t pid : killed ? std::vector<pid_t>() : processes_in(directory)) {
            std::ifstream name("/proc/" + std::to_string(pid) + "/comm");
            std::string comm;
            name >> comm;
            if (comm == "pg_dump") killed = ::kill(pid, SIGKILL) == 0;
        }
    };

    const auto failure = failure_of(plan(), kill);

    ASSERT_TRUE(failure && killed);
    EXPECT_EQ(failure->kind(), Failure::Kind::internal) << failure->what();
    EXPECT_NE(std::string(failure->what()).find("signal 9"), std::string::npos) << failure->what();
}

TEST_F(FailingDump, whose_source_dies_in_the_middle_says_so_and_leaves_nothing) {
    TestPostgres doomed;
    doomed.create_database("shop");
    doomed.execute("shop", big_table);
    DumpPlan of_doomed = plan();
    of_doomed.url = Secret(doomed.url("shop"));
    bool crashed = false;
    ProgressSink crash = [&](const Progress&) {
        if (!crashed) doomed.crash();
        crashed = true;
    };

    const auto failure = failure_of(of_doomed, crash);

    EXPECT_TRUE(crashed);
    ASSERT_TRUE(failure);
    EXPECT_EQ(failure->kind(), Failure::Kind::unreachable) << failure->what();
}

TEST_F(FailingDump, of_a_page_that_cannot_be_read_fails_though_an_index_counts_its_rows) {
    server_.execute(
        "shop",
        "CREATE TABLE posts (id int PRIMARY KEY); INSERT INTO posts SELECT generate_series(1, 2000)"
    );
    server_.execute("shop", "VACUUM posts");
    // Copied as files, none of its pages is in the server's memory.
    server_.create_database("torn", "TEMPLATE shop STRATEGY file_copy");
    const fs::path table = fs::path(server_.value("torn", "SHOW data_directory")) /
                           server_.value("torn", "SELECT pg_relation_filepath('posts')");
    constexpr int page = 8192;
    std::fstream(table, std::ios::in | std::ios::out | std::ios::binary).seekp(2 * page)
        << std::string(64, '\xff');
    EXPECT_EQ(
        server_.value("torn", "SET enable_seqscan = off; SELECT count(*) FROM posts"), "2000"
    );
    DumpPlan of_torn = plan();
    of_torn.url = Secret(server_.url("torn"));

    const auto failure = failure_of(of_torn);
    server_.execute("postgres", "DROP DATABASE torn");

    ASSERT_TRUE(failure);
    EXPECT_NE(std::string(failure->what()).find("invalid page in block 2"), std::string::npos)
        << failure->what();
}

TEST_F(FailingDump, that_cannot_connect_does_not_show_the_password) {
    DumpPlan wrong = plan();
    wrong.url = Secret("postgresql://ann:hidden@127.0.0.1:1/shop");

    const auto failure = failure_of(wrong);

    ASSERT_TRUE(failure);
    EXPECT_EQ(failure->kind(), Failure::Kind::unreachable);
    EXPECT_EQ(std::string(failure->what()).find("hidden"), std::string::npos);
}

TEST_F(FailingDump, on_a_disk_that_fills_up_leaves_nothing) {
    const fs::path disk = directory_ / "disk";
    const SmallDisk small(disk, "400m");
    if (!small.is_mounted()) GTEST_SKIP() << "may not mount a small disk here";
    server_.execute("shop", big_table);
    DumpPlan on_disk = plan();
    on_disk.directory = disk / "dumps";
    ProgressSink fill = [&](const Progress&) { small.fill(); };

    std::optional<Failure> failure;
    const auto source = make(on_disk);
    try {
        take(*source, fill);
    } catch (const Failure& thrown) {
        failure = thrown;
    }

    ASSERT_TRUE(failure);
    EXPECT_EQ(failure->kind(), Failure::Kind::exhausted) << failure->what();
    EXPECT_TRUE(fs::is_empty(on_disk.directory));
}

TEST_F(FailingDump, does_not_begin_on_a_disk_that_is_too_small) {
    const fs::path disk = directory_ / "disk";
    const SmallDisk small(disk, "20m");
    if (!small.is_mounted()) GTEST_SKIP() << "may not mount a small disk here";
    DumpPlan on_disk = plan();
    on_disk.directory = disk;

    const auto failure = failure_of(on_disk);

    ASSERT_TRUE(failure);
    EXPECT_EQ(failure->kind(), Failure::Kind::exhausted);
    EXPECT_TRUE(std::string(failure->what()).starts_with("cannot take a dump: it needs about "));
}

}  // namespace
}  // namespace backupwatch
