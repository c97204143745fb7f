#include "sources/dump/dumped_roles.hpp"

#include <gtest/gtest.h>

namespace backupwatch {
namespace {

DumpedRoles project_roles() {
    DumpedRoles roles;
    roles.roles = {
        {"My app", {"LOGIN", "CONNECTION LIMIT 5"}, "the app's"},
        {"anon"},
        {"supabase_admin", {"SUPERUSER"}},
    };
    roles.settings = {
        {"My app", false, "search_path", "\"$user\", \"\", public"},
        {"My app", true, "statement_timeout", "5s"},
        {"anon", false, "statement_timeout", "3s"},
        {"anon", false, "session_preload_libraries", "safeupdate"},
        {"supabase_admin", true, "log_statement", "none"},
        {"", true, "app.settings.greeting", "it's"},
        {"", false, "DateStyle", "ISO, DMY"},
    };
    roles.memberships = {{"My app", "anon", " WITH ADMIN OPTION"}, {"anon", "supabase_admin"}};
    roles.rights = {
        {"My app", true, "GRANT CREATE ON DATABASE :\"database\" TO \"My app\";"},
        {"supabase_admin", false, "GRANT SET ON PARAMETER log_statement TO supabase_admin;"}};
    return roles;
}

constexpr const char* users_part_of_script =
    "CREATE ROLE \"My app\";\n"
    "ALTER ROLE \"My app\" WITH LOGIN;\n"
    "ALTER ROLE \"My app\" WITH CONNECTION LIMIT 5;\n"
    "COMMENT ON ROLE \"My app\" IS 'the app''s';\n"
    "ALTER ROLE \"My app\" SET search_path TO '$user', '', 'public';\n"
    "ALTER ROLE anon SET statement_timeout TO '3s';\n"
    "ALTER ROLE ALL SET \"DateStyle\" TO 'ISO, DMY';\n"
    "GRANT \"My app\" TO anon WITH ADMIN OPTION;\n";

constexpr const char* databases_part =
    "\\if :{?database}\n"
    "ALTER ROLE \"My app\" IN DATABASE :\"database\" SET statement_timeout TO '5s';\n"
    "ALTER DATABASE :\"database\" SET \"app.settings.greeting\" TO 'it''s';\n"
    "GRANT CREATE ON DATABASE :\"database\" TO \"My app\";\n"
    "\\endif\n";

TEST(RolesScript, of_a_project_keeps_what_is_the_platforms_out_of_a_new_one) {
    const std::string script = roles_script(project_roles(), RolesOf::supabase);

    EXPECT_EQ(
        script,
        "-- The roles, without their passwords, as pg_roles shows them.\n"
        "-- In a new project of Supabase's, which has the platform's: psql --set=in_project=1.\n"
        "\\if :{?in_project}\n"
        "\\else\n"
        "CREATE ROLE anon;\n"
        "CREATE ROLE supabase_admin;\n"
        "ALTER ROLE supabase_admin WITH SUPERUSER;\n"
        "ALTER ROLE anon SET session_preload_libraries TO 'safeupdate';\n"
        "GRANT anon TO supabase_admin;\n"
        "GRANT SET ON PARAMETER log_statement TO supabase_admin;\n"
        "\\endif\n" +
            std::string(users_part_of_script) +
            "-- What is set for the database itself: psql --set=database=NAME.\n" + databases_part
    );
    EXPECT_TRUE(sets_database(script));
}

TEST(RolesScript, of_any_other_server_makes_them_all) {
    DumpedRoles roles = project_roles();
    std::erase_if(roles.settings, [](const auto& setting) { return setting.is_in_database; });
    std::erase_if(roles.rights, [](const auto& right) { return right.is_on_database; });

    const std::string script = roles_script(roles, RolesOf::any_server);

    EXPECT_EQ(script.find('\\'), std::string::npos) << script;
    EXPECT_NE(script.find("ALTER ROLE supabase_admin WITH SUPERUSER;\n"), std::string::npos);
    EXPECT_FALSE(sets_database(script));
}

TEST(RolesScript, tells_who_may_log_in) {
    DumpedRoles roles = project_roles();
    roles.roles.push_back({"authenticator", {"NOINHERIT", "LOGIN"}});
    roles.roles.push_back({"a \"b\" WITH LOGIN; c", {"LOGIN"}});
    roles.roles.push_back({"readers", {"CREATEDB"}, "ALTER ROLE readers WITH LOGIN;"});
    const std::set<std::string> all{"My app", "a \"b\" WITH LOGIN; c", "authenticator"};
    for (const RolesOf server : {RolesOf::any_server, RolesOf::supabase}) {
        EXPECT_EQ(roles_that_log_in(roles_script(roles, server)), all);
    }
    EXPECT_EQ(
        roles_that_log_in("CREATE ROLE old;\n"
                          "ALTER ROLE old WITH NOSUPERUSER INHERIT LOGIN NOREPLICATION;\n"
                          "ALTER ROLE group WITH NOSUPERUSER INHERIT NOLOGIN NOREPLICATION;\n"),
        std::set<std::string>{"old"}
    );
    EXPECT_TRUE(roles_that_log_in("").empty());
    EXPECT_TRUE(roles_that_log_in("ALTER ROLE cut WITH LOG").empty());
}

}  // namespace
}  // namespace backupwatch
