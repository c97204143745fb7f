#pragma once
#include "core/backup/restore_error.hpp"

#include <string_view>

// What every error of a restore is known by, as data: the messages are those of PostgreSQL 13 to 18
// with lc_messages = C. The first row that an error is like counts; tests/unit/core/
// restore_error_test.cpp has one for each row, in this order.
namespace backupwatch::restore_error_table {

using enum RestoreErrorClass;

enum class Lacks { nothing, extension, library, locale, file, preloading, build };

/// `*` stands for any text, and so does `{}` in a message: it is the name that this is about. In a
/// statement it is that name as SQL quotes it, in words as it is. Alternatives stand between `|`.
// NOLINTNEXTLINE(clang-analyzer-optin.performance.Padding): in the order in which a row is read
struct Row {
    RestoreErrorClass error_class;
    std::string_view message;
    std::string_view sqlstates;  ///< where the error has one, it is among these
    std::string_view kinds;      ///< where the item's is known, it is among these; empty: any
    std::string_view statement;  ///< empty: any, and none
    std::string_view what;
    std::string_view why;
    Lacks lacks = Lacks::nothing;
};

constexpr std::string_view rights = "ACL|DEFAULT ACL";
constexpr std::string_view other_owner = "the role is not here: what it owned belongs to another";
constexpr std::string_view no_rights = "the role is not here";
constexpr std::string_view not_installed = "not installed here";
constexpr std::string_view superusers_own =
    "only a superuser may own one here; some platforms let others";
constexpr std::string_view other_name = "the restored database has another name";

// clang-format off
constexpr Row rows[] = {
    // As pg_dumpall from 16 on writes it, of a superuser who is not the first one here.
    {harmless, "permission denied to grant privileges as role \"{}\"", "42501", "",
     "GRANT * GRANTED BY *", "memberships that {} granted", "here it is not the first superuser"},
    // That an object has no owner, right, or comment changes no row. A POLICY for a role that is
    // missing is not among these: it is not there then, and neither is what it kept people from.
    {harmless, "role \"{}\" does not exist", "42704", "", "ALTER * OWNER TO {};", "owner {}",
     other_owner},
    {harmless, "role \"{}\" does not exist", "22023", "", "SET SESSION AUTHORIZATION *", "owner {}",
     other_owner},
    {harmless, "role \"{}\" does not exist", "42704", rights,
     "GRANT *|REVOKE *|ALTER DEFAULT PRIVILEGES *", "rights of {}", no_rights},
    {harmless, "role \"{}\" already exists", "42710", "", "CREATE ROLE {};", "", ""},
    {harmless, "must be owner of {}", "42501", "COMMENT", "COMMENT ON *", "comment of {}",
     "only its owner may set it"},
    {harmless, "permission denied to change owner of event trigger \"{}\"", "42501",
     "EVENT TRIGGER", "ALTER EVENT TRIGGER * OWNER TO *;", "owner of the event trigger {}",
     superusers_own},
    {harmless, "permission denied to change owner of publication \"{}\"", "42501", "PUBLICATION",
     "ALTER PUBLICATION * OWNER TO *;", "owner of the publication {}", superusers_own},
    {harmless, "permission denied to change owner of foreign-data wrapper \"{}\"", "42501",
     "FOREIGN DATA WRAPPER", "ALTER FOREIGN DATA WRAPPER * OWNER TO *;",
     "owner of the foreign-data wrapper {}", superusers_own},
    {harmless, "security label provider \"{}\" is not loaded", "22023", "SECURITY LABEL",
     "SECURITY LABEL *", "security labels of {}", not_installed},
    {harmless, "no security label providers have been loaded", "22023", "SECURITY LABEL",
     "SECURITY LABEL *", "security labels", "no provider of them is loaded here"},
    {harmless, "database \"{}\" does not exist", "3D000", "ACL|COMMENT|DATABASE PROPERTIES",
     "GRANT * ON DATABASE *|REVOKE * ON DATABASE *|COMMENT ON DATABASE *|ALTER DATABASE *",
     "rights and settings of the database {}", other_name},
    // What every database has already, or what a clean restore drops first.
    {harmless, "schema \"public\" already exists", "42P06", "SCHEMA", "", "", ""},
    {harmless, "extension \"plpgsql\" already exists", "42710", "EXTENSION|PROCEDURAL LANGUAGE", "",
     "", ""},
    {harmless, "language \"plpgsql\" already exists", "42710", "PROCEDURAL LANGUAGE", "", "", ""},
    {harmless, "* does not exist", "42P01|42704|42883|3F000|3D000", "",
     "DROP *|ALTER TABLE * DROP CONSTRAINT *|ALTER TABLE * ALTER COLUMN * DROP DEFAULT;|ALTER DOMAIN * DROP CONSTRAINT *|SELECT pg_catalog.lo_unlink(*", "", ""},
    // What only says where or how quickly.
    {harmless, "invalid value for parameter \"default_tablespace\": \"{}\"", "22023", "",
     "SET default_tablespace = *", "tablespace {}",
     "not here: what lay in it lies in the default one"},
    {harmless, "directory \"{}\" does not exist", "58P01", "", "CREATE TABLESPACE *",
     "tablespace in {}", "not here: what lay in it lies in the default one"},
    {harmless, "tablespace \"{}\" does not exist", "42704", "",
     "GRANT * ON TABLESPACE *|REVOKE * ON TABLESPACE *|ALTER TABLESPACE *|COMMENT ON TABLESPACE *",
     "tablespace {}", "not here: what lay in it lies in the default one"},
    // How messages, times and money are written; texts sort by LC_COLLATE, which no setting changes.
    {harmless, "invalid value for parameter \"lc_messages\": \"{}\"", "22023", "",
     "SET lc_messages *|ALTER DATABASE * SET lc_messages *|ALTER ROLE * SET lc_messages *",
     "setting lc_messages = {}", "that locale is not installed here"},
    {harmless, "invalid value for parameter \"lc_monetary\": \"{}\"", "22023", "",
     "SET lc_monetary *|ALTER DATABASE * SET lc_monetary *|ALTER ROLE * SET lc_monetary *",
     "setting lc_monetary = {}", "that locale is not installed here"},
    {harmless, "invalid value for parameter \"lc_numeric\": \"{}\"", "22023", "",
     "SET lc_numeric *|ALTER DATABASE * SET lc_numeric *|ALTER ROLE * SET lc_numeric *",
     "setting lc_numeric = {}", "that locale is not installed here"},
    {harmless, "invalid value for parameter \"lc_time\": \"{}\"", "22023", "",
     "SET lc_time *|ALTER DATABASE * SET lc_time *|ALTER ROLE * SET lc_time *",
     "setting lc_time = {}", "that locale is not installed here"},
    {harmless, "unrecognized configuration parameter \"transaction_timeout\"", "42704", "",
     "SET transaction_timeout = 0;", "", ""},
    {harmless, "*", "", "STATISTICS DATA", "SELECT * FROM pg_catalog.pg_restore_*",
     "statistics for the planner", "they could not be loaded, and ANALYZE makes them anew"},

    // What this machine lacks.
    {missing_here, "extension \"{}\" is not available", "0A000", "", "", "extension {}",
     not_installed, Lacks::extension},
    {missing_here, "could not open extension control file \"{}\": No such file or directory",
     "58P01", "", "", "extension {}", not_installed, Lacks::extension},
    {missing_here, "required extension \"{}\" is not installed", "42704", "", "", "extension {}",
     not_installed, Lacks::extension},
    {missing_here, "extension \"{}\" has no installation script nor update path for version *",
     "22023", "", "", "extension {}", "installed here in another version", Lacks::extension},
    {missing_here, "extension \"{}\" must be preloaded", "", "", "", "extension {}",
     "not preloaded: a throw-away server preloads nothing", Lacks::preloading},
    {missing_here, "{} must be loaded via *shared_preload_libraries*", "", "", "", "extension {}",
     "not preloaded: a throw-away server preloads nothing", Lacks::preloading},
    {missing_here, "{} can only be loaded via *shared_preload_libraries*", "", "", "",
     "extension {}", "not preloaded: a throw-away server preloads nothing",
     Lacks::preloading},
    {missing_here, "could not access file \"{}\": No such file or directory", "58P01", "", "",
     "library {}", not_installed, Lacks::library},
    {missing_here, "could not load library \"{}\": *", "", "", "", "library {}",
     "not loadable here", Lacks::library},
    {missing_here, "could not find function \"*\" in file \"{}\"", "42883", "", "",
     "function of the library {}", "installed here in another version", Lacks::library},
    {missing_here, "incompatible library \"{}\": *", "", "", "", "library {}",
     "made for another PostgreSQL", Lacks::library},
    {missing_here, "could not create locale \"{}\": *", "22023", "", "", "locale {}", not_installed,
     Lacks::locale},
    {missing_here, "collation \"pg_catalog.{}\" for encoding * does not exist", "42704", "", "",
     "locale {}", not_installed, Lacks::locale},
    {missing_here, "invalid locale name: \"{}\"", "42809", "", "", "locale {}", not_installed,
     Lacks::locale},
    {missing_here, "invalid LC_COLLATE locale name: \"{}\"", "42809", "", "", "locale {}",
     not_installed, Lacks::locale},
    {missing_here, "invalid LC_CTYPE locale name: \"{}\"", "42809", "", "", "locale {}",
     not_installed, Lacks::locale},
    {missing_here, "could not open collator for locale \"{}\": *", "", "", "", "ICU locale {}",
     "unknown to the ICU library here", Lacks::build},
    {missing_here, "ICU locale \"{}\" has unknown language *", "22023", "", "", "ICU locale {}",
     "unknown to the ICU library here", Lacks::build},
    {missing_here, "ICU is not supported in this build", "0A000", "", "", "ICU",
     "not built into this PostgreSQL", Lacks::build},
    {missing_here, "compression method {} not supported", "0A000", "", "", "compression {}",
     "not built into this PostgreSQL", Lacks::build},
    {missing_here, "unsupported XML feature", "0A000", "", "", "XML",
     "not built into this PostgreSQL", Lacks::build},
    {missing_here, "could not open dictionary file \"{}\": No such file or directory", "F0000", "",
     "", "text search file {}", not_installed, Lacks::file},
    {missing_here, "could not open affix file \"{}\": No such file or directory", "F0000", "", "",
     "text search file {}", not_installed, Lacks::file},
    {missing_here, "could not open thesaurus file \"{}\": No such file or directory", "F0000", "",
     "", "text search file {}", not_installed, Lacks::file},
    {missing_here, "could not open stop-word file \"{}\": No such file or directory", "F0000", "",
     "", "text search file {}", not_installed, Lacks::file},
    {missing_here, "tablespace \"{}\" does not exist", "42704", "", "CREATE *|ALTER *",
     "tablespace {}", "not here", Lacks::build},

    // What follows where something is missing here; where nothing is, the backup itself lacks it.
    {dangling, "relation \"*\" does not exist", "42P01", "", "", "", ""},
    {dangling, "type \"*\" does not exist", "42704", "", "", "", ""},
    {dangling, "type * does not exist", "42704", "", "", "", ""},
    {dangling, "type * is only a shell", "42809|42704", "", "", "", ""},
    {dangling, "function * does not exist", "42883", "", "", "", ""},
    {dangling, "procedure * does not exist", "42883", "", "", "", ""},
    {dangling, "aggregate * does not exist", "42883", "", "", "", ""},
    {dangling, "operator does not exist: *", "42883", "", "", "", ""},
    {dangling, "operator class \"*\" does not exist for access method *", "42704", "", "", "", ""},
    {dangling, "operator family \"*\" does not exist for access method *", "42704", "", "", "", ""},
    {dangling, "data type * has no default operator class for access method *", "42704", "", "", "",
     ""},
    {dangling, "could not identify an * operator for type *", "42883", "", "", "", ""},
    {dangling, "cast from type * to type * does not exist", "42704", "", "", "", ""},
    {dangling, "schema \"*\" does not exist", "3F000", "", "", "", ""},
    {dangling, "extension \"*\" does not exist", "42704", "", "", "", ""},
    {dangling, "language \"*\" does not exist", "42704", "", "", "", ""},
    {dangling, "access method \"*\" does not exist", "42704", "", "", "", ""},
    {dangling, "invalid value for parameter \"default_table_access_method\": \"*\"", "22023", "",
     "", "", ""},
    {dangling, "collation \"*\" for encoding * does not exist", "42704", "", "", "", ""},
    {dangling, "text search * \"*\" does not exist", "42704", "", "", "", ""},
    {dangling, "foreign-data wrapper \"*\" does not exist", "42704", "", "", "", ""},
    {dangling, "server \"*\" does not exist", "42704", "", "", "", ""},
    {dangling, "publication \"*\" does not exist", "42704", "", "", "", ""},
    {dangling, "column * does not exist", "42703", "", "", "", ""},
    {dangling, "constraint \"*\" for table \"*\" does not exist", "42704", "", "", "", ""},
    {dangling, "index \"*\" for table \"*\" does not exist", "42704", "", "", "", ""},
    {dangling, "trigger \"*\" for table \"*\" does not exist", "42704", "", "", "", ""},
    {dangling, "policy \"*\" for table \"*\" does not exist", "42704", "", "", "", ""},
    {dangling, "there is no unique constraint matching given keys for referenced table *", "42830",
     "", "", "", ""},
};
// clang-format on

}  // namespace backupwatch::restore_error_table
