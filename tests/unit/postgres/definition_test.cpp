#include "postgres/definition.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

namespace backupwatch {
namespace {

TEST(RestoredWording, pushes_the_cast_of_an_array_to_its_elements) {
    struct Case {
        const char* before;
        const char* after;
    };
    const std::vector<Case> cases{
        {"CHECK (((s)::text = ANY ((ARRAY['a'::character varying, 'b'::character "
         "varying])::text[])))",
         "CHECK (((s)::text = ANY (ARRAY[('a'::character varying)::text, "
         "('b'::character varying)::text])))"},
        // Brackets, commas and quotes within strings are no syntax.
        {"(ARRAY['x, [y]'::varchar, 'it''s)::text[]'::varchar])::text[]",
         "ARRAY[('x, [y]'::varchar)::text, ('it''s)::text[]'::varchar)::text]"},
        {"(ARRAY[E'\\\\', E'\\''])::text[]", "ARRAY[(E'\\\\')::text, (E'\\'')::text]"},
        // An array in an array.
        {"(ARRAY[f((ARRAY[1, 2])::bigint[]), 3])::numeric[]",
         "ARRAY[(f(ARRAY[(1)::bigint, (2)::bigint]))::numeric, (3)::numeric]"},
        // A type with a schema and a quoted name.
        {"(ARRAY['a'::text])::app.\"my type\"[] AND true",
         "ARRAY[('a'::text)::app.\"my type\"] AND true"},
    };
    for (const auto& [before, after] : cases) EXPECT_EQ(restored_wording(before), after);
}

TEST(RestoredWording, leaves_everything_else_alone) {
    for (const std::string text : {
             "",
             "CREATE INDEX i ON t USING btree (a)",
             "ARRAY['a'::text, 'b'::text]",
             "(ARRAY[1, 2])",
             "(ARRAY[1, 2])::text",
             "((ARRAY[1, 2])[1])::text[]",
             "x = 'unterminated (ARRAY[1])::text[]",
             "(ARRAY[1, 2",
             "SELECT '(ARRAY[1])::text[]'",
         }) {
        EXPECT_EQ(restored_wording(text), text);
    }
}

/// As PostgreSQL writes none, but whoever answers in its place may.
TEST(RestoredWording, takes_no_more_time_and_room_for_what_is_hostile) {
    constexpr std::size_t size = 300'000;
    const auto repeated = [](const std::string& text) {
        std::string all;
        while (all.size() < size) all += text;
        return all;
    };
    const std::string nested = repeated("(ARRAY[");
    const std::string closed = repeated("])::t[]");
    const std::string commas(size, ',');
    for (const std::string& text :
         {nested,
          nested + closed,
          nested + repeated("])"),
          "(ARRAY[" + commas + "])::t[]",
          "(ARRAY[" + commas + "])::" + std::string(size, 't') + "[]",
          "(ARRAY[" + repeated(",(ARRAY[,])::t[]") + "])::t[]"}) {
        const auto began = std::chrono::steady_clock::now();
        const std::string reworded = restored_wording(text);
        EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(20));
        EXPECT_LT(reworded.size(), 10 * text.size()) << text.substr(0, 40);
    }
    EXPECT_EQ(restored_wording("(ARRAY[1,,2, ])::t[]"), "ARRAY[(1)::t, ()::t, (2)::t, ()::t]");
}

TEST(RestoredWording, does_not_change_what_it_has_changed) {
    const std::string once = restored_wording("(ARRAY['a'::varchar])::text[]");

    EXPECT_EQ(restored_wording(once), once);
}

}  // namespace
}  // namespace backupwatch
