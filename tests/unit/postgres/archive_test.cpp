#include "postgres/archive.hpp"

#include "core/failure.hpp"

#include <gtest/gtest.h>

#include <random>

namespace backupwatch {
namespace {

/// Writes a table of contents as pg_dump does.
class Toc {
  public:
    explicit Toc(int minor, std::string_view server = "15.20 (Debian 15.20-0+deb12u1)")
        : minor_(minor) {
        bytes_ =
            std::string("PGDMP") + '\1' + static_cast<char>(minor) + '\0' + '\4' + '\10' + '\3';
        if (minor >= 15) {
            bytes_ += '\0';
        } else {
            number(0);
        }
        for (int field = 0; field < 7; ++field) number(field);
        text("shop");
        text(server);
        text("16.3");
    }

    Toc& count(int entries) { return number(entries); }

    Toc& depending_on(std::string_view text) {
        last_dependency_ = text;
        return *this;
    }

    Toc& entry(
        int dump_id,
        std::string_view description,
        std::string_view name,
        std::string_view copy,
        std::string_view file
    ) {
        number(dump_id).number(file.empty() ? 0 : 1).text("0").text("16392");
        text(name).text(description).number(3).text("CREATE TABLE x ();").text("");
        if (copy.empty()) {
            number(-1);
        } else {
            text(copy);
        }
        text("public").text("");
        if (minor_ >= 14) text("heap");
        if (minor_ >= 16) number('r');
        text("owner").text("false").text("215").text(last_dependency_).number(-1);
        return text(file);
    }

    const std::string& bytes() const { return bytes_; }

  private:
    Toc& number(int value) {
        bytes_ += value < 0 ? '\1' : '\0';
        auto rest = static_cast<unsigned>(value < 0 ? -value : value);
        for (int i = 0; i < 4; ++i, rest >>= 8) bytes_ += static_cast<char>(rest & 0xff);
        return *this;
    }
    Toc& text(std::string_view value) {
        number(static_cast<int>(value.size()));
        bytes_ += value;
        return *this;
    }

    int minor_;
    std::string bytes_;
    std::string last_dependency_ = "4";
};

constexpr std::string_view copy_posts = "COPY public.posts (id, email) FROM stdin;\n";

std::string sample(int minor = 14) {
    return Toc(minor)
        .count(2)
        .entry(215, "TABLE", "posts", "", "")
        .entry(3375, "TABLE DATA", "posts", copy_posts, "3375.dat")
        .bytes();
}

std::string refusal_of(std::string_view toc) {
    try {
        parse_archive(toc);
    } catch (const Failure& failure) {
        const std::string why = failure.what();
        const bool is_unknown = why.starts_with("this backupwatch does not know ");
        EXPECT_EQ(failure.kind(), is_unknown ? Failure::Kind::missing : Failure::Kind::corrupt);
        return why;
    }
    return "none";
}

TEST(Archive, tells_what_each_data_file_is_in_every_known_format) {
    for (int minor = 12; minor <= 16; ++minor) {
        const Archive archive = parse_archive(sample(minor));

        EXPECT_EQ(archive.format_version, 10000 + minor * 100);
        ASSERT_EQ(archive.entries.size(), 2u) << minor;
        const ArchiveEntry& data = archive.entries[1];
        EXPECT_EQ(data.dump_id, 3375);
        EXPECT_EQ(data.description, "TABLE DATA");
        EXPECT_EQ(data.schema, "public");
        EXPECT_EQ(data.name, "posts");
        EXPECT_EQ(data.copy_statement, copy_posts);
        EXPECT_EQ(data.file, "3375.dat");
        EXPECT_EQ(data.owner, "owner");
        EXPECT_EQ(data.definition, "CREATE TABLE x ();");
        EXPECT_EQ(data.dependencies, (std::vector<int>{215, 4}));
        EXPECT_TRUE(data.has_data);
        EXPECT_FALSE(archive.entries[0].has_data);
    }
}

TEST(Archive, tells_the_versions_of_the_server_and_of_pg_dump) {
    const Archive archive = parse_archive(sample());

    EXPECT_EQ(archive.server_version, 150020);
    EXPECT_EQ(archive.dump_version, 160003);
    EXPECT_EQ(archive.database, "shop");
}

TEST(Archive, knows_no_version_where_the_server_names_an_absurd_one) {
    // From tests/fuzz/archive.
    for (const char* absurd : {"33333333", "-15.2", "x", "", "99999999999999999999"}) {
        EXPECT_EQ(parse_archive(Toc(14, absurd).count(0).bytes()).server_version, 0) << absurd;
    }
    EXPECT_EQ(parse_archive(Toc(14, "15.33333333").count(0).bytes()).server_version, 150000);
}

TEST(Archive, says_what_is_wrong_and_where) {
    const std::string good = sample();

    EXPECT_EQ(
        refusal_of(""), "cannot read the archive's table of contents: it is cut short at byte 0"
    );
    EXPECT_EQ(
        refusal_of("PGDXP" + good.substr(5)),
        "cannot read the archive's table of contents: it is no archive of pg_dump at byte 5"
    );
    EXPECT_EQ(
        refusal_of(good + "x"),
        "cannot read the archive's table of contents: it goes on after its last entry at byte " +
            std::to_string(good.size())
    );
}

TEST(Archive, of_another_pg_dump_than_is_known_is_not_damaged) {
    EXPECT_EQ(
        refusal_of(Toc(17).count(0).bytes()),
        "this backupwatch does not know format 1.17 of archives"
    );
    EXPECT_EQ(
        refusal_of(Toc(11).count(0).bytes()),
        "this backupwatch does not know format 1.11 of archives"
    );
    std::string packed = sample(15);
    packed[11] = '\4';
    EXPECT_EQ(refusal_of(packed), "this backupwatch does not know compression 4 of an archive");
}

TEST(Archive, has_only_numbers_for_dependencies) {
    for (const char* text : {"", "x", "4x", " 4", "99999999999", "4 5"}) {
        Toc toc(14);
        toc.count(1).depending_on(text).entry(1, "TABLE", "posts", "", "");
        EXPECT_NE(refusal_of(toc.bytes()).find("a dependency is no number"), std::string::npos)
            << text;
    }
}

TEST(Archive, fails_wherever_it_is_cut) {
    const std::string good = sample();

    for (std::size_t size = 0; size < good.size(); ++size) {
        EXPECT_NE(refusal_of(good.substr(0, size)), "none") << size;
    }
}

TEST(Archive, survives_any_damage) {
    const std::string good = sample();
    std::mt19937 random(1);

    for (int round = 0; round < 20000; ++round) {
        std::string damaged = good;
        for (int flips = 0; flips < 3; ++flips) {
            damaged[random() % damaged.size()] = static_cast<char>(random());
        }
        refusal_of(damaged);
    }
}

TEST(CopyStatement, is_read_with_its_quotes) {
    const auto target =
        parse_copy_statement("COPY \"We ird\".\"a\"\"b\" (id, \"Odd, (Col)\") FROM stdin;\n");

    ASSERT_TRUE(target);
    EXPECT_EQ(target->schema, "We ird");
    EXPECT_EQ(target->name, "a\"b");
    EXPECT_EQ(target->columns, (std::vector<std::string>{"id", "Odd, (Col)"}));
}

TEST(CopyStatement, of_a_table_without_columns_has_none) {
    const auto target = parse_copy_statement("COPY public.empty  FROM stdin;\n");

    ASSERT_TRUE(target);
    EXPECT_EQ(target->name, "empty");
    EXPECT_TRUE(target->columns.empty());
}

TEST(CopyStatement, is_nothing_else) {
    const std::string_view others[] = {
        "",
        "COPY",
        "COPY posts (id) FROM stdin;",
        "COPY public.posts (id FROM stdin;",
        "COPY public.posts (id) FROM '/etc/passwd';",
        "COPY public.posts (id) FROM PROGRAM 'id';",
        "COPY public.posts (id) FROM stdin; DROP TABLE posts;",
        "COPY public.\"posts (id) FROM stdin;",
        "INSERT INTO public.posts VALUES (1);",
    };

    for (const auto statement : others) EXPECT_FALSE(parse_copy_statement(statement)) << statement;
}

}  // namespace
}  // namespace backupwatch
