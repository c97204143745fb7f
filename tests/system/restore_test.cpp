// A backup restored into a new database of a server that stays: seen before it is done, verified,
// refused where it must not write, and put in the place of the old one.
#include "system/targets.hpp"

#include <stdexcept>

namespace backupwatch {
namespace {

namespace fs = std::filesystem;

class Restore : public WithTargets {};

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

    // As after one that was killed, whose steps nobody has seen.
    spare_->execute("postgres", "DROP DATABASE shop_restored");
    const Ran again = restore("poor");
    EXPECT_NE(again.out.find("REVOKE clerk FROM poor"), std::string::npos) << again.out;
    EXPECT_NE(again.out.find("ALTER ROLE \"clerk\" LOGIN"), std::string::npos) << again.out;
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
