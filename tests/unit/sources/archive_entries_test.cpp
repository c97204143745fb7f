#include "sources/foreign/archive_entries.hpp"

#include "core/failure.hpp"
#include "sources/foreign/folder_archive.hpp"
#include "support/temporary_folder.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <fstream>

namespace backupwatch {
namespace {

/// These bytes, and then as many zeros as somebody reads.
class EndlessFile final : public ByteStream {
  public:
    explicit EndlessFile(std::string head) : head_(std::move(head)) {}
    std::size_t read(char* buffer, std::size_t size) override {
        const std::size_t count = std::min(size, head_.size());
        std::memcpy(buffer, head_.data(), count);
        std::memset(buffer + count, 0, size - count);
        head_.erase(0, count);
        return size;
    }

  private:
    std::string head_;
};

std::string number(std::uint32_t value) {
    std::string bytes(1, '\0');
    for (int i = 0; i < 4; ++i) bytes += static_cast<char>(value >> (8 * i) & 0xff);
    return bytes;
}

/// Of pg_dump 15, with one entry whose tag is as long as a number can say.
std::string contents_without_end() {
    std::string bytes("PGDMP\x01\x0e\x00\x04\x08\x01", 11);
    bytes += number(0);                               // compression
    for (int i = 0; i < 7; ++i) bytes += number(30);  // a time
    for (int i = 0; i < 3; ++i) bytes += number(0);   // database, versions
    bytes += number(1);                               // entries
    bytes += number(1) + number(0) + number(0) + number(0);
    return bytes + number(0x7fffffff);
}

TEST(ArchiveEntries, cannot_tell_of_a_table_of_contents_that_would_not_fit_into_memory) {
    EndlessFile file(contents_without_end());
    std::string behind;
    try {
        read_contents(file, behind);
        ADD_FAILURE() << "it has no end";
    } catch (const Failure& failure) {
        EXPECT_EQ(failure.kind(), Failure::Kind::missing);
        EXPECT_STREQ(
            failure.what(),
            "its table of contents is longer than 64 MiB, as of some 80,000 tables, and cannot be "
            "looked into here"
        );
    }
}

class BytesOfEntry final : public ByteStream {
  public:
    explicit BytesOfEntry(std::string bytes) : bytes_(std::move(bytes)) {}
    std::size_t read(char* buffer, std::size_t size) override {
        const std::size_t count = std::min(size, bytes_.size());
        std::memcpy(buffer, bytes_.data(), count);
        bytes_.erase(0, count);
        return count;
    }

  private:
    std::string bytes_;
};

TEST(ArchiveEntries, whose_rows_cannot_be_counted_are_damaged_but_for_those_with_OIDs) {
    const std::vector<std::pair<std::string, Failure::Kind>> cases{
        {"COPY t (n) WITH OIDS FROM stdin;\n", Failure::Kind::missing},
        {"COPY public.t (n) WITH OIDS FROM stdin;\n", Failure::Kind::missing},
        {"AOPY public.t (n) FROM stdin;\n", Failure::Kind::corrupt},
        {"COPY public.t (n) WITH OIDs FROM stdin;\n", Failure::Kind::corrupt},
        {"COPY public.t (n FROM stdin;\n", Failure::Kind::corrupt},
        {"COPY public.t (n) FROM stdin WITH OIDS;\n", Failure::Kind::corrupt},
    };
    for (const auto& [copy, kind] : cases) {
        ArchiveData data;
        ArchiveEntry& rows = data.archive.entries.emplace_back();
        rows.dump_id = 1;
        rows.description = "TABLE DATA";
        rows.schema = "public";
        rows.has_data = true;
        rows.copy_statement = copy;
        ArchiveEntries entries(data);
        BytesOfEntry bytes("16384\t1\n\\.\n\n\n");
        try {
            entries.read_table(entries.take(1), bytes);
            ADD_FAILURE() << "its rows are counted: " << copy;
        } catch (const Failure& failure) {
            EXPECT_EQ(failure.kind(), kind) << copy << ": " << failure.what();
        }
    }
}

TEST(ArchiveEntries, count_what_they_keep_of_large_objects) {
    ArchiveData data{{}, DatabaseReader("", most_held - 10'000)};
    ArchiveEntry& list = data.archive.entries.emplace_back();
    list.description = "BLOB METADATA";
    for (int oid = 1; oid < 1000; ++oid) list.definition += std::to_string(oid) + "\n";
    try {
        const ArchiveEntries entries(data);
        ADD_FAILURE() << "all of them are held";
    } catch (const Failure& failure) {
        EXPECT_EQ(failure.kind(), Failure::Kind::missing) << failure.what();
    }
}

std::string text_in_contents(std::string_view text) {
    return number(static_cast<std::uint32_t>(text.size())) + std::string(text);
}

/// An entry of a folder of pg_dump 15.
std::string entry_with_data(
    std::uint32_t id, std::string_view kind, std::string_view copy, std::string_view file
) {
    const std::string none("\1\1\0\0\0", 5);
    const std::string empty = number(0);
    return number(id) + number(1) + empty + empty + text_in_contents("t") + text_in_contents(kind) +
           number(3) + empty + empty + text_in_contents(copy) + text_in_contents("public") + empty +
           empty + empty + empty + none + text_in_contents(file);
}

class FolderArchive : public testing::Test {
  protected:
    void write(const std::string& name, std::string_view bytes) {
        std::ofstream(folder_.path() / name, std::ios::binary) << bytes;
    }
    void write_contents(const std::vector<std::string>& entries) {
        std::string bytes("PGDMP\x01\x0e\x00\x04\x08\x03", 11);
        for (int i = 0; i < 11; ++i) bytes += number(0);
        bytes += number(static_cast<std::uint32_t>(entries.size()));
        for (const std::string& entry : entries) bytes += entry;
        write("toc.dat", bytes);
    }
    std::string damage() {
        try {
            read_folder_archive(folder_.path(), {}, [](const std::string&, FileBytes&) {});
        } catch (const Failure& failure) {
            EXPECT_EQ(failure.kind(), Failure::Kind::corrupt);
            return failure.what();
        }
        return "none";
    }

    TemporaryFolder folder_;
};

TEST_F(FolderArchive, reads_each_large_object_once) {
    write_contents({entry_with_data(1, "BLOBS", "", "blobs.toc")});
    write("blob_5.dat", "five");
    write("blob_6.dat", "six");
    write("blobs.toc", "5 blob_5.dat\n6 blob_6.dat\n");
    EXPECT_EQ(damage(), "none");

    write("blobs.toc", "5 blob_5.dat\n6 blob_6.dat\n5 blob_5.dat\n");
    EXPECT_EQ(damage(), "blob_5.dat: the large object 5 is there twice");

    write("blobs.toc", "5 blob_5.dat\n7 blob_5.dat\n");
    EXPECT_EQ(damage(), "blobs.toc: its list of large objects cannot be read");
}

TEST_F(FolderArchive, reads_each_file_of_its_table_of_contents_once) {
    constexpr const char* rows = "COPY public.t (n) FROM stdin;\n";
    write("1.dat", "1\n\\.\n\n\n");
    write_contents({entry_with_data(1, "TABLE DATA", rows, "1.dat")});
    EXPECT_EQ(damage(), "none");

    write_contents(
        {entry_with_data(1, "TABLE DATA", rows, "1.dat"),
         entry_with_data(2, "TABLE DATA", rows, "1.dat")}
    );
    EXPECT_EQ(damage(), "its table of contents names 1.dat twice");
}

TEST(LargeObjectList, counts_what_it_keeps) {
    std::string lines;
    for (int i = 0; i < 1000; ++i) lines += "5 blob_5.dat\n";
    BytesOfEntry bytes(lines);
    Held held(most_held - 10'000);
    try {
        read_large_object_list(bytes, held);
        ADD_FAILURE() << "all of them are held";
    } catch (const Failure& failure) {
        EXPECT_EQ(failure.kind(), Failure::Kind::missing) << failure.what();
    }
}

}  // namespace
}  // namespace backupwatch
