#include "sources/dump/role_statements.hpp"

#include "core/failure.hpp"
#include "sources/dump/dumped_roles.hpp"

#include <gtest/gtest.h>

namespace backupwatch {
namespace {

using Statements = std::vector<std::string>;

std::string refusal_of_roles(const std::string& script) {
    try {
        role_statements(script);
    } catch (const Failure& failure) {
        EXPECT_EQ(failure.kind(), Failure::Kind::corrupt);
        return failure.what();
    }
    return "none";
}

TEST(RoleStatements, are_those_of_pg_dumpall) {
    EXPECT_EQ(
        role_statements("--\n-- PostgreSQL database cluster dump\n--\n\n\\restrict abc\n\n"
                        "SET client_encoding = 'UTF8';\nCREATE ROLE \"a;b\";\n"
                        "COMMENT ON ROLE \"a;b\" IS 'it''s\n\\! one';\n\\unrestrict abc\n"),
        (Statements{
            "SET client_encoding = 'UTF8'",
            "CREATE ROLE \"a;b\"",
            "COMMENT ON ROLE \"a;b\" IS 'it''s\n\\! one'"})
    );
}

TEST(RoleStatements, are_those_of_our_own_script_but_what_is_for_a_project_or_a_database) {
    DumpedRoles all;
    all.roles = {{"anon", {"NOINHERIT"}}, {"app", {"LOGIN"}}};
    all.settings = {{"app", false, "work_mem", "4MB"}, {"", true, "work_mem", "8MB"}};
    const std::string script = roles_script(all, RolesOf::supabase);
    ASSERT_NE(script.find("8MB"), script.npos);
    EXPECT_EQ(
        role_statements(script),
        (Statements{
            "CREATE ROLE anon",
            "ALTER ROLE anon WITH NOINHERIT",
            "CREATE ROLE app",
            "ALTER ROLE app WITH LOGIN",
            "ALTER ROLE app SET work_mem TO '4MB'"})
    );
}

TEST(RoleStatements, of_what_no_dump_has_are_none) {
    EXPECT_EQ(
        refusal_of_roles("CREATE ROLE a;\n\\connect elsewhere\n"),
        "globals.sql has a command for psql, \\connect elsewhere, which no dump has"
    );
    EXPECT_NE(refusal_of_roles("\\! id\n").find("a command for psql, \\! id"), std::string::npos);
    EXPECT_NE(
        refusal_of_roles("\\if true\n").find("a command for psql, \\if true"), std::string::npos
    );
    for (const char* copy :
         {"COPY t FROM stdin;\n1\n\\.\n", "COPY t TO stdout;\n", "copy t to stdout;"}) {
        EXPECT_NE(refusal_of_roles(copy).find("has a COPY"), std::string::npos) << copy;
    }
    EXPECT_NE(refusal_of_roles("CREATE ROLE 'a").find("within a quoted text"), std::string::npos);
}

}  // namespace
}  // namespace backupwatch
