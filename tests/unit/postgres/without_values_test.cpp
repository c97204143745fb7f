#include "postgres/without_values.hpp"

#include <gtest/gtest.h>

namespace backupwatch {
namespace {

TEST(WithoutValues, keeps_names_and_no_values_of_what_a_server_says) {
    const struct {
        const char* sqlstate;
        const char* sentence;
        const char* detail;
        const char* shown;
    } cases[] = {
        // Data: what is in quotes may be a row's, and quotes may be in it.
        {"22003",
         "value \"33612345678\" is out of range for type integer",
         "",
         "value \"...\" is out of range for type integer"},
        {"22P02",
         "invalid input syntax for type integer: \"a \"b\" c\"",
         "",
         "invalid input syntax for type integer: \"...\""},
        {"22P02",
         "invalid input syntax for type json",
         "Token \"alice\" is invalid.",
         "invalid input syntax for type json"},
        {"2203A",
         "JSON object does not contain key \"alice\"",
         "",
         "JSON object does not contain key \"...\""},
        {"22021",
         "invalid byte sequence for encoding \"UTF8\": 0xe9",
         "",
         "invalid byte sequence for encoding \"UTF8\": 0xe9"},
        {"22012", "division by zero", "", "division by zero"},
        // Integrity: what is in quotes is a name, the detail the row but for a key's columns.
        {"23503",
         "insert or update on table \"posts\" violates foreign key constraint \"posts_user_fk\"",
         "Key (user_id)=(42) is not present in table \"users\".",
         "insert or update on table \"posts\" violates foreign key constraint \"posts_user_fk\" "
         "(Key (user_id)=...)"},
        {"23514",
         "new row for relation \"posts\" violates check constraint \"c\"",
         "Failing row contains (1, alice@example.com).",
         "new row for relation \"posts\" violates check constraint \"c\""},
        // Others: about names.
        {"42P01", "relation \"x\" does not exist", "", "relation \"x\" does not exist"},
        {"2BP01",
         "cannot drop table x because other objects depend on it",
         "view v depends on table x",
         "cannot drop table x because other objects depend on it (view v depends on table x)"},
    };
    for (const auto& [sqlstate, sentence, detail, shown] : cases) {
        EXPECT_EQ(without_values(sqlstate, sentence, detail), shown);
    }
}

TEST(WithoutValues, tells_names_from_values_by_the_word_before_where_there_is_no_sqlstate) {
    const struct {
        const char* line;
        const char* shown;
    } cases[] = {
        {"COPY failed for table \"t\": ERROR:  value \"336\" is out of range for type integer",
         "COPY failed for table \"t\": ERROR:  value \"...\" is out of range for type integer"},
        // A value may speak of tables.
        {"COPY failed for table \"t\": ERROR:  invalid input syntax for type integer: \"table "
         "\"x\"",
         "COPY failed for table \"t\": ERROR:  invalid input syntax for type integer: \"...\""},
        // A value of several lines: its end is in another line.
        {"COPY failed for table \"t\": ERROR:  invalid input syntax for type integer: \"alice",
         "COPY failed for table \"t\": ERROR:  invalid input syntax for type integer: \"..."},
        {"COPY failed for table \"t\": ERROR:  null value in column \"a\" of relation \"t\" "
         "violates "
         "not-null constraint",
         "COPY failed for table \"t\": ERROR:  null value in column \"a\" of relation \"t\" "
         "violates "
         "not-null constraint"},
        {"could not execute query: ERROR:  insert or update on table \"p\" violates foreign key "
         "constraint \"p_user_fk\"",
         "could not execute query: ERROR:  insert or update on table \"p\" violates foreign key "
         "constraint \"p_user_fk\""},
        {"could not execute query: ERROR:  could not extend file \"base/1/2\": No space left on "
         "device",
         "could not execute query: ERROR:  could not extend file \"base/1/2\": No space left on "
         "device"},
        {"could not execute query: ERROR:  invalid value \"alice\" for \"YYYY\"",
         "could not execute query: ERROR:  invalid value \"...\""},
    };
    for (const auto& [line, shown] : cases) EXPECT_EQ(error_without_values(line), shown);
}

TEST(WithoutValues, keeps_of_details_what_is_known_to_quote_no_row) {
    const struct {
        const char* line;
        const char* shown;
    } cases[] = {
        {"DETAIL:  Key (email)=(a@b.c) is duplicated.", "DETAIL:  Key (email)=..."},
        {"DETAIL:  Token \"alice\" is invalid.", ""},
        {"DETAIL:  Failing row contains (1, alice).", ""},
        {"CONTEXT:  COPY t, line 1, column id: \"alice\"",
         "CONTEXT:  COPY t, line 1, column id: ..."},
        {"CONTEXT:  JSON data, line 1: {alice", ""},
        {"HINT:  Check free disk space.", "HINT:  Check free disk space."},
        {"Command was: CREATE SCHEMA public;", "Command was: CREATE SCHEMA public;"},
    };
    for (const auto& [line, shown] : cases) EXPECT_EQ(detail_without_values(line), shown);
}

}  // namespace
}  // namespace backupwatch
