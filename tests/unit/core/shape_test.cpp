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

Sentences sentences_of(const std::vector<TableLoss>& losses) {
    Sentences sentences;
    for (const TableLoss& loss : losses) sentences.push_back(loss.sentence);
    return sentences;
}

/// What of the first the second lacks.
Sentences lost(const Shape& before, const Shape& later) {
    return sentences_of(losses(before, later));
}

Shape holding(std::vector<TableContent> tables, const std::string& id = "later") {
    return shape_of(dump_of(std::move(tables), id));
}

TEST(Shape, of_parts_is_that_of_the_whole) {
    Manifest manifest = dump_of({table_of("public.log_1", 3), table_of("public.posts", 1)});
    manifest.schema = {
        {"table", "public.log", "PARTITIONED TABLE"},
        {"table", "public.log_1", "TABLE PARTITION OF public.log"}};

    EXPECT_EQ(
        whole_tables(manifest),
        (std::map<std::string, std::string>{
            {"public.log_1", "public.log"}, {"public.posts", "public.posts"}})
    );
    EXPECT_EQ(shape_of(manifest).tables.at("public.log").rows, 3u);
    EXPECT_FALSE(shape_of(manifest).tables.contains("public.log_1"));
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
         table_of(posts, 10),
         {table_of(posts, 0)},
         {"public.posts has lost all of its 10 rows"}},
        {"truncated, of a few rows", table_of(posts, 9), {table_of(posts, 0)}, {}},
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
        {"with another column", table_of(posts, 10), {table_of(posts, 10, {"id", "status"})}, {}},
        {"with a column that was renamed",
         table_of(posts, 10, {"id", "email"}),
         {table_of(posts, 10, {"mail", "id"})},
         {"public.posts has lost email"}},
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
        EXPECT_EQ(lost(holding({row.before}), holding(row.later)), row.losses) << row.what;
    }
}

/// With these columns, as the catalog gives them.
Shape with_types(const std::vector<SchemaObject>& columns) {
    Manifest manifest = dump_of({table_of("public.posts", 9), table_of("\"My.\"\"s\".log_1", 9)});
    manifest.schema = columns;
    manifest.schema.push_back({"table", "\"My.\"\"s\".log", "PARTITIONED TABLE"});
    manifest.schema.push_back({"table", "\"My.\"\"s\".log_1", "TABLE PARTITION OF \"My.\"\"s\".log"}
    );
    return shape_of(manifest);
}

TEST(Shape, lacks_the_type_that_a_column_had) {
    struct Case {
        const char* what;
        std::string name;
        const char* before;
        const char* later;
        Sentences losses;
    };
    const std::vector<Case> cases{
        {"the same", "public.posts.id", "integer NOT NULL", "integer NOT NULL", {}},
        {"another",
         "public.posts.id",
         "integer NOT NULL",
         "bigint NOT NULL",
         {"public.posts has other types: id (integer, then bigint)"}},
        {"a shorter one",
         "public.posts.id",
         "character varying(20) COLLATE pg_catalog.\"C\"",
         "character varying(2)",
         {"public.posts has other types: id (character varying(20), then character varying(2))"}},
        {"another default, and it may be absent now",
         "public.posts.id",
         "timestamp with time zone NOT NULL DEFAULT now()",
         "timestamp with time zone",
         {}},
        {"another collation", "public.posts.id", "text COLLATE pg_catalog.\"C\"", "text", {}},
        {"generated", "public.posts.id", "integer GENERATED ALWAYS AS IDENTITY", "integer", {}},
        {"one whose name has such words",
         "public.posts.id",
         "app.\"my DEFAULT type\" DEFAULT 1",
         "app.\"my DEFAULT kind\"",
         {"public.posts has other types: id (app.\"my DEFAULT type\", then app.\"my DEFAULT "
          "kind\")"}},
        {"of a column with a name that is quoted",
         "public.posts.\"The.\"\"id\"\"\"",
         "integer",
         "text",
         {"public.posts has other types: The.\"id\" (integer, then text)"}},
        {"of a part",
         "\"My.\"\"s\".log_1.day",
         "date",
         "text",
         {"\"My.\"\"s\".log has other types: day (date, then text)"}},
        {"of a table that is not dumped", "public.other.id", "date", "text", {}},
        {"of what is no name", "\"", "date", "text", {}},
        {"of what is no name", "\"\"", "date", "text", {}},
        {"of what is no name", ".", "date", "text", {}},
        {"of nothing", "", "date", "text", {}},
    };
    for (const Case& row : cases) {
        const auto before = with_types({{"column", row.name, row.before}});
        EXPECT_EQ(lost(before, with_types({{"column", row.name, row.later}})), row.losses)
            << row.what;
        EXPECT_EQ(lost(before, with_types({})), Sentences()) << row.what << ", then unknown";
    }
    Manifest first = dump_of({table_of("public.posts", 9, {"id", "email"})});
    first.schema = {{"column", "public.posts.id", "integer"}};
    Manifest second = dump_of({table_of("public.posts", 9)});
    second.schema = {{"column", "public.posts.id", "text"}};
    EXPECT_EQ(
        lost(shape_of(first), shape_of(second)),
        Sentences{"public.posts has lost email and has other types: id (integer, then text)"}
    );
}

TEST(Shape, of_a_project_has_the_types_of_the_users_tables_alone) {
    const auto project = [](const char* type) {
        Manifest manifest = dump_of({table_of("auth.users", 9), table_of("public.posts", 9)});
        manifest.is_of_supabase = true;
        manifest.schema = {{"column", "auth.users.id", type}, {"column", "public.posts.id", type}};
        return shape_of(manifest);
    };
    EXPECT_EQ(
        lost(project("integer"), project("bigint")),
        Sentences{"public.posts has other types: id (integer, then bigint)"}
    );
}

TEST(Shape, tells_the_most_rows_first) {
    const Shape before = holding({table_of("a", 5), table_of("b", 900), table_of("c", 70)});
    EXPECT_EQ(
        lost(before, holding({})),
        (Sentences{
            "b is gone, which had 900 rows",
            "c is gone, which had 70 rows",
            "a is gone, which had 5 rows"})
    );
}

TEST(Shape, shows_no_name_that_writes_elsewhere_on_a_terminal_or_fills_it) {
    const std::string hostile = "public.\"\x1b]0;mine\x07\u202e\"";
    const Sentences gone = lost(
        holding({table_of(hostile, 5), table_of("public." + std::string(100'000, 'x'), 4)}),
        holding({})
    );
    ASSERT_EQ(gone.size(), 2u);
    EXPECT_EQ(gone.at(0).find_first_of("\x1b\x07"), std::string::npos);
    EXPECT_EQ(gone.at(0).find("\u202e"), std::string::npos);
    EXPECT_NE(gone.at(0).find("mine"), std::string::npos);
    EXPECT_LT(gone.at(1).size(), 1100u);
}

TEST(Shape, misses_nothing_that_was_excluded) {
    Manifest later = dump_of({});
    later.excluded_tables = {"public.log"};
    EXPECT_EQ(lost(holding({table_of("public.log", 90)}), shape_of(later)), Sentences());
}

TEST(Shape, misses_bookkeeping_of_the_platforms_in_no_dump_of_a_project) {
    struct Case {
        const char* what;
        const char* table;
        bool is_of_supabase;
        std::vector<TableContent> later;
        Sentences losses;
    };
    const std::vector<Case> cases{
        {"bookkeeping that may not be read any more", "storage.migrations", true, {}, {}},
        {"a table of a database that is no project's",
         "storage.migrations",
         false,
         {},
         {"storage.migrations is gone, which had 50 rows"}},
        {"cron jobs, which are the user's",
         "cron.job",
         true,
         {},
         {"cron.job is gone, which had 50 rows"}},
        {"bookkeeping that is there and empty",
         "storage.migrations",
         true,
         {table_of("storage.migrations", 0)},
         {"storage.migrations has lost all of its 50 rows"}},
    };
    for (const Case& row : cases) {
        Manifest later = dump_of(row.later);
        later.is_of_supabase = row.is_of_supabase;
        EXPECT_EQ(lost(holding({table_of(row.table, 50)}), shape_of(later)), row.losses)
            << row.what;
    }
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
    EXPECT_EQ(lost(before, next), Sentences()) << "a part goes, another comes";
    EXPECT_EQ(
        lost(before, shape_of(partitioned({table_of("public.log_new_1", 50)}))),
        Sentences{"public.log has 50 of its 120 rows left"}
    );
    EXPECT_EQ(
        lost(before, shape_of(partitioned({}))),
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

const Instant first_night = at("2026-11-01T03:00");

/// Compares dumps night after night, as a set does; all that is held can be read, unless a test
/// says otherwise.
struct Nights {
    std::map<std::string, Shape> dumps;
    std::optional<Shape> before;
    ShapeJudgement known;
    int nights = 0;

    void come(const std::string& id, std::vector<TableContent> tables) {
        const Shape next = holding(std::move(tables), id);
        known = judge_next(
            known, before ? &*before : nullptr, dumps, next, first_night + ++nights * day
        );
        dumps[id] = next;
        before = next;
    }
    /// `reference: sentence` of each.
    Sentences told() const {
        Sentences all;
        for (const ShapeLoss& loss : known.losses) {
            for (const TableLoss& table : loss.tables) {
                all.push_back(loss.reference + ": " + table.sentence);
            }
        }
        return all;
    }
};

TEST(ShapeJudgement, of_the_first_dump_says_that_it_is_the_first) {
    Nights nights;
    nights.come("first", {table_of("posts", 900)});
    EXPECT_TRUE(nights.known.is_first);
    EXPECT_EQ(nights.known.newest, "first");
    EXPECT_EQ(nights.known.newest_at, first_night + day);
    nights.come("second", {table_of("posts", 950)});
    EXPECT_FALSE(nights.known.is_first);
    EXPECT_EQ(nights.told(), Sentences());
}

TEST(ShapeJudgement, tells_of_a_loss_until_it_is_back) {
    Nights nights;
    nights.come("first", {table_of("posts", 900)});
    nights.come("second", {table_of("posts", 950)});
    nights.come("third", {table_of("posts", 0)});
    const Sentences lost{"second: posts has lost all of its 950 rows"};
    EXPECT_EQ(nights.told(), lost);
    nights.come("fourth", {table_of("posts", 0)});
    EXPECT_EQ(nights.told(), lost) << "a night later it is no more usual";
    nights.come("fifth", {table_of("posts", 20)});
    EXPECT_EQ(nights.told(), Sentences{"second: posts has 20 of its 950 rows left"});
    nights.come("sixth", {table_of("posts", 940)});
    EXPECT_EQ(nights.told(), Sentences());
}

TEST(ShapeJudgement, holds_of_each_loss_the_last_dump_that_had_it) {
    Nights nights;
    nights.come("first", {table_of("posts", 900)});
    nights.come("second", {table_of("orders", 500)});
    nights.come("third", {});
    EXPECT_EQ(
        nights.told(),
        (Sentences{
            "first: posts is gone, which had 900 rows",
            "second: orders is gone, which had 500 rows"})
    );
    nights.come("fourth", {table_of("posts", 900)});
    EXPECT_EQ(nights.told(), Sentences{"second: orders is gone, which had 500 rows"});
}

TEST(ShapeJudgement, keeps_what_was_lost_while_the_dump_that_had_it_cannot_be_read) {
    Nights nights;
    nights.come("first", {table_of("posts", 900)});
    nights.come("second", {});
    nights.dumps.erase("first");
    nights.come("third", {table_of("posts", 900)});
    EXPECT_EQ(nights.told(), Sentences{"first: posts is gone, which had 900 rows"});
}

TEST(ShapeJudgement, keeps_what_was_lost_though_nothing_of_it_was_taken_along) {
    // As an earlier version left it, of a set that others fill.
    ShapeJudgement known;
    known.losses = {{"first", {{"posts", "posts is gone"}, {"users", "users is gone"}}}};
    Shape before = holding({table_of("notes", 900)}, "second");
    const auto come = [&](const std::string& id, std::vector<TableContent> tables) {
        const Shape next = holding(std::move(tables), id);
        known = judge_next_and_keep(known, &before, next, noon);
        before = next;
    };
    come("third", {table_of("notes", 900)});
    come("fourth", {table_of("notes", 900)});
    ASSERT_EQ(known.losses.size(), 1u) << "nobody has accepted it";
    EXPECT_EQ(
        sentences_of(known.losses.at(0).tables), (Sentences{"posts is gone", "users is gone"})
    );

    known.lost_shapes = {holding({table_of("posts", 900)}, "first")};
    come("fifth", {table_of("notes", 900), table_of("posts", 900)});
    ASSERT_EQ(known.losses.size(), 1u);
    EXPECT_EQ(sentences_of(known.losses.at(0).tables), Sentences{"users is gone"});
}

TEST(ShapeJudgement, starts_anew_from_what_was_accepted) {
    Nights nights;
    nights.come("first", {table_of("posts", 900), table_of("users", 100)});
    nights.come("second", {table_of("users", 100)});
    nights.known.losses.clear();
    nights.come("third", {table_of("users", 100)});
    EXPECT_EQ(nights.told(), Sentences());
    nights.come("fourth", {});
    EXPECT_EQ(nights.told(), Sentences{"third: users is gone, which had 100 rows"});
}

TEST(ShapeCheck, is_silent_where_nobody_knows_what_dumps_hold) {
    ASet set;
    EXPECT_NE(check_shape(set.seen, set.now), std::nullopt);
    set.seen.shape_error = "Input/output error";
    EXPECT_EQ(check_shape(set.seen, set.now)->severity, Severity::unknown)
        << "never as it was before";
    set.seen.shape.reset();
    set.seen.shape_error.clear();
    EXPECT_EQ(check_shape(set.seen, set.now), std::nullopt);
    set.seen.shape_error = "Input/output error";
    set.seen.inventory.reset();
    EXPECT_EQ(check_shape(set.seen, set.now), std::nullopt) << "the source cannot be read";
}

TEST(ShapeCheck, tells_what_is_missing_and_what_is_held) {
    ASet set;
    Nights nights;
    nights.come("first", {table_of("posts", 900)});
    set.seen.shape = nights.known;
    EXPECT_EQ(check_shape(set.seen, set.now)->severity, Severity::ok);
    EXPECT_EQ(
        check_shape(set.seen, set.now)->summary,
        "the last backup holds 1 table; there is none before it to hold it against"
    );

    nights.come("second", {table_of("posts", 900)});
    set.seen.shape = nights.known;
    EXPECT_EQ(
        check_shape(set.seen, set.now)->summary,
        "the last backup holds 1 table, all that the one before it held"
    );

    nights.come("third", {table_of("posts", 7), table_of("users", 900)});
    set.seen.shape = nights.known;
    const Finding finding = check_shape(set.seen, set.now).value();
    EXPECT_EQ(finding.severity, Severity::warning);
    EXPECT_EQ(finding.failures, 1);
    EXPECT_EQ(finding.value, "1 table changed");
    EXPECT_EQ(
        finding.summary,
        "posts has 7 of its 900 rows left. second, the last backup that had it, is held until "
        "somebody accepts it"
    );

    nights.come("fourth", {});
    set.seen.shape = nights.known;
    EXPECT_EQ(
        check_shape(set.seen, set.now)->summary,
        "posts is gone, which had 900 rows; users is gone, which had 900 rows. second and third, "
        "the last backups that had it, are held until somebody accepts it"
    );
}

TEST(ShapeCheck, warns_of_what_the_newest_backup_lacks_however_often_it_did_so_before) {
    ASet set;
    set.backups().front().lacks = "mended since";
    EXPECT_EQ(check_shape(set.seen, set.now)->severity, Severity::ok);

    set.backups().back().lacks = "no dump holds the messages";
    Finding finding = check_shape(set.seen, set.now).value();
    EXPECT_EQ(finding.severity, Severity::warning);
    EXPECT_EQ(finding.failures, 1);
    EXPECT_EQ(
        finding.summary,
        "the last backup holds 12 tables, all that the one before it held; no dump holds the "
        "messages"
    );

    // Nothing was compared.
    set.seen.shape.reset();
    finding = check_shape(set.seen, set.now).value();
    EXPECT_EQ(finding.check, "shape");
    EXPECT_EQ(finding.severity, Severity::warning);
    EXPECT_EQ(finding.summary, "no dump holds the messages");
}

TEST(ShapeCheck, names_a_few_of_very_many) {
    ASet set;
    Nights nights;
    std::vector<TableContent> tables;
    for (int i = 0; i < 1000; ++i) tables.push_back(table_of("t" + std::to_string(i), 1));
    nights.come("first", tables);
    nights.come("second", {});
    set.seen.shape = nights.known;
    const std::string summary = check_shape(set.seen, set.now)->summary;
    EXPECT_LT(summary.size(), 400u);
    EXPECT_NE(summary.find("; and 995 tables more. "), std::string::npos) << summary;
}

}  // namespace
}  // namespace backupwatch
