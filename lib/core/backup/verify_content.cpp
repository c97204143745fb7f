#include "core/backup/differences.hpp"
#include "core/backup/identifier.hpp"
#include "core/words.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace backupwatch {
namespace {

/// What one table, or one partition root with all that is loaded through it, should hold.
struct ExpectedTable {
    std::string name;
    Rows rows;
    std::vector<std::string> columns;
    /// The leaves name their columns in different orders: their rows hash differently once they are
    /// read through the root.
    bool is_comparable = true;
    bool is_hashed = true;     ///< false: as INSERTs, which can only be counted
    bool has_offsets = false;  ///< TableContent::has_offsets
};

/// In the manifest's order.
std::vector<ExpectedTable> expected_tables(const Manifest& manifest) {
    std::vector<ExpectedTable> tables;
    std::map<std::string, std::size_t> indexes;
    for (const TableContent& content : manifest.tables) {
        const std::string& name = content.root.empty() ? content.name : content.root;
        const auto [found, is_new] = indexes.emplace(name, tables.size());
        if (is_new) tables.push_back({name, {}, content.columns, true, true, false});
        ExpectedTable& table = tables[found->second];
        table.rows += content.rows;
        table.is_hashed = table.is_hashed && content.is_hashed;
        table.has_offsets = table.has_offsets || content.has_offsets;
        if (table.columns != content.columns) table.is_comparable = false;
    }
    return tables;
}

enum class Compared { equal, missing, added, content };

Compared compare(const Rows& expected, const Rows& actual, bool with_rows, bool with_content) {
    if (with_rows && actual.count < expected.count) return Compared::missing;
    if (with_rows && actual.count > expected.count) return Compared::added;
    if (with_content && actual != expected) return Compared::content;
    return Compared::equal;
}

/// `41 of 1200 rows missing`.
std::string difference_in_words(
    Compared compared, const Rows& expected, const Rows& actual, const std::string& noun
) {
    const std::string should = std::to_string(expected.count);
    switch (compared) {
        case Compared::missing:
            return std::to_string(expected.count - actual.count) + " of " +
                   counted(expected.count, noun) + " missing";
        case Compared::added:
            return counted(actual.count - expected.count, noun) + " too many (" +
                   std::to_string(actual.count) + " instead of " + should + ")";
        case Compared::content:
        case Compared::equal:
            break;
    }
    return counted(actual.count, noun) + ", but their content differs";
}

Harm harm_of(Compared compared) {
    if (compared == Compared::missing) return Harm::rows_missing;
    return compared == Compared::added ? Harm::rows_added : Harm::content;
}

std::uint64_t distance(const Rows& a, const Rows& b) {
    return a.count > b.count ? a.count - b.count : b.count - a.count;
}

/// Why the content of a table cannot be compared; empty: it can.
std::string reason_to_skip(const ExpectedTable& expected, const RestoredContent::Table& restored) {
    if (!restored.hashed) return "its rows were only counted";
    if (!expected.is_comparable) {
        return "its partitions have their columns in different orders";
    }
    if (!expected.is_hashed) return "its rows stand there as INSERTs, which were counted";
    return {};
}

bool is_among(const std::set<std::string>& tables, const std::string& table) {
    const auto parts = identifier_parts(table);
    return std::ranges::any_of(tables, [&](const std::string& name) {
        return identifier_parts(name) == parts;
    });
}

/// A session of another time zone leaves its offsets in the file: where it has none, no time zone
/// explains a difference.
bool is_session_dependent(const ExpectedTable& table, const RestoredContent& restored) {
    return is_among(restored.session_dependent, table.name) ||
           (table.has_offsets && is_among(restored.zone_dependent, table.name));
}

void verify_table(
    const ExpectedTable& expected,
    const RestoredContent& restored,
    const VerifyPolicy& policy,
    Verification& result,
    Differences& differences
) {
    VerifiedTable table;
    table.name = expected.name;
    table.expected_rows = expected.rows.count;
    const auto found = restored.tables.find(expected.name);
    if (found == restored.tables.end()) {
        differences.add_missing_table(expected.name, expected.rows.count);
        if (policy.content && expected.is_comparable && expected.is_hashed)
            table.expected_hash = hash_text(expected.rows);
        result.tables.push_back(std::move(table));
        return;
    }

    const Rows& actual = found->second.rows;
    const std::string why_not = reason_to_skip(expected, found->second);
    if (policy.content && !why_not.empty()) {
        result.skipped.push_back({"content of " + expected.name, why_not});
    }
    const bool with_content = policy.content && why_not.empty();
    if (with_content) {
        table.expected_hash = hash_text(expected.rows);
        table.hash = hash_text(actual);
    }
    Compared compared = compare(expected.rows, actual, policy.rows, with_content);
    if (compared == Compared::content && is_session_dependent(expected, restored)) {
        result.skipped.push_back(
            {"content of " + expected.name,
             "it differs, as it does where the session that dumped had another time zone or "
             "currency; its rows were counted"}
        );
        compared = Compared::equal;
        table.hash.clear();
    }
    table.rows = actual.count;
    table.ok = compared == Compared::equal;
    table.compared = policy.rows || with_content;
    if (!table.ok) {
        differences.add(
            harm_of(compared),
            expected.name + ": " + difference_in_words(compared, expected.rows, actual, "row"),
            distance(expected.rows, actual)
        );
    }
    result.tables.push_back(std::move(table));
}

void verify_large_objects(
    const Manifest& expected,
    const RestoredContent& restored,
    const VerifyPolicy& policy,
    Verification& result,
    Differences& differences
) {
    if (!expected.large_objects && !restored.large_objects) return;
    if (expected.is_from_file && !expected.large_objects) {
        result.skipped.push_back(
            {"large objects", "in SQL they are statements, of which only the errors are known"}
        );
        return;
    }
    const Rows should = expected.large_objects.value_or(Rows{});
    const Rows actual = restored.large_objects.value_or(Rows{});
    const Compared compared = compare(should, actual, policy.rows, policy.content);
    if (compared != Compared::equal) {
        const std::string words = difference_in_words(compared, should, actual, "object");
        differences.add(Harm::large_objects, "large objects: " + words);
    }
    result.checks.push_back(verified(
        differences, "large objects", {Harm::large_objects}, counted(should.count, "large object")
    ));
}

bool has_other_content(const ExpectedTable& expected, const RestoredContent& restored) {
    const auto found = restored.tables.find(expected.name);
    return found != restored.tables.end() && reason_to_skip(expected, found->second).empty() &&
           compare(expected.rows, found->second.rows, true, true) == Compared::content;
}

}  // namespace

std::vector<TableContent> perhaps_escaped(
    const Manifest& expected, const RestoredContent& restored
) {
    std::set<std::string> names;
    for (const ExpectedTable& table : expected_tables(expected)) {
        if (!has_other_content(table, restored)) continue;
        // Excused already: that takes its time again, and mostly differs in either form.
        if (is_session_dependent(table, restored)) continue;
        if (is_among(restored.bytes_dependent, table.name)) names.insert(table.name);
    }
    std::vector<TableContent> tables;
    for (const TableContent& content : expected.tables) {
        if (names.contains(content.root.empty() ? content.name : content.root)) {
            tables.push_back(content);
        }
    }
    return tables;
}

void take_escaped(
    RestoredContent& restored,
    const Manifest& expected,
    const std::map<std::string, RestoredContent::Table>& escaped
) {
    for (const ExpectedTable& table : expected_tables(expected)) {
        const auto read = escaped.find(table.name);
        if (read == escaped.end() || read->second.rows != table.rows) continue;
        restored.tables[table.name] = read->second;
    }
}

void verify_content(
    const Manifest& expected,
    const RestoredContent& restored,
    const VerifyPolicy& policy,
    Verification& result,
    Differences& differences
) {
    if (!policy.rows) result.skipped.push_back({"row counts", "switched off by verify.rows"});
    if (!policy.content) result.skipped.push_back({"content", "switched off by verify.content"});
    if (expected.is_from_file) {
        result.skipped.push_back(
            {"rows of the source",
             "nobody counted them as the dump was made: compared with those that the file holds"}
        );
    }
    for (const std::string& table : expected.excluded_tables) {
        result.skipped.push_back({table, "left out of the dump by exclude_tables"});
    }

    Rows all;
    const auto tables = expected_tables(expected);
    for (const ExpectedTable& table : tables) {
        verify_table(table, restored, policy, result, differences);
        all += table.rows;
    }
    const std::string what = counted(tables.size(), "table");
    result.checks.push_back(verified(differences, "tables", {Harm::table_missing}, what));
    if (policy.rows) {
        const std::set<Harm> harms{Harm::table_missing, Harm::rows_missing, Harm::rows_added};
        const std::string fine = counted(all.count, "row") + " in " + what;
        result.checks.push_back(verified(differences, "rows", harms, fine));
    }
    if (policy.content) {
        const auto hashed =
            std::count_if(result.tables.begin(), result.tables.end(), [](const auto& t) {
                return !t.hash.empty();
            });
        const std::string fine = std::to_string(hashed) + " of " + what + " compared";
        const std::set<Harm> harms{
            Harm::table_missing, Harm::rows_missing, Harm::rows_added, Harm::content};
        result.checks.push_back(verified(differences, "content", harms, fine));
    }
    verify_large_objects(expected, restored, policy, result, differences);
}

}  // namespace backupwatch
