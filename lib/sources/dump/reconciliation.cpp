#include "sources/dump/reconciliation.hpp"

#include "core/failure.hpp"
#include "postgres/connection.hpp"
#include "postgres/row_hash.hpp"

#include <optional>
#include <set>
#include <string_view>
#include <utility>

namespace backupwatch {
namespace {

constexpr std::string_view large_object_prefix = "blob_";
constexpr std::string_view data_suffix = ".dat";

using TableKey = std::pair<std::string, std::string>;  ///< schema and name, unquoted

class Reconciliation {
  public:
    explicit Reconciliation(const WrittenArchive& written) : written_(written) {
        for (const auto& entry : written.archive.entries) {
            if (entry.description == "TABLE DATA") {
                entries_.emplace(TableKey(entry.schema, entry.name), &entry);
            }
        }
    }

    void check(const CountedTable& counted) {
        const auto& table = counted.table;
        const auto entry = entries_.find(TableKey(table.schema, table.name));
        if (entry == entries_.end()) return differ(table.quoted + ": is not in the dump");
        const ArchiveEntry& data = *entry->second;
        entries_.erase(entry);
        const auto file = written_.files.find(data.file);
        if (file == written_.files.end()) {
            return differ(table.quoted + ": its data file is not in the dump");
        }
        used_.insert(file->first);
        check(counted, data, file->second);
    }

    std::vector<TableContent> finish() {
        for (const auto& [name, entry] : entries_) {
            used_.insert(entry->file);
            differ(
                quote_identifier(name.first) + "." + quote_identifier(name.second) +
                ": is in the dump, but is no table of the source that belongs there"
            );
        }
        for (const auto& [name, file] : written_.files) {
            const bool large_object = name.starts_with(large_object_prefix);
            if (!large_object && !used_.contains(name)) differ(name + ": is of no table");
        }
        if (differences_.empty()) return std::move(tables_);
        std::string sentence = differences_.front();
        if (differences_.size() > 1) {
            sentence += " (and " + std::to_string(differences_.size() - 1) + " more differences)";
        }
        throw Failure(Failure::Kind::corrupt, sentence);
    }

  private:
    void differ(std::string difference) { differences_.push_back(std::move(difference)); }

    void check(const CountedTable& counted, const ArchiveEntry& data, const PackedFile& file) {
        const auto& table = counted.table;
        auto target = parse_copy_statement(data.copy_statement);
        if (!target) return differ(table.quoted + ": the dump has no COPY statement for it");
        if (!file.ended) return differ(table.quoted + ": its data in the dump was cut short");
        if (file.rows.count != counted.rows) {
            return differ(
                table.quoted + ": the source has " + std::to_string(counted.rows) +
                " rows, the dump " + std::to_string(file.rows.count)
            );
        }
        if (target->columns != table.columns) {
            return differ(table.quoted + ": the dump has other columns than the source");
        }
        TableContent content;
        content.name = table.quoted;
        content.filter = table.filter;
        content.columns = std::move(target->columns);
        if (target->schema != table.schema || target->name != table.name) {
            content.root = quote_identifier(target->schema) + "." + quote_identifier(target->name);
        }
        content.rows = file.rows;
        content.bytes = file.entry.raw_size;
        content.dump_id = data.dump_id;
        content.file = file.entry.path;
        tables_.push_back(std::move(content));
    }

    const WrittenArchive& written_;
    std::map<TableKey, const ArchiveEntry*> entries_;
    std::set<std::string> used_;
    std::vector<TableContent> tables_;
    std::vector<std::string> differences_;
};

}  // namespace

std::vector<TableContent> reconcile(
    const std::vector<CountedTable>& source, const WrittenArchive& written
) {
    Reconciliation reconciliation(written);
    for (const auto& table : source) reconciliation.check(table);
    return reconciliation.finish();
}

std::optional<Rows> reconcile_large_objects(std::uint64_t source, const WrittenArchive& written) {
    Rows rows;
    for (const auto& [name, file] : written.files) {
        if (!name.starts_with(large_object_prefix)) continue;
        std::string oid = name.substr(large_object_prefix.size());
        oid.resize(oid.size() - data_suffix.size());
        rows += hash_row(oid + "\t" + file.raw_sha256);
    }
    if (rows.count != source) {
        throw Failure(
            Failure::Kind::corrupt,
            "large objects: the source has " + std::to_string(source) + ", the dump " +
                std::to_string(rows.count)
        );
    }
    return rows.count == 0 ? std::nullopt : std::optional(rows);
}

}  // namespace backupwatch
