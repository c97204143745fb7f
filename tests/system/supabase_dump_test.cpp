#include "system/support.hpp"

#include <boost/json/serialize.hpp>
#include <gtest/gtest.h>

namespace backupwatch {
namespace {

/// The database of a Supabase project, as its own role may see it.
class SupabaseSet : public testing::Test {
  protected:
    static void SetUpTestSuite() {
        const TestPostgres& server = TestPostgres::shared();
        server.create_database("project");
        server.execute_file("project", SOURCE_DIR "/tests/support/supabase_layout.sql");
    }

    Site site_{TestPostgres::shared().url("project", "project_owner"), "project"};
};

TEST_F(SupabaseSet, is_dumped_and_drilled_behind_its_policies) {
    site_.configure(
        "        preset: supabase\n"
        "        drill:\n"
        "          verify:\n"
        "            queries: [SELECT title FROM posts]\n"
        "            role: authenticated\n"
    );

    const std::string id = site_.take_backup();
    const Ran drill = site_.drill(id);

    EXPECT_EQ(drill.exit_code, 0) << drill.out << drill.err;
    const boost::json::value report = drill.json();
    EXPECT_EQ(report.at("result").as_string(), "passed");
    const std::string checks = boost::json::serialize(report.at("checks"));
    EXPECT_NE(
        checks.find(
            R"("query as authenticated: SELECT title FROM posts","ok":true,"detail":"0 rows")"
        ),
        std::string::npos
    ) << checks;
    EXPECT_NE(checks.find("no row points to none"), std::string::npos) << checks;
    const std::string skipped = boost::json::serialize(report.at("skipped"));
    EXPECT_NE(skipped.find("\"what\":\"files of Storage (30)\""), std::string::npos) << skipped;
    EXPECT_NE(skipped.find(R"("platform":true)"), std::string::npos) << skipped;
    const std::string readme = read_text(site_.dumps() / id / "README.txt");
    EXPECT_NE(readme.find("secrets of the vault"), std::string::npos) << readme;
    const Ran runbook = site_.run({"runbook", "project"});
    for (const char* told :
         {"Make a new project at Supabase",
          "psql --no-psqlrc --set=in_project=1 ",
          "files of Storage (30): ",
          "secrets of the vault: "}) {
        EXPECT_NE(runbook.out.find(told), std::string::npos) << told << "\n"
                                                             << runbook.out << runbook.err;
    }
    EXPECT_EQ(site_.left_behind(), std::vector<std::string>());
}

TEST_F(SupabaseSet, is_asked_online_only_for_what_its_dump_takes) {
    site_.configure("        preset: supabase\n");
    const Ran aware = site_.run({"check-config", "--online"});
    EXPECT_EQ(aware.out.find("vault.secrets"), std::string::npos) << aware.out;
    EXPECT_NE(aware.out.find("project"), std::string::npos) << aware.out << aware.err;

    site_.configure("        preset: none\n");
    const Ran unaware = site_.run({"check-config", "--online"});
    EXPECT_NE(unaware.out.find("vault.secrets"), std::string::npos) << unaware.out << unaware.err;
}

}  // namespace
}  // namespace backupwatch
