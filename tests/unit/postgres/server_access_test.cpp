#include "postgres/server_access.hpp"

#include "core/failure.hpp"

#include <gtest/gtest.h>

namespace backupwatch {
namespace {

std::string variable(const ServerAccess& access, const std::string& name) {
    for (const auto& [key, value] : access.environment()) {
        if (key == name) return value;
    }
    return "(none)";
}

TEST(ServerAccess, puts_the_password_where_nobody_sees_it) {
    const auto access = ServerAccess::to_production(
        Secret("postgresql://ann:s3cr%20et'@db.example.com:6543/shop?sslmode=require")
    );

    EXPECT_EQ(
        access.conninfo("shop"),
        "user='ann' host='db.example.com' port='6543' sslmode='require' dbname='shop'"
    );
    EXPECT_EQ(variable(access, "PGPASSWORD"), "s3cr et'");
}

TEST(ServerAccess, quotes_odd_values) {
    const auto access = ServerAccess::to_sandbox(Secret(R"(host='/tmp/it\'s' user='a b')"));

    EXPECT_EQ(access.conninfo(R"(o'b\c)"), R"(user='a b' host='/tmp/it\'s' dbname='o\'b\\c')");
}

TEST(ServerAccess, refuses_a_secret_that_would_be_an_argument) {
    EXPECT_THROW(
        ServerAccess::to_production(Secret("host=x password=a sslpassword=hidden")), Failure
    );
}

TEST(ServerAccess, quotes_nothing_of_what_it_cannot_read) {
    try {
        ServerAccess::to_production(Secret("postgresql://ann:hidden@[bad"));
        FAIL();
    } catch (const Failure& failure) {
        EXPECT_EQ(std::string(failure.what()).find("hidden"), std::string::npos);
    }
}

TEST(ServerAccess, has_every_time_in_utc_and_every_message_in_english) {
    const auto access = ServerAccess::to_sandbox(Secret("host=/tmp"));

    EXPECT_EQ(variable(access, "PGTZ"), "UTC");
    EXPECT_EQ(variable(access, "LC_ALL"), "C");
    EXPECT_EQ(variable(access, "PGOPTIONS"), "-c lc_messages=C");
    EXPECT_EQ(variable(access, "HOME"), "(none)");
}

TEST(ServerAccess, keeps_the_options_of_the_url_beside_its_own) {
    auto access = ServerAccess::to_production(Secret("host=x options='reference=abc'"));
    access.set("bytea_output", "hex");

    EXPECT_EQ(access.conninfo(), "host='x' options='reference=abc -c bytea_output=hex'");
}

}  // namespace
}  // namespace backupwatch
