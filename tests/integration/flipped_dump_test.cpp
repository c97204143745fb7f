// Every dump with one bit changed, or cut, at its boundaries and at bytes by chance: none is read
// as if nothing were. In the process, thousands of cases; ForeignDrill and Damage drill a few.
#include "others_folder.hpp"
#include "sources/foreign/inspection.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <fstream>
#include <random>
#include <set>

namespace backupwatch {
namespace {

constexpr unsigned seed = 20261122;

std::string bytes_of(const fs::path& file) {
    std::ifstream stream(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
}

void put(const fs::path& file, std::string_view bytes) {
    std::ofstream(file, std::ios::binary | std::ios::trunc) << bytes;
}

/// All of a small file; of a big one its first and last, those given, and a sample by chance.
std::set<std::size_t> places(
    std::size_t size, std::size_t most, const std::set<std::size_t>& boundaries = {}
) {
    std::set<std::size_t> chosen;
    for (const std::size_t at : boundaries) {
        for (std::size_t near = at - std::min<std::size_t>(at, 1); near <= at + 1; ++near) {
            if (near < size) chosen.insert(near);
        }
    }
    std::mt19937 chance(seed);
    std::uniform_int_distribution<std::size_t> any(0, size - 1);
    const std::size_t at_the_ends = std::min<std::size_t>(size, 64);
    for (std::size_t at = 0; at < at_the_ends; ++at) {
        chosen.insert(at);
        chosen.insert(size - 1 - at);
    }
    while (chosen.size() < std::min(size, most)) chosen.insert(any(chance));
    return chosen;
}

/// The same file with one bit changed.
std::string flipped(std::string bytes, std::size_t at) {
    bytes[at] = static_cast<char>(bytes[at] ^ (1 << (at * 2654435761u >> 16 & 7)));
    return bytes;
}

class FlippedDump : public OthersFolder {
  protected:
    FlippedDump() {
        server_.execute(
            "shop",
            "CREATE TABLE posts (id serial PRIMARY KEY, title text NOT NULL);"
            "INSERT INTO posts (title) SELECT md5(n::text) FROM generate_series(1, 400) n;"
            "CREATE TABLE tags (name text); INSERT INTO tags VALUES ('a'), ('b');"
            "CREATE VIEW newest AS SELECT * FROM posts ORDER BY id DESC LIMIT 10;"
            "CREATE TABLE \"We ird\" (\"Odd, (Col)\" int, \"quo\"\"te\" text);"
            "INSERT INTO \"We ird\" VALUES (1, 'a'), (2, NULL);"
            // Others of these tests have made it on this server.
            "DO $$ BEGIN CREATE ROLE \"Odd reader\"; EXCEPTION WHEN duplicate_object THEN END $$;"
            "GRANT SELECT ON posts, \"We ird\" TO \"Odd reader\";"
            "ALTER TABLE \"We ird\" ENABLE ROW LEVEL SECURITY;"
            "CREATE POLICY \"of all\" ON \"We ird\" TO \"Odd reader\" USING (true);"
            "SELECT lo_from_bytea(4711, '\\xc0ffee')"
        );
        getrusage(RUSAGE_SELF, &before_);
    }

    ~FlippedDump() override {
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
        rusage after{};
        getrusage(RUSAGE_SELF, &after);
        EXPECT_LT(after.ru_maxrss - before_.ru_maxrss, 200'000) << "kB of memory";
#endif
    }

    /// What is read of it, for comparison; or that it is corrupt. That it cannot be looked into
    /// would be no verdict: nobody is told of that tonight.
    std::string read(const fs::path& path) {
        const std::string found = read_any(path);
        EXPECT_FALSE(found.starts_with(no_verdict)) << path << ": " << found;
        return found;
    }

    std::string read_any(const fs::path& path) {
        const auto began = std::chrono::steady_clock::now();
        const std::string text = read_quickly(path);
        EXPECT_LT(std::chrono::steady_clock::now() - began, 10s) << path;
        return text;
    }

    static std::string read_quickly(const fs::path& path) {
        InspectionOptions options;
        options.database = "shop";
        try {
            const Manifest manifest = inspect(path, options).manifest;
            std::string text;
            for (const TableContent& table : manifest.tables) {
                text += table.name + " " + hash_text(table.rows) + " " +
                        std::to_string(table.rows.count) + "\n";
            }
            return text + (manifest.large_objects ? hash_text(*manifest.large_objects) : "none");
        } catch (const Failure& failure) {
            if (failure.kind() == Failure::Kind::corrupt) return "corrupt";
            EXPECT_EQ(failure.kind(), Failure::Kind::missing) << failure.what();
            return std::string(no_verdict) + failure.what();
        }
    }

    static constexpr const char* no_verdict = "not known here: ";
    rusage before_{};
};

/// Rows of the table, where they lie as text: from the first on.
std::pair<std::size_t, std::size_t> rows_in(const std::string& bytes) {
    // md5('1') and md5('400'): of no other row.
    const auto first = bytes.find("c4ca4238a0b923820dcc509a6f75849b");
    const auto last = bytes.find("18d8042386b79e2c279fd162df0205c8");
    return {first, last + 32};
}

/// Where the data of each entry begin in a custom archive, and the places where that is said.
std::set<std::size_t> begins_of_data(const std::string& bytes) {
    std::size_t size = 0;
    const auto archive = parse_archive_head(bytes, size);
    std::set<std::size_t> begins;
    for (const ArchiveEntry& entry : archive->entries) {
        if (entry.data_at) begins.insert(*entry.data_at);
    }
    EXPECT_EQ(begins.size(), 4u);
    return begins;
}

/// Headers of a tar file's members.
std::set<std::size_t> members_of(const std::string& bytes) {
    std::set<std::size_t> begins;
    for (std::size_t at = 0; bytes[at] != '\0';) {
        begins.insert(at);
        const auto size = std::stoul(bytes.substr(at + 124, 11), nullptr, 8);
        at += 512 + (size + 511) / 512 * 512;
    }
    return begins;
}

/// What a checksum covers is never read as anything else. (Where a byte is padding, as in the last
/// of a compressed stream, it is read as it was.)
TEST_F(FlippedDump, in_what_is_compressed_is_found_by_its_checksum) {
    std::string plain = dump("shop.sql", {}).string();
    const std::string tar = dump("shop.tar", {"-Ft"}).string();
    ASSERT_EQ(std::system(("gzip -k " + plain + " && zstd -q -k " + plain + " " + tar).c_str()), 0);
    // Of unknown length, which has a window.
    ASSERT_EQ(std::system(("cat " + plain + " | zstd -q >" + plain + ".piped.zst").c_str()), 0);
    dump("shop.dump", {"-Fc"});
    for (const char* name :
         {"shop.sql.gz", "shop.sql.zst", "shop.sql.piped.zst", "shop.tar.zst", "shop.dump"}) {
        const std::string bytes = bytes_of(folder_ / name);
        const std::string whole = read(folder_ / name);
        ASSERT_NE(whole, "corrupt") << name;
        const fs::path damaged = folder_ / "damaged";
        std::size_t begin = 0;
        std::set<std::size_t> boundaries;
        if (name == std::string("shop.dump")) {
            boundaries = begins_of_data(bytes);
            begin = *boundaries.begin();
        }
        std::size_t unseen = 0;
        std::size_t tried = 0;
        for (const std::size_t at : places(bytes.size(), 1500, boundaries)) {
            if (at < begin) continue;
            put(damaged, flipped(bytes, at));
            const std::string found = read(damaged);
            EXPECT_TRUE(found == "corrupt" || found == whole) << name << " at " << at;
            ++tried;
            unseen += found == whole;
        }
        EXPECT_LT(unseen, tried / 50) << name << ": more than times, flags and padding";
    }
}

/// Up to its checksum what is damaged may unpack to anything, also to what is only not known here.
TEST_F(FlippedDump, that_unpacks_to_a_newer_format_is_corrupt_by_its_checksum) {
    constexpr std::size_t minor_version = 512 + 6;  // behind a header of tar, and PGDMP 1.
    std::string tar = bytes_of(dump("shop.tar", {"-Ft"}));
    tar[minor_version] = 99;
    put(folder_ / "newer.tar", tar);
    const std::string newer = folder_ / "newer.tar";
    ASSERT_EQ(std::system(("gzip -k " + newer + " && zstd -q -k " + newer).c_str()), 0);
    // gzip has the size behind it, which is right.
    for (const auto& [name, behind] :
         {std::pair("newer.tar.gz", 4), std::pair("newer.tar.zst", 0)}) {
        EXPECT_NE(read_any(folder_ / name).find("does not know format 1.99"), std::string::npos)
            << name;
        const std::string bytes = bytes_of(folder_ / name);
        put(folder_ / "damaged", flipped(bytes, bytes.size() - 1 - behind));
        EXPECT_EQ(read(folder_ / "damaged"), "corrupt") << name;
    }
    // Which is all that can be known of what is not unpacked here.
    const std::string with_long_window =
        "cat " + newer + " | zstd -q --long=28 >" + newer + ".long";
    ASSERT_EQ(std::system(with_long_window.c_str()), 0);
    EXPECT_NE(read_any(newer + ".long").find("a window of over 128 MiB"), std::string::npos);
}

/// What no checksum covers cannot be known to have been other. It is counted and hashed as it lies
/// there, which is what a drill compares with; and it is never the same as before.
TEST_F(FlippedDump, in_rows_that_lie_there_as_text_is_in_their_hash) {
    for (const auto& [name, arguments] :
         std::vector<std::pair<std::string, std::vector<std::string>>>{
             {"raw.dump", {"-Fc", "-Z0"}}, {"shop.tar", {"-Ft"}}, {"shop.sql", {}}}) {
        const std::string bytes = bytes_of(dump(name, arguments));
        const std::string whole = read(folder_ / name);
        const fs::path damaged = folder_ / "damaged";
        const auto [first, last] = rows_in(bytes);
        ASSERT_LT(first, last) << name;
        for (const std::size_t at : places(bytes.size(), 3000)) {
            if (at < first || at >= last) continue;
            put(damaged, flipped(bytes, at));
            EXPECT_NE(read(damaged), whole) << name << " at " << at;
        }
        const auto end = bytes.find("\\.\n", last);
        for (std::size_t at = end; at < end + 3; ++at) {
            put(damaged, flipped(bytes, at));
            EXPECT_NE(read(damaged), whole) << name << ": its end of the rows";
        }
    }
}

TEST_F(FlippedDump, in_what_holds_it_together_is_corrupt) {
    const auto expect_corrupt = [&](const std::string& bytes, std::size_t at, const char* what) {
        put(folder_ / "damaged", flipped(bytes, at));
        EXPECT_EQ(read(folder_ / "damaged"), "corrupt") << what << " at " << at;
    };

    const std::string custom = bytes_of(dump("raw.dump", {"-Fc", "-Z0"}));
    // The magic word, the size of numbers, the format.
    for (const std::size_t at : {0, 1, 2, 3, 4, 8, 10}) expect_corrupt(custom, at, "custom");
    for (const std::size_t begin : begins_of_data(custom)) {
        // What it is, and whose.
        for (std::size_t at = begin; at < begin + 6; ++at) expect_corrupt(custom, at, "data");
        std::string place = "\x02";
        for (int byte = 0; byte < 8; ++byte) place += static_cast<char>(begin >> 8 * byte & 0xff);
        const auto said = custom.find(place);
        ASSERT_NE(said, std::string::npos);
        for (std::size_t at = said + 1; at < said + 9; ++at) {
            expect_corrupt(custom, at, "where its data are");
        }
    }

    const std::string tar = bytes_of(dump("shop.tar", {"-Ft"}));
    for (const std::size_t begin : members_of(tar)) {
        for (std::size_t at = begin; at < begin + 512; ++at) {
            const bool ends_the_sum = at >= begin + 154 && at < begin + 156;
            if (!ends_the_sum) expect_corrupt(tar, at, "header of a member");
        }
    }

    const std::string plain = bytes_of(dump("shop.sql", {}));
    for (const char* line :
         {"-- PostgreSQL database dump\n", "-- PostgreSQL database dump complete\n"}) {
        const auto begin = plain.find(line);
        for (std::size_t at = begin; at < begin + std::string(line).size(); ++at) {
            expect_corrupt(plain, at, line);
        }
    }
    // Newer releases have one: what is between them psql runs no commands of.
    const auto key = plain.find("\\unrestrict ");
    if (key != std::string::npos) expect_corrupt(plain, key + 20, "key of \\unrestrict");
}

/// A newer pg_dump's archive cannot be told from a damaged one by these: its format's version, and
/// how it is compressed.
bool may_be_newer(std::size_t at_in_archive) {
    return (at_in_archive >= 5 && at_in_archive < 8) || at_in_archive == 11;
}

/// Of what holds no checksum: some flips are read as another name, or change what only PostgreSQL
/// reads, and are the drill's to find. None makes a damaged dump one that is only not known here.
TEST_F(FlippedDump, in_any_byte_is_no_reason_to_look_away) {
    dump("raw.dump", {"-Fc", "-Z0"});
    dump("shop.tar", {"-Ft"});
    dump("shop.sql", {});
    dump("folder", {"-Fd"});
    const auto flip_all = [&](const fs::path& file, const fs::path& whole, std::size_t archive) {
        const std::string bytes = bytes_of(file);
        for (const std::size_t at : places(bytes.size(), 6000)) {
            if (at >= archive && may_be_newer(at - archive)) continue;
            put(file, flipped(bytes, at));
            const std::string found = read_any(whole);
            EXPECT_FALSE(found.starts_with(no_verdict)) << file << " at " << at << ": " << found;
        }
        put(file, bytes);
    };
    constexpr std::size_t none = std::string::npos;
    flip_all(folder_ / "raw.dump", folder_ / "raw.dump", 0);
    flip_all(folder_ / "shop.tar", folder_ / "shop.tar", 512);
    flip_all(folder_ / "shop.sql", folder_ / "shop.sql", none);
    flip_all(folder_ / "folder/toc.dat", folder_ / "folder", 0);
}

TEST_F(FlippedDump, that_is_cut_is_corrupt_or_lacks_padding_alone) {
    std::string plain = dump("shop.sql", {}).string();
    ASSERT_EQ(std::system(("gzip -k " + plain + " && zstd -q -k " + plain).c_str()), 0);
    dump("shop.dump", {"-Fc"});
    dump("raw.dump", {"-Fc", "-Z0"});
    dump("shop.tar", {"-Ft"});
    for (const char* name :
         {"shop.sql", "shop.sql.gz", "shop.sql.zst", "shop.dump", "raw.dump", "shop.tar"}) {
        const std::string bytes = bytes_of(folder_ / name);
        const std::string whole = read(folder_ / name);
        std::set<std::size_t> boundaries;
        const std::string form = name;
        if (form.ends_with(".dump")) boundaries = begins_of_data(bytes);
        if (form.ends_with(".tar")) boundaries = members_of(bytes);
        for (const std::size_t size : places(bytes.size(), 600, boundaries)) {
            put(folder_ / "damaged", std::string_view(bytes).substr(0, size));
            const std::string found = read(folder_ / "damaged");
            const bool is_padding = bytes.find_first_not_of(
                                        form.ends_with(".tar") ? std::string("\0", 1) : "-\n", size
                                    ) == std::string::npos;
            EXPECT_TRUE(found == "corrupt" || (found == whole && is_padding))
                << name << " cut at " << size;
        }
    }
}

TEST_F(FlippedDump, in_a_folder_is_found_where_it_is_compressed_and_never_the_same) {
    dump("folder", {"-Fd"});
    const std::string whole = read(folder_ / "folder");
    for (const auto& entry : fs::directory_iterator(folder_ / "folder")) {
        if (entry.path().filename() == "toc.dat" || entry.path().filename() == "blobs.toc")
            continue;
        const std::string bytes = bytes_of(entry.path());
        std::size_t unseen = 0;
        const auto chosen = places(bytes.size(), 500);
        for (const std::size_t at : chosen) {
            put(entry.path(), flipped(bytes, at));
            const std::string found = read(folder_ / "folder");
            EXPECT_TRUE(found == "corrupt" || found == whole) << entry.path() << " at " << at;
            unseen += found == whole;
            // gzip's own header of 10 bytes has a time and flags.
            EXPECT_TRUE(found == "corrupt" || at < 10 || at + 9 == bytes.size())
                << entry.path() << " at " << at;
            put(entry.path(), std::string_view(bytes).substr(0, at));
            EXPECT_EQ(read(folder_ / "folder"), "corrupt") << entry.path() << " cut at " << at;
        }
        put(entry.path(), bytes);
        EXPECT_LT(unseen, 10u) << entry.path();
    }
}

/// All of ours is covered: every byte of every file, and of the manifest.
TEST_F(FlippedDump, of_ours_is_corrupt_wherever_it_is) {
    const auto source = make(plan());
    const std::string id = take(*source).id;
    const fs::path folder = directory_ / "dumps" / id;
    const Sandbox where = sandbox();
    const auto verdict = [&](bool fetches) -> std::string {
        for (const auto& fetched : fs::directory_iterator(where.folder)) {
            fs::remove_all(fetched.path());
        }
        try {
            run_on(loop_, source->manifest(id));
            if (fetches) run_on(loop_, source->fetch(id, where, {}));
            return "whole";
        } catch (const Failure& failure) {
            return failure.kind() == Failure::Kind::corrupt ? "corrupt" : failure.what();
        }
    };
    ASSERT_EQ(verdict(true), "whole");
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
        if (!entry.is_regular_file()) continue;
        const std::string bytes = bytes_of(entry.path());
        const bool is_manifest = entry.path().filename() == "manifest.json";
        for (const std::size_t at : places(bytes.size(), is_manifest ? 100'000 : 150)) {
            put(entry.path(), flipped(bytes, at));
            EXPECT_EQ(verdict(!is_manifest), "corrupt") << entry.path() << " at " << at;
            if (!is_manifest && at % 8 != 0) continue;
            put(entry.path(), std::string_view(bytes).substr(0, at));
            EXPECT_EQ(verdict(!is_manifest), "corrupt") << entry.path() << " cut at " << at;
        }
        put(entry.path(), bytes);
    }
    EXPECT_EQ(verdict(true), "whole");
}

/// Of a cluster, and with its rows as INSERTs, which are counted and not hashed.
TEST_F(
    FlippedDump, of_a_cluster_or_of_inserts_is_corrupt_where_it_is_cut_and_known_where_it_is_not
) {
    dump("inserts.sql", {"--inserts"});
    server_.run(
        "pg_dumpall", {"--no-role-passwords", "--file=" + (folder_ / "cluster.sql").string()}
    );
    for (const char* name : {"inserts.sql", "cluster.sql"}) {
        const std::string bytes = bytes_of(folder_ / name);
        const std::string whole = read(folder_ / name);
        ASSERT_NE(whole, "corrupt") << name;
        const fs::path damaged = folder_ / "damaged";
        for (const std::size_t at : places(bytes.size(), 200)) {
            put(damaged, std::string_view(bytes).substr(0, at));
            const bool is_padding = bytes.find_first_not_of("-\n", at) == std::string::npos;
            const std::string found = read(damaged);
            EXPECT_TRUE(found == "corrupt" || (found == whole && is_padding))
                << name << " cut at " << at;
            put(damaged, flipped(bytes, at));
            read(damaged);
        }
        // An INSERT that is one no more is none that was counted.
        const auto insert = bytes.find("INSERT INTO public.posts VALUES");
        if (insert == std::string::npos) continue;
        put(damaged, flipped(bytes, insert));
        EXPECT_NE(read(damaged), whole) << name;
    }
}

}  // namespace
}  // namespace backupwatch
