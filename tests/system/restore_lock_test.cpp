// A restore has its database alone, whoever else wants it and whatever its server does to its
// sessions.
#include "system/targets.hpp"

#include <chrono>
#include <thread>

namespace backupwatch {
namespace {

namespace fs = std::filesystem;

class ContestedRestore : public WithTargets {
  protected:
    /// All is restored, and for three seconds its verification is not over.
    auto start_until_it_verifies() const {
        configure("        drill: {verify: {queries: [\"SELECT pg_sleep(3)\"]}}\n");
        auto asked = site_.start(words("spare", place));
        await("its query", [] {
            return spare_->value(
                       "postgres",
                       "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%sleep(3)%' "
                       "AND datname = 'shop_restored'"
                   ) != "0";
        });
        return asked;
    }

    static std::string locks() {
        return spare_->value(
            "postgres", "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"
        );
    }
};

TEST_F(ContestedRestore, has_its_database_alone) {
    const Site other(TestPostgres::shared().url("shop"));
    fs::copy(origin_->dumps(), other.dumps(), fs::copy_options::recursive);
    other.configure(
        "", "restore_targets: [{name: spare, url: \"" + spare_->url("shop_restored") + "\"}]\n"
    );
    shut_gate();
    const auto first = site_.start(words("spare", place));
    await("the mark", [] { return comment_on(*spare_).starts_with("backupwatch"); });

    const Ran second = other.run(words("spare", place));

    EXPECT_EQ(second.exit_code, refused);
    EXPECT_NE(second.out.find("another restore into"), std::string::npos)
        << second.out << second.err;
    open_gate();
    EXPECT_EQ(first->wait().exit_code, 0);
    expect_restored(*spare_);
}

TEST_F(
    ContestedRestore, whose_server_is_away_for_a_moment_at_its_end_is_marked_as_ended_all_the_same
) {
    const auto asked = start_until_it_verifies();
    // Nobody new gets in.
    const fs::path socket =
        spare_->socket_folder() / (".s.PGSQL." + std::to_string(spare_->port()));
    const fs::path aside = spare_->socket_folder() / "aside";
    fs::rename(socket, aside);
    std::this_thread::sleep_for(std::chrono::seconds(6));
    fs::rename(aside, socket);

    const Ran ran = asked->wait();

    EXPECT_EQ(ran.exit_code, 0) << ran.out << ran.err;
    expect_restored(*spare_);
}

TEST_F(ContestedRestore, that_has_lost_its_lock_is_not_dropped_by_the_next_and_comes_to_its_end) {
    shut_gate();
    const auto first = site_.start(words("spare", place));
    await("rows", [] { return sessions_of_restore() != "0"; });
    EXPECT_EQ(
        spare_->value(
            "postgres",
            "SELECT count(pg_terminate_backend(pid)) FROM pg_locks WHERE locktype = 'advisory'"
        ),
        "1"
    );
    await("it to be lost", [] { return locks() == "0"; });

    const Ran second = restore("spare");

    EXPECT_EQ(second.exit_code, refused);
    EXPECT_NE(second.out.find("a restore is still at work in"), std::string::npos)
        << second.out << second.err;
    open_gate();
    const Ran ended = first->wait();
    EXPECT_EQ(ended.exit_code, 0) << ended.out << ended.err;
    expect_restored(*spare_);
}

TEST_F(ContestedRestore, whose_database_somebody_has_made_anew_does_not_call_it_its_own) {
    const auto first = start_until_it_verifies();
    // As its owner may, whom nobody in it keeps from it.
    spare_->execute(
        "postgres",
        "SET allow_system_table_mods = on;"
        "UPDATE pg_database SET datname = 'taken_away' WHERE datname = 'shop_restored'"
    );
    spare_->create_database("shop_restored");

    const Ran ran = first->wait();

    EXPECT_EQ(ran.exit_code, refused) << ran.out;
    EXPECT_NE(ran.err.find("somebody has taken it meanwhile"), std::string::npos) << ran.err;
    EXPECT_NE(ran.err.find("may be somebody else's"), std::string::npos) << ran.err;
    EXPECT_EQ(comment_on(*spare_), "none");
    spare_->execute("postgres", "DROP DATABASE taken_away");
}

TEST_F(ContestedRestore, keeps_its_lock_on_a_server_that_ends_idle_sessions) {
    spare_->execute("postgres", "ALTER ROLE postgres SET idle_session_timeout = '1s'");
    shut_gate();
    const auto first = site_.start(words("spare", place));
    await("rows", [] { return sessions_of_restore() != "0"; });
    std::this_thread::sleep_for(std::chrono::seconds(3));
    EXPECT_EQ(locks(), "1");
    open_gate();
    EXPECT_EQ(first->wait().exit_code, 0);
    spare_->execute("postgres", "ALTER ROLE postgres RESET idle_session_timeout");
    expect_restored(*spare_);
}

}  // namespace
}  // namespace backupwatch
