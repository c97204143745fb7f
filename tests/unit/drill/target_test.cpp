#include "drill/target.hpp"

#include "core/failure.hpp"

#include <gtest/gtest.h>

namespace backupwatch {
namespace {

std::string place_of(const char* url) {
    return TargetServer(Secret(url)).place();
}

TEST(TargetServer, has_a_place_that_tells_the_clusters_of_a_host_apart) {
    const std::pair<const char*, const char*> table[] = {
        {"postgresql://r@db.example.com/shop_new", "db.example.com/shop_new"},
        {"postgresql://r@db.example.com:5432/shop_new", "db.example.com/shop_new"},
        {"postgresql://r@db.example.com:5433/shop_new", "db.example.com:5433/shop_new"},
        {"postgresql://r@[2001:db8::1]:5433/shop_new", "[2001:db8::1]:5433/shop_new"},
        {"postgresql://r@[2001:db8::1]/shop_new", "2001:db8::1/shop_new"},
        // Of sockets the port is part of the name.
        {"host=/run/postgresql port=5433 dbname=shop_new", "localhost:5433/shop_new"},
        {"host=db hostaddr=10.0.0.7 port=5433 dbname=shop_new", "db:5433/shop_new"},
        {"hostaddr=10.0.0.7 dbname=shop_new", "10.0.0.7/shop_new"},
        // And the projects of a pooler.
        {"postgresql://postgres.abc@aws-0-eu.pooler.supabase.com/postgres",
         "abc@aws-0-eu.pooler.supabase.com/postgres"},
        {"postgresql://postgres@db.abc.supabase.co/postgres", "db.abc.supabase.co/postgres"},
    };
    for (const auto& [url, place] : table) EXPECT_EQ(place_of(url), place) << url;
}

TEST(TargetServer, knows_a_project_by_whatever_host_it_is_reached) {
    const TargetServer target(
        Secret("postgresql://postgres.abc@aws-0-eu.pooler.supabase.com/postgres")
    );
    struct Case {
        const char* url;
        bool is_same;
        bool is_other;
    };
    const Case table[] = {
        {"postgresql://postgres.abc@aws-0-eu.pooler.supabase.com:6543/postgres", true, false},
        {"postgresql://someone@db.abc.supabase.co/postgres", true, false},
        {"postgresql://someone@db.abc.supabase.co/other", false, false},
        // Of one pooler, and of two projects.
        {"postgresql://postgres.xyz@aws-0-eu.pooler.supabase.com/postgres", false, true},
        {"postgresql://postgres@db.xyz.supabase.co/postgres", false, true},
        {"postgresql://postgres@db.example.com/postgres", false, false},
    };
    for (const Case& one : table) {
        EXPECT_EQ(target.is_same_address(Secret(one.url)), one.is_same) << one.url;
        EXPECT_EQ(target.is_other_project(Secret(one.url)), one.is_other) << one.url;
    }
}

TEST(TargetServer, has_sessions_and_so_no_pooler_of_transactions) {
    EXPECT_THROW(
        TargetServer(Secret("postgresql://postgres.abc@aws-0-eu.pooler.supabase.com:6543/postgres")
        ),
        Failure
    );
}

TEST(TargetServer, begins_its_sessions_with_what_was_agreed_and_what_its_url_says) {
    TargetServer server(Secret("host=db dbname=shop_new options='-c work_mem=1GB'"));
    server.begins_with("idle_session_timeout", "0");
    server.begins_with("client_connection_check_interval", "2s");

    const ConnectOptions options = parse_conninfo(server.conninfo("postgres"));

    EXPECT_EQ(
        *find_option(options, "options"),
        "-c work_mem=1GB -c idle_session_timeout=0 -c client_connection_check_interval=2s"
    );
    EXPECT_EQ(*find_option(options, "dbname"), "postgres");
    EXPECT_EQ(*find_option(options, "keepalives_idle"), "60");
}

TEST(TargetServer, refuses_a_url_that_does_not_say_what_is_written_to) {
    EXPECT_THROW(TargetServer(Secret("host=a,b dbname=shop_new")), Failure);
}

}  // namespace
}  // namespace backupwatch
