#include "sources/foreign/archive_entries.hpp"

#include "core/failure.hpp"
#include "postgres/sql_reader.hpp"
#include "sources/dump/sha256.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace backupwatch {
namespace {

/// A number in a set.
constexpr std::size_t held_by_number = 48;

/// What INSERTs an archive has in place of a table's rows.
class Inserts final : public SqlSink {
  public:
    Inserts(DatabaseReader& reader, int dump_id) : reader_(reader), dump_id_(dump_id) {}
    void statement(const SqlStatement& statement) override {
        reader_.statement(statement, dump_id_);
    }
    void copy_data(std::string_view) override {}
    void copy_end() override {}
    void psql_command(std::string_view) override { throw_corrupt("it has a command for psql"); }
    void comment(std::string_view) override {}

  private:
    DatabaseReader& reader_;
    int dump_id_;
};

}  // namespace

bool is_of_large_objects(const ArchiveEntry& entry) {
    return entry.description == "BLOBS";
}

ArchiveEntries::ArchiveEntries(ArchiveData& data) : data_(data) {
    for (const ArchiveEntry& entry : data.archive.entries) {
        if (entry.has_data) missing_.emplace(entry.dump_id, &entry);
        std::string_view definition = entry.definition;
        note_large_objects(entry);
        definition.remove_prefix(std::min(definition.find_first_not_of("\n "), definition.size()));
        data.reader.in_schema(entry.schema);
        if (entry.description == "DATABASE") data.reader.made_by(definition);
        if (entry.has_data) continue;
        data.reader.statement({definition, definition.size()}, entry.dump_id);
    }
}

const ArchiveEntry& ArchiveEntries::take(int dump_id) {
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

void ArchiveEntries::read_table(const ArchiveEntry& entry, ByteStream& bytes) {
    std::array<char, read_at_once> buffer;
    const auto target = parse_copy_statement(entry.copy_statement, entry.schema);
    // Without one they are INSERTs.
    if (!target && !entry.copy_statement.empty()) throw unknown_copy(entry.copy_statement);
    data_.reader.in_schema(entry.schema);
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
void ArchiveEntries::take_large_objects() {
    std::erase_if(missing_, [](const auto& entry) { return is_of_large_objects(*entry.second); });
}

void ArchiveEntries::read_large_object(std::uint32_t oid, ByteStream& bytes) {
    if (seen_.contains(oid))
        throw_corrupt("the large object " + std::to_string(oid) + " is there twice");
    if (auto expected = objects_.extract(oid)) {
        seen_.insert(std::move(expected));
    } else {
        data_.reader.held().add(held_by_number);
        seen_.insert(oid);
    }
    Sha256 hash;
    std::array<char, read_at_once> buffer;
    while (const auto count = bytes.read(buffer.data(), buffer.size())) {
        hash.add({buffer.data(), count});
    }
    data_.reader.add_large_objects(hash_row(std::to_string(oid) + "\t" + hash.hex()));
}

void ArchiveEntries::require_all() const {
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

/// Up to 16 an entry each, whose name is the number; since then entries that list the numbers.
void ArchiveEntries::note_large_objects(const ArchiveEntry& entry) {
    if (entry.description == "BLOB") add_object(entry.name);
    if (entry.description != "BLOB METADATA") return;
    std::string_view list = entry.definition;
    while (!list.empty()) {
        const auto end = std::min(list.find('\n'), list.size());
        add_object(list.substr(0, end));
        list.remove_prefix(std::min(end + 1, list.size()));
    }
}

void ArchiveEntries::add_object(std::string_view number) {
    std::uint32_t oid = 0;
    std::from_chars(number.data(), number.data() + number.size(), oid);
    if (oid == 0 || objects_.contains(oid)) return;
    data_.reader.held().add(held_by_number);
    objects_.insert(oid);
}

Failure too_long_contents() {
    return {
        Failure::Kind::missing,
        "its table of contents is longer than " + std::to_string(longest_contents >> 20) +
            " MiB, as of some 80,000 tables, and cannot be looked into here"};
}

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
        if (head.size() >= longest_contents) throw too_long_contents();
    }
}

}  // namespace backupwatch
