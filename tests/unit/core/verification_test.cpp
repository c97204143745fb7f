#include "core/backup/verification.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace backupwatch {
namespace {

using Sentences = std::vector<std::string>;

constexpr Rows posts{1200, 17, 4};
constexpr Rows users{7, 99, 1};

TableContent table(const std::string& name, const Rows& rows) {
    TableContent content;
    content.name = name;
    content.columns = {"id", "email"};
    content.rows = rows;
    return content;
}

/// A dump of two tables, and the same restored.
struct ARestore {
    Manifest dumped;
    RestoredContent restored;
    VerifyPolicy policy;

    ARestore() {
        dumped.server_version = restored.server_version = 150'020;
        dumped.tables = {table("public.posts", posts), table("public.users", users)};
        restored.tables = {{"public.posts", {posts}}, {"public.users", {users}}};
        dumped.schema = {
            {"column", "public.posts.id", "bigint NOT NULL"},
            {"column", "public.users.\"e.Mail\"", "text"},
            {"index", "public.posts_pkey", "CREATE UNIQUE INDEX posts_pkey ON public.posts (id)"},
            {"table", "public.posts", ""},
            {"table", "public.users", ""},
        };
        restored.schema = dumped.schema;
        dumped.sequences = {{"public.posts_id_seq", 1200, 1210}};
        restored.sequences = {{"public.posts_id_seq", 1204}};
    }

    void lose(const std::string& kind, const std::string& name) {
        auto& schema = restored.schema;
        schema.erase(
            std::remove_if(
                schema.begin(),
                schema.end(),
                [&](const SchemaObject& object) {
                    return object.kind == kind && object.name == name;
                }
            ),
            schema.end()
        );
    }

    Verification result() const { return verify(dumped, restored, policy); }
    Sentences errors() const { return result().errors; }
    std::string check(const std::string& name) const {
        for (const VerifiedCheck& check : result().checks) {
            if (check.name == name) return (check.ok ? "ok: " : "wrong: ") + check.detail;
        }
        return "not checked";
    }
    std::string skipped(const std::string& what) const {
        for (const SkippedPart& part : result().skipped) {
            if (part.what == what) return part.why;
        }
        return "not skipped";
    }
};

TEST(Verification, passes_what_was_restored_as_it_was_dumped) {
    const Verification result = ARestore().result();

    EXPECT_EQ(result.errors, Sentences{});
    EXPECT_TRUE(result.skipped.empty());
    ASSERT_EQ(result.tables.size(), 2u);
    EXPECT_EQ(result.tables[0].name, "public.posts");
    EXPECT_EQ(result.tables[0].expected_rows, 1200u);
    EXPECT_EQ(result.tables[0].rows, 1200u);
    EXPECT_EQ(result.tables[0].expected_hash, hash_text(posts));
    EXPECT_EQ(result.tables[0].hash, hash_text(posts));
    EXPECT_TRUE(result.tables[0].ok);
}

TEST(Verification, says_what_was_checked) {
    const ARestore restore;
    EXPECT_EQ(restore.check("tables"), "ok: 2 tables");
    EXPECT_EQ(restore.check("rows"), "ok: 1207 rows in 2 tables");
    EXPECT_EQ(restore.check("content"), "ok: 2 of 2 tables compared");
    EXPECT_EQ(restore.check("schema"), "ok: 5 objects");
    EXPECT_EQ(restore.check("validity"), "ok: every index and constraint is valid");
    EXPECT_EQ(restore.check("sequences"), "ok: 1 sequence");
    EXPECT_EQ(restore.check("large objects"), "not checked");
    EXPECT_EQ(restore.check("demanded columns"), "not checked");
}

TEST(Verification, passes_a_database_without_any_table) {
    const Verification result = verify({}, {}, {});
    EXPECT_EQ(result.errors, Sentences{});
    EXPECT_TRUE(result.tables.empty());
}

TEST(Verification, compares_the_rows_of_a_table) {
    struct Case {
        const char* what;
        Rows found;
        Sentences errors;
    };
    const std::vector<Case> cases{
        {"one missing", {1199, 17, 4}, {"public.posts: 1 of 1200 rows missing"}},
        {"some missing", {1159, 0, 0}, {"public.posts: 41 of 1200 rows missing"}},
        {"all missing", {0, 0, 0}, {"public.posts: 1200 of 1200 rows missing"}},
        {"one more", {1201, 0, 0}, {"public.posts: 1 row too many (1201 instead of 1200)"}},
        {"some more", {1203, 0, 0}, {"public.posts: 3 rows too many (1203 instead of 1200)"}},
        {"low half of the hash",
         {1200, 17, 5},
         {"public.posts: 1200 rows, but their content differs"}},
        {"high half of the hash",
         {1200, 18, 4},
         {"public.posts: 1200 rows, but their content differs"}},
    };
    for (const auto& c : cases) {
        ARestore restore;
        restore.restored.tables["public.posts"].rows = c.found;
        EXPECT_EQ(restore.errors(), c.errors) << c.what;
        EXPECT_FALSE(restore.result().tables[0].ok) << c.what;
        EXPECT_TRUE(restore.result().tables[1].ok) << c.what;
        EXPECT_EQ(restore.check("content"), "wrong: 1 difference") << c.what;
    }
}

TEST(Verification, tells_a_missing_table_once) {
    ARestore restore;
    restore.restored.tables.erase("public.users");
    restore.lose("table", "public.users");
    restore.lose("column", "public.users.\"e.Mail\"");
    restore.policy.tables = {{"users", {"e.Mail"}}};

    EXPECT_EQ(restore.errors(), Sentences{"public.users: table missing"});
    EXPECT_FALSE(restore.result().tables[1].ok);
    EXPECT_EQ(restore.result().tables[1].expected_hash, hash_text(users));
    EXPECT_EQ(restore.result().tables[1].hash, "");
    EXPECT_EQ(restore.check("tables"), "wrong: 1 difference");
}

TEST(Verification, adds_up_the_partitions_that_were_loaded_through_their_root) {
    ARestore restore;
    auto first = table("public.event_0", {10, 1, ~std::uint64_t{0}});
    auto second = table("public.event_1", {5, 2, 3});
    first.root = second.root = "public.event";
    restore.dumped.tables.push_back(first);
    restore.dumped.tables.push_back(second);
    restore.restored.tables["public.event"].rows = {15, 4, 2};
    EXPECT_EQ(restore.errors(), Sentences{});
    ASSERT_EQ(restore.result().tables.size(), 3u);
    EXPECT_EQ(restore.result().tables[2].name, "public.event");

    restore.restored.tables["public.event"].rows = {14, 4, 2};
    EXPECT_EQ(restore.errors(), Sentences{"public.event: 1 of 15 rows missing"});
}

TEST(Verification, counts_partitions_whose_columns_differ_and_says_that_it_only_counts) {
    ARestore restore;
    auto first = table("public.event_0", {10, 1, 1});
    auto second = table("public.event_1", {5, 2, 3});
    second.columns = {"email", "id"};
    first.root = second.root = "public.event";
    restore.dumped.tables.push_back(first);
    restore.dumped.tables.push_back(second);
    restore.restored.tables["public.event"].rows = {15, 77, 77};

    EXPECT_EQ(restore.errors(), Sentences{});
    EXPECT_EQ(
        restore.skipped("content of public.event"),
        "its partitions have their columns in different orders"
    );
    EXPECT_EQ(restore.result().tables[2].expected_hash, "");
    EXPECT_EQ(restore.check("content"), "ok: 2 of 3 tables compared");
}

TEST(Verification, does_not_compare_the_content_of_a_table_that_was_only_counted) {
    ARestore restore;
    restore.restored.tables["public.posts"] = {{1200, 0, 0}, false};

    EXPECT_EQ(restore.errors(), Sentences{});
    EXPECT_EQ(restore.skipped("content of public.posts"), "its rows were only counted");
}

// A file of another tool: with what settings it was made, nobody knows.
TEST(Verification, D15_excuses_other_content_only_by_what_the_file_says_of_its_session) {
    struct Case {
        const char* what;
        bool has_times;
        bool has_offsets;
        bool has_bytes;
        bool has_money;
        bool is_excused;
    };
    const Case cases[] = {
        {"nothing that hangs on a session", false, false, false, false, false},
        {"times, all of them as UTC writes them", true, false, false, false, false},
        {"times, some of them of another zone", true, true, false, false, true},
        {"what looks like such times in a text", false, true, false, false, false},
        {"bytes, which are read back in either form", false, false, true, false, false},
        {"money", false, false, false, true, true},
    };
    for (const Case& one : cases) {
        SCOPED_TRACE(one.what);
        ARestore restore;
        restore.dumped.is_from_file = true;
        restore.dumped.tables[0].has_offsets = one.has_offsets;
        if (one.has_times) restore.restored.zone_dependent = {"public.posts"};
        if (one.has_bytes) restore.restored.bytes_dependent = {"public.posts"};
        if (one.has_money) restore.restored.session_dependent = {"public.posts"};
        restore.restored.tables["public.posts"].rows = {1200, 5, 5};

        const Sentences differs{"public.posts: 1200 rows, but their content differs"};
        EXPECT_EQ(restore.errors(), one.is_excused ? Sentences() : differs);
        EXPECT_EQ(restore.skipped("content of public.posts") == "not skipped", !one.is_excused);
    }
}

TEST(Verification, D15_reads_back_once_more_what_may_be_in_the_other_form_of_bytes) {
    struct Case {
        const char* what;
        bool has_bytes;
        bool has_offsets;
        RestoredContent::Table read;
        bool is_read_again;
    };
    const Case cases[] = {
        {"the same", true, false, {posts}, false},
        {"other content", true, false, {{1200, 5, 5}}, true},
        {"other content without bytes", false, false, {{1200, 5, 5}}, false},
        {"other content that is excused, whatever its bytes", true, true, {{1200, 5, 5}}, false},
        {"other rows", true, false, {{1199, 5, 5}}, false},
        {"only counted", true, false, {{1200, 0, 0}, false}, false},
    };
    for (const Case& one : cases) {
        SCOPED_TRACE(one.what);
        ARestore restore;
        if (one.has_bytes) restore.restored.bytes_dependent = {"public.posts"};
        restore.restored.zone_dependent = {"public.posts"};
        restore.dumped.tables[0].has_offsets = one.has_offsets;
        restore.restored.tables["public.posts"] = one.read;
        const auto again = perhaps_escaped(restore.dumped, restore.restored);
        ASSERT_EQ(again.size(), one.is_read_again ? 1u : 0u);
        if (!again.empty()) {
            EXPECT_EQ(again[0].name, "public.posts");
        }
    }

    ARestore restore;
    restore.restored.tables["public.posts"].rows = {1200, 5, 5};
    take_escaped(restore.restored, restore.dumped, {{"public.posts", {{1200, 6, 6}}}});
    EXPECT_EQ(restore.restored.tables["public.posts"].rows, (Rows{1200, 5, 5})) << "nor is it that";
    take_escaped(restore.restored, restore.dumped, {{"public.posts", {posts}}});
    EXPECT_EQ(restore.errors(), Sentences());
}

TEST(Verification, D15_reads_back_all_parts_of_a_root_with_bytes) {
    ARestore restore;
    for (const char* part : {"public.log_1", "public.log_2"}) {
        TableContent& content = restore.dumped.tables.emplace_back(table(part, {5, 1, 1}));
        content.root = "public.log";
    }
    restore.restored.bytes_dependent = {"public.log"};
    restore.restored.tables["public.log"] = {{10, 9, 9}};
    EXPECT_EQ(perhaps_escaped(restore.dumped, restore.restored).size(), 2u);
    take_escaped(restore.restored, restore.dumped, {{"public.log", {{10, 2, 2}}}});
    EXPECT_EQ(restore.restored.tables["public.log"].rows, (Rows{10, 2, 2}));
}

TEST(Verification, says_what_the_configuration_switched_off) {
    ARestore restore;
    restore.policy.content = false;
    restore.restored.tables["public.posts"].rows = {1200, 0, 0};
    EXPECT_EQ(restore.errors(), Sentences{});
    EXPECT_EQ(restore.skipped("content"), "switched off by verify.content");
    EXPECT_EQ(restore.check("content"), "not checked");

    restore.policy.rows = false;
    restore.restored.tables["public.posts"].rows = {1, 0, 0};
    EXPECT_EQ(restore.errors(), Sentences{});
    EXPECT_EQ(restore.skipped("row counts"), "switched off by verify.rows");
    EXPECT_EQ(restore.check("rows"), "not checked");

    restore.policy.content = true;
    EXPECT_EQ(restore.errors(), Sentences{"public.posts: 1 row, but their content differs"});
}

TEST(Verification, knows_which_tables_it_compared_with_anything) {
    struct Case {
        bool rows;
        bool content;
        bool hashed;
        bool compared;
    };
    const Case cases[] = {
        {true, true, true, true},
        {true, false, false, true},
        {false, true, true, true},
        {false, true, false, false},  // only its rows are known, and nobody asks for them
        {false, false, false, false},
    };
    for (const auto& [rows, content, hashed, compared] : cases) {
        ARestore restore;
        restore.policy.rows = rows;
        restore.policy.content = content;
        restore.restored.tables["public.posts"].hashed = hashed;
        EXPECT_TRUE(restore.result().tables[0].ok);
        EXPECT_EQ(restore.result().tables[0].compared, compared) << rows << content << hashed;
    }
}

TEST(Verification, names_what_the_dump_left_out) {
    ARestore restore;
    restore.dumped.excluded_tables = {"public.audit_log"};
    EXPECT_EQ(restore.errors(), Sentences{});
    EXPECT_EQ(restore.skipped("public.audit_log"), "left out of the dump by exclude_tables");
}

TEST(Verification, compares_large_objects) {
    struct Case {
        std::optional<Rows> dumped;
        std::optional<Rows> restored;
        Sentences errors;
    };
    const std::vector<Case> cases{
        {Rows{3, 1, 1}, Rows{3, 1, 1}, {}},
        {Rows{3, 1, 1}, std::nullopt, {"large objects: 3 of 3 objects missing"}},
        {Rows{3, 1, 1}, Rows{2, 1, 1}, {"large objects: 1 of 3 objects missing"}},
        {Rows{3, 1, 1}, Rows{3, 1, 2}, {"large objects: 3 objects, but their content differs"}},
        {std::nullopt, Rows{2, 1, 1}, {"large objects: 2 objects too many (2 instead of 0)"}},
        {std::nullopt, Rows{}, {}},
    };
    for (const auto& [dumped, restored, errors] : cases) {
        ARestore restore;
        restore.dumped.large_objects = dumped;
        restore.restored.large_objects = restored;
        EXPECT_EQ(restore.errors(), errors);
        EXPECT_EQ(restore.check("large objects").starts_with("ok"), errors.empty());
    }
}

TEST(Verification, names_what_the_schema_lacks_or_defines_differently) {
    ARestore restore;
    restore.dumped.schema.push_back({"view", "public.recent", "SELECT 1;"});
    restore.restored.schema.push_back({"view", "public.recent", "SELECT 2;"});
    restore.lose("index", "public.posts_pkey");

    EXPECT_EQ(
        restore.errors(),
        (Sentences{
            "index public.posts_pkey is missing",
            "view public.recent is defined differently than in the source",
        })
    );
    EXPECT_EQ(restore.check("schema"), "wrong: 2 differences");
}

TEST(Verification, tells_objects_of_one_name_apart_by_their_kind) {
    ARestore restore;
    restore.dumped.schema.push_back({"type", "public.posts", ""});
    EXPECT_EQ(restore.errors(), Sentences{"type public.posts is missing"});
}

TEST(Verification, tells_a_table_without_rows_of_its_own_by_the_schema) {
    ARestore restore;
    restore.dumped.schema.push_back({"column", "public.event.at", "date"});
    restore.dumped.schema.push_back({"table", "public.event", "PARTITION BY RANGE (at)"});
    EXPECT_EQ(restore.errors(), Sentences{"public.event: table missing"});
}

TEST(Verification, compares_only_names_between_two_majors_and_says_so) {
    ARestore restore;
    restore.restored.schema[2].definition = "CREATE UNIQUE INDEX posts_pkey ON posts(id)";
    EXPECT_EQ(restore.errors().size(), 1u);

    restore.restored.server_version = 150'099;
    EXPECT_EQ(restore.errors().size(), 1u) << "a minor version is the same major";

    restore.restored.server_version = 170'002;
    EXPECT_EQ(restore.errors(), Sentences{});
    EXPECT_EQ(
        restore.skipped("definitions"),
        "PostgreSQL 17 may word them differently than PostgreSQL 15 of the source; names were "
        "compared"
    );
    restore.lose("index", "public.posts_pkey");
    EXPECT_EQ(restore.errors(), Sentences{"index public.posts_pkey is missing"});
}

TEST(Verification, knows_that_the_majors_before_10_had_two_numbers) {
    ARestore restore;
    restore.dumped.server_version = 90'524;
    restore.restored.server_version = 90'603;
    EXPECT_EQ(
        restore.skipped("definitions"),
        "PostgreSQL 9.6 may word them differently than PostgreSQL 9.5 of the source; names were "
        "compared"
    );
}

TEST(Verification, passes_over_what_the_restored_database_holds_beyond_the_dump) {
    ARestore restore;
    restore.restored.schema.push_back({"table", "public.more", ""});
    restore.restored.tables["public.more"].rows = {5, 5, 5};
    restore.restored.sequences.push_back({"public.more_id_seq", 5});
    EXPECT_EQ(restore.errors(), Sentences{});
}

TEST(Verification, demands_valid_indexes_and_constraints) {
    ARestore restore;
    restore.restored.invalid_indexes = {"public.posts_email"};
    restore.restored.invalid_constraints = {"public.posts.posts_user"};
    EXPECT_EQ(
        restore.errors(),
        (Sentences{
            "index public.posts_email is invalid",
            "constraint public.posts.posts_user is not validated",
        })
    );
}

TEST(Verification, does_not_demand_what_the_source_never_validated) {
    ARestore restore;
    const SchemaObject constraint{
        "constraint",
        "public.posts.posts_user",
        "FOREIGN KEY (user_id) REFERENCES users NOT VALID"};
    restore.dumped.schema.push_back(constraint);
    restore.restored.schema.push_back(constraint);
    restore.restored.invalid_constraints = {"public.posts.posts_user"};

    EXPECT_EQ(restore.errors(), Sentences{});
    EXPECT_EQ(
        restore.skipped("constraint public.posts.posts_user"),
        "it was never validated in the source either"
    );
}

TEST(Verification, holds_sequences_between_their_values_before_and_after_the_dump) {
    struct Case {
        std::int64_t before;
        std::int64_t after;
        std::int64_t value;
        const char* error;
    };
    const std::vector<Case> cases{
        {1200, 1210, 1200, nullptr},
        {1200, 1210, 1210, nullptr},
        {1200, 1210, 7, "sequence public.posts_id_seq: 7, expected 1200 to 1210"},
        {1200, 1210, 1211, "sequence public.posts_id_seq: 1211, expected 1200 to 1210"},
        {1200, 1200, 1, "sequence public.posts_id_seq: 1, expected 1200"},
        {-5, -9, -7, nullptr},  // runs downwards
        {-5, -9, -10, "sequence public.posts_id_seq: -10, expected -9 to -5"},
    };
    for (const auto& [before, after, value, error] : cases) {
        ARestore restore;
        restore.dumped.sequences = {{"public.posts_id_seq", before, after}};
        restore.restored.sequences = {{"public.posts_id_seq", value}};
        EXPECT_EQ(restore.errors(), error ? Sentences{error} : Sentences{});
    }
}

TEST(Verification, tells_a_missing_sequence_once) {
    ARestore restore;
    restore.restored.sequences.clear();
    EXPECT_EQ(restore.errors(), Sentences{"sequence public.posts_id_seq is missing"});

    restore.dumped.schema.push_back({"sequence", "public.posts_id_seq", "bigint"});
    EXPECT_EQ(restore.errors(), Sentences{"sequence public.posts_id_seq is missing"});
}

TEST(Verification, demands_the_tables_and_columns_of_the_configuration) {
    ARestore restore;
    restore.policy.tables = {
        {"public.posts", {"id", "user_id"}},
        {"users", {"e.Mail", "Name"}},
        {"public.profiles", {"id"}},
    };
    EXPECT_EQ(
        restore.errors(),
        (Sentences{
            "public.profiles: table missing",
            "public.posts: column user_id missing",
            "public.users: column Name missing",
        })
    );
    EXPECT_EQ(restore.check("demanded columns"), "wrong: 3 differences");

    restore.policy.tables = {{"public.posts", {"id"}}, {"public.users", {"e.Mail"}}};
    EXPECT_EQ(restore.errors(), Sentences{});
    EXPECT_EQ(restore.check("demanded columns"), "ok: 2 tables with 2 columns");
}

TEST(Verification, puts_the_worst_first) {
    ARestore restore;
    restore.dumped.tables = {
        table("a", {10, 0, 0}),
        table("b", {10, 0, 0}),
        table("c", {10, 0, 0}),
        table("d", {10, 0, 0}),
        table("e", {10, 0, 0}),
        table("f", {99, 0, 0}),
    };
    restore.restored.tables = {
        {"a", {{10, 1, 1}}},
        {"b", {{12, 0, 0}}},
        {"c", {{9, 0, 0}}},
        {"d", {{1, 0, 0}}},
    };
    restore.dumped.large_objects = Rows{1, 0, 0};
    restore.restored.invalid_indexes = {"x"};
    restore.restored.sequences.clear();
    restore.lose("index", "public.posts_pkey");
    restore.policy.tables = {{"public.posts", {"status"}}};

    EXPECT_EQ(
        restore.errors(),
        (Sentences{
            "f: table missing",
            "e: table missing",
            "d: 9 of 10 rows missing",
            "c: 1 of 10 rows missing",
            "b: 2 rows too many (12 instead of 10)",
            "a: 10 rows, but their content differs",
            "large objects: 1 of 1 object missing",
            "public.posts: column status missing",
            "index public.posts_pkey is missing",
            "index x is invalid",
            "sequence public.posts_id_seq is missing",
        })
    );
}

TEST(Verification, summarises_what_nobody_can_read_to_its_end) {
    ARestore restore;
    for (int i = 0; i < 5000; ++i) {
        restore.dumped.schema.push_back({"function", "f" + std::to_string(i) + "()", ""});
    }
    restore.restored.sequences.clear();
    const Sentences errors = restore.errors();

    ASSERT_EQ(errors.size(), 22u);
    EXPECT_EQ(errors[0], "function f0() is missing");
    EXPECT_EQ(errors[19], "function f19() is missing");
    EXPECT_EQ(errors[20], "and 4980 more like this");
    EXPECT_EQ(errors[21], "sequence public.posts_id_seq is missing");
    EXPECT_EQ(restore.check("schema"), "wrong: 5000 differences");
}

}  // namespace
}  // namespace backupwatch
