#include "sources/foreign/archive_data.hpp"

#include "core/failure.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <optional>
#include <set>
#include <utility>

namespace backupwatch {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t longest_contents = 256 << 20;
constexpr std::size_t read_at_once = 1 << 16;
constexpr std::size_t tar_block = 512;
/// `blobs.toc`: a line for each.
constexpr std::size_t longest_line = 1000;

bool is_of_large_objects(const ArchiveEntry& entry) {
    return entry.description == "BLOBS";
}

/// What INSERTs an archive has in place of a table's rows.
class Inserts final : public SqlSink {
  public:
    Inserts(DatabaseReader& reader, int dump_id) : reader_(reader), dump_id_(dump_id) {}
    void statement(std::string_view sql) override { reader_.statement(sql, dump_id_); }
    void copy_data(std::string_view) override {}
    void copy_end() override {}
    void psql_command(std::string_view) override { throw_corrupt("it has a command for psql"); }
    void comment(std::string_view) override {}

  private:
    DatabaseReader& reader_;
    int dump_id_;
};

/// Tells the entries that have data, and which of them were seen.
class Entries {
  public:
    explicit Entries(ArchiveData& data) : data_(data) {
        for (const ArchiveEntry& entry : data.archive.entries) {
            if (entry.has_data) missing_.emplace(entry.dump_id, &entry);
            std::string_view definition = entry.definition;
            note_large_objects(entry);
            definition.remove_prefix(
                std::min(definition.find_first_not_of("\n "), definition.size())
            );
            if (!entry.has_data) data.reader.statement(definition, entry.dump_id);
        }
    }

    const ArchiveEntry& take(int dump_id) {
        const auto found = missing_.find(dump_id);
        if (found == missing_.end()) {
            throw_corrupt(
                "it has data of entry " + std::to_string(dump_id) + ", which should have none"
            );
        }
        const ArchiveEntry& entry = *found->second;
        missing_.erase(found);
        return entry;
    }

    void read_table(const ArchiveEntry& entry, ByteStream& bytes) {
        std::array<char, read_at_once> buffer;
        const auto target = parse_copy_statement(entry.copy_statement);
        Inserts inserts(data_.reader, entry.dump_id);
        SqlReader sql(inserts);
        if (target) data_.reader.begin_rows(*target, entry.dump_id);
        while (const auto count = bytes.read(buffer.data(), buffer.size())) {
            const std::string_view piece(buffer.data(), count);
            if (target) {
                data_.reader.rows(piece);
            } else {
                sql.add(piece);
            }
        }
        if (target) {
            data_.reader.end_rows();
        } else {
            sql.finish();
        }
    }

    /// Of a tar file, whose list of them stands behind them.
    void take_large_objects() {
        std::erase_if(missing_, [](const auto& entry) {
            return is_of_large_objects(*entry.second);
        });
    }

    void read_large_object(int oid, ByteStream& bytes) {
        Sha256 hash;
        std::array<char, read_at_once> buffer;
        while (const auto count = bytes.read(buffer.data(), buffer.size())) {
            hash.add({buffer.data(), count});
        }
        objects_.erase(oid);
        data_.reader.add_large_objects(hash_row(std::to_string(oid) + "\t" + hash.hex()));
    }

    void require_all() const {
        if (!objects_.empty()) {
            throw_corrupt("the large object " + std::to_string(*objects_.begin()) + " is missing");
        }
        if (missing_.empty()) return;
        const ArchiveEntry& entry = *missing_.begin()->second;
        const auto more = missing_.size() - 1;
        throw_corrupt(
            "it is cut short: the data of " + entry.description + " " + entry.schema + "." +
            entry.name + (more == 0 ? "" : " and of " + std::to_string(more) + " others") +
            " are missing"
        );
    }

    const std::map<int, const ArchiveEntry*>& missing() const { return missing_; }

  private:
    /// Up to 16 an entry each, whose name is the number; since then entries that list the numbers.
    void note_large_objects(const ArchiveEntry& entry) {
        if (entry.description == "BLOB") add_object(entry.name);
        if (entry.description != "BLOB METADATA") return;
        std::string_view list = entry.definition;
        while (!list.empty()) {
            const auto end = std::min(list.find('\n'), list.size());
            add_object(list.substr(0, end));
            list.remove_prefix(std::min(end + 1, list.size()));
        }
    }
    void add_object(std::string_view number) {
        int oid = 0;
        std::from_chars(number.data(), number.data() + number.size(), oid);
        if (oid != 0) objects_.insert(oid);
    }

    ArchiveData& data_;
    std::map<int, const ArchiveEntry*> missing_;
    std::set<int> objects_;  ///< large ones that were not seen yet
};

/// A number of the custom format: a sign, then bytes, lowest first.
int read_number(ByteStream& bytes, int size) {
    const std::string digits = bytes.exactly(1 + static_cast<std::size_t>(size), "a number");
    std::uint64_t value = 0;
    for (std::size_t i = digits.size() - 1; i > 0; --i) {
        value = value << 8 | static_cast<unsigned char>(digits[i]);
    }
    if (value > 0x7fffffff) throw_corrupt("a number between its data is out of range");
    return digits[0] == 1 ? -static_cast<int>(value) : static_cast<int>(value);
}

/// Data of the custom format: pieces with their lengths, the last of none.
class Chunks final : public ByteStream {
  public:
    Chunks(ByteStream& bytes, int number_size) : bytes_(bytes), number_size_(number_size) {}

    std::size_t read(char* buffer, std::size_t size) override {
        if (has_ended_ || size == 0) return 0;
        if (left_ == 0) {
            const int length = read_number(bytes_, number_size_);
            if (length < 0) throw_corrupt("a piece of its data has a negative length");
            left_ = static_cast<std::size_t>(length);
            has_ended_ = left_ == 0;
            if (has_ended_) return 0;
        }
        const auto count = bytes_.read(buffer, std::min(size, left_));
        if (count == 0) throw_corrupt("it is cut short within its data");
        left_ -= count;
        return count;
    }

  private:
    ByteStream& bytes_;
    int number_size_;
    std::size_t left_ = 0;
    bool has_ended_ = false;
};

Compression stream_compression(ArchiveCompression compression) {
    switch (compression) {
        case ArchiveCompression::none:
            return Compression::none;
        case ArchiveCompression::gzip:
            return Compression::zlib;
        case ArchiveCompression::lz4:
            return Compression::lz4;
        case ArchiveCompression::zstd:
            return Compression::zstd;
    }
    return Compression::none;
}

/// `used` of what was read behind the table of contents come before the rest of the file.
Archive read_contents(ByteStream& file, std::string& behind) {
    std::string head;
    std::array<char, read_at_once> buffer;
    for (std::size_t wanted = read_at_once;; wanted *= 2) {
        bool has_ended = false;
        while (head.size() < wanted && !has_ended) {
            const auto count = file.read(buffer.data(), buffer.size());
            head.append(buffer.data(), count);
            has_ended = count == 0;
        }
        std::size_t size = 0;
        if (auto archive = parse_archive_head(head, size)) {
            behind = head.substr(size);
            return std::move(*archive);
        }
        if (has_ended) throw_corrupt("it is cut short in its table of contents");
        if (head.size() > longest_contents) throw_corrupt("its table of contents has no end");
    }
}

/// A member of a tar file.
class Member final : public ByteStream {
  public:
    Member(ByteStream& tar, std::uint64_t size)
        : tar_(tar), left_(size), padding_((tar_block - size % tar_block) % tar_block) {}

    std::size_t read(char* buffer, std::size_t size) override {
        if (left_ == 0) {
            if (padding_ > 0) tar_.exactly(std::exchange(padding_, 0), "a member");
            return 0;
        }
        const auto count = tar_.read(buffer, std::min<std::uint64_t>(size, left_));
        if (count == 0) throw_corrupt("it is cut short within a member");
        left_ -= count;
        return count;
    }

  private:
    ByteStream& tar_;
    std::uint64_t left_;
    std::size_t padding_;
};

/// Octal, or, from 8 GiB on, binary behind a set first bit.
std::uint64_t tar_number(std::string_view field) {
    std::uint64_t value = 0;
    if ((static_cast<unsigned char>(field.front()) & 0x80) != 0) {
        for (const char c : field.substr(field.size() - 8)) {
            value = value << 8 | static_cast<unsigned char>(c);
        }
        return value;
    }
    while (!field.empty() && field.front() == ' ') field.remove_prefix(1);
    const auto read = std::from_chars(field.data(), field.data() + field.size(), value, 8);
    if (read.ec != std::errc()) throw_corrupt("a member of the tar file has no size");
    return value;
}

struct MemberHeader {
    std::string name;
    std::uint64_t size = 0;
};

/// None: the block of zeros that ends a tar file.
std::optional<MemberHeader> read_member_header(ByteStream& tar) {
    const std::string block = tar.exactly(tar_block, "the headers of its members");
    if (std::ranges::all_of(block, [](char c) { return c == '\0'; })) return std::nullopt;
    return MemberHeader{block.substr(0, 100).c_str(), tar_number({&block[124], 12})};
}

/// The lines of `blobs.toc`: oid and file.
std::vector<std::pair<int, std::string>> read_large_object_list(ByteStream& bytes) {
    std::vector<std::pair<int, std::string>> objects;
    std::string line;
    std::array<char, read_at_once> buffer;
    while (const auto count = bytes.read(buffer.data(), buffer.size())) {
        for (const char c : std::string_view(buffer.data(), count)) {
            if (line.size() > longest_line)
                throw_corrupt("its list of large objects has a line too long");
            if (c != '\n') {
                line += c;
                continue;
            }
            int oid = 0;
            const auto read = std::from_chars(line.data(), line.data() + line.size(), oid);
            if (read.ec != std::errc() || *read.ptr != ' ') {
                throw_corrupt("its list of large objects cannot be read");
            }
            objects.emplace_back(oid, std::string(read.ptr + 1));
            line.clear();
        }
    }
    if (!line.empty()) throw_corrupt("its list of large objects is cut short");
    return objects;
}

}  // namespace

ArchiveData read_custom_archive(ByteStream& file) {
    ArchiveData data;
    std::string behind;
    data.archive = read_contents(file, behind);
    PutBack rest(std::move(behind), file);
    Entries entries(data);
    const int number_size = data.archive.number_size;
    const Compression compression = stream_compression(data.archive.compression);
    char kind = 0;
    while (rest.read(&kind, 1) == 1) {
        constexpr char of_table = 1;
        constexpr char of_large_objects = 3;
        const ArchiveEntry& entry = entries.take(read_number(rest, number_size));
        if (kind == of_table) {
            Chunks chunks(rest, number_size);
            entries.read_table(entry, *decompressed(compression, chunks));
            chunks.drain();
        } else if (kind == of_large_objects) {
            while (const int oid = read_number(rest, number_size)) {
                Chunks chunks(rest, number_size);
                entries.read_large_object(oid, *decompressed(compression, chunks));
                chunks.drain();
            }
        } else {
            throw_corrupt("between its data is what pg_dump does not write");
        }
    }
    entries.require_all();
    return data;
}

namespace {

Archive read_tar_contents(ByteStream& file) {
    const auto first = read_member_header(file);
    if (!first || first->name != "toc.dat") throw_corrupt("its first member is not toc.dat");
    if (first->size > longest_contents) throw_corrupt("its toc.dat is too big");
    Member contents(file, first->size);
    Archive archive = parse_archive(contents.exactly(first->size, "toc.dat"));
    contents.drain();
    return archive;
}

}  // namespace

ArchiveData read_tar_archive(ByteStream& file) {
    ArchiveData data;
    data.archive = read_tar_contents(file);
    Entries entries(data);
    std::map<std::string, int> entry_of;
    for (const auto& [id, entry] : entries.missing()) entry_of[entry->file] = id;
    while (const auto header = read_member_header(file)) {
        Member member(file, header->size);
        const auto id = entry_of.find(header->name);
        int object = 0;
        if (std::sscanf(header->name.c_str(), "blob_%d.dat", &object) == 1) {
            entries.read_large_object(object, member);
        } else if (header->name.starts_with("blobs")) {
            // Its list of them, which the table of contents has as well.
            entries.take_large_objects();
        } else if (id != entry_of.end()) {
            const ArchiveEntry& entry = entries.take(id->second);
            entries.read_table(entry, member);
        }
        member.drain();
    }
    entries.require_all();
    return data;
}

namespace {

/// A data file of a directory, by the name that the table of contents has and what pg_dump appends
/// where it compresses.
class FolderFiles {
  public:
    FolderFiles(const fs::path& folder, const std::function<bool()>& stop, const OnFile& read)
        : folder_(folder), stop_(stop), read_(read) {}

    template <class Use>
    void with(const std::string& name, const Use& use) {
        if (name.empty() || name.find('/') != std::string::npos || name.starts_with('.')) {
            throw_corrupt("its table of contents names a file outside of it");
        }
        constexpr std::array<std::pair<const char*, Compression>, 4> endings{
            {{"", Compression::none},
             {".gz", Compression::zlib},
             {".zst", Compression::zstd},
             {".lz4", Compression::lz4}}};
        for (const auto& [ending, compression] : endings) {
            const std::string found = name + ending;
            if (!fs::is_regular_file(status_of(folder_ / found))) continue;
            FileBytes file(folder_ / found, stop_);
            try {
                use(*decompressed(compression, file));
                file.drain();
            } catch (const Failure& failure) {
                throw Failure(failure.kind(), found + ": " + failure.what(), failure.hint());
            }
            read_(found, file);
            return;
        }
        throw_corrupt(name + " is missing");
    }

  private:
    const fs::path& folder_;
    const std::function<bool()>& stop_;
    const OnFile& read_;
};

}  // namespace

ArchiveData read_folder_archive(
    const fs::path& folder, const std::function<bool()>& stop, const OnFile& read
) {
    ArchiveData data;
    FolderFiles files(folder, stop, read);
    files.with("toc.dat", [&](ByteStream& bytes) {
        std::string behind;
        data.archive = read_contents(bytes, behind);
        if (!behind.empty()) throw_corrupt("it goes on after its last entry");
    });
    Entries entries(data);
    const auto expected = entries.missing();
    for (const auto& [id, entry] : expected) {
        const ArchiveEntry& taken = entries.take(id);
        if (!is_of_large_objects(taken)) {
            files.with(taken.file, [&](ByteStream& bytes) { entries.read_table(taken, bytes); });
            continue;
        }
        std::vector<std::pair<int, std::string>> objects;
        files.with(taken.file, [&](ByteStream& bytes) { objects = read_large_object_list(bytes); });
        for (const auto& [oid, name] : objects) {
            const int number = oid;
            files.with(name, [&](ByteStream& bytes) { entries.read_large_object(number, bytes); });
        }
    }
    entries.require_all();
    return data;
}

Archive read_archive_contents(const fs::path& archive, bool is_tar) {
    const bool is_folder = fs::is_directory(status_of(archive));
    FileBytes file(is_folder ? archive / "toc.dat" : archive, {});
    std::string behind;
    return is_tar ? read_tar_contents(file) : read_contents(file, behind);
}

}  // namespace backupwatch
