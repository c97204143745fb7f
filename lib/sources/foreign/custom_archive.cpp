#include "sources/foreign/archive_entries.hpp"

#include <algorithm>
#include <utility>

namespace backupwatch {
namespace {

/// A number of the custom format: a sign, then bytes, lowest first.
int read_number(ByteStream& bytes, int size) {
    const std::string digits = bytes.exactly(1 + static_cast<std::size_t>(size), "a number");
    std::uint64_t value = 0;
    for (std::size_t i = digits.size() - 1; i > 0; --i) {
        value = value << 8 | static_cast<unsigned char>(digits[i]);
    }
    if (digits[0] != 0 && digits[0] != 1) throw_corrupt("a number between its data has no sign");
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

/// Counts what is read through it.
class Counted final : public ByteStream {
  public:
    explicit Counted(ByteStream& bytes, std::uint64_t before = 0) : bytes_(bytes), at_(before) {}

    std::size_t read(char* buffer, std::size_t size) override {
        const std::size_t count = bytes_.read(buffer, size);
        at_ += count;
        return count;
    }
    std::uint64_t at() const { return at_; }

  private:
    ByteStream& bytes_;
    std::uint64_t at_;
};

/// pg_restore goes where the table of contents says, without a look at what comes before.
void require_place(const ArchiveEntry& entry, std::uint64_t at) {
    if (!entry.data_at || *entry.data_at == at) return;
    throw_corrupt(
        "the data of " + entry.description + " " + entry.schema + "." + entry.name +
        " begin at byte " + std::to_string(at) + ", where its table of contents says " +
        std::to_string(*entry.data_at)
    );
}

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

}  // namespace

ArchiveData read_custom_archive(ByteStream& file) {
    ArchiveData data;
    std::string behind;
    Counted head(file);
    data.archive = read_contents(head, behind);
    const std::uint64_t size_of_contents = head.at() - behind.size();
    PutBack unread(std::move(behind), file);
    Counted rest(unread, size_of_contents);
    ArchiveEntries entries(data);
    const int number_size = data.archive.number_size;
    const Compression compression = stream_compression(data.archive.compression);
    for (;;) {
        const std::uint64_t place = rest.at();
        char kind = 0;
        if (rest.read(&kind, 1) == 0) break;
        constexpr char of_table = 1;
        constexpr char of_large_objects = 3;
        const ArchiveEntry& entry = entries.take(read_number(rest, number_size));
        require_place(entry, place);
        if (kind == of_table) {
            Chunks chunks(rest, number_size);
            unpack(compression, chunks, [&](ByteStream& bytes) {
                entries.read_table(entry, bytes);
            });
            chunks.drain();
        } else if (kind == of_large_objects) {
            while (const int oid = read_number(rest, number_size)) {
                Chunks chunks(rest, number_size);
                unpack(compression, chunks, [&](ByteStream& bytes) {
                    entries.read_large_object(static_cast<std::uint32_t>(oid), bytes);
                });
                chunks.drain();
            }
        } else {
            throw_corrupt("between its data is what pg_dump does not write");
        }
    }
    entries.require_all();
    return data;
}

}  // namespace backupwatch
