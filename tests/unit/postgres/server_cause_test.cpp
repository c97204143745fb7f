#include "postgres/server_cause.hpp"

#include <gtest/gtest.h>

namespace backupwatch {
namespace {

std::string cause(const std::string& url, Failure::Kind kind = Failure::Kind::unreachable) {
    return server_cause(parse_conninfo(Secret(url)), kind);
}

TEST(ServerCause, is_the_place_that_does_not_answer) {
    struct Case {
        std::string url;
        std::string cause;
    };
    const Case cases[] = {
        {"postgresql://app:secret@db.example.com:6432/shop", "db.example.com:6432"},
        {"postgresql://app@db.example.com/shop", "db.example.com:5432"},
        {"postgresql://app@[2001:db8::1]:5433/shop", "2001:db8::1:5433"},
        {"postgresql://app@a:1,b:2/shop", "a:1,b:2"},
        {"host=/run/postgresql dbname=shop", "%2Frun%2Fpostgresql:5432"},
        {"hostaddr=192.0.2.1 dbname=shop", "192.0.2.1:5432"},
        {"dbname=shop", "localhost:5432"},
    };
    for (const Case& one : cases) EXPECT_EQ(cause(one.url), one.cause) << one.url;
    EXPECT_EQ(cause(cases[0].url, Failure::Kind::timeout), cases[0].cause);
}

TEST(ServerCause, is_the_log_in_that_is_denied_without_its_password) {
    const std::string url = "postgresql://the%2Fapp:secret@db.example.com/shop";
    EXPECT_EQ(cause(url, Failure::Kind::denied), "the%2Fapp@db.example.com:5432");
    EXPECT_EQ(cause("host=db.example.com", Failure::Kind::denied), "db.example.com:5432");
}

TEST(ServerCause, is_nothing_where_the_failure_is_of_one_database) {
    for (const auto kind : {Failure::Kind::rejected, Failure::Kind::corrupt}) {
        EXPECT_EQ(cause("host=db.example.com", kind), "");
    }
}

}  // namespace
}  // namespace backupwatch
