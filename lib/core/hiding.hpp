#pragma once
#include "core/secret.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace backupwatch {

/// Who repeats what it was sent may repeat a part of it, or in another spelling.

/// What of a URL is nobody's business: it as a whole, its path, and of path and query whatever
/// part is long enough for a token.
std::vector<std::string> secrets_of(const Secret& url);
/// A password, also as SMTP's log-ins send it.
std::vector<std::string> secrets_of(const std::string& username, const Secret& password);

/// Of a secret of which only that is known: as it is, line by line, in base64, and where it holds a
/// password (a URL's, libpq's) or is a web address, as above.
std::vector<std::string> spellings_of(const Secret& secret);

/// With `***` in place of each, also as JSON and HTML escape it. What is shorter than four bytes
/// stands in every other word, and stays.
std::string without(std::string text, const std::vector<std::string>& secrets);

}  // namespace backupwatch
