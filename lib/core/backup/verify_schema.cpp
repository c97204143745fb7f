#include "core/backup/differences.hpp"
#include "core/backup/identifier.hpp"
#include "core/words.hpp"

#include <algorithm>
#include <utility>

namespace backupwatch {
namespace {

using KindAndName = std::pair<std::string, std::string>;
using Definitions = std::map<KindAndName, std::string>;
using Parts = std::vector<std::string>;

Definitions definitions(const std::vector<SchemaObject>& schema) {
    Definitions by_name;
    for (const SchemaObject& object : schema)
        by_name[{object.kind, object.name}] = object.definition;
    return by_name;
}

/// 15 of 150020, 906 of 90624: before 10 the second number was part of the major version.
int major_version(int server_version) {
    return server_version >= 100'000 ? server_version / 10'000 : server_version / 100;
}

std::string version_text(int server_version) {
    const int major = major_version(server_version);
    if (server_version >= 100'000) return std::to_string(major);
    return std::to_string(major / 100) + "." + std::to_string(major % 100);
}

/// That the columns of a missing table are missing too is no news.
bool is_of_missing_table(const SchemaObject& object, const Differences& differences) {
    if (object.kind != "column") return false;
    Parts table = identifier_parts(object.name);
    table.pop_back();
    return differences.missing_tables.count(table) > 0;
}

void verify_object(
    const SchemaObject& object,
    const Definitions& restored,
    bool one_major,
    Differences& differences
) {
    const auto same = restored.find({object.kind, object.name});
    const bool is_missing = same == restored.end();
    if (is_missing && object.kind == "table") {
        differences.add_missing_table(object.name);
    } else if (is_missing && !is_of_missing_table(object, differences)) {
        differences.add(Harm::schema, object.kind + " " + object.name + " is missing", 1);
    } else if (!is_missing && one_major && same->second != object.definition) {
        differences.add(
            Harm::schema,
            object.kind + " " + object.name + " is defined differently than in the source"
        );
    }
}

void verify_objects(
    const Manifest& expected,
    const RestoredContent& restored,
    Verification& result,
    Differences& differences
) {
    const bool one_major =
        major_version(expected.server_version) == major_version(restored.server_version);
    if (!one_major) {
        result.skipped.push_back({
            "definitions",
            "PostgreSQL " + version_text(restored.server_version) +
                " may word them differently than PostgreSQL " +
                version_text(expected.server_version) + " of the source; names were compared",
        });
    }

    const Definitions found = definitions(restored.schema);
    // Tables first: what belongs to a missing one is then not told again.
    for (const bool tables : {true, false}) {
        for (const SchemaObject& object : expected.schema) {
            if ((object.kind == "table") != tables) continue;
            verify_object(object, found, one_major, differences);
        }
    }
    const std::string fine = counted(expected.schema.size(), "object");
    result.checks.push_back(verified(differences, "schema", {Harm::schema}, fine));
}

void verify_validity(
    const Manifest& expected,
    const RestoredContent& restored,
    Verification& result,
    Differences& differences
) {
    for (const std::string& index : restored.invalid_indexes) {
        differences.add(Harm::validity, "index " + index + " is invalid");
    }
    const Definitions source = definitions(expected.schema);
    for (const std::string& constraint : restored.invalid_constraints) {
        const auto same = source.find({"constraint", constraint});
        // Of a dump alone nobody knows, but pg_dump writes NOT VALID where it was not.
        const bool never_validated =
            expected.is_from_file ||
            (same != source.end() && same->second.find("NOT VALID") != std::string::npos);
        if (never_validated) {
            result.skipped.push_back(
                {"constraint " + constraint, "it was never validated in the source either"}
            );
        } else {
            differences.add(Harm::validity, "constraint " + constraint + " is not validated");
        }
    }
    result.checks.push_back(
        verified(differences, "validity", {Harm::validity}, "every index and constraint is valid")
    );
}

void verify_sequences(
    const Manifest& expected,
    const RestoredContent& restored,
    Verification& result,
    Differences& differences
) {
    // A file may quote what a server does not.
    std::map<Parts, std::int64_t> values;
    for (const auto& sequence : restored.sequences) {
        values[identifier_parts(sequence.name)] = sequence.value;
    }
    const Definitions told = definitions(expected.schema);  // if it is missing, as an object
    for (const SequenceRange& range : expected.sequences) {
        const auto found = values.find(identifier_parts(range.name));
        if (found == values.end()) {
            if (told.count({"sequence", range.name}) > 0) continue;
            differences.add(Harm::sequences, "sequence " + range.name + " is missing", 1);
            continue;
        }
        // A sequence may run downwards.
        const auto [least, most] = std::minmax(range.before, range.after);
        if (least <= found->second && found->second <= most) continue;
        std::string should = std::to_string(least);
        if (least != most) should += " to " + std::to_string(most);
        differences.add(
            Harm::sequences,
            "sequence " + range.name + ": " + std::to_string(found->second) + ", expected " + should
        );
    }
    const std::string fine = counted(expected.sequences.size(), "sequence");
    result.checks.push_back(verified(differences, "sequences", {Harm::sequences}, fine));
}

/// Tables and columns that the configuration demands, whatever was dumped.
void verify_demands(
    const RestoredContent& restored,
    const VerifyPolicy& policy,
    Verification& result,
    Differences& differences
) {
    if (policy.tables.empty()) return;
    std::set<Parts> columns;
    std::set<Parts> tables;
    for (const SchemaObject& object : restored.schema) {
        if (object.kind == "column") columns.insert(identifier_parts(object.name));
        if (object.kind == "table") tables.insert(identifier_parts(object.name));
    }
    std::size_t demanded = 0;
    for (const auto& [table, names] : policy.tables) {
        const bool has_schema = identifier_parts(table).size() > 1;
        const std::string qualified = has_schema ? table : "public." + table;
        const Parts parts = identifier_parts(qualified);
        demanded += names.size();
        if (tables.count(parts) == 0) {
            differences.add_missing_table(qualified);
            continue;
        }
        for (const std::string& name : names) {
            Parts column = parts;
            column.push_back(name);
            if (columns.count(column) > 0) continue;
            differences.add(Harm::columns, qualified + ": column " + name + " missing");
        }
    }
    const std::string fine =
        counted(policy.tables.size(), "table") + " with " + counted(demanded, "column");
    result.checks.push_back(
        verified(differences, "demanded columns", {Harm::table_missing, Harm::columns}, fine)
    );
}

}  // namespace

void verify_schema(
    const Manifest& expected,
    const RestoredContent& restored,
    const VerifyPolicy& policy,
    Verification& result,
    Differences& differences
) {
    if (expected.is_from_file) {
        result.skipped.push_back(
            {"schema of the source",
             "the file has no list of it: what it holds was restored, and each error is told"}
        );
    } else {
        verify_objects(expected, restored, result, differences);
    }
    verify_validity(expected, restored, result, differences);
    verify_sequences(expected, restored, result, differences);
    verify_demands(restored, policy, result, differences);
}

}  // namespace backupwatch
