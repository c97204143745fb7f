#include "core/text.hpp"
#include "json/text.hpp"
#include "notify/receipt.hpp"
#include "notify/slack.hpp"
#include "notify/slack_text.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <algorithm>
#include <vector>

namespace backupwatch {
namespace {

namespace json = boost::json;

constexpr std::size_t longest_header = 150;
constexpr std::size_t longest_section = 3000;
constexpr std::size_t longest_url = 3000;
/// Of a message, the header included.
constexpr std::size_t most_blocks = 50;

constexpr const char* red = "#E01E5A";
constexpr const char* violet = "#7C3AED";
constexpr const char* yellow = "#ECB22E";
constexpr const char* green = "#2EB67D";
constexpr const char* blue = "#1D9BD1";

const char* colour_of(const Notice& notice) {
    switch (notice.kind) {
        case NoticeKind::recovery:
        case NoticeKind::passed_by:
        case NoticeKind::unwatched:
            return green;
        case NoticeKind::digest:
            return notice.severity == Severity::ok ? green : blue;
        case NoticeKind::test:
            return blue;
        default:
            break;
    }
    switch (notice.severity) {
        case Severity::critical:
            return red;
        case Severity::unknown:
            return violet;
        case Severity::warning:
            return yellow;
        case Severity::ok:
            break;
    }
    return green;
}

/// That of the worst; a storm begins with it.
const char* colour_of(const Message& message) {
    return message.notices.empty() ? blue : colour_of(message.notices.front());
}

/// With a word joiner behind each @ that begins a word: `@here` is no mention with it, and looks
/// the same; an address stays what it is.
std::string without_mentions(std::string_view text) {
    std::string result;
    bool is_in_word = false;
    for (const char c : text) {
        result += c;
        if (c == '@' && !is_in_word) result += "\u2060";
        is_in_word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    }
    return result;
}

/// Within backticks, which cannot be escaped there.
std::string as_code(std::string text) {
    std::replace(text.begin(), text.end(), '`', '\'');
    return "`" + slack_escaped(text) + "`";
}

/// `<https://example.com|words>`; the words alone where there is no link that Slack takes.
std::string as_link(const std::string& url, const std::string& words) {
    const bool is_plain =
        url.size() <= longest_url && url.find_first_of("<>|") == std::string::npos;
    if (!is_plain || url != clean_line(url)) return slack_escaped(words);
    std::string target;
    for (const char c : url) target += c == '&' ? std::string("&amp;") : std::string(1, c);
    return "<" + target + "|" + slack_escaped(words) + ">";
}

std::string line_of(const Advice& advice) {
    std::string line =
        advice.link.empty() ? slack_escaped(advice.text) : as_link(advice.link, advice.text);
    if (!advice.command.empty()) line += ": " + as_code(advice.command);
    return line;
}

/// In the order of Wording; each is one section, or several where it is long.
std::vector<std::string> paragraphs_of(const Wording& wording) {
    std::vector<std::string> paragraphs{slack_escaped(wording.state), slack_escaped(wording.since)};
    std::string proofs;
    for (const std::string& proof : wording.proofs) {
        proofs += (proofs.empty() ? "" : "\n") + slack_escaped(proof);
    }
    paragraphs.push_back(proofs);
    std::string to_do;
    for (const Advice& advice : wording.to_do) to_do += "\n\u2022 " + line_of(advice);
    if (!to_do.empty()) paragraphs.push_back("*What to do*" + to_do);
    paragraphs.push_back(slack_escaped(wording.next));
    if (wording.acknowledge) paragraphs.push_back(line_of(*wording.acknowledge));
    for (const std::string& detail : wording.details) paragraphs.push_back(slack_escaped(detail));
    std::erase(paragraphs, "");
    return paragraphs;
}

/// Pieces that fit into a section, cut between words where there is one to cut at.
std::vector<std::string> in_pieces(std::string_view text) {
    std::vector<std::string> pieces;
    while (text.size() > longest_section) {
        auto end = text.rfind(' ', longest_section);
        if (end == std::string_view::npos || end == 0) {
            end = longest_section;
            while ((static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
        }
        pieces.emplace_back(text.substr(0, end));
        text.remove_prefix(end);
        while (text.starts_with(' ')) text.remove_prefix(1);
    }
    if (!text.empty()) pieces.emplace_back(text);
    return pieces;
}

/// `verbatim`: Slack makes no link and no mention of what looks like one in a name.
json::object section_of(const std::string& text) {
    return {
        {"type", "section"},
        {"text", {{"type", "mrkdwn"}, {"text", text}, {"verbatim", true}}},
    };
}

/// A plain text is not read as markup; but who reads the payload must not find a mention there.
std::string header_of(const std::string& title) {
    std::string text;
    for (const char c : without_mentions(title)) {
        text += c == '<' ? "\u2039" : c == '>' ? "\u203A" : std::string(1, c);
    }
    return cut_bytes(text, longest_header);
}

/// Neither links nor mentions are made of what a text holds, and no page is shown below it.
json::object with_text(const std::string& text) {
    return {
        {"text", text},
        {"link_names", false},
        {"unfurl_links", false},
        {"unfurl_media", false},
    };
}

std::string as_text(const Wording& wording) {
    return json_text(
        json::value(with_text(cut_bytes(slack_escaped(plain_text(wording)), slack_text_limit)))
    );
}

std::string as_blocks(const Message& message, const Wording& wording) {
    const std::string header = header_of(wording.title);
    json::array sections;
    std::size_t size = header.size();
    for (const std::string& paragraph : paragraphs_of(wording)) {
        for (const std::string& piece : in_pieces(paragraph)) {
            size += piece.size();
            sections.push_back(section_of(piece));
        }
    }
    if (size > slack_blocks_limit || sections.size() + 1 > most_blocks) return as_text(wording);
    json::object payload = with_text(slack_escaped(wording.title));
    payload["blocks"] = json::array{
        json::object{
            {"type", "header"},
            {"text", {{"type", "plain_text"}, {"text", header}, {"emoji", false}}},
        },
    };
    payload["attachments"] = json::array{
        json::object{{"color", colour_of(message)}, {"blocks", std::move(sections)}},
    };
    return json_text(json::value(std::move(payload)));
}

}  // namespace

std::string slack_escaped(std::string_view text) {
    std::string escaped;
    for (const char c : without_mentions(text)) {
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
            default:
                escaped += c;
        }
    }
    return escaped;
}

std::string slack_payload(const Message& original, const Links& links) {
    return rendered(original, links, [](const Message& message, const Wording& wording) {
        return message.plain ? as_text(wording) : as_blocks(message, wording);
    });
}

}  // namespace backupwatch
