#include "postgres/roles.hpp"

#include <gtest/gtest.h>

namespace backupwatch {
namespace {

using Roles = std::set<std::string>;

Roles roles_of(std::string kind, std::string definition) {
    Archive archive;
    archive.entries.resize(1);
    archive.entries[0].description = std::move(kind);
    archive.entries[0].definition = std::move(definition);
    return roles_in(archive);
}

TEST(Roles, are_the_owners) {
    Archive archive;
    archive.entries.resize(3);
    archive.entries[0].owner = "app";
    archive.entries[1].owner = "a \"b\"";

    EXPECT_EQ(roles_in(archive), (Roles{"app", "a \"b\""}));
}

TEST(Roles, are_named_in_rights_policies_and_mappings) {
    struct Case {
        const char* kind;
        const char* definition;
        Roles roles;
    };
    const Case cases[] = {
        {"ACL", "GRANT SELECT ON TABLE public.plain TO app;", {"app"}},
        {"ACL",
         "REVOKE ALL ON SCHEMA public FROM PUBLIC;\nGRANT ALL ON SCHEMA public TO a;\n",
         {"a"}},
        {"ACL", "GRANT INSERT(id),SELECT(\"x TO y\") ON TABLE t TO b WITH GRANT OPTION;", {"b"}},
        {"ACL",
         "GRANT ALL ON FUNCTION public.f(a text, \"to\" integer) TO \"we\"\"ird; role\";",
         {"we\"ird; role"}},
        {"ACL",
         "SET SESSION AUTHORIZATION c;\nGRANT ALL ON TABLE t TO d;\n"
         "RESET SESSION AUTHORIZATION;",
         {"c", "d"}},
        {"ACL", "GRANT ALL ON TABLE public.\" TO evil;\" TO \"x\n\";", {"x\n"}},
        {"DEFAULT ACL",
         "ALTER DEFAULT PRIVILEGES FOR ROLE app IN SCHEMA own REVOKE ALL ON TABLES "
         " FROM e;\nALTER DEFAULT PRIVILEGES FOR ROLE app GRANT SELECT ON TABLES "
         " TO \"F\";",
         {"app", "e", "F"}},
        {"POLICY",
         "CREATE POLICY p ON public.t FOR SELECT TO a, \"B, c\" USING (true);",
         {"a", "B, c"}},
        {"POLICY",
         "CREATE POLICY \" TO x\" ON t AS RESTRICTIVE TO \"d\" USING ((a = ' TO y'::text)) "
         "WITH CHECK (pg_has_role('z', \"TO\"));",
         {"d"}},
        {"POLICY", "CREATE POLICY p ON public.t USING ((current_user = 'TO me'::text));", {}},
        {"POLICY", "CREATE POLICY p ON public.t TO PUBLIC USING (true);", {}},
        {"USER MAPPING",
         "CREATE USER MAPPING FOR app SERVER s OPTIONS (\n    \"user\" 'TO x'\n);",
         {"app"}},
        {"USER MAPPING", "CREATE USER MAPPING FOR PUBLIC SERVER s;", {}},
        // What any other entry says names no role.
        {"FUNCTION", "CREATE FUNCTION f() AS 'GRANT x TO y;'", {}},
        // Cut, or nothing at all.
        {"ACL", "GRANT SELECT ON TABLE t TO \"unended", {"unended"}},
        {"ACL", "GRANT SELECT ON TABLE t TO", {}},
        {"POLICY", "", {}},
        {"USER MAPPING", "CREATE USER MAPPING FOR", {}},
    };
    for (const auto& [kind, definition, roles] : cases) {
        EXPECT_EQ(roles_of(kind, definition), roles) << definition;
    }
}

TEST(Roles, are_made_quoted_and_without_any_right) {
    const Roles names{
        "app",
        "x\"; DROP TABLE t; --",
        "pg_monitor",
        "public",
        "none",
        "",
        "we",
        "Groß",
        std::string("a\0b", 3)};

    EXPECT_EQ(
        create_roles(names, "we"),
        (std::vector<std::string>{
            "CREATE ROLE \"Groß\" NOLOGIN",
            "CREATE ROLE app NOLOGIN",
            "CREATE ROLE \"x\"\"; DROP TABLE t; --\" NOLOGIN"})
    );
}

}  // namespace
}  // namespace backupwatch
