// What is told of a restore that does not go as usual: beside a drill, and of a database that could
// not be marked at its end.
#include "system/daemon.hpp"
#include "system/support.hpp"

#include <gtest/gtest.h>

#include <csignal>
#include <thread>

namespace backupwatch {
namespace {

namespace fs = std::filesystem;

constexpr int not_as_usual = 2;

class RestoreTold : public testing::Test {
  protected:
    static void SetUpTestSuite() {
        gate_ = create_held(TestPostgres::shared(), "shop");
        spare_ = std::make_unique<TestPostgres>();
    }
    static void TearDownTestSuite() {
        spare_.reset();
        TestPostgres::shared().execute("postgres", "DROP DATABASE shop");
    }

    RestoreTold() : site_(TestPostgres::shared().url("shop")) {
        // Of a role that is taken its rights from.
        spare_->execute("postgres", "DROP DATABASE IF EXISTS shop_restored WITH (FORCE);");
        spare_->execute("postgres", "DROP ROLE IF EXISTS restorer");
        spare_->execute("postgres", "CREATE ROLE restorer SUPERUSER LOGIN");
        site_.configure(
            "        drill: {verify: {queries: [\"SELECT pg_sleep(3)\"]}}\n",
            "restore_targets: [{name: spare, url: \"" + spare_->url("shop_restored", "restorer") +
                "\"}]\n"
        );
        open_gate();
        id_ = site_.take_backup();
    }

    static void open_gate() { write_text(gate_, ""); }
    static void shut_gate() { fs::remove(gate_); }

    auto start_restore(std::vector<std::string> more = {}) const {
        std::vector<std::string> words{
            "restore",
            "shop",
            "--backup",
            id_,
            "--into",
            "spare",
            "--confirm",
            "localhost/shop_restored"};
        words.insert(words.end(), more.begin(), more.end());
        return site_.start(words);
    }
    auto start_until_it_verifies(std::vector<std::string> more = {}) const {
        auto asked = start_restore(std::move(more));
        await("its query", [] {
            return spare_->value(
                       "postgres",
                       "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%sleep(3)%' "
                       "AND datname = 'shop_restored'"
                   ) != "0";
        });
        return asked;
    }
    std::string kept_report() const {
        for (const auto& entry : fs::directory_iterator(site_.state() / "restores/shop")) {
            return read_text(entry.path());
        }
        return {};
    }

    static inline std::unique_ptr<TestPostgres> spare_;
    static inline fs::path gate_;
    Site site_;
    std::string id_;
};

TEST_F(RestoreTold, beside_a_drill_is_shown_with_it) {
    Daemon daemon(site_);
    const auto running = [&] {
        const auto status = daemon.get("/api/v1/status").json();
        return status.at("databases").at(0).at("sets").at(0).at("running");
    };
    shut_gate();
    const auto drill = site_.start({"drill", "shop"});
    await("the drill", [&] { return running() == "drill"; });

    const auto restore = start_restore();

    await("the restore", [&] { return running() == "restore"; });
    const Ran status = site_.run({"status"});
    EXPECT_NE(status.out.find("running now    restore and drill\n"), std::string::npos)
        << status.out;
    open_gate();
    EXPECT_EQ(restore->wait().exit_code, 0);
    drill->wait();
    EXPECT_TRUE(running().is_null());
    EXPECT_EQ(daemon.stop().exit_code, 0);
}

TEST_F(RestoreTold, that_could_not_be_marked_keeps_its_report_and_says_what_to_run) {
    const auto asked = start_until_it_verifies();
    spare_->execute("postgres", "ALTER DATABASE shop_restored OWNER TO postgres");
    spare_->execute("postgres", "ALTER ROLE restorer NOSUPERUSER");

    const Ran ran = asked->wait();

    EXPECT_EQ(ran.exit_code, not_as_usual) << ran.out << ran.err;
    const std::string statement = "COMMENT ON DATABASE \"shop_restored\" IS NULL;";
    for (const std::string& text : {ran.out, kept_report()}) {
        for (const std::string& words :
             {std::string("RESTORED, NOT MARKED: "),
              std::string("must be owner of database shop_restored"),
              std::string("100 rows"),
              statement}) {
            EXPECT_NE(text.find(words), std::string::npos) << words << "\n" << text << ran.err;
        }
    }
    spare_->execute("postgres", statement);
    spare_->execute("postgres", "ALTER ROLE restorer SUPERUSER");
    const Ran again = start_restore()->wait();
    EXPECT_NE(again.out.find("is not empty"), std::string::npos) << again.out << again.err;
}

TEST_F(RestoreTold, that_is_interrupted_while_it_waits_to_be_marked_keeps_its_report) {
    const auto asked = start_until_it_verifies();
    // Nobody new gets in.
    const fs::path socket =
        spare_->socket_folder() / (".s.PGSQL." + std::to_string(spare_->port()));
    const fs::path aside = spare_->socket_folder() / "aside";
    fs::rename(socket, aside);
    std::this_thread::sleep_for(std::chrono::seconds(6));
    asked->send(SIGINT);

    const Ran ran = asked->wait();

    fs::rename(aside, socket);
    EXPECT_EQ(ran.exit_code, not_as_usual) << ran.out << ran.err;
    for (const std::string& text : {ran.out, kept_report()}) {
        EXPECT_NE(text.find("marked as unfinished: it was interrupted"), std::string::npos)
            << text << ran.err;
        EXPECT_NE(text.find("COMMENT ON DATABASE"), std::string::npos) << text;
    }
}

}  // namespace
}  // namespace backupwatch
