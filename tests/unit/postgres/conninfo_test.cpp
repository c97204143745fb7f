#include "postgres/conninfo.hpp"

#include "core/failure.hpp"
#include "postgres/connection.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace backupwatch {
namespace {

TEST(WithoutPassword, puts_stars_where_a_password_stood) {
    EXPECT_EQ(
        without_password(Secret("postgresql://ann:s3cret@db.example.com:5433/app?sslmode=require")),
        "user=ann password=*** dbname=app host=db.example.com port=5433 sslmode=require"
    );
    EXPECT_EQ(
        without_password(Secret("host=/run/pg dbname='my app' password='a\\'b' sslpassword=x")),
        "password=*** dbname='my app' host=/run/pg sslpassword=***"
    );
}

TEST(WithoutPassword, shows_nothing_of_what_it_cannot_read) {
    const std::string shown = without_password(Secret("host=a password=half word"));

    EXPECT_EQ(shown, "(unreadable connection string)");
}

TEST(ParseConninfo, names_the_mistake_but_none_of_the_words) {
    for (const std::string text :
         {"host=a password=hunter2 hunter3",
          "postgresql://ann:hunter2@[::1/db",
          "hunter2",
          "host=a password='hunter2",
          "postgresql://a/b?hunter2=hunter3",
          "postgresql://ann:ab\"hunter2%zz@h/db",
          "postgresql://ann:ab\"x\"hunter2%zz@h/db"}) {
        try {
            parse_conninfo(Secret(text));
            ADD_FAILURE() << text;
        } catch (const Failure& failure) {
            EXPECT_EQ(failure.kind(), Failure::Kind::rejected);
            EXPECT_EQ(std::string(failure.what()).find("hunter"), std::string::npos)
                << failure.what();
            EXPECT_FALSE(failure.hint().empty());
        }
    }
}

TEST(Endpoints, pair_hosts_with_addresses_and_ports) {
    struct Case {
        const char* conninfo;
        std::vector<Endpoint> endpoints;
    };
    const std::vector<Case> cases{
        {"dbname=x", {{"", "", ""}}},
        {"host=a", {{"a", "", ""}}},
        {"host=a,b port=1", {{"a", "", "1"}, {"b", "", "1"}}},
        {"host=a,/run/pg port=1,2", {{"a", "", "1"}, {"/run/pg", "", "2"}}},
        {"host=a,b hostaddr=,10.0.0.1 port=,2", {{"a", "", ""}, {"b", "10.0.0.1", "2"}}},
        {"hostaddr=10.0.0.1", {{"", "10.0.0.1", ""}}},
    };
    for (const auto& [conninfo, endpoints] : cases) {
        EXPECT_EQ(endpoints_of(parse_conninfo(Secret(conninfo))), endpoints) << conninfo;
    }
}

TEST(Endpoints, leave_lists_that_do_not_fit_to_libpq) {
    EXPECT_FALSE(endpoints_of({{"host", "a,b"}, {"port", "1,2,3"}}));
    EXPECT_FALSE(endpoints_of({{"host", "a,b"}, {"hostaddr", "10.0.0.1"}}));
}

TEST(Endpoints, are_written_back_as_they_were_read) {
    const std::vector<Endpoint> endpoints{
        {"a", "10.0.0.1", "1"}, {"a", "::1", "1"}, {"/x", "", "2"}};
    ConnectOptions options{{"host", "a,/x"}};

    set_endpoints(options, endpoints);

    EXPECT_EQ(endpoints_of(options), endpoints);
}

TEST(Endpoints, need_an_address_where_they_have_a_name_alone) {
    EXPECT_TRUE((Endpoint{"db.example.com", "", ""}.needs_address()));
    EXPECT_FALSE((Endpoint{"db.example.com", "10.0.0.1", ""}.needs_address()));
    EXPECT_FALSE((Endpoint{"10.0.0.1", "", ""}.needs_address()));
    EXPECT_FALSE((Endpoint{"::1", "", ""}.needs_address()));
    EXPECT_FALSE((Endpoint{"/run/postgresql", "", ""}.needs_address()));
    EXPECT_FALSE((Endpoint{"@abstract", "", ""}.needs_address()));
    EXPECT_FALSE((Endpoint{"", "", ""}.needs_address()));
}

TEST(EffectiveOptions, include_those_of_a_service) {
    std::string pattern = std::filesystem::temp_directory_path() / "backupwatch-service-XXXXXX";
    const int file = ::mkstemp(pattern.data());
    ASSERT_GE(file, 0);
    ::close(file);
    std::ofstream(pattern) << "[nightly]\nhost=db.example.com\nport=6543\nsslmode=require\n";
    ::setenv("PGSERVICEFILE", pattern.c_str(), 1);

    const auto options = effective_options({{"service", "nightly"}, {"dbname", "app"}});

    EXPECT_EQ(target_of(options), "db.example.com:6543/app");
    ::unsetenv("PGSERVICEFILE");
    std::filesystem::remove(pattern);
}

TEST(ConninfoOf, is_read_back_as_the_same_options) {
    const ConnectOptions options{
        {"user", "ann"}, {"password", "a'b\\c d"}, {"dbname", "my app"}, {"host", "/run/pg"}};

    EXPECT_EQ(parse_conninfo(conninfo_of(options)), options);
}

}  // namespace
}  // namespace backupwatch
