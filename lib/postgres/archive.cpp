#include "postgres/archive.hpp"

#include "core/backup/identifier.hpp"
#include "core/failure.hpp"
#include "core/text.hpp"
#include "postgres/version_number.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

// The table of contents of pg_dump's archives, as pg_backup_archiver.c writes it: a header, then
// the entries. A number is a sign byte and its bytes, lowest first; a text is a length (-1: none)
// and its bytes. Which fields there are depends on the format's version.
namespace backupwatch {
namespace {

constexpr int version_1_12 = 11200;  ///< pg_dump 9.0
constexpr int version_1_14 = 11400;  ///< pg_dump 12: an entry has a table access method
constexpr int version_1_15 = 11500;  ///< pg_dump 16: compression is an algorithm's number
constexpr int version_1_16 = 11600;  ///< pg_dump 17: an entry has its relation's kind
constexpr int version_1_17 = 11700;

/// None, before data, data, behind data.
constexpr int first_section = 1;
constexpr int last_section = 4;

/// There is less of it than it says that there is.
struct CutShort {};

Failure bad_contents(const std::string& why, std::size_t at) {
    return {
        Failure::Kind::corrupt,
        "cannot read the archive's table of contents: " + why + " at byte " + std::to_string(at)};
}

/// Of a pg_dump that is newer than this program, or too old for it: no damage.
Failure unknown_here(const std::string& what) {
    return {Failure::Kind::missing, "this backupwatch does not know " + what};
}

class TocReader {
  public:
    explicit TocReader(std::string_view bytes) : bytes_(bytes) {}

    [[noreturn]] void fail(const std::string& why) const { throw bad_contents(why, at_); }

    std::string_view raw(std::size_t count) {
        if (count > bytes_.size() - at_) throw CutShort();
        const auto result = bytes_.substr(at_, count);
        at_ += count;
        return result;
    }

    int byte() { return static_cast<unsigned char>(raw(1).front()); }

    std::size_t at() const { return at_; }

    void number_size(int size) {
        if (size != 4 && size != 8) fail("it has numbers of " + std::to_string(size) + " bytes");
        number_size_ = static_cast<std::size_t>(size);
    }

    int number() {
        const int sign = byte();
        if (sign > 1) fail("a number has no sign");
        std::uint64_t value = 0;
        const auto digits = raw(number_size_);
        for (std::size_t i = digits.size(); i-- > 0;) {
            value = value << 8 | static_cast<unsigned char>(digits[i]);
        }
        if (value > 0x7fffffff) fail("a number is out of range");
        return sign == 1 ? -static_cast<int>(value) : static_cast<int>(value);
    }

    /// An absent text and an empty one mean the same here.
    std::string text() {
        const int size = number();
        if (size < -1) fail("a text has a negative length");
        return size <= 0 ? std::string() : std::string(raw(static_cast<std::size_t>(size)));
    }

    /// Nothing for an absent text, which ends a list.
    std::optional<std::string_view> list_item() {
        const int size = number();
        if (size < -1) fail("a text has a negative length");
        if (size < 0) return std::nullopt;
        return raw(static_cast<std::size_t>(size));
    }

    void skip_text() { list_item(); }

  private:
    std::string_view bytes_;
    std::size_t at_ = 0;
    std::size_t number_size_ = 4;
};

ArchiveFormat format_of(TocReader& reader) {
    switch (reader.byte()) {
        case 1:
            return ArchiveFormat::custom;
        case 3:
            return ArchiveFormat::tar;
        case 5:
            return ArchiveFormat::directory;
        default:
            reader.fail("its format is none that pg_restore reads");
    }
}

ArchiveCompression compression_of(TocReader& reader) {
    const int algorithm = reader.byte();
    if (algorithm > static_cast<int>(ArchiveCompression::zstd)) {
        throw unknown_here("compression " + std::to_string(algorithm) + " of an archive");
    }
    return static_cast<ArchiveCompression>(algorithm);
}

ArchiveCompression compression_of_level(int level) {
    return level == 0 ? ArchiveCompression::none : ArchiveCompression::gzip;
}

std::optional<LocalTime> local_time(TocReader& reader) {
    int fields[7];
    for (int& field : fields) field = reader.number();
    const auto [second, minute, hour, day, month, year, daylight] = fields;
    const auto is_in = [](int value, int least, int most) {
        return value >= least && value <= most;
    };
    const bool is_time = is_in(second, 0, 60) && is_in(minute, 0, 59) && is_in(hour, 0, 23);
    if (!is_time || !is_in(day, 1, 31) || !is_in(month, 0, 11) || !is_in(year, 90, 8099)) {
        return std::nullopt;
    }
    using namespace std::chrono;
    const year_month_day date{
        std::chrono::year(1900 + year),
        std::chrono::month(static_cast<unsigned>(month + 1)),
        std::chrono::day(static_cast<unsigned>(day))};
    return local_days(date) + hours(hour) + minutes(minute) + seconds(second);
}

Archive read_header(TocReader& reader, int& offset_size) {
    Archive archive;
    if (reader.raw(5) != "PGDMP") reader.fail("it is no archive of pg_dump");
    const int major = reader.byte();
    const int minor = reader.byte();
    const int revision = reader.byte();
    archive.format_version = major * 10000 + minor * 100 + revision;
    if (archive.format_version < version_1_12 || archive.format_version >= version_1_17) {
        throw unknown_here(
            "format " + std::to_string(major) + "." + std::to_string(minor) + " of archives"
        );
    }
    archive.number_size = reader.byte();
    reader.number_size(archive.number_size);
    offset_size = reader.byte();
    if (offset_size > 8) reader.fail("it has offsets of " + std::to_string(offset_size) + " bytes");
    archive.format = format_of(reader);
    archive.compression = archive.format_version >= version_1_15
                              ? compression_of(reader)
                              : compression_of_level(reader.number());
    archive.begun_at = local_time(reader);
    archive.database = reader.text();
    archive.server_version = version_number(reader.text());
    archive.dump_version = version_number(reader.text());
    return archive;
}

/// In a list they are texts.
int dump_id(const TocReader& reader, std::string_view text) {
    int id = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
    if (error != std::errc() || end != text.data() + text.size()) {
        reader.fail("a dependency is no number");
    }
    return id;
}

ArchiveEntry read_entry(TocReader& reader, const Archive& archive, int offset_size) {
    const int format_version = archive.format_version;
    ArchiveEntry entry;
    entry.dump_id = reader.number();
    entry.has_data = reader.number() != 0;
    reader.skip_text();  // the catalogue that it is from
    reader.skip_text();  // its oid there
    entry.name = reader.text();
    entry.description = reader.text();
    const int section = reader.number();
    if (section < first_section || section > last_section) reader.fail("an entry has no section");
    entry.definition = reader.text();
    reader.skip_text();  // what drops it
    entry.copy_statement = reader.text();
    entry.schema = reader.text();
    reader.skip_text();                                      // tablespace
    if (format_version >= version_1_14) reader.skip_text();  // access method
    if (format_version >= version_1_16) reader.number();     // the relation's kind
    entry.owner = reader.text();
    reader.skip_text();  // with oids
    while (const auto item = reader.list_item()) {
        entry.dependencies.push_back(dump_id(reader, *item));
    }
    if (archive.format != ArchiveFormat::custom) {
        entry.file = reader.text();
        return entry;
    }
    constexpr int not_known = 1;
    constexpr int known = 2;
    constexpr int without_data = 3;
    const int state = reader.byte();
    if (state < not_known || state > without_data)
        reader.fail("an entry has no place for its data");
    if (state == without_data) entry.has_data = false;
    std::uint64_t place = 0;
    const auto digits = reader.raw(static_cast<std::size_t>(offset_size));
    for (std::size_t i = digits.size(); i-- > 0;) {
        place = place << 8 | static_cast<unsigned char>(digits[i]);
    }
    if (state == known) entry.data_at = place;
    return entry;
}

/// `name`, `"Na""me"`; takes it from the front of `text`. Nothing if there is none.
std::optional<std::string> take_identifier(std::string_view& text) {
    std::string name;
    if (!text.starts_with('"')) {
        const auto end = std::min(text.find_first_of(" .,()\""), text.size());
        name = text.substr(0, end);
        text.remove_prefix(end);
        return name.empty() ? std::nullopt : std::optional(name);
    }
    for (std::size_t at = 1; at < text.size(); ++at) {
        if (text[at] == '"') {
            if (at + 1 >= text.size() || text[at + 1] != '"') {
                text.remove_prefix(at + 1);
                return name;
            }
            ++at;
        }
        name += text[at];
    }
    return std::nullopt;
}

}  // namespace

Archive parse_archive(std::string_view toc) {
    std::size_t size = 0;
    const auto archive = parse_archive_head(toc, size);
    if (!archive) throw bad_contents("it is cut short", toc.size());
    if (size != toc.size()) throw bad_contents("it goes on after its last entry", size);
    return *archive;
}

std::optional<Archive> parse_archive_head(std::string_view beginning, std::size_t& size) {
    TocReader reader(beginning);
    try {
        int offset_size = 0;
        Archive archive = read_header(reader, offset_size);
        const int count = reader.number();
        if (count < 0) reader.fail("it has a negative number of entries");
        for (int i = 0; i < count; ++i) {
            archive.entries.push_back(read_entry(reader, archive, offset_size));
        }
        size = reader.at();
        return archive;
    } catch (const CutShort&) {
        return std::nullopt;
    }
}

std::optional<CopyTarget> parse_copy_statement(
    std::string_view statement, const std::string& schema_of_all
) {
    CopyTarget target;
    if (!take_prefix(statement, "COPY ")) return std::nullopt;
    const std::string_view names = statement;
    auto schema = take_identifier(statement);
    if (!schema) return std::nullopt;
    std::optional<std::string> name;
    if (take_prefix(statement, ".")) {
        name = take_identifier(statement);
        target.text = names.substr(0, names.size() - statement.size());
    } else if (!schema_of_all.empty()) {
        name = std::exchange(schema, schema_of_all);
        target.text = plainly_quoted({*schema, *name});
    }
    if (!name || !take_prefix(statement, " ")) return std::nullopt;
    target.schema = std::move(*schema);
    target.name = std::move(*name);

    if (take_prefix(statement, "(")) {
        do {
            auto column = take_identifier(statement);
            if (!column) return std::nullopt;
            target.columns.push_back(std::move(*column));
        } while (take_prefix(statement, ", "));
        if (!take_prefix(statement, ")")) return std::nullopt;
    }
    if (!take_prefix(statement, " FROM stdin;")) return std::nullopt;
    if (!statement.empty() && statement != "\n") return std::nullopt;
    return target;
}

}  // namespace backupwatch
