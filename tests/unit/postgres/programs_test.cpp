#include "postgres/programs.hpp"

#include "core/failure.hpp"
#include "postgres/version.hpp"
#include "support/temporary_folder.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <initializer_list>

namespace backupwatch {
namespace {

using Path = std::filesystem::path;

const std::initializer_list<const char*> client = {
    "pg_dump", "pg_dumpall", "pg_restore", "psql", "createdb"};
const std::initializer_list<const char*> server = {"initdb", "postgres"};

class FindInstallations : public testing::Test {
  protected:
    void install(
        const Path& bin,
        std::initializer_list<const char*> programs,
        const std::string& version = "?"
    ) {
        std::filesystem::create_directories(bin);
        for (const char* program : programs) {
            std::ofstream(bin / program)
                << "#!/bin/sh\necho '" << program << " (PostgreSQL) " << version << "'\n";
            std::filesystem::permissions(bin / program, std::filesystem::perms(0755));
        }
    }

    std::vector<Installation> find() { return find_installations(places); }

    TemporaryFolder folder;
    InstallationPlaces places{
        .debian = folder / "usr/lib/postgresql",
        .red_hat = folder / "usr",
        .search_path = "",
    };
};

TEST_F(FindInstallations, finds_each_major_of_debian_oldest_first) {
    install(places.debian / "15/bin", client);
    install(places.debian / "15/bin", server);
    install(places.debian / "9/bin", client);
    install(places.debian / "17/bin", server);

    const auto found = find();

    ASSERT_EQ(found.size(), 3U);
    EXPECT_EQ(found[0].major, 9);
    EXPECT_EQ(found[1].major, 15);
    EXPECT_EQ(found[1].bin, places.debian / "15/bin");
    EXPECT_TRUE(found[1].has_client && found[1].has_server);
    EXPECT_EQ(found[2].major, 17);
    EXPECT_TRUE(!found[2].has_client && found[2].has_server);
}

TEST_F(FindInstallations, finds_those_of_red_hat) {
    install(places.red_hat / "pgsql-16/bin", client);

    const auto found = find();

    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].major, 16);
    EXPECT_TRUE(found[0].has_client);
}

TEST_F(FindInstallations, overlooks_folders_that_hold_no_programs) {
    install(places.debian / "15/bin", {"pg_config"});
    install(places.debian / "9.6/bin", client);
    install(places.debian / "common/bin", client);
    std::filesystem::create_directories(places.debian / "14/lib");

    EXPECT_TRUE(find().empty());
}

TEST_F(FindInstallations, takes_for_a_client_only_what_has_all_that_a_dump_and_a_drill_run) {
    for (const std::string missing : client) {
        install(places.debian / "15/bin", client);
        install(places.debian / "15/bin", server);
        std::filesystem::remove(places.debian / "15/bin" / missing);

        const auto found = find();

        ASSERT_EQ(found.size(), 1U);
        EXPECT_FALSE(found[0].has_client) << missing;
        EXPECT_TRUE(found[0].has_server) << missing;
    }
}

TEST_F(FindInstallations, asks_a_program_of_the_search_path_for_its_version) {
    install(folder / "opt/bin", client, "18beta1 (Homebrew)");
    places.search_path =
        "relative::" + (folder / "absent").string() + ":" + (folder / "opt/bin").string();

    const auto found = find();

    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].major, 18);
    EXPECT_EQ(found[0].bin, folder / "opt/bin");
}

TEST_F(FindInstallations, lists_an_installation_once_that_is_in_the_search_path_too) {
    install(places.debian / "15/bin", client, "15.20");
    std::filesystem::create_directories(folder / "links");
    std::filesystem::create_symlink(places.debian / "15/bin/pg_dump", folder / "links/pg_dump");
    places.search_path = (folder / "links").string() + ":" + (places.debian / "15/bin").string();

    EXPECT_EQ(find().size(), 1U);
}

TEST_F(FindInstallations, overlooks_the_wrapper_that_debian_has_in_the_search_path) {
    install(folder / "share", {"pg_wrapper"}, "15.20");
    std::filesystem::create_directories(folder / "bin");
    std::filesystem::create_symlink(folder / "share/pg_wrapper", folder / "bin/pg_dump");
    places.search_path = (folder / "bin").string();

    EXPECT_TRUE(find().empty());
}

TEST_F(FindInstallations, overlooks_a_program_that_does_not_tell_its_version) {
    install(folder / "opt/bin", client, "");
    places.search_path = (folder / "opt/bin").string();

    EXPECT_TRUE(find().empty());
}

struct Choice {
    std::vector<Installation> installed;
    int server_major;
    Need need;
    int chosen;  ///< 0: none
};

TEST(Choose, takes_the_own_major_else_the_next_newer_and_never_an_older) {
    const Installation both15{15, "/15", true, true};
    const Installation client16{16, "/16", true, false};
    const Installation server17{17, "/17", false, true};
    const Installation both18{18, "/18", true, true};
    const std::vector<Installation> all{both15, client16, server17, both18};
    const Choice choices[] = {
        {all, 15, Need::client, 15},
        {all, 16, Need::client, 16},
        {all,
         16,
         Need::server,
         18},  // the client of 16 is no server, and 17 has nothing to load it
        {all, 17, Need::client, 18},
        {all, 14, Need::server, 15},
        {all, 19, Need::client, 0},  // older ones would refuse, or lose what they do not know
        {{both15}, 16, Need::client, 0},
        {{client16}, 16, Need::server, 0},
        {{server17}, 17, Need::server, 0},
        {{both18, both15}, 15, Need::client, 15},  // in any order
        {{}, 15, Need::client, 0},
    };
    for (const auto& choice : choices) {
        SCOPED_TRACE("major " + std::to_string(choice.server_major));
        int chosen = 0;
        try {
            chosen = choose(choice.installed, choice.server_major, choice.need).major;
        } catch (const Failure&) {
        }
        EXPECT_EQ(chosen, choice.chosen);
    }
}

TEST(Choose, names_the_package_to_install_and_what_there_is) {
    const std::vector<Installation> installed{{15, "/15", true, true}, {16, "/16", true, false}};
    try {
        choose(installed, 17, Need::client);
        FAIL() << "nothing was thrown";
    } catch (const Failure& failure) {
        EXPECT_EQ(failure.kind(), Failure::Kind::missing);
        EXPECT_STREQ(
            failure.what(),
            "no PostgreSQL client programs of major 17 or newer are installed (found: 15, 16)"
        );
        EXPECT_EQ(
            failure.hint(),
            "Install the package postgresql-client-17, from https://apt.postgresql.org where "
            "Debian "
            "itself has not got it."
        );
    }
    try {
        choose({}, 17, Need::server);
        FAIL() << "nothing was thrown";
    } catch (const Failure& failure) {
        EXPECT_NE(failure.hint().find(" postgresql-17,"), std::string::npos) << failure.hint();
    }
}

TEST(Version, is_read_from_what_a_program_says) {
    const std::pair<const char*, const char*> cases[] = {
        {"postgres (PostgreSQL) 15.20 (Debian 15.20-0+deb12u1)\n", "15.20"},
        {"pg_dump (PostgreSQL) 18beta1\n", "18beta1"},
        {"initdb (PostgreSQL) 9.6.24", "9.6.24"},
        {"pg_dump (PostgreSQL) \n", ""},
        {"pg_dump (PostgreSQL) unknown\n", ""},
        {"bash 5.2", ""},
        {"", ""},
    };
    for (const auto& [said, version] : cases) {
        EXPECT_EQ(parse_version(said).value_or(""), version) << said;
    }
    EXPECT_EQ(major_of("15.20"), 15);
    EXPECT_EQ(major_of("18beta1"), 18);
}

}  // namespace
}  // namespace backupwatch
