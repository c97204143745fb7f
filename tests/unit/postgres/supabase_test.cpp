#include "postgres/supabase.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

namespace backupwatch {
namespace {

constexpr const char* direct_url =
    "postgresql://postgres:secret@db.abcdefghijklmnopqrst.supabase.co:5432/postgres";

ConnectOptions options(const std::string& url) {
    return parse_conninfo(Secret(url));
}

TEST(SupabasePlaces, are_known_by_their_hosts_and_ports) {
    struct Case {
        std::string url;
        SupabasePlace place;
    };
    const Case cases[] = {
        {direct_url, SupabasePlace::direct},
        {"host=db.abcdefghijklmnopqrst.supabase.co user=postgres", SupabasePlace::direct},
        {"postgresql://postgres.abcdefghijklmnopqrst@aws-0-eu-west-3.pooler.supabase.com/postgres",
         SupabasePlace::session_pooler},
        {"postgresql://u@aws-1-us-east-1.pooler.supabase.com:5432/postgres",
         SupabasePlace::session_pooler},
        {"postgresql://u@aws-1-us-east-1.pooler.supabase.com:6543/postgres",
         SupabasePlace::transaction_pooler},
        // The dedicated pooler of a project.
        {"postgresql://u@db.abcdefghijklmnopqrst.supabase.co:6543/postgres",
         SupabasePlace::transaction_pooler},
        // PgBouncer's port as well, but nobody knows its mode.
        {"postgresql://u@db.example.com:6543/postgres", SupabasePlace::elsewhere},
        {"postgresql://u@pooler.supabase.com.example.org/postgres", SupabasePlace::elsewhere},
        {"postgresql://u@mysupabase.co/postgres", SupabasePlace::elsewhere},
        {"host=/run/postgresql", SupabasePlace::elsewhere},
        {"dbname=shop", SupabasePlace::elsewhere},
    };
    for (const Case& one : cases) {
        EXPECT_EQ(supabase_place(options(one.url)), one.place) << one.url;
        EXPECT_EQ(
            refuses_dumps(options(one.url)).has_value(),
            one.place == SupabasePlace::transaction_pooler
        ) << one.url;
    }
}

TEST(SupabasePlaces, say_which_project_they_are_of) {
    const std::pair<std::string, const char*> table[] = {
        {direct_url, "abcdefghijklmnopqrst"},
        {"postgresql://postgres.abcdefghijklmnopqrst@aws-0-eu-west-3.pooler.supabase.com/postgres",
         "abcdefghijklmnopqrst"},
        {"postgresql://my.role.abcdefghijklmnopqrst@aws-0-eu-west-3.pooler.supabase.com:6543/p",
         "abcdefghijklmnopqrst"},
        {"postgresql://u@db.abcdefghijklmnopqrst.supabase.co:6543/postgres",
         "abcdefghijklmnopqrst"},
        {"postgresql://postgres@aws-0-eu-west-3.pooler.supabase.com/postgres", ""},
        {"postgresql://postgres.ref@db.example.com/postgres", ""},
        {"host=/run/postgresql user=postgres.ref", ""},
    };
    for (const auto& [url, project] : table) {
        EXPECT_EQ(supabase_project(options(url)), project) << url;
    }
}

TEST(SupabasePlaces, explain_why_a_log_in_failed_there) {
    struct Case {
        std::string url;
        std::string message;
        std::string hint;  ///< a part of it; empty: none
    };
    const std::string pooler =
        "postgresql://postgres@aws-0-eu-west-3.pooler.supabase.com:5432/postgres";
    const Case cases[] = {
        // A machine without IPv6.
        {direct_url, "cannot connect: Network is unreachable", "session pooler"},
        {direct_url, "no end of connection to db.x.supabase.co:5432/postgres within 1m", "IPv6"},
        // A paused project has no name.
        {direct_url,
         "cannot connect: no address of \"db...\": Name or service not known",
         "paused"},
        {pooler, "FATAL: XX000: Tenant or user not found", "postgres.PROJECT"},
        {pooler, "FATAL: 28P01: password authentication failed for user \"postgres\"", "minutes"},
        {pooler,
         "FATAL: XX000: MaxClientsInSessionMode: max clients reached - in Session mode max clients "
         "are limited to pool_size",
         "lower `jobs`"},
        {pooler, "received invalid response to GSSAPI negotiation: E", "gssencmode=disable"},
        // What says enough itself.
        {pooler, "FATAL: 53300: too many connections", ""},
        {"postgresql://u@db.example.com/shop", "Network is unreachable", ""},
    };
    for (const Case& one : cases) {
        const std::string hint = supabase_hint(options(one.url), one.message);
        EXPECT_EQ(hint.empty(), one.hint.empty()) << one.message;
        EXPECT_NE(hint.find(one.hint), std::string::npos) << one.message << ": " << hint;
        EXPECT_EQ(hint.find("secret"), std::string::npos);
    }
}

TEST(PlatformRoles, are_those_that_each_project_has) {
    for (const char* role : {"anon", "postgres", "supabase_auth_admin", "cli_login_postgres"}) {
        EXPECT_TRUE(is_platform_role(role)) << role;
    }
    for (const char* role : {"app", "anonymous", "my_supabase_admin", ""}) {
        EXPECT_FALSE(is_platform_role(role)) << role;
    }
    for (const char* setting : {"statement_timeout", "pgrst.db_schemas"}) {
        EXPECT_TRUE(is_users_setting(setting)) << setting;
    }
    EXPECT_FALSE(is_users_setting("session_preload_libraries"));
}

// People decide by this list what they keep elsewhere.
TEST(PlatformSchemas, are_those_that_the_documentation_names) {
    std::ostringstream text;
    text << std::ifstream(SOURCE_DIR "/docs/supabase-dumps.md").rdbuf();
    for (const PlatformSchema& schema : platform_schemas()) {
        const std::string named = "`" + std::string(schema.name) + "`";
        EXPECT_NE(text.str().find(named), std::string::npos) << schema.name;
        EXPECT_TRUE(is_of_each_project(schema.name));
    }
    for (const PlatformExtension& extension : platform_extensions()) {
        const std::string named = "`" + std::string(extension.name) + "`";
        EXPECT_NE(text.str().find(named), std::string::npos) << extension.name;
    }
    EXPECT_TRUE(is_of_each_project("auth"));
    EXPECT_FALSE(is_of_each_project("public"));
    EXPECT_FALSE(is_of_each_project("supabase_migrations"));
}

}  // namespace
}  // namespace backupwatch
