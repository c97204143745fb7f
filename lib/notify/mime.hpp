#pragma once
#include "core/time/time.hpp"
#include "notify/mail_address.hpp"

#include <string>
#include <string_view>

namespace backupwatch {

/// Pieces of a mail, after RFC 5322, 2045 and 2047.

/// A header's text: as it is, or as encoded words where it is not ASCII. Nothing in `text` can end
/// the header.
std::string header_text(std::string_view text);
/// `Name <address>`, or the address alone.
std::string header_address(const MailAddress& address);
/// `Sun, 22 Nov 2026 03:00:00 +0000`.
std::string mail_date(Instant instant);
/// Lines of at most 76 characters, each ending with CRLF.
std::string quoted_printable(std::string_view text);

}  // namespace backupwatch
