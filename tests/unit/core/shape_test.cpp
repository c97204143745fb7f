#include "core/backup/shape.hpp"

#include "unit/core/a_set.hpp"

#include <gtest/gtest.h>

namespace backupwatch {
namespace {

using Sentences = std::vector<std::string>;

TableContent table_of(const std::string& name, std::uint64_t rows, Sentences columns = {"id"}) {
    TableContent table;
    table.name = name;
    table.rows.count = rows;
    table.columns = std::move(columns);
    return table;
}

Manifest dump_of(std::vector<TableContent> tables, const std::string& id = "later") {
    Manifest manifest;
    manifest.id = id;
    manifest.tables = std::move(tables);
    return manifest;
}

Shape holding(std::vector<TableContent> tables, const std::string& id = "later") {
    return shape_of(dump_of(std::move(tables), id));
}

TEST(Shape, lacks_what_the_one_before_held) {
    struct Case {
        const char* what;
        TableContent before;
        std::vector<TableContent> later;
        Sentences losses;
    };
    const std::string posts = "public.posts";
    const std::vector<Case> cases{
        {"the same", table_of(posts, 1200), {table_of(posts, 1200)}, {}},
        {"more", table_of(posts, 1200), {table_of(posts, 1201), table_of("public.new", 1)}, {}},
        {"gone", table_of(posts, 1200), {}, {"public.posts is gone, which had 1200 rows"}},
        {"gone, though empty", table_of(posts, 0), {}, {"public.posts is gone, which had 0 rows"}},
        {"truncated",
         table_of(posts, 3),
         {table_of(posts, 0)},
         {"public.posts has lost all of its 3 rows"}},
        {"exactly half", table_of(posts, 1200), {table_of(posts, 600)}, {}},
        {"under half",
         table_of(posts, 1200),
         {table_of(posts, 599)},
         {"public.posts has 599 of its 1200 rows left"}},
        {"under half of a few", table_of(posts, 99), {table_of(posts, 1)}, {}},
        {"without a column",
         table_of(posts, 10, {"id", "email"}),
         {table_of(posts, 10)},
         {"public.posts has lost email"}},
        {"with another column",
         table_of(posts, 10),
         {table_of(posts, 10, {"id", "status"})},
         {"public.posts has status anew"}},
        {"with a column that was renamed",
         table_of(posts, 10, {"id", "email"}),
         {table_of(posts, 10, {"mail", "id"})},
         {"public.posts has lost email and has mail anew"}},
        {"in another order",
         table_of(posts, 10, {"id", "email"}),
         {table_of(posts, 10, {"email", "id"})},
         {}},
        {"as large as numbers get",
         table_of(posts, UINT64_MAX),
         {table_of(posts, UINT64_MAX / 2)},
         {"public.posts has 9223372036854775807 of its 18446744073709551615 rows left"}},
    };
    for (const Case& row : cases) {
        EXPECT_EQ(losses(holding({row.before}), holding(row.later)), row.losses) << row.what;
    }
}

TEST(Shape, tells_the_most_rows_first) {
    const Shape before = holding({table_of("a", 5), table_of("b", 900), table_of("c", 70)});
    EXPECT_EQ(
        losses(before, holding({})),
        (Sentences{
            "b is gone, which had 900 rows",
            "c is gone, which had 70 rows",
            "a is gone, which had 5 rows"})
    );
}

TEST(Shape, misses_nothing_that_was_excluded) {
    Manifest later = dump_of({});
    later.excluded_tables = {"public.log"};
    EXPECT_EQ(losses(holding({table_of("public.log", 9)}), shape_of(later)), Sentences());
}

SchemaObject declared(const std::string& name, const std::string& definition) {
    return {"table", name, definition};
}

/// With these parts of `public.log`, the newest of which is made of parts itself.
Manifest partitioned(const std::vector<TableContent>& parts) {
    Manifest manifest = dump_of(parts);
    manifest.schema = {
        declared("public.log", "PARTITIONED TABLE PARTITION BY RANGE (day)"),
        declared(
            "public.log_new",
            "PARTITIONED TABLE PARTITION OF public.log FOR VALUES FROM (5) TO (9) PARTITION BY "
            "HASH (id)"
        )};
    for (const TableContent& part : parts) {
        const bool is_deep = part.name.starts_with("public.log_new_");
        manifest.schema.push_back(declared(
            part.name,
            std::string("TABLE PARTITION OF public.log") +
                (is_deep ? "_new FOR VALUES WITH (modulus 2, remainder 0)" : " DEFAULT")
        ));
    }
    return manifest;
}

TEST(Shape, of_a_partitioned_table_is_that_of_all_its_parts) {
    const Shape before =
        shape_of(partitioned({table_of("public.log_1", 60), table_of("public.log_2", 60)}));
    ASSERT_EQ(before.tables.size(), 1u);
    EXPECT_EQ(before.tables.at("public.log").rows, 120u);

    const auto next =
        shape_of(partitioned({table_of("public.log_2", 60), table_of("public.log_new_1", 50)}));
    EXPECT_EQ(losses(before, next), Sentences()) << "a part goes, another comes";
    EXPECT_EQ(
        losses(before, shape_of(partitioned({table_of("public.log_new_1", 50)}))),
        Sentences{"public.log has 50 of its 120 rows left"}
    );
    EXPECT_EQ(
        losses(before, shape_of(partitioned({}))),
        Sentences{"public.log has lost all of its 120 rows"}
    );
}

TEST(Shape, of_parts_that_claim_to_be_parts_of_each_other_comes_to_an_end) {
    Manifest absurd = dump_of({table_of("a", 1), table_of("b", 1)});
    absurd.schema = {
        declared("a", "TABLE PARTITION OF b DEFAULT"),
        declared("b", "TABLE PARTITION OF a DEFAULT")};
    EXPECT_TRUE(shape_of(absurd).tables.empty());
}

/// As judged when each of these has come.
ShapeJudgement judged(const std::vector<Shape>& dumps, const std::string& accepted = {}) {
    ShapeJudgement last;
    const Shape* reference = nullptr;
    for (const Shape& dump : dumps) {
        last = judge_next(reference, dump, accepted);
        if (last.losses.empty()) reference = &dump;
    }
    return last;
}

TEST(ShapeJudgement, holds_the_last_that_lacked_nothing_until_somebody_accepts) {
    const auto first = holding({table_of("posts", 900)}, "first");
    const auto second = holding({table_of("posts", 950)}, "second");
    const auto truncated = holding({table_of("posts", 0)}, "third");
    const auto after = holding({table_of("posts", 2)}, "fourth");
    struct Case {
        const char* what;
        std::vector<Shape> dumps;
        std::string accepted;
        std::string reference;
        std::size_t losses;
    };
    const std::vector<Case> cases{
        {"the first", {first}, "", "first", 0},
        {"one that grew", {first, second}, "", "second", 0},
        {"one that lost rows", {first, second, truncated}, "", "second", 1},
        {"still, a night later", {first, second, truncated, after}, "", "second", 1},
        {"accepted", {first, second, truncated}, "third", "third", 0},
        {"accepted, and a night later", {first, second, truncated, after}, "third", "fourth", 0},
        {"another was accepted", {first, second, truncated}, "first", "second", 1},
        {"its rows came back", {first, second, truncated, second}, "", "second", 0},
    };
    for (const Case& row : cases) {
        const ShapeJudgement found = judged(row.dumps, row.accepted);
        EXPECT_EQ(found.reference, row.reference) << row.what;
        EXPECT_EQ(found.losses.size(), row.losses) << row.what;
        EXPECT_EQ(found.newest, row.dumps.back().id) << row.what;
    }
}

TEST(ShapeCheck, is_silent_where_nobody_knows_what_dumps_hold) {
    ASet set;
    set.seen.shape.reset();
    EXPECT_EQ(check_shape(set.seen), std::nullopt);
    set.seen.shape = judged({holding({table_of("posts", 1)})});
    EXPECT_NE(check_shape(set.seen), std::nullopt);
    set.seen.shape_error = "Input/output error";
    EXPECT_EQ(check_shape(set.seen)->severity, Severity::unknown) << "never as it was before";
    set.seen.inventory.reset();
    EXPECT_EQ(check_shape(set.seen), std::nullopt) << "the source cannot be read";
}

TEST(ShapeCheck, tells_what_is_missing_and_what_is_held) {
    ASet set;
    set.seen.shape = judged({holding({table_of("posts", 1), table_of("users", 1)}, "first")});
    EXPECT_EQ(check_shape(set.seen)->severity, Severity::ok);
    EXPECT_EQ(
        check_shape(set.seen)->summary, "the last backup holds what those before it held: 2 tables"
    );

    set.seen.shape = judged(
        {holding({table_of("posts", 900)}, "first"), holding({table_of("posts", 7)}, "second")}
    );
    const Finding finding = check_shape(set.seen).value();
    EXPECT_EQ(finding.severity, Severity::warning);
    EXPECT_EQ(finding.failures, 1);
    EXPECT_EQ(finding.value, "1 table changed");
    EXPECT_EQ(
        finding.summary,
        "posts has 7 of its 900 rows left. first, the last backup before that, is held until "
        "somebody accepts it"
    );
}

TEST(ShapeCheck, names_a_few_of_very_many) {
    ASet set;
    std::vector<TableContent> tables;
    for (int i = 0; i < 1000; ++i) tables.push_back(table_of("t" + std::to_string(i), 1));
    set.seen.shape = judged({holding(tables, "first"), holding({}, "second")});
    const std::string summary = check_shape(set.seen)->summary;
    EXPECT_LT(summary.size(), 400u);
    EXPECT_NE(summary.find("; and 995 tables more. "), std::string::npos) << summary;
}

}  // namespace
}  // namespace backupwatch
