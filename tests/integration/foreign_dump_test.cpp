#include "others_folder.hpp"
#include "sources/foreign/inspection.hpp"
#include "sources/foreign/listing.hpp"

#include <fstream>

namespace backupwatch {
namespace {

using Names = std::vector<std::string>;

/// Dumps of one database by PostgreSQL's own programs, in every form, damaged in every way.
class ForeignDump : public OthersFolder {
  protected:
    ForeignDump() {
        server_.execute(
            "shop",
            "CREATE TABLE posts (id serial PRIMARY KEY, title text, at timestamptz DEFAULT now());"
            "INSERT INTO posts (title) SELECT 'post; -- \\. ' || n || E'\\n\\t\\\\' FROM "
            "generate_series(1, 5000) n;"
            "CREATE TABLE \"My users\" (name text); INSERT INTO \"My users\" VALUES ('it''s'), "
            "('b');"
            "CREATE TABLE part (n int) PARTITION BY RANGE (n);"
            "CREATE TABLE part_1 PARTITION OF part FOR VALUES FROM (0) TO (100);"
            "INSERT INTO part SELECT generate_series(0, 49);"
            "CREATE FUNCTION f() RETURNS text LANGUAGE sql AS 'SELECT '';'' -- \\! id';"
            "SELECT lo_from_bytea(4711, '\\xc0ffee')"
        );
    }

    static InspectedDump inspected(const fs::path& path) {
        InspectionOptions options;
        options.database = "shop";
        return inspect(path, options);
    }

    static Names tables_of(const Manifest& manifest) {
        Names names;
        for (const TableContent& table : manifest.tables) {
            names.push_back(table.name + " " + std::to_string(table.rows.count));
        }
        std::ranges::sort(names);
        return names;
    }

    static std::string damage_of(const fs::path& path) {
        try {
            inspected(path);
        } catch (const Failure& failure) {
            EXPECT_EQ(failure.kind(), Failure::Kind::corrupt) << failure.what();
            return failure.what();
        }
        return "it is whole";
    }

    static std::string read(const fs::path& path) { return read_file(path, 1 << 30); }
    static void write(const fs::path& path, std::string_view text) {
        std::ofstream(path, std::ios::binary | std::ios::trunc) << text;
    }
    static void run(const std::string& command) { ASSERT_EQ(std::system(command.c_str()), 0); }

    const Names tables_ = {"public.\"My users\" 2", "public.part_1 50", "public.posts 5000"};
};

TEST_F(ForeignDump, is_read_in_every_form_that_pg_dump_writes) {
    struct Form {
        std::string name;
        std::vector<std::string> arguments;
        DumpForm form;
    };
    const std::vector<Form> forms = {
        {"custom.dump", {"-Fc"}, DumpForm::custom},
        {"raw.dump", {"-Fc", "-Z0"}, DumpForm::custom},
        {"shop.tar", {"-Ft"}, DumpForm::tar},
        {"folder", {"-Fd", "-j2"}, DumpForm::directory},
        {"raw folder", {"-Fd", "-Z0"}, DumpForm::directory},
        {"shop.sql", {"-Fp"}, DumpForm::plain},
    };
    std::optional<Manifest> first;
    for (const Form& form : forms) {
        SCOPED_TRACE(form.name);
        const InspectedDump found = inspected(dump(form.name, form.arguments));

        EXPECT_EQ(found.form, form.form);
        EXPECT_TRUE(found.manifest.is_from_file);
        EXPECT_EQ(found.manifest.id, form.name);
        EXPECT_EQ(tables_of(found.manifest), tables_);
        EXPECT_EQ(found.manifest.server_version / 10000, 15);
        ASSERT_EQ(found.manifest.sequences.size(), 1u);
        EXPECT_EQ(found.manifest.sequences[0].name, "public.posts_id_seq");
        EXPECT_EQ(found.manifest.sequences[0].after, 5000);
        if (!first) first = found.manifest;
        for (const TableContent& table : found.manifest.tables) {
            for (const TableContent& other : first->tables) {
                if (table.name == other.name) {
                    EXPECT_EQ(hash_text(table.rows), hash_text(other.rows)) << table.name;
                    EXPECT_EQ(table.columns, other.columns);
                }
            }
        }
        if (form.form != DumpForm::plain) {
            EXPECT_EQ(found.manifest.large_objects, first->large_objects);
            ASSERT_TRUE(found.manifest.large_objects);
            EXPECT_EQ(found.manifest.large_objects->count, 1u);
        }
    }
}

TEST_F(ForeignDump, is_read_through_what_it_is_compressed_with) {
    const fs::path plain = dump("shop.sql", {});
    run("gzip -k " + plain.string() + " && zstd -q -k " + plain.string());
    for (const char* name : {"shop.sql.gz", "shop.sql.zst"}) {
        EXPECT_EQ(tables_of(inspected(folder_ / name).manifest), tables_) << name;
        const std::string whole = read(folder_ / name);
        write(folder_ / name, whole.substr(0, whole.size() - 1));
        EXPECT_EQ(damage_of(folder_ / name), "what is compressed in it is cut short") << name;
    }
    // As `cat a.gz b.gz` makes one.
    run("cd " + folder_.string() + " && (head -c 1000 shop.sql | gzip; tail -c +1001 shop.sql | " +
        "gzip) > two.sql.gz");
    EXPECT_EQ(tables_of(inspected(folder_ / "two.sql.gz").manifest), tables_);
}

TEST_F(ForeignDump, of_inserts_is_counted) {
    for (const auto& arguments :
         {Names{"--inserts"},
          Names{"--column-inserts"},
          Names{"--inserts", "--rows-per-insert=7"},
          Names{"--inserts", "-Fc"}}) {
        const InspectedDump found = inspected(dump("inserts.dump", arguments));

        EXPECT_EQ(tables_of(found.manifest), tables_) << arguments.back();
        for (const TableContent& table : found.manifest.tables) EXPECT_FALSE(table.is_hashed);
    }
}

TEST_F(ForeignDump, of_a_cluster_is_looked_at_for_its_database) {
    server_.create_database("other");
    server_.execute("other", "CREATE TABLE elsewhere AS SELECT generate_series(1, 90000)");
    const fs::path path = folder_ / "all.sql";
    server_.run("pg_dumpall", {"--file=" + path.string(), "--no-sync"});
    const InspectedDump found = inspected(path);
    server_.execute("postgres", "DROP DATABASE other");

    EXPECT_EQ(found.makes_database, "shop");
    EXPECT_EQ(tables_of(found.manifest), tables_);
    EXPECT_NE(std::ranges::find(found.other_databases, "other"), found.other_databases.end());
}

TEST_F(ForeignDump, that_is_cut_anywhere_is_never_whole) {
    for (const auto& [name, arguments] : std::vector<std::pair<std::string, Names>>{
             {"shop.dump", {"-Fc"}},
             {"raw.dump", {"-Fc", "-Z0"}},
             {"shop.tar", {"-Ft"}},
             {"shop.sql", {}},
         }) {
        const std::string whole = read(dump(name, arguments));
        const fs::path cut = folder_ / ("cut-" + name);
        // At every boundary near the end, and a sample of others.
        for (std::size_t size = 0;
             size<whole.size(); size += size + 2000> whole.size() ? 97 : whole.size() / 60 + 1) {
            write(cut, std::string_view(whole).substr(0, size));
            EXPECT_NE(damage_of(cut), "it is whole") << name << " cut at " << size;
        }
    }
}

TEST_F(ForeignDump, of_a_folder_without_a_file_or_with_a_cut_one_is_not_whole) {
    const fs::path whole = dump("folder", {"-Fd", "-Z0"});
    for (const auto& entry : fs::directory_iterator(whole)) {
        const fs::path damaged = folder_ / "damaged";
        const fs::path file = damaged / entry.path().filename();
        fs::remove_all(damaged);
        fs::copy(whole, damaged);
        fs::remove(file);
        EXPECT_NE(damage_of(damaged), "it is whole") << "without " << file.filename();
        // Nothing tells how long a large object was.
        if (file.filename() == "blob_4711.dat") continue;
        const std::string content = read(entry.path());
        write(file, "");
        EXPECT_NE(damage_of(damaged), "it is whole") << "with an empty " << file.filename();
        // At the end of a line, where pg_restore restores what is left with exit code 0.
        const auto newline = content.find('\n', content.size() / 2);
        if (content.find("\\.\n") == std::string::npos) continue;
        write(file, content.substr(0, newline + 1));
        EXPECT_NE(damage_of(damaged), "it is whole") << "cut " << file.filename();
    }
}

TEST_F(ForeignDump, that_is_none_is_told_so) {
    write(folder_ / "empty.sql", "");
    EXPECT_EQ(damage_of(folder_ / "empty.sql"), "it is empty");
    run("printf '' | gzip > " + (folder_ / "empty.sql.gz").string());
    EXPECT_EQ(
        damage_of(folder_ / "empty.sql.gz"),
        "it is no dump: it does not begin as pg_dump and pg_dumpall begin theirs"
    );
    write(folder_ / "page.sql", "<html>quota exceeded</html>");
    EXPECT_EQ(damage_of(folder_ / "page.sql"), "it ends within a statement");
    const std::string dump_text = read(dump("shop.sql", {}));
    write(folder_ / "hostile.sql", "\\! id\n" + dump_text);
    EXPECT_EQ(
        damage_of(folder_ / "hostile.sql"), "it has a command for psql, \\!, which no dump has"
    );
}

}  // namespace
}  // namespace backupwatch
