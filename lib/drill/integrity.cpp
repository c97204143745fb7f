#include "drill/integrity.hpp"

#include "core/backup/identifier.hpp"
#include "core/words.hpp"
#include "drill/project_survey.hpp"
#include "drill/verify.hpp"
#include "postgres/catalog.hpp"
#include "postgres/catalog_sql.hpp"
#include "postgres/connection.hpp"
#include "postgres/supabase.hpp"

#include <set>
#include <utility>

namespace backupwatch {
namespace {

// A foreign key by the operators that it is made of, which may be an extension's (citext). Those of
// partitions are their roots'. One that was never validated promises nothing.
constexpr const char* foreign_keys_query = R"sql(
SELECT format('%I.%I', c.nspname, c.relname), format('%I', k.conname),
       format('%I.%I', p.nspname, p.relname),
       format('SELECT count(*) FROM %s %I.%I c WHERE %s AND NOT EXISTS (SELECT FROM %s %I.%I p WHERE %s)',
              CASE c.relkind WHEN 'p' THEN '' ELSE 'ONLY' END, c.nspname, c.relname,
              string_agg(format('c.%I IS NOT NULL', ca.attname), ' AND '),
              CASE p.relkind WHEN 'p' THEN '' ELSE 'ONLY' END, p.nspname, p.relname,
              string_agg(format('p.%I OPERATOR(%I.%s) c.%I',
                                pa.attname, o.nspname, op.oprname, ca.attname), ' AND '))
FROM pg_constraint k
JOIN relation c ON c.oid = k.conrelid
JOIN relation p ON p.oid = k.confrelid
CROSS JOIN LATERAL unnest(k.conkey, k.confkey, k.conpfeqop) AS pair(child, parent, operator)
JOIN pg_attribute ca ON ca.attrelid = c.oid AND ca.attnum = pair.child
JOIN pg_attribute pa ON pa.attrelid = p.oid AND pa.attnum = pair.parent
JOIN pg_operator op ON op.oid = pair.operator
JOIN pg_namespace o ON o.oid = op.oprnamespace
WHERE k.contype = 'f' AND k.conparentid = 0 AND k.convalidated
GROUP BY k.oid, k.conname, c.nspname, c.relname, c.relkind, p.nspname, p.relname, p.relkind
ORDER BY 1, 2
)sql";

// The next value of each sequence that a column owns, and the greatest that the column holds.
constexpr const char* owned_sequences_query = R"sql(
SELECT format('%I.%I', r.nspname, r.relname), format('%I.%I.%I', t.nspname, t.relname, a.attname),
       format('SELECT s.last_value, m.most, coalesce(m.most >= s.last_value + s.is_called::int, false) '
              'FROM %I.%I s, (SELECT max(%I) AS most FROM %I.%I) m',
              r.nspname, r.relname, a.attname, t.nspname, t.relname)
FROM relation r
JOIN pg_sequence q ON q.seqrelid = r.oid
JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = r.oid
    AND d.refclassid = 'pg_class'::regclass AND d.deptype IN ('a', 'i')
JOIN relation t ON t.oid = d.refobjid AND t.relkind IN ('r', 'p')
JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = d.refobjsubid
WHERE q.seqincrement > 0 AND NOT q.seqcycle
  AND a.atttypid IN ('int2'::regtype, 'int4'::regtype, 'int8'::regtype, 'numeric'::regtype)
ORDER BY 1
)sql";

std::string rows_point_to_none(std::uint64_t rows) {
    return rows == 1 ? "1 row points" : std::to_string(rows) + " rows point";
}

Task<> join_foreign_keys(
    Verification& verification, Connection& connection, std::string objects, Duration limit
) {
    std::string sql = std::move(objects) + foreign_keys_query;
    const QueryResult keys = co_await connection.query(std::move(sql), limit);
    std::vector<std::string> errors;
    for (const auto& key : keys.rows) {
        std::string count = key.at(3).value();
        const QueryResult result = co_await connection.query(std::move(count), limit);
        const std::uint64_t orphans = std::stoull(result.single());
        if (orphans == 0) continue;
        errors.push_back(
            key.at(0).value() + ": " + rows_point_to_none(orphans) + " to no row of " +
            key.at(2).value() + " (" + key.at(1).value() + ")"
        );
    }
    add_errors(verification, "foreign keys", errors);
    if (errors.empty()) {
        verification.checks.back().detail =
            counted(keys.rows.size(), "foreign key") + " joined, no row points to none";
    }
}

/// What the backup sets was so in the source: then inserts fail there as well.
std::set<std::vector<std::string>> sequences_set_by(const Manifest& manifest) {
    std::set<std::vector<std::string>> names;
    for (const SequenceRange& range : manifest.sequences) {
        names.insert(identifier_parts(range.name));
    }
    return names;
}

Task<> compare_sequences(
    Verification& verification,
    Connection& connection,
    const Manifest& manifest,
    std::string objects,
    Duration limit
) {
    std::string sql = std::move(objects) + owned_sequences_query;
    const QueryResult sequences = co_await connection.query(std::move(sql), limit);
    const auto set_by_backup = sequences_set_by(manifest);
    std::vector<std::string> errors;
    std::size_t as_in_the_source = 0;
    for (const auto& sequence : sequences.rows) {
        std::string compare = sequence.at(2).value();
        const QueryResult result = co_await connection.query(std::move(compare), limit);
        const auto& row = result.rows.at(0);
        if (row.at(2) != "t") continue;
        const std::string behind = "sequence " + sequence.at(0).value() + " is at " +
                                   row.at(0).value() + ", and " + sequence.at(1).value() +
                                   " goes up to " + row.at(1).value();
        if (set_by_backup.contains(identifier_parts(sequence.at(0).value()))) {
            verification.skipped.push_back({behind, "so it was in the source, as the backup says"});
            ++as_in_the_source;
        } else {
            errors.push_back(behind);
        }
    }
    add_errors(verification, "sequences ahead of their columns", errors);
    if (!errors.empty()) co_return;
    verification.checks.back().detail = std::to_string(sequences.rows.size() - as_in_the_source) +
                                        " of " + counted(sequences.rows.size(), "sequence");
}

}  // namespace

Task<> check_integrity(
    Verification& verification, const Manifest& manifest, const Sandbox& sandbox, Duration limit
) {
    const Secret conninfo = sandbox.server->conninfo(sandbox.database);
    const Connection::Settings settings = faithful_settings();
    auto connection = co_await Connection::connect(conninfo, settings, limit);
    // Into which whoever restored into a project may not look.
    SchemaNames closed;
    if (sandbox.is_project()) closed = schemas_closed_in_project();
    const std::string objects = user_objects(closed);
    co_await join_foreign_keys(verification, *connection, objects, limit);
    co_await compare_sequences(verification, *connection, manifest, objects, limit);
}

}  // namespace backupwatch
