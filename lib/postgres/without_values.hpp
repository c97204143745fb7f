#pragma once
#include <string>
#include <string_view>

namespace backupwatch {

// What a server says without what it quotes of a row: rows are never stored or shown. Names of
// tables, columns and constraints stay, since without them nobody knows what to mend.

/// `SENTENCE (DETAIL)`. Of errors in data (SQLSTATE class 22) a quote stays where the word before
/// says that it is a name: `encoding "UTF8"`; in those of integrity (class 23) all quotes are
/// names. The details of both quote the row, and are left out but for the columns of a key.
std::string without_values(
    std::string_view sqlstate, std::string_view sentence, std::string_view detail
);

/// A program's error, which tells no SQLSTATE: `COPY failed for table "t": ERROR:  ...`. What the
/// server quotes stays where the word before says that it is a name, as in errors of data.
std::string error_without_values(std::string_view line);

/// `DETAIL: ...`, `HINT: ...`, `CONTEXT: ...` or `Command was: ...`, as it belongs to such an
/// error; empty where it may hold a value. `Key (email)=(a@b.c) is duplicated.` keeps its columns,
/// `COPY posts, line 3, column id: "x"` its place.
std::string detail_without_values(std::string_view line);

}  // namespace backupwatch
