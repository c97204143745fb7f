#include "sources/dump/reconciliation.hpp"

#include "core/failure.hpp"
#include "postgres/row_hash.hpp"
#include "sources/dump/exclusions.hpp"

#include <gtest/gtest.h>

namespace backupwatch {
namespace {

DumpedTable table(const std::string& name, std::vector<std::string> columns = {"id"}) {
    DumpedTable table;
    table.schema = "public";
    table.name = name;
    table.quoted = "public." + name;
    table.columns = std::move(columns);
    return table;
}

/// A source of two tables and the archive that agrees with it.
class Reconciling : public testing::Test {
  protected:
    Reconciling() {
        add("posts", 3375, 1200);
        add("users", 3376, 3);
    }

    void add(const std::string& name, int dump_id, std::uint64_t rows) {
        source_.push_back({table(name), rows});
        ArchiveEntry entry;
        entry.dump_id = dump_id;
        entry.description = "TABLE DATA";
        entry.schema = "public";
        entry.name = name;
        entry.copy_statement = "COPY public." + name + " (id) FROM stdin;\n";
        entry.file = std::to_string(dump_id) + ".dat";
        entry.has_data = true;
        PackedFile file;
        file.entry = {entry.file + ".zst", 100, 200, "..."};
        file.rows.count = rows;
        file.ended = true;
        written_.files[entry.file] = file;
        written_.archive.entries.push_back(entry);
    }

    std::string difference() {
        try {
            reconcile(source_, written_);
        } catch (const Failure& failure) {
            EXPECT_EQ(failure.kind(), Failure::Kind::corrupt);
            return failure.what();
        }
        return "none";
    }

    std::vector<CountedTable> source_;
    WrittenArchive written_;
};

TEST_F(Reconciling, says_which_file_holds_which_table) {
    const auto tables = reconcile(source_, written_);

    ASSERT_EQ(tables.size(), 2u);
    EXPECT_EQ(tables[0].name, "public.posts");
    EXPECT_EQ(tables[0].file, "3375.dat.zst");
    EXPECT_EQ(tables[0].dump_id, 3375);
    EXPECT_EQ(tables[0].rows.count, 1200u);
    EXPECT_EQ(tables[0].bytes, 200u);
    EXPECT_EQ(tables[0].root, "");
}

TEST_F(Reconciling, names_the_root_that_a_partition_is_loaded_through) {
    written_.archive.entries[0].copy_statement = "COPY public.\"All Posts\" (id) FROM stdin;\n";

    EXPECT_EQ(reconcile(source_, written_)[0].root, "public.\"All Posts\"");
}

TEST_F(Reconciling, names_rows_that_are_missing) {
    written_.files["3375.dat"].rows.count = 1159;

    EXPECT_EQ(difference(), "public.posts: the source has 1200 rows, the dump 1159");
}

TEST_F(Reconciling, counts_the_other_differences) {
    written_.files["3375.dat"].rows.count = 1159;
    written_.files["3376.dat"].rows.count = 4;

    EXPECT_EQ(
        difference(),
        "public.posts: the source has 1200 rows, the dump 1159 (and 1 more differences)"
    );
}

TEST_F(Reconciling, names_a_table_that_is_not_in_the_archive) {
    written_.archive.entries.erase(written_.archive.entries.begin());
    written_.files.erase("3375.dat");

    EXPECT_EQ(difference(), "public.posts: is not in the dump");
}

TEST_F(Reconciling, names_a_table_whose_file_is_gone) {
    written_.files.erase("3375.dat");

    EXPECT_EQ(difference(), "public.posts: its data file is not in the dump");
}

TEST_F(Reconciling, names_a_file_that_was_cut_at_a_lines_end) {
    written_.files["3376.dat"].ended = false;

    EXPECT_EQ(difference(), "public.users: its data in the dump was cut short");
}

TEST_F(Reconciling, names_other_columns_than_the_sources) {
    source_[0].table.columns = {"id", "email"};

    EXPECT_EQ(difference(), "public.posts: the dump has other columns than the source");
}

TEST_F(Reconciling, names_a_table_that_the_source_does_not_have) {
    source_.pop_back();

    EXPECT_EQ(
        difference(),
        "public.users: is in the dump, but is no table of the source that belongs there"
    );
}

TEST_F(Reconciling, names_a_file_of_no_table) {
    written_.files["9.dat"] = {};

    EXPECT_EQ(difference(), "9.dat: is of no table");
}

TEST_F(Reconciling, adds_large_objects_up_by_oid_and_content) {
    written_.files["blob_16413.dat"].raw_sha256 = "aa";
    written_.files["blob_16414.dat"].raw_sha256 = "bb";

    Rows expected = hash_row("16414\tbb");
    expected += hash_row("16413\taa");
    EXPECT_EQ(reconcile_large_objects(2, written_), expected);
    EXPECT_EQ(difference(), "none");
}

TEST_F(Reconciling, fails_when_a_large_object_is_missing) {
    EXPECT_EQ(reconcile_large_objects(0, written_), std::nullopt);
    try {
        reconcile_large_objects(1, written_);
        FAIL();
    } catch (const Failure& failure) {
        EXPECT_STREQ(failure.what(), "large objects: the source has 1, the dump 0");
    }
}

TEST(Exclusions, part_the_tables) {
    const auto parted = exclude({table("posts"), table("log_1"), table("log_2")}, {"public.log_*"});

    ASSERT_EQ(parted.dumped.size(), 1u);
    EXPECT_EQ(parted.dumped[0].name, "posts");
    EXPECT_EQ(parted.excluded.size(), 2u);
}

TEST(Exclusions, refuse_a_pattern_that_matches_nothing) {
    try {
        exclude({table("posts")}, {"public.posts", "public.logs"});
        FAIL();
    } catch (const Failure& failure) {
        EXPECT_EQ(failure.kind(), Failure::Kind::rejected);
        EXPECT_STREQ(
            failure.what(), "exclude_tables: \"public.logs\" matches no table of the database"
        );
    }
}

TEST(Exclusions, are_told_to_pg_dump_with_the_sequences_that_go_along) {
    const std::vector<SchemaObject> schema = {
        {"sequence", "public.log_id_seq", "AS integer OWNED BY public.log.id"},
        {"sequence", "public.logs_id_seq", "AS integer OWNED BY public.logs.id"},
    };

    const auto patterns = exclusion_patterns(schema, {table("log")});

    EXPECT_EQ(patterns, (std::vector<std::string>{"public.log", "public.log_id_seq"}));
}

TEST(Exclusions, take_along_what_belongs_to_the_table) {
    const std::vector<SchemaObject> schema = {
        {"table", "public.log", "TABLE"},
        {"column", "public.log.id", "integer"},
        {"constraint", "public.log.log_pkey", "PRIMARY KEY (id)"},
        {"index", "public.log_pkey", "CREATE UNIQUE INDEX log_pkey ON public.log USING btree (id)"},
        {"sequence", "public.log_id_seq", "AS integer OWNED BY public.log.id"},
        {"statistics", "public.s", "CREATE STATISTICS public.s ON a, b FROM public.log"},
        {"table", "public.logs", "TABLE"},
        {"column", "public.logs.id", "integer"},
        {"index", "public.logs_i", "CREATE INDEX logs_i ON public.logs USING btree (id)"},
        {"sequence", "public.free", "AS integer"},
        {"view", "public.log_view", "SELECT FROM public.log"},
    };

    const auto left = without_tables(schema, {table("log")});

    ASSERT_EQ(left.size(), 5u);
    EXPECT_EQ(left[0].name, "public.logs");
    EXPECT_EQ(left[4].name, "public.log_view");
}

TEST(Exclusions, name_what_a_user_put_onto_the_platforms_bookkeeping) {
    DumpedTable bookkeeping = table("vector_indexes");
    bookkeeping.schema = "storage";
    bookkeeping.quoted = "storage.vector_indexes";
    DumpedTable jobs = table("job");
    jobs.schema = "cron";
    jobs.quoted = "cron.job";
    const std::vector<SchemaObject> schema = {
        {"column", "storage.vector_indexes.id", "text"},
        {"policy", "storage.vector_indexes.\"own indexes\"", "FOR SELECT"},
        {"policy", "storage.vector_indexes_old.mine", "FOR SELECT"},
        // pg_cron makes it.
        {"policy", "cron.job.cron_job_policy", "FOR ALL"},
    };

    const auto parts = users_objects_on_bookkeeping(schema, {bookkeeping, jobs});

    ASSERT_EQ(parts.size(), 1u);
    EXPECT_EQ(parts[0].what, "policy \"own indexes\" on storage.vector_indexes");
}

}  // namespace
}  // namespace backupwatch
