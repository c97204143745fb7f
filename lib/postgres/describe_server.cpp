#include "postgres/catalog.hpp"
#include "postgres/connection.hpp"

namespace backupwatch {
namespace {

// The columns of the locale came with 15 and changed their name with 17.
constexpr const char* database_query = R"sql(
SELECT d.datname, pg_database_size(d.oid), pg_encoding_to_char(d.encoding),
       d.datcollate, d.datctype,
       coalesce(to_jsonb(d) ->> 'datlocprovider', 'c'),
       coalesce(to_jsonb(d) ->> 'datlocale', to_jsonb(d) ->> 'daticulocale', ''),
       has_function_privilege('pg_control_system()', 'EXECUTE')
FROM pg_database d
WHERE d.datname = current_database()
)sql";

/// Those that change how a value is written as text.
constexpr const char* server_settings_query = R"sql(
SELECT name, setting FROM pg_settings
WHERE name IN ('TimeZone', 'DateStyle', 'IntervalStyle', 'extra_float_digits', 'bytea_output',
               'xmlbinary', 'lc_monetary')
ORDER BY name COLLATE "C"
)sql";

}  // namespace

Task<> describe_server(Connection& connection, Manifest& manifest, Duration limit) {
    const QueryResult result = co_await connection.query(database_query, limit);
    const auto& row = result.rows.at(0);
    manifest.server_version = connection.server_version();
    manifest.database_name = row.at(0).value();
    manifest.database_size = std::stoull(row.at(1).value());
    manifest.encoding = row.at(2).value();
    manifest.collate = row.at(3).value();
    manifest.ctype = row.at(4).value();
    manifest.locale_provider = row.at(5).value();
    manifest.icu_locale = row.at(6).value();

    // Asked for beforehand: a refusal would end the transaction that this runs in.
    manifest.system_identifier.clear();
    if (row.at(7) == "t") {
        const QueryResult identifier =
            co_await connection.query("SELECT system_identifier FROM pg_control_system()", limit);
        manifest.system_identifier = identifier.single();
    }

    const QueryResult settings = co_await connection.query(server_settings_query, limit);
    manifest.settings.clear();
    for (const auto& setting : settings.rows) {
        manifest.settings.push_back({setting.at(0).value(), setting.at(1).value()});
    }
}

}  // namespace backupwatch
