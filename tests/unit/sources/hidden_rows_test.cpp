#include "sources/foreign/hidden_rows.hpp"

#include <gtest/gtest.h>

namespace backupwatch {
namespace {

constexpr Instant this_night(std::chrono::hours(400'000));
constexpr Instant night_before = this_night - std::chrono::hours(24);

InspectedDump night(const std::string& id, std::uint64_t rows) {
    InspectedDump dump;
    dump.manifest.id = id;
    TableContent posts;
    posts.name = "public.posts";
    posts.columns = {"id"};
    posts.rows.count = rows;
    dump.manifest.tables = {posts};
    dump.perhaps_hidden = {"public.posts"};
    return dump;
}

Shape shape(const std::string& id, std::uint64_t rows) {
    return shape_of(night(id, rows).manifest);
}

/// As the check `shape` knows them once it has compared these, the last of them at `at`.
ShapeJudgement compared(const std::vector<Shape>& shapes, Instant at) {
    ShapeJudgement known;
    const Shape* before = nullptr;
    for (const Shape& next : shapes) {
        known = judge_next_and_keep(known, before, next, at);
        before = &next;
    }
    return known;
}

ShapeJudgement accepted(ShapeJudgement known) {
    known.losses.clear();
    known.lost_shapes.clear();
    return known;
}

TEST(HiddenRows, D4_are_lost_by_the_measure_of_shape_until_that_is_accepted) {
    struct Case {
        const char* what;
        std::uint64_t rows;
        std::optional<ShapeJudgement> known;
        std::vector<Shape> earlier;
        const char* lost;   ///< how the sentence begins; null: there is none
        const char* fewer;  ///< likewise
    };
    const auto a70 = shape("a", 70), b70 = shape("b", 70), b1 = shape("b", 1), b0 = shape("b", 0);
    const auto a5000 = shape("a", 5000), b3000 = shape("b", 3000);
    const Case cases[] = {
        {"the one before has them",
         0,
         {},
         {b70},
         "public.posts has lost all of its 70 rows, against b: ",
         nullptr},
        {"the newest that has any",
         0,
         {},
         {a70, b70},
         "public.posts has lost all of its 70 rows, against b: ",
         nullptr},
        {"one before it lost them too",
         0,
         {},
         {a70, b0},
         "public.posts has lost all of its 70 rows, against a: ",
         nullptr},
        {"none had any", 0, {}, {shape("a", 0)}, nullptr, nullptr},
        {"there is none before", 0, {}, {}, nullptr, nullptr},
        {"a queue that is empty tonight", 0, {}, {b1}, nullptr, "0 rows, where b has 1: "},
        {"a third of them", 2000, {}, {b3000}, nullptr, "2000 rows, where b has 3000: "},
        {"less than half of them",
         1499,
         {},
         {b3000},
         "public.posts has 1499 of its 3000 rows left, against b: ",
         nullptr},
        {"less and less", 2000, {}, {a5000, b3000}, nullptr, "2000 rows, where b has 3000: "},
        {"more", 3001, {}, {b3000}, nullptr, nullptr},
        {"compared, and not accepted",
         0,
         compared({b70, shape("c", 0)}, this_night),
         {b70},
         "public.posts has lost all of its 70 rows, against b: ",
         nullptr},
        {"compared and accepted",
         0,
         accepted(compared({b70, shape("c", 0)}, this_night)),
         {b70},
         nullptr,
         "0 rows, where b has 70: "},
        {"accepted the night before",
         0,
         accepted(compared({a70, b0}, night_before)),
         {a70, b0},
         nullptr,
         nullptr},
        {"not yet compared",
         0,
         compared({a70, b70}, night_before),
         {},
         "public.posts has lost all of its 70 rows, against b: ",
         nullptr},
        {"in the place of the one before it",
         0,
         compared({shape("c", 70)}, night_before),
         {},
         "public.posts has lost all of its 70 rows, against what was there before: ",
         nullptr},
        {"older than what was compared",
         0,
         accepted(compared({a70, shape("d", 70)}, this_night + std::chrono::hours(24))),
         {a70},
         "public.posts has lost all of its 70 rows, against a: ",
         nullptr},
        {"older than one that lacks them as well, and was accepted",
         0,
         accepted(compared({a70, shape("c", 0), shape("d", 0)}, this_night + std::chrono::hours(24))
         ),
         {a70},
         nullptr,
         "0 rows, where a has 70: "},
        {"older than one that lacks them as well",
         0,
         compared({a70, shape("c", 0), shape("d", 0)}, this_night + std::chrono::hours(24)),
         {a70},
         "public.posts has lost all of its 70 rows, against a: ",
         nullptr},
    };
    for (const Case& one : cases) {
        SCOPED_TRACE(one.what);
        const HiddenRows hidden =
            hidden_rows(night("c", one.rows), this_night, one.known, one.earlier);

        ASSERT_EQ(hidden.lost.size(), one.lost == nullptr ? 0u : 1u);
        for (const std::string& lost : hidden.lost) {
            EXPECT_TRUE(lost.starts_with(one.lost)) << lost;
        }
        ASSERT_EQ(hidden.fewer.size(), one.fewer == nullptr ? 0u : 1u);
        if (one.fewer == nullptr) continue;
        EXPECT_EQ(hidden.fewer[0].what, "rows of public.posts");
        EXPECT_TRUE(hidden.fewer[0].why.starts_with(one.fewer)) << hidden.fewer[0].why;
    }
}

TEST(HiddenRows, are_not_those_of_tables_without_policies_nor_their_columns) {
    InspectedDump dump = night("c", 0);
    dump.perhaps_hidden.clear();
    EXPECT_TRUE(hidden_rows(dump, this_night, {}, {shape("b", 70)}).lost.empty());

    dump = night("c", 70);
    Shape before = shape("b", 70);
    before.tables["public.posts"].columns.push_back("title");
    EXPECT_TRUE(hidden_rows(dump, this_night, {}, {before}).lost.empty());
}

TEST(HiddenRows, of_the_parts_of_a_table_are_of_the_whole) {
    InspectedDump dump = night("c", 0);
    dump.manifest.schema = {{"table", "public.posts", "TABLE PARTITION OF public.all_posts"}};
    Shape before{"b", {}, {}};
    before.tables["public.all_posts"].rows = 70;
    const auto hidden = hidden_rows(dump, this_night, {}, {before});
    ASSERT_EQ(hidden.lost.size(), 1u);
    EXPECT_TRUE(hidden.lost[0].starts_with("public.all_posts has lost all")) << hidden.lost[0];
}

}  // namespace
}  // namespace backupwatch
