#include "core/backup/debian_package.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace backupwatch {
namespace {

using Package = std::pair<std::string_view, std::string_view>;

/// Those named otherwise than `postgresql-N-NAME`; `#` is the major version.
constexpr Package packages[] = {
    {"address_standardizer", "postgresql-#-postgis-3"},
    {"address_standardizer_data_us", "postgresql-#-postgis-3"},
    {"h3_postgis", "postgresql-#-h3"},
    {"hstore_plperl", "postgresql-plperl-#"},
    {"hstore_plpython3u", "postgresql-plpython3-#"},
    {"jsonb_plperl", "postgresql-plperl-#"},
    {"jsonb_plpython3u", "postgresql-plpython3-#"},
    {"ltree_plpython3u", "postgresql-plpython3-#"},
    {"pg_cron", "postgresql-#-cron"},
    {"pg_partman", "postgresql-#-partman"},
    {"pg_repack", "postgresql-#-repack"},
    {"pg_similarity", "postgresql-#-similarity"},
    {"pg_sphere", "postgresql-#-pgsphere"},
    {"pg_squeeze", "postgresql-#-squeeze"},
    {"pgq", "postgresql-#-pgq3"},
    {"pldbgapi", "postgresql-#-pldebugger"},
    {"plperl", "postgresql-plperl-#"},
    {"plperlu", "postgresql-plperl-#"},
    {"plpython3", "postgresql-plpython3-#"},
    {"plpython3u", "postgresql-plpython3-#"},
    {"pltcl", "postgresql-pltcl-#"},
    {"pltclu", "postgresql-pltcl-#"},
    {"pointcloud_postgis", "postgresql-#-pointcloud"},
    {"postgis", "postgresql-#-postgis-3"},
    {"postgis_raster", "postgresql-#-postgis-3"},
    {"postgis_sfcgal", "postgresql-#-postgis-3"},
    {"postgis_tiger_geocoder", "postgresql-#-postgis-3"},
    {"postgis_topology", "postgresql-#-postgis-3"},
    {"rtpostgis", "postgresql-#-postgis-3"},
    {"timescaledb", "timescaledb-2-postgresql-#"},
    {"vector", "postgresql-#-pgvector"},
};

// On Debian they come with the server.
// clang-format off
constexpr std::string_view of_the_server[] = {
    "adminpack", "amcheck", "autoinc", "bloom", "btree_gin", "btree_gist", "citext", "cube",
    "dblink", "dict_int", "dict_xsyn", "earthdistance", "file_fdw", "fuzzystrmatch", "hstore",
    "insert_username", "intagg", "intarray", "isn", "lo", "ltree", "moddatetime", "old_snapshot",
    "pageinspect", "pg_buffercache", "pg_freespacemap", "pg_prewarm", "pg_stat_statements",
    "pg_surgery", "pg_trgm", "pg_visibility", "pg_walinspect", "pgcrypto", "pgrowlocks",
    "pgstattuple", "plpgsql", "postgres_fdw", "refint", "seg", "sslinfo", "tablefunc", "tcn",
    "tsm_system_rows", "tsm_system_time", "unaccent", "uuid-ossp", "xml2",
};
// clang-format on

bool comes_with_server(std::string_view extension) {
    return std::ranges::find(of_the_server, extension) != std::end(of_the_server);
}

bool is_known(std::string_view extension) {
    return comes_with_server(extension) ||
           std::ranges::find(packages, extension, &Package::first) != std::end(packages);
}

}  // namespace

std::string extension_package(std::string_view extension, int major) {
    const auto number = std::to_string(major);
    if (comes_with_server(extension)) return "postgresql-" + number;
    const auto known = std::ranges::find(packages, extension, &Package::first);
    std::string name = known == std::end(packages) ? "postgresql-#-" + std::string(extension)
                                                   : std::string(known->second);
    std::ranges::replace(name, '_', '-');
    return name.replace(name.find('#'), 1, number);
}

std::string install_extension(std::string_view extension, int major) {
    const std::string package = "install " + extension_package(extension, major);
    if (is_known(extension)) return package;
    return package + " (or what `apt-cache search postgresql-" + std::to_string(major) +
           "-` offers for it)";
}

std::string install_library(std::string_view library, int major) {
    const auto end = library.find_last_not_of("0123456789.");
    const bool has_version = end != std::string_view::npos && end > 0 && library[end] == '-';
    return install_extension(has_version ? library.substr(0, end) : library, major);
}

}  // namespace backupwatch
