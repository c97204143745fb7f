#pragma once
#include "core/wording/wording.hpp"
#include "notify/mail_address.hpp"
#include "notify/notifier.hpp"

#include <string>

namespace backupwatch {

/// A whole mail: headers and body, lines ending with CRLF. Text and HTML, or the text alone where
/// the message is plain. The same message has the same Message-ID at every try; all mails of an
/// incident have one subject, and refer to one message that was never sent, so that every reader
/// puts them into one thread.
std::string mail_content(
    const Message& message, const Links& links, const MailAddress& from, const MailAddress& to
);

/// What HTML shows letter by letter.
std::string html_escaped(std::string_view text);

}  // namespace backupwatch
