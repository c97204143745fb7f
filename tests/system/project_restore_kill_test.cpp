// A dump of a Supabase project whose restore into a new one is killed: it leaves that new or
// loaded, never a half.
#include "system/project_restore_fixture.hpp"

#include <chrono>
#include <csignal>
#include <optional>
#include <thread>

namespace backupwatch {
namespace {

class KilledProjectRestore : public ProjectRestore {
  protected:
    /// Which the killed one has made, and the next one found.
    static constexpr const char* log_in = "ALTER ROLE \"app_reader\" LOGIN";

    void kill_while_it_verifies() {
        configure("        drill: {verify: {queries: [\"SELECT pg_sleep(90)\"]}}\n");
        const auto killed = site_.start(words());
        await("its query", [] { return sessions("query LIKE '%pg_sleep(90)%'") == "1"; });
        killed->send(SIGKILL);
        killed->wait();
        await("its sessions to end", [] {
            return sessions("application_name = 'backupwatch_restore'") == "0";
        });
        configure();
    }
};

TEST_F(KilledProjectRestore, killed_at_a_step_is_begun_anew_and_says_what_it_found) {
    for (const char* lock :
         {"storage.objects IN ACCESS SHARE MODE", "auth.sessions IN SHARE MODE"}) {
        SCOPED_TRACE(lock);
        for (const bool is_program : {true, false}) {
            SCOPED_TRACE(is_program);
            hosted_->renew();
            hosted_->as_admin("postgres", "DROP ROLE IF EXISTS app_reader");
            std::optional<Held> held(std::in_place, lock);
            const auto killed = site_.start(words());
            await("its load", [] { return waiting_loads() == "1"; });
            if (is_program) {
                killed->send(SIGKILL);
            } else {
                ::kill(await_process_in(site_.work(), "/psql "), SIGKILL);
            }
            const Ran ran = killed->wait();
            EXPECT_NE(ran.exit_code, 0);
            held.reset();
            expect_new();
            EXPECT_EQ(hosted_->comment().find(mark("begun")), 0U);

            const Ran again = restore();
            EXPECT_EQ(again.exit_code, 0) << again.out << again.err;
            EXPECT_NE(again.out.find("was interrupted, and has left nothing in it"), again.out.npos)
                << again.out;
            EXPECT_NE(again.out.find(log_in), again.out.npos) << again.out;
            expect_loaded();
        }
    }
}

TEST_F(KilledProjectRestore, killed_while_it_verifies_is_verified_by_the_same_command) {
    kill_while_it_verifies();
    expect_loaded("loaded");

    const Ran shown = restore("");
    EXPECT_EQ(shown.exit_code, only_shown_yet);
    EXPECT_NE(shown.out.find("it is verified as it is now, and nothing is loaded"), shown.out.npos)
        << shown.out;
    const Ran again = restore();
    EXPECT_EQ(again.exit_code, 0) << again.out << again.err;
    for (const char* told :
         {"already loaded at ",
          "loaded already and verified now",
          "storage.prefixes: empty in the backup, and the project had none",
          "role app_reader: could log in where the backup is of, and cannot here",
          log_in,
          "Schedule the cron jobs (2) again"}) {
        EXPECT_NE(again.out.find(told), again.out.npos) << told << "\n" << again.out;
    }
    expect_loaded();
    const Ran ended = restore();
    EXPECT_EQ(ended.exit_code, refused_or_failed);
    EXPECT_NE(ended.out.find("whose restore came to its end"), ended.out.npos) << ended.out;
}

TEST_F(KilledProjectRestore, that_was_loaded_and_written_to_since_is_told_and_left_as_it_is) {
    kill_while_it_verifies();
    hosted_->as_admin("project", "DELETE FROM public.comments WHERE id <= 3");

    const Ran again = restore();
    EXPECT_EQ(again.exit_code, refused_or_failed) << again.out;
    EXPECT_NE(again.out.find("public.comments: 3 of 400 rows missing"), again.out.npos)
        << again.out << again.err;
    EXPECT_NE(again.out.find("may have been used since"), again.out.npos) << again.out;
    EXPECT_EQ(hosted_->value("SELECT count(*) FROM public.comments"), "397");
    EXPECT_TRUE(hosted_->comment().starts_with(mark("ended"))) << hosted_->comment();
}

TEST_F(KilledProjectRestore, whose_queue_was_opened_since_is_told) {
    kill_while_it_verifies();
    hosted_->as_admin("project", "ALTER TABLE pgmq.q_shut DISABLE ROW LEVEL SECURITY");

    const Ran again = restore();
    EXPECT_EQ(again.exit_code, refused_or_failed) << again.out;
    EXPECT_NE(again.out.find("row-level security of pgmq.q_shut is missing"), again.out.npos)
        << again.out << again.err;
}

TEST_F(KilledProjectRestore, killed_at_any_moment_leaves_a_project_that_is_new_or_loaded) {
    // The first finds cold what the later ones have, and would have all of them killed too late.
    ASSERT_EQ(restore().exit_code, 0);
    hosted_->renew();
    const auto began = std::chrono::steady_clock::now();
    ASSERT_EQ(restore().exit_code, 0);
    const auto took = std::chrono::steady_clock::now() - began;
    constexpr int moments = 12;
    int new_ones = 0;
    for (int i = 1; i <= moments; ++i) {
        SCOPED_TRACE(i);
        hosted_->renew();
        const auto killed = site_.start(words());
        std::this_thread::sleep_for(took * i / (moments + 1));
        killed->send(SIGKILL);
        killed->wait();
        await("its sessions to end", [] {
            return sessions("application_name = 'backupwatch_restore'") == "0";
        });
        const std::string comment = hosted_->comment();
        const bool has_ended = comment.starts_with(mark("ended"));
        const bool is_loaded = has_ended || comment.starts_with(mark("loaded"));
        if (is_loaded) {
            expect_loaded(has_ended ? "ended" : "loaded");
        } else {
            ++new_ones;
            expect_new();
        }
        const Ran again = restore();
        EXPECT_EQ(again.exit_code, has_ended ? refused_or_failed : 0) << again.out << again.err;
        expect_loaded();
    }
    EXPECT_GT(new_ones, 0) << "no kill came before its end";
}

}  // namespace
}  // namespace backupwatch
