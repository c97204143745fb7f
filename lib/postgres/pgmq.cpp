#include "postgres/pgmq.hpp"

#include "core/backup/undumped_queues.hpp"
#include "postgres/connection.hpp"

#include <map>
#include <string>
#include <utility>

namespace backupwatch {
namespace {

// A queue's tables are called q_NAME and a_NAME; of a sequence, the table that it numbers says
// whose it is. What a partitioned one holds lies in its parts, which are no members.
constexpr const char* members_query = R"sql(
SELECT coalesce(t.relname, c.relname), c.relname, c.relkind,
       has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT')
           AND NOT row_security_active(c.oid),
       c.relkind = 'r' AND pg_relation_size(c.oid) = 0
FROM pg_extension e
JOIN pg_depend m ON m.refclassid = 'pg_extension'::regclass AND m.refobjid = e.oid
    AND m.classid = 'pg_class'::regclass AND m.deptype = 'e'
JOIN pg_class c ON c.oid = m.objid
JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_depend d ON c.relkind = 'S' AND d.classid = 'pg_class'::regclass AND d.objid = c.oid
    AND d.refclassid = 'pg_class'::regclass AND d.refobjsubid > 0 AND d.deptype IN ('a', 'i')
LEFT JOIN pg_class t ON t.oid = d.refobjid
WHERE e.extname = 'pgmq' AND n.nspname = 'pgmq' AND c.relkind IN ('r', 'p', 'S')
  AND c.oid <> ALL (coalesce(e.extconfig, '{}'))
  AND coalesce(t.relname, c.relname) ~ '^[qa]_.'
ORDER BY coalesce(t.relname, c.relname) COLLATE "C" DESC, c.relkind = 'S'
)sql";

struct Member {
    std::string table;  ///< that it is, or numbers: q_mails
    std::string name;
    bool is_sequence = false;
    bool is_readable = false;
    bool is_empty = false;  ///< for certain

    std::string quoted() const { return "pgmq." + quote_identifier(name); }
};

Task<std::vector<Member>> members_of(Connection& connection, Duration limit) {
    const QueryResult result = co_await connection.query(members_query, limit);
    std::vector<Member> members;
    for (const auto& row : result.rows) {
        Member member;
        member.table = row.at(0).value();
        member.name = row.at(1).value();
        member.is_sequence = row.at(2) == "S";
        member.is_readable = row.at(3) == "t";
        member.is_empty = row.at(4) == "t";
        members.push_back(std::move(member));
    }
    co_return members;
}

Task<std::vector<UndumpedQueue>> members_as_queues(
    Connection& connection, bool is_counted, Duration limit
) {
    const std::vector<Member> members = co_await members_of(connection, limit);
    std::map<std::string, UndumpedQueue> queues;
    for (const Member& member : members) {
        const std::string name = member.table.substr(2);
        UndumpedQueue& queue = queues[name];
        if (queue.members.empty()) {
            queue.name = name;
            if (is_counted) queue.messages = 0;
        }
        const std::string quoted = member.quoted();
        queue.members.push_back(member.is_sequence ? "SEQUENCE " + quoted : table_member(quoted));
        if (member.is_sequence || member.is_empty || !queue.messages) continue;
        if (!member.is_readable) {
            queue.messages.reset();
            continue;
        }
        std::string counting = "SELECT pg_catalog.count(*) FROM ONLY " + member.quoted();
        const QueryResult rows = co_await connection.query(std::move(counting), limit);
        *queue.messages += std::stoull(rows.single());
    }
    std::vector<UndumpedQueue> found;
    for (auto& [name, queue] : queues) found.push_back(std::move(queue));
    co_return found;
}

}  // namespace

Task<std::vector<UndumpedQueue>> undumped_queues(Connection& connection, Duration limit) {
    return members_as_queues(connection, false, limit);
}

Task<std::vector<UndumpedQueue>> counted_undumped_queues(Connection& connection, Duration limit) {
    return members_as_queues(connection, true, limit);
}

}  // namespace backupwatch
