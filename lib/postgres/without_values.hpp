#pragma once
#include <string>
#include <string_view>

namespace backupwatch {

/// A server's sentence without what it quotes of a row: rows are never stored or shown.
/// `DETAIL:  Key (email)=(a@b.c) is duplicated.`, `CONTEXT:  COPY posts, line 3, column id: "x"`,
/// `invalid input syntax for type integer: "x"` lose what is in the quotes or parentheses.
std::string without_values(std::string_view text);

}  // namespace backupwatch
