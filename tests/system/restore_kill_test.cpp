// A restore that is killed or interrupted, at every step, has touched nothing but its own database
// and is begun anew.
#include "fakes/fake_http_server.hpp"
#include "system/targets.hpp"

#include <chrono>
#include <csignal>
#include <functional>
#include <thread>

namespace backupwatch {
namespace {

namespace fs = std::filesystem;

class InterruptedRestore : public WithTargets {
  protected:
    static constexpr const char* log_in = "ALTER ROLE \"clerk\" LOGIN";
};

TEST_F(InterruptedRestore, has_its_report_before_its_pages_answer_and_is_no_more_undone_then) {
    FakeAnswer never;
    never.fault = FakeAnswer::Fault::stall;
    const FakeHttpServer application{never};
    configure("", "    runbook: {verify: [{url: \"" + application.url("/") + "\"}]}\n");
    for (const bool with_daemon : {false, true}) {
        SCOPED_TRACE(with_daemon);
        std::unique_ptr<Daemon> daemon;
        if (with_daemon) daemon = std::make_unique<Daemon>(site_);
        spare_->execute("postgres", "DROP DATABASE IF EXISTS shop_restored WITH (FORCE)");
        const int before = application.connections();
        const auto asked = site_.start(words("spare", place));
        await("the page to be asked for", [&] { return application.connections() > before; });

        const std::string kept = read_text(kept_reports().back());
        EXPECT_NE(kept.find("**RESTORED: "), std::string::npos) << kept;
        EXPECT_EQ(kept_reports().size(), with_daemon ? 2U : 1U);
        asked->send(SIGINT);
        const Ran ran = asked->wait();

        expect_restored(*spare_);
        if (daemon) {
            EXPECT_EQ(ran.exit_code, refused);
            EXPECT_EQ(ran.err.find("holds an unfinished"), std::string::npos) << ran.err;
            EXPECT_EQ(daemon->stop().exit_code, 0);
        } else {
            EXPECT_EQ(ran.exit_code, 0) << ran.err;
            EXPECT_NE(ran.out.find("RESTORED: "), std::string::npos) << ran.out << ran.err;
        }
        EXPECT_EQ(reports_of_unfinished(), 0);
    }
}

TEST_F(InterruptedRestore, killed_at_a_step_is_begun_anew_and_says_what_it_found) {
    const Untouched untouched;
    const std::string never_verified =
        "        drill: {verify: {queries: [\"SELECT pg_sleep(90)\"]}}\n";
    FakeAnswer never;
    never.fault = FakeAnswer::Fault::stall;
    const FakeHttpServer application{never};
    const std::string asks_a_page =
        "    runbook: {verify: [{url: \"" + application.url("/") + "\"}]}\n";
    const std::pair<const char*, std::function<void(Running&)>> steps[] = {
        {"fetch",
         [](Running& run) {
             await("the fetch", [&] { return run.errors().find("fetch") != std::string::npos; });
         }},
        {"made",
         [](Running&) { await("the database", [] { return !comment_on(*spare_).empty(); }); }},
        {"marked",
         [](Running&) {
             await("the mark", [] { return comment_on(*spare_).starts_with("backupwatch"); });
         }},
        {"restore",
         [this](Running& run) {
             await("the restore", [&] {
                 return run.errors().find("restore") != std::string::npos;
             });
             await_process_in(site_.work(), "/pg_restore ");
             await("rows", [] { return sessions_of_restore() != "0"; });
         }},
        {"verify",
         [](Running& run) {
             await("the verification", [&] {
                 return run.errors().find("verify") != std::string::npos;
             });
             await("its query", [] {
                 return spare_->value(
                            "postgres",
                            "SELECT count(*) FROM pg_stat_activity WHERE query LIKE "
                            "'%pg_sleep(90)%' "
                            "AND datname = 'shop_restored'"
                        ) != "0";
             });
         }},
        {"pages",
         [&application](Running&) {
             await("the page to be asked for", [&] { return application.connections() > 0; });
         }},
    };
    for (const auto& [name, await_step] : steps) {
        SCOPED_TRACE(name);
        const bool is_verified = name == std::string("verify");
        const bool has_pages = name == std::string("pages");
        configure(is_verified ? never_verified : "", has_pages ? asks_a_page : "");
        if (!is_verified && !has_pages) shut_gate();
        spare_->execute("postgres", "DROP DATABASE IF EXISTS shop_restored WITH (FORCE)");
        spare_->execute("postgres", "DROP ROLE IF EXISTS clerk");
        const auto killed = site_.start(words("spare", place));
        await_step(*killed);
        killed->send(SIGKILL);
        killed->wait();
        await_last_mark(*spare_);
        const std::string comment = comment_on(*spare_);
        untouched.expect_so();
        configure();
        if (has_pages) {
            expect_restored(*spare_);
            const std::string kept = read_text(kept_reports().back());
            EXPECT_NE(kept.find("**RESTORED: "), std::string::npos) << kept;
            EXPECT_NE(kept.find(log_in), std::string::npos) << kept;
            const Ran again = restore("spare");
            EXPECT_EQ(again.exit_code, refused) << again.out << again.err;
            EXPECT_NE(again.out.find("whose restore came to its end"), std::string::npos)
                << again.out;
            continue;
        }

        // What the killed one's programs still have the server do stands in nobody's way.
        const auto next = site_.start(words("spare", place));
        await("it to be begun anew", [&] {
            const std::string now = comment_on(*spare_);
            return now != comment && now.starts_with("backupwatch");
        });
        open_gate();
        const Ran again = next->wait();

        EXPECT_EQ(again.exit_code, 0) << again.out << again.err;
        const bool was_marked = comment.starts_with("backupwatch restore begun");
        const char* said = was_marked        ? "and interrupted\n"
                           : comment.empty() ? "is not there yet"
                                             : "is there, and empty";
        EXPECT_NE(again.out.find(said), std::string::npos) << comment << "\n" << again.out;
        EXPECT_NE(again.out.find(log_in), std::string::npos) << "by whichever it was made\n"
                                                             << again.out;
        expect_restored(*spare_);
        untouched.expect_so();
        EXPECT_TRUE(site_.left_behind().empty());
    }
}

TEST_F(InterruptedRestore, killed_at_any_moment_touches_nothing_else) {
    const Untouched untouched;
    // The first finds cold what the later ones have, and would have all of them killed too late.
    ASSERT_EQ(restore("beside").exit_code, 0);
    TestPostgres::shared().execute("postgres", "DROP DATABASE shop_restored WITH (FORCE)");
    const auto began = std::chrono::steady_clock::now();
    ASSERT_EQ(restore("beside").exit_code, 0);
    const auto took = std::chrono::steady_clock::now() - began;
    constexpr int moments = 12;
    int interrupted = 0;
    for (int i = 1; i <= moments; ++i) {
        SCOPED_TRACE(i);
        TestPostgres::shared().execute(
            "postgres", "DROP DATABASE IF EXISTS shop_restored WITH (FORCE)"
        );
        const auto killed = site_.start(words("beside", place));
        if (i == moments) {
            // However long a busy machine takes, one is killed in the midst of it.
            await("the mark", [] {
                return comment_on(TestPostgres::shared()).starts_with("backupwatch restore");
            });
        } else {
            std::this_thread::sleep_for(took * i / (moments + 1));
        }
        killed->send(SIGKILL);
        killed->wait();
        await_last_mark(TestPostgres::shared());
        const std::string comment = comment_on(TestPostgres::shared());
        if (comment.starts_with("backupwatch restore begun")) ++interrupted;
        untouched.expect_so();
        const Ran again = restore("beside");
        const bool had_ended = comment.starts_with("backupwatch restore ended");
        EXPECT_EQ(again.exit_code, had_ended ? refused : 0) << again.out << again.err;
        expect_restored(TestPostgres::shared());
        untouched.expect_so();
    }
    EXPECT_GT(interrupted, 0) << "no kill came in the midst of it";
}

TEST_F(InterruptedRestore, killed_while_it_begins_anew_is_begun_anew_once_more) {
    const Untouched untouched;
    const auto interrupt = [this] {
        shut_gate();
        const auto killed = site_.start(words("beside", place));
        await("the mark", [] {
            return comment_on(TestPostgres::shared()).starts_with("backupwatch restore begun");
        });
        killed->send(SIGKILL);
        killed->wait();
        open_gate();
    };
    interrupt();
    const auto began = std::chrono::steady_clock::now();
    ASSERT_EQ(restore("beside").exit_code, 0);
    const auto took = std::chrono::steady_clock::now() - began;
    constexpr int moments = 6;
    for (int i = 1; i <= moments; ++i) {
        SCOPED_TRACE(i);
        TestPostgres::shared().execute(
            "postgres", "DROP DATABASE IF EXISTS shop_restored WITH (FORCE)"
        );
        interrupt();
        const auto killed = site_.start(words("beside", place));
        std::this_thread::sleep_for(took * i / (moments + 1));
        killed->send(SIGKILL);
        killed->wait();
        await_last_mark(TestPostgres::shared());
        const bool had_ended =
            comment_on(TestPostgres::shared()).starts_with("backupwatch restore ended");
        untouched.expect_so();
        const Ran again = restore("beside");
        EXPECT_EQ(again.exit_code, had_ended ? refused : 0) << again.out << again.err;
        expect_restored(TestPostgres::shared());
        untouched.expect_so();
    }
}

TEST_F(InterruptedRestore, that_is_interrupted_says_what_it_left) {
    for (const bool with_daemon : {false, true}) {
        SCOPED_TRACE(with_daemon);
        std::unique_ptr<Daemon> daemon;
        if (with_daemon) daemon = std::make_unique<Daemon>(site_);
        spare_->execute("postgres", "DROP DATABASE IF EXISTS shop_restored WITH (FORCE)");
        shut_gate();
        const auto asked = site_.start(words("spare", place));
        await("the mark", [] { return comment_on(*spare_).starts_with("backupwatch"); });
        asked->send(SIGINT);
        const Ran ran = asked->wait();
        EXPECT_EQ(ran.exit_code, refused) << ran.err;
        EXPECT_NE(ran.err.find("the old database was not touched"), std::string::npos) << ran.err;
        await("a report of it", [&] { return reports_of_unfinished() == (with_daemon ? 2 : 1); });
        open_gate();
        Ran again;
        // The client of a daemon does not wait until that has let go.
        await("it to be begun anew", [&] {
            again = restore("spare");
            return again.exit_code == 0;
        });
        EXPECT_NE(again.out.find("and interrupted"), std::string::npos) << again.out;
        expect_restored(*spare_);
        if (!daemon) continue;
        EXPECT_EQ(daemon->stop().exit_code, 0);
    }
}

TEST_F(InterruptedRestore, whose_daemon_is_killed_touches_nothing_else_and_is_begun_anew) {
    const Untouched untouched;
    shut_gate();
    Daemon daemon(site_);
    const auto asked = site_.start(words("spare", place));
    await("rows", [] { return sessions_of_restore() != "0"; });

    daemon.kill();

    EXPECT_EQ(asked->wait().exit_code, refused);
    untouched.expect_so();
    open_gate();
    const Ran again = restore("spare");
    EXPECT_EQ(again.exit_code, 0) << again.out << again.err;
    EXPECT_NE(again.out.find("and interrupted\n"), std::string::npos) << again.out;
    expect_restored(*spare_);
    untouched.expect_so();
}

}  // namespace
}  // namespace backupwatch
