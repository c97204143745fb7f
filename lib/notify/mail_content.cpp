#include "notify/mail_content.hpp"

#include "core/text.hpp"
#include "notify/mime.hpp"
#include "notify/receipt.hpp"
#include "notify/signing.hpp"

#include <algorithm>
#include <vector>

namespace backupwatch {
namespace {

/// What may stand before the @ of a Message-ID, whatever the message's id is.
std::string id_part(const std::string& id) {
    std::string part;
    for (const char c : id.substr(0, 200)) {
        const bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        part += is_letter || (c >= '0' && c <= '9') || c == '-' || c == '_' ? c : '_';
    }
    return part.empty() ? "message" : part;
}

/// Whether its mails belong into one thread.
bool is_of_an_incident(const Message& message) {
    return message.notices.size() == 1 && message.notices.front().incident > 0;
}

std::string root_of(const Notice& notice, std::string_view domain) {
    const std::string number = std::to_string(notice.incident);
    return "<incident-" + number + "." + fingerprint({stable_name(notice.key), number}) + "@" +
           std::string(domain) + ">";
}

/// Gmail makes a thread only of mails with one subject, so it says what the incident is and not how
/// it stands; that is the mail's first line, which readers show beside the subject.
std::string subject_of(const Message& message, const Wording& wording) {
    if (!is_of_an_incident(message)) return wording.title;
    const Notice& notice = message.notices.front();
    return cut(
        "[backupwatch] " + clean_line(target_of(notice.key)) + ": " + clean_line(notice.key.check) +
            ", incident " + std::to_string(notice.incident),
        150
    );
}

const char* html_colour_of(const Notice& notice) {
    switch (notice.kind) {
        case NoticeKind::recovery:
        case NoticeKind::passed_by:
        case NoticeKind::unwatched:
            return "#1a7f4b";
        case NoticeKind::digest:
        case NoticeKind::test:
            return "#1d6fb8";
        default:
            break;
    }
    switch (notice.severity) {
        case Severity::critical:
            return "#c5221f";
        case Severity::unknown:
            return "#7c3aed";
        case Severity::warning:
            return "#b06000";
        case Severity::ok:
            break;
    }
    return "#1a7f4b";
}

std::string element(const std::string& name, const std::string& style, const std::string& inside) {
    return "<" + name + " style=\"" + style + "\">" + inside + "</" + name + ">\n";
}

std::string paragraph(const std::string& text) {
    return text.empty() ? "" : element("p", "margin:0 0 12px", html_escaped(text));
}

/// Commands break anywhere rather than make a phone scroll sideways.
std::string advice_html(const Advice& advice) {
    std::string html = html_escaped(advice.text);
    if (!advice.command.empty()) {
        html += ":<br>" + element(
                              "code",
                              "display:inline-block;background:#f1f3f4;border-radius:4px;"
                              "padding:4px 8px;margin:4px 0;font-size:14px;word-break:break-all",
                              html_escaped(advice.command)
                          );
    }
    if (!advice.link.empty()) {
        const std::string link = html_escaped(advice.link);
        html += ":<br><a href=\"" + link + "\" style=\"word-break:break-all\">" + link + "</a>";
    }
    return html;
}

std::string list_html(const std::vector<std::string>& items) {
    if (items.empty()) return {};
    std::string html;
    for (const std::string& item : items) html += element("li", "margin:0 0 6px", item);
    return element("ul", "margin:0 0 12px;padding-left:20px", html);
}

std::string html_of(const Wording& wording, const char* colour) {
    std::string body = element(
        "h1",
        std::string("font-size:18px;line-height:1.3;margin:0 0 12px;color:") + colour,
        html_escaped(wording.title)
    );
    body += paragraph(wording.state) + paragraph(wording.since);
    for (const std::string& proof : wording.proofs) body += paragraph(proof);
    std::vector<std::string> to_do;
    for (const Advice& advice : wording.to_do) to_do.push_back(advice_html(advice));
    if (!to_do.empty()) body += element("p", "margin:0 0 4px;font-weight:bold", "What to do");
    body += list_html(to_do) + paragraph(wording.next);
    if (wording.acknowledge) {
        body += element("p", "margin:0 0 12px", advice_html(*wording.acknowledge));
    }
    for (const std::string& detail : wording.details) body += paragraph(detail);
    const std::string frame = element(
        "div",
        std::string("max-width:600px;padding:12px 16px;border-left:6px solid ") + colour +
            ";font:16px/1.45 -apple-system,Segoe UI,Roboto,Helvetica,Arial,sans-serif;"
            "color:#202124;overflow-wrap:anywhere",
        "\n" + body
    );
    return "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
           "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"></head>\n"
           "<body style=\"margin:0;padding:8px;background:#ffffff\">\n" +
           frame + "</body></html>\n";
}

std::string header(const char* name, const std::string& value) {
    return std::string(name) + ": " + value + "\r\n";
}

std::string part(const std::string& type, const std::string& text) {
    return header("Content-Type", type + "; charset=utf-8") +
           header("Content-Transfer-Encoding", "quoted-printable") + "\r\n" +
           quoted_printable(text);
}

std::string body_of(const Message& message, const Wording& wording) {
    const std::string text = part("text/plain", plain_text(wording));
    if (message.plain) return text;
    // "=_" stands in no quoted-printable text.
    const std::string boundary = "=_backupwatch_" + id_part(message.id).substr(0, 48);
    return header("Content-Type", "multipart/alternative; boundary=\"" + boundary + "\"") +
           "\r\n--" + boundary + "\r\n" + text + "\r\n--" + boundary + "\r\n" +
           part("text/html", html_of(wording, html_colour_of(message.notices.front()))) + "\r\n--" +
           boundary + "--\r\n";
}

std::string headers_of(
    const Message& message, const Wording& wording, const MailAddress& from, const MailAddress& to
) {
    const std::string domain(domain_of(from));
    std::string headers = header("Date", mail_date(message.now)) +
                          header("From", header_address(from)) + header("To", header_address(to)) +
                          header("Subject", header_text(subject_of(message, wording))) +
                          header("Message-ID", "<" + id_part(message.id) + "@" + domain + ">");
    if (is_of_an_incident(message)) {
        const std::string root = root_of(message.notices.front(), domain);
        headers += header("In-Reply-To", root) + header("References", root);
    }
    return headers + header("Auto-Submitted", "auto-generated") +
           header("X-Auto-Response-Suppress", "All") + header("MIME-Version", "1.0");
}

}  // namespace

std::string html_escaped(std::string_view text) {
    std::string escaped;
    for (const char c : text) {
        switch (c) {
            case '&':
                escaped += "&amp;";
                break;
            case '<':
                escaped += "&lt;";
                break;
            case '>':
                escaped += "&gt;";
                break;
            case '"':
                escaped += "&quot;";
                break;
            case '\'':
                escaped += "&#39;";
                break;
            default:
                escaped += c;
        }
    }
    return escaped;
}

std::string mail_content(
    const Message& original, const Links& links, const MailAddress& from, const MailAddress& to
) {
    return rendered(original, links, [&](const Message& message, const Wording& wording) {
        return headers_of(message, wording, from, to) + body_of(message, wording);
    });
}

}  // namespace backupwatch
