#pragma once
#include <cstddef>
#include <string>
#include <string_view>

namespace backupwatch {

/// One error of a restore, as the program that loads the backup told it. What is not known is
/// empty, and the less is known, the less is harmless.
struct RestoreError {
    std::string kind;       ///< of the archive's item: TABLE, POLICY, ... of its table of contents
    std::string message;    ///< the server's, behind `ERROR:  `, without its details
    std::string statement;  ///< that failed, its first line
    std::string sqlstate;
    bool about_member = false;  ///< of what an extension made, and not the backup
};

enum class RestoreErrorClass {
    harmless,      ///< everything is there, but for an owner, a right, a comment
    missing_here,  ///< this machine lacks something: says nothing about the backup
    dangling,      ///< what it needs does not exist: the consequence of another error, or damage
    damage,        ///< all that is not known to be something else
};

std::string_view to_string(RestoreErrorClass error_class);

/// What an error is. Of damage only the class: the error itself says the rest.
struct TriagedError {
    RestoreErrorClass error_class = RestoreErrorClass::damage;
    std::size_t row = 0;     ///< of the table that has it, from 1; 0: none has
    std::string what;        ///< `owner app`, `extension postgis`; empty: not worth a word
    std::string why;         ///< half a sentence about it
    std::string installing;  ///< missing_here: what mends it, `install postgresql-15-cron`
};

/// Pure. `major` is that of the server that is restored into.
TriagedError triage(const RestoreError& error, int major);

/// How many rows the table has: each is tested.
std::size_t restore_error_rows();

}  // namespace backupwatch
