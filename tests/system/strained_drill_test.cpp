#include "system/support.hpp"

#include <gtest/gtest.h>

namespace backupwatch {
namespace {

using Words = std::vector<std::string>;

Words errors_of(const Ran& drill) {
    Words errors;
    const auto report = drill.json();
    for (const auto& error : report.at("errors").as_array()) errors.emplace_back(error.as_string());
    return errors;
}

/// Drills that other work, limits or a small machine come in the way of.
class StrainedDrill : public testing::Test {
  protected:
    const TestPostgres& server() const { return TestPostgres::shared(); }
};

TEST_F(StrainedDrill, of_two_sets_at_once_passes_twice) {
    const auto gate = create_held(server(), "both");
    const Site site(server().url("both"));
    site.take_backup();
    const auto copies = site.state() / "copies";
    std::filesystem::copy(site.dumps(), copies, std::filesystem::copy_options::recursive);
    site.configure(
        "",
        "      - name: weekly\n"
        "        source: dump\n"
        "        every: 7d\n"
        "        directory: " +
            copies.string() + "\n"
    );

    const auto nightly = site.start({"drill", "shop/nightly", "--json"});
    const auto weekly = site.start({"drill", "shop/weekly", "--json"});
    await("two servers at once", [&] {
        return process_in(site.work(), "drill-nightly-") &&
               process_in(site.work(), "drill-weekly-");
    });
    write_text(gate, "");
    for (const auto& drill : {nightly.get(), weekly.get()}) {
        const Ran ran = drill->wait();
        EXPECT_EQ(ran.exit_code, 0) << ran.out << ran.err;
        EXPECT_EQ(ran.json().at("result").as_string(), "passed");
    }
    EXPECT_EQ(site.left_behind(), Words());
}

TEST_F(StrainedDrill, that_meets_its_timeout_while_it_verifies_has_failed) {
    load(server(), "late", "seed.sql");
    const Site site(server().url("late"));
    site.configure(
        "        drill: {target: 20s, timeout: 20s, verify: {queries: [\"SELECT pg_sleep(90)\"]}}\n"
    );
    const Ran drill = site.drill(site.take_backup());
    EXPECT_EQ(drill.exit_code, 2) << drill.err;
    EXPECT_EQ(drill.json().at("result").as_string(), "failed");
    EXPECT_EQ(errors_of(drill), Words{"no end of the drill within 20s"});
    EXPECT_EQ(drill.json().at("phases").as_array().back().at("name").as_string(), "verify");
    EXPECT_EQ(site.left_behind(), Words());
}

TEST_F(StrainedDrill, without_memory_for_a_query_cannot_tell) {
    server().create_database("small");
    server().execute(
        "small",
        "CREATE FUNCTION no_memory() RETURNS int LANGUAGE plpgsql "
        "AS 'BEGIN RAISE EXCEPTION ''out of memory'' USING ERRCODE = ''53200''; END'"
    );
    const Site site(server().url("small"));
    site.configure("        drill: {verify: {queries: [\"SELECT no_memory()\"]}}\n");
    const Ran drill = site.drill(site.take_backup());
    EXPECT_EQ(drill.exit_code, 3) << drill.out << drill.err;
    EXPECT_EQ(drill.json().at("result").as_string(), "unknown");
    EXPECT_EQ(site.left_behind(), Words());
}

TEST_F(StrainedDrill, and_backup_without_descriptors_say_so_and_leave_nothing) {
    load(server(), "narrow", "seed.sql");
    const Site site(server().url("narrow"));
    const std::string id = site.take_backup();
    // Enough for the state and the control socket, not for a program and its pipes.
    for (const unsigned most : {18, 20, 24}) {
        const Ran taken = site.start({"backup", "shop"}, most)->wait();
        EXPECT_EQ(taken.exit_code, 2) << most;
        EXPECT_NE(taken.err.find("Too many open files"), std::string::npos) << taken.err;

        const auto drill = site.start({"drill", "shop", "--backup", id, "--json"}, most);
        const Ran drilled = drill->wait();
        EXPECT_EQ(drilled.exit_code, 3) << most << drilled.err;
        // Ours ran out, before the drill or in it, or the throw-away server's.
        const std::string& said = drilled.out;
        const bool is_told = said.find("Too many open files") != said.npos ||
                             said.find("insufficient file descriptors") != said.npos;
        EXPECT_TRUE(is_told) << most << said << drilled.err;
        EXPECT_EQ(site.left_behind(), Words()) << most;
    }
    EXPECT_EQ(site.completed(), Words{id});
}

}  // namespace
}  // namespace backupwatch
