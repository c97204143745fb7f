// A backup restored into a new database of a server that stays: seen before it is done, verified,
// and killed at every step without having touched anything but its own database.
#include "fakes/fake_http_server.hpp"
#include "system/daemon.hpp"
#include "system/support.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>

#include <algorithm>
#include <csignal>
#include <sstream>
#include <stdexcept>
#include <thread>

namespace backupwatch {
namespace {

namespace fs = std::filesystem;

constexpr int only_shown = 1;
constexpr int refused = 2;
constexpr int usage = 64;
constexpr const char* place = "localhost/shop_restored";

/// All that a dump of it says; of newer minor versions each has a word of its own in two lines.
std::string contents_of_database(const TestPostgres& server, const std::string& database) {
    const fs::path file = server.socket_folder() / "contents.sql";
    server.run("pg_dump", {"-Fp", "--file=" + file.string(), "--dbname=" + database});
    std::istringstream lines(read_text(file));
    std::string text;
    for (std::string line; std::getline(lines, line);) {
        if (line.find("restrict ") == std::string::npos) text += line + "\n";
    }
    return text;
}

/// What a server has beside the new database.
std::string all_else(const TestPostgres& server) {
    return server.value(
        "postgres",
        "SELECT string_agg(format('%s %s %s', datname, datdba, coalesce(shobj_description(oid, "
        "'pg_database'), '')), ',' ORDER BY datname) FROM pg_database WHERE datname <> "
        "'shop_restored'"
    );
}

/// The mark that a killed restore has sent may still be on its way.
void await_last_mark(const TestPostgres& server) {
    await("its sessions that mark to end", [&] {
        return server.value(
                   "postgres",
                   "SELECT count(*) FROM pg_stat_activity WHERE application_name = "
                   "'backupwatch_restore' AND datname = 'postgres'"
               ) == "0";
    });
}

std::string comment_on(const TestPostgres& server) {
    return server.value(
        "postgres",
        "SELECT coalesce(shobj_description(oid, 'pg_database'), 'none') FROM pg_database WHERE "
        "datname = 'shop_restored'"
    );
}

class Restore : public testing::Test {
  protected:
    static void SetUpTestSuite() {
        const TestPostgres& origin = TestPostgres::shared();
        gate_ = create_held(origin, "shop");
        origin.execute("postgres", "CREATE ROLE clerk");
        origin.execute(
            "shop",
            "CREATE TABLE orders (id integer PRIMARY KEY, item text);"
            "INSERT INTO orders SELECT i, 'item ' || i FROM generate_series(1, 500) AS i;"
            "ALTER TABLE orders OWNER TO clerk; GRANT SELECT ON posts TO clerk;"
            "CREATE SUBSCRIPTION theirs CONNECTION 'host=/nowhere' PUBLICATION p "
            "WITH (connect = false, slot_name = NONE)"
        );
        origin_ = std::make_unique<Site>(origin.url("shop"));
        id_ = origin_->take_backup();
        // What is lost: written since.
        origin.execute("shop", "INSERT INTO orders VALUES (501, 'since')");
        spare_ = std::make_unique<TestPostgres>();
    }
    static void TearDownTestSuite() {
        spare_.reset();
        origin_.reset();
        TestPostgres::shared().execute("shop", "DROP SUBSCRIPTION theirs");
        TestPostgres::shared().execute("postgres", "DROP DATABASE shop");
        TestPostgres::shared().execute("postgres", "DROP ROLE clerk");
    }

    Restore() : site_(TestPostgres::shared().url("shop")) {
        fs::copy(origin_->dumps(), site_.dumps(), fs::copy_options::recursive);
        configure();
        open_gate();
        for (const TestPostgres* server : {spare_.get(), &TestPostgres::shared()}) {
            server->execute("postgres", "DROP DATABASE IF EXISTS shop_restored WITH (FORCE)");
        }
    }

    /// Lines of the set, and of the database behind its sets.
    void configure(const std::string& set = {}, const std::string& database = {}) const {
        site_.configure(
            set,
            database +
                "restore_targets:\n"
                "  - {name: spare, url: \"" +
                spare_->url("shop_restored") +
                "\"}\n"
                "  - {name: beside, url: \"" +
                TestPostgres::shared().url("shop_restored") +
                "\"}\n"
                "  - {name: itself, url: \"" +
                TestPostgres::shared().url("shop") +
                " connect_timeout=9\"}\n"
                "  - {name: poor, url: \"" +
                spare_->url("shop_restored", "poor") + "\"}\n"
        );
    }
    static void open_gate() { write_text(gate_, ""); }
    static void shut_gate() { fs::remove(gate_); }

    std::vector<std::string> words(
        const std::string& into, const std::string& confirm, const std::string& id = id_
    ) const {
        std::vector<std::string> words{"restore", "shop", "--backup", id, "--into", into};
        if (!confirm.empty()) words.insert(words.end(), {"--confirm", confirm});
        return words;
    }
    /// What was kept of the restores, oldest first.
    std::vector<fs::path> kept_reports() const {
        std::vector<fs::path> files;
        for (const auto& entry : fs::directory_iterator(site_.state() / "restores/shop")) {
            files.push_back(entry.path());
        }
        std::ranges::sort(files);
        return files;
    }
    std::ptrdiff_t reports_of_unfinished() const {
        if (!fs::exists(site_.state() / "restores/shop")) return 0;
        return std::ranges::count_if(kept_reports(), [](const fs::path& file) {
            return read_text(file).find("**NOT FINISHED: ") != std::string::npos;
        });
    }
    Ran restore(const std::string& into, const std::string& confirm = place) const {
        return site_.run(words(into, confirm));
    }
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

    static std::string sessions_of_restore() {
        return spare_->value(
            "postgres", "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'CREATE INDEX%'"
        );
    }
    static std::string locks() {
        return spare_->value(
            "postgres", "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"
        );
    }
    static void expect_restored(const TestPostgres& server) {
        EXPECT_EQ(
            server.value("shop_restored", "SELECT count(*) || max(item) FROM orders"), "500item 99"
        );
        EXPECT_EQ(server.value("shop_restored", "SELECT count(*) FROM posts"), "100");
        EXPECT_EQ(comment_on(server).find("backupwatch restore ended "), 0U) << comment_on(server);
    }

    static inline std::unique_ptr<Site> origin_;
    static inline std::unique_ptr<TestPostgres> spare_;
    static inline std::string id_;
    static inline fs::path gate_;
    Site site_;
};

/// Whatever happened, the old database and all others are as they were.
class Untouched {
  public:
    Untouched() : old_(contents_of_database(origin(), "shop")), else_(all_else(origin())) {}
    void expect_so() const {
        EXPECT_EQ(contents_of_database(origin(), "shop"), old_);
        EXPECT_EQ(all_else(origin()), else_);
    }

  private:
    static const TestPostgres& origin() { return TestPostgres::shared(); }
    std::string old_;
    std::string else_;
};

TEST_F(Restore, shows_what_it_would_do_and_lose_and_does_nothing_unconfirmed) {
    const Ran shown = restore("spare", "");
    EXPECT_EQ(shown.exit_code, only_shown) << shown.err;
    for (const std::string& words :
         {"backup   " + id_,
          std::string("no drill has proven it yet"),
          std::string("everything that was written after "),
          std::string("is not there yet"),
          "--confirm " + std::string(place)}) {
        EXPECT_NE(shown.out.find(words), std::string::npos) << words << "\n" << shown.out;
    }
    EXPECT_EQ(comment_on(*spare_), "") << "there is no such database";

    const Ran before = site_.run({"restore", "shop", "--before", "2099-01-01", "--into", "spare"});
    EXPECT_EQ(before.exit_code, only_shown) << before.err;
    EXPECT_NE(before.out.find("backup   " + id_), std::string::npos) << before.out;

    const Ran wrong = restore("spare", "localhost/shop");
    EXPECT_EQ(wrong.exit_code, usage);
    EXPECT_NE(wrong.err.find("nothing was done"), std::string::npos) << wrong.err;
    EXPECT_EQ(site_.run({"restore", "shop", "--into", "spare"}).exit_code, usage);
    EXPECT_EQ(restore("nowhere").exit_code, usage);
    EXPECT_EQ(comment_on(*spare_), "");
}

TEST_F(Restore, fills_a_new_database_verifies_it_and_says_how_it_takes_over) {
    const Untouched untouched;
    const fs::path file = site_.state().parent_path() / "report.md";
    auto arguments = words("spare", place);
    arguments.insert(arguments.end(), {"--report", file});
    const Ran ran = site_.run(arguments);
    EXPECT_EQ(ran.exit_code, 0) << ran.out << ran.err;
    expect_restored(*spare_);
    EXPECT_EQ(
        spare_->value(
            "shop_restored", "SELECT tableowner FROM pg_tables WHERE tablename = 'orders'"
        ),
        "clerk"
    );
    EXPECT_NE(ran.out.find("RESTORED: localhost/shop_restored"), std::string::npos) << ran.out;
    EXPECT_NE(ran.out.find("role clerk: was not there: made"), std::string::npos) << ran.out;
    EXPECT_NE(ran.out.find("Point the application at"), std::string::npos) << ran.out;
    EXPECT_NE(
        ran.out.find("ALTER ROLE \"clerk\" LOGIN; and \\password \"clerk\"."), std::string::npos
    ) << ran.out;
    EXPECT_NE(read_text(file).find("## Tables"), std::string::npos);
    EXPECT_NE(ran.out.find("without the subscription theirs: see the steps"), std::string::npos);
    EXPECT_NE(ran.out.find("subscription theirs: left out: it would share"), std::string::npos);
    EXPECT_NE(ran.out.find("Drop the subscription theirs of the old database"), std::string::npos);
    const fs::path kept = kept_reports().at(0);
    EXPECT_EQ(read_text(kept), read_text(file)) << "also where nobody asked for it";
    EXPECT_NE(ran.out.find("report   " + kept.string()), std::string::npos) << ran.out;
    EXPECT_EQ(
        spare_->value("postgres", "SELECT rolcanlogin FROM pg_roles WHERE rolname = 'clerk'"), "f"
    );
    untouched.expect_so();
    EXPECT_TRUE(site_.left_behind().empty());

    const Ran again = restore("spare");
    EXPECT_EQ(again.exit_code, refused) << "whoever uses it by now would lose it";
    EXPECT_NE(again.out.find("whose restore came to its end"), std::string::npos) << again.out;
    expect_restored(*spare_);
    spare_->execute("postgres", "DROP DATABASE shop_restored; ");
    spare_->execute("postgres", "DROP ROLE clerk");
}

TEST_F(Restore, beside_the_old_database_is_a_rename_away) {
    const Untouched untouched;
    const Ran ran = restore("beside");
    EXPECT_EQ(ran.exit_code, 0) << ran.out << ran.err;
    expect_restored(TestPostgres::shared());
    EXPECT_NE(ran.out.find("ALTER DATABASE \"shop\" RENAME TO \"shop_before_"), std::string::npos)
        << ran.out;
    untouched.expect_so();
}

/// What stands behind `words` in the one step that has them.
std::string statements_in(const boost::json::value& reply, const std::string& words) {
    for (const boost::json::value& step : reply.at("next").as_array()) {
        const std::string text(step.as_string());
        const auto at = text.find(words);
        if (at != std::string::npos) return text.substr(at + words.size());
    }
    throw std::runtime_error("no step has: " + words);
}

TEST_F(Restore, beside_the_old_database_takes_its_place_by_the_steps_and_gives_it_back) {
    const TestPostgres& server = TestPostgres::shared();
    const auto orders = [&] { return server.value("shop", "SELECT count(*) FROM orders"); };
    auto arguments = words("beside", place);
    arguments.emplace_back("--json");
    const boost::json::value next = site_.run(arguments).json();
    const auto swap = [&] {
        for (const std::string step :
             {"Close the old database", "End the sessions in both", "Rename both"}) {
            const std::string words = step + ", in psql, connected to `postgres`: ";
            server.execute("postgres", statements_in(next, words));
        }
    };
    ASSERT_EQ(orders(), "501");

    swap();
    EXPECT_EQ(orders(), "500");

    // Followed once more with the same backup.
    ASSERT_EQ(restore("beside").exit_code, 0);
    EXPECT_THROW(swap(), std::runtime_error) << "the first step fails";
    EXPECT_EQ(orders(), "500") << "and has closed nothing";
    server.execute("postgres", "DROP DATABASE shop_restored");

    const std::string back = statements_in(next, "and run, in the same place: ");
    server.run(
        "psql",
        {"--dbname=postgres",
         "--set=ON_ERROR_STOP=1",
         "--command=" + back.substr(0, back.find(" What was written"))}
    );
    EXPECT_EQ(orders(), "501");
}

TEST_F(Restore, has_its_report_before_its_pages_answer_and_is_no_more_undone_then) {
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

TEST_F(Restore, whose_server_is_away_for_a_moment_at_its_end_is_marked_as_ended_all_the_same) {
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

TEST_F(Restore, refuses_what_it_must_not_write_to) {
    const Untouched untouched;
    const Ran itself = restore("itself", "localhost/shop");
    EXPECT_EQ(itself.exit_code, refused);
    EXPECT_NE(itself.out.find("is the database that is watched as shop"), std::string::npos)
        << itself.out;

    spare_->create_database("shop_restored");
    spare_->execute("shop_restored", "CREATE TABLE somebodys AS SELECT 1 AS one");
    const Ran filled = restore("spare");
    EXPECT_EQ(filled.exit_code, refused);
    EXPECT_NE(filled.out.find("is not empty"), std::string::npos) << filled.out;
    EXPECT_EQ(spare_->value("shop_restored", "SELECT one FROM somebodys"), "1");

    spare_->create_database("shop_restored");
    const Ran empty = restore("spare");
    EXPECT_EQ(empty.exit_code, 0) << empty.out << empty.err;
    expect_restored(*spare_);
    untouched.expect_so();
}

TEST_F(Restore, by_a_role_that_may_not_names_the_roles_and_makes_nothing) {
    spare_->execute("postgres", "DROP ROLE IF EXISTS poor");
    spare_->execute("postgres", "CREATE ROLE poor LOGIN CREATEDB");
    spare_->execute("postgres", "DROP ROLE IF EXISTS clerk");
    const Ran ran = restore("poor");
    EXPECT_EQ(ran.exit_code, refused) << ran.out << ran.err;
    EXPECT_NE(ran.err.find("CREATE ROLE clerk NOLOGIN"), std::string::npos) << ran.err;
    EXPECT_NE(ran.err.find("No database was made or changed"), std::string::npos) << ran.err;

    spare_->execute("postgres", "ALTER ROLE poor CREATEROLE");
    const Ran no_member = restore("poor");
    EXPECT_EQ(no_member.exit_code, refused) << no_member.out;
    EXPECT_NE(no_member.err.find("GRANT postgres TO poor"), std::string::npos) << no_member.err;
    EXPECT_EQ(
        spare_->value("postgres", "SELECT count(*) FROM pg_roles WHERE rolname = 'clerk'"), "0"
    ) << "nothing is made before all is known";
    EXPECT_EQ(comment_on(*spare_), "");

    spare_->execute("postgres", "GRANT postgres TO poor");
    const Ran member = restore("poor");
    EXPECT_EQ(member.exit_code, refused) << "clerk may make nothing in public, so owns nothing";
    EXPECT_NE(member.out.find("RESTORED WITH ERRORS"), std::string::npos) << member.out;
    EXPECT_NE(member.out.find("REVOKE clerk FROM poor"), std::string::npos) << member.out;
    expect_restored(*spare_);
}

TEST_F(Restore, killed_at_a_step_is_begun_anew_and_says_what_it_found) {
    const Untouched untouched;
    const std::string never_verified =
        "        drill: {verify: {queries: [\"SELECT pg_sleep(90)\"]}}\n";
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
    };
    for (const auto& [name, await_step] : steps) {
        SCOPED_TRACE(name);
        const bool is_verified = name == std::string("verify");
        configure(is_verified ? never_verified : "");
        if (!is_verified) shut_gate();
        spare_->execute("postgres", "DROP DATABASE IF EXISTS shop_restored WITH (FORCE)");
        const auto killed = site_.start(words("spare", place));
        await_step(*killed);
        killed->send(SIGKILL);
        killed->wait();
        await_last_mark(*spare_);
        const std::string comment = comment_on(*spare_);
        untouched.expect_so();
        configure();

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
        expect_restored(*spare_);
        untouched.expect_so();
        EXPECT_TRUE(site_.left_behind().empty());
    }
}

TEST_F(Restore, killed_at_any_moment_touches_nothing_else) {
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
        std::this_thread::sleep_for(took * i / (moments + 1));
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

TEST_F(Restore, killed_while_it_begins_anew_is_begun_anew_once_more) {
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

TEST_F(Restore, that_is_interrupted_says_what_it_left) {
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

TEST_F(Restore, whose_daemon_is_killed_touches_nothing_else_and_is_begun_anew) {
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

TEST_F(Restore, has_its_database_alone) {
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

TEST_F(Restore, that_has_lost_its_lock_is_not_dropped_by_the_next_and_comes_to_its_end) {
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

TEST_F(Restore, whose_database_somebody_has_made_anew_does_not_call_it_its_own) {
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

TEST_F(Restore, keeps_its_lock_on_a_server_that_ends_idle_sessions) {
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

TEST_F(Restore, of_another_tools_dump_is_refused_in_any_form) {
    const TestPostgres& origin = TestPostgres::shared();
    const Site foreign(origin.url("shop"));
    fs::create_directories(foreign.dumps());
    for (const auto& [name, form] : {std::pair("shop.dump", "-Fc"), {"shop.sql", "-Fp"}}) {
        const fs::path file = origin.socket_folder() / name;
        origin.run("pg_dump", {form, "--file=" + file.string(), "--dbname=shop"});
        fs::copy(file, foreign.dumps() / name);
    }
    foreign.configure_without_take(
        "        settle: 1s\nrestore_targets: [{name: spare, url: \"" +
        spare_->url("shop_restored") + "\"}]\n"
    );
    await("the dumps to settle", [&] { return foreign.completed().size() == 2; });

    for (const char* name : {"shop.sql", "shop.dump"}) {
        const Ran ran = foreign.run(words("spare", place, name));
        EXPECT_EQ(ran.exit_code, refused) << ran.out << ran.err;
        EXPECT_NE(ran.out.find("another tool wrote it"), std::string::npos) << ran.out;
        EXPECT_EQ(comment_on(*spare_), "");
    }
}

}  // namespace
}  // namespace backupwatch
