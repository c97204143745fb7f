#include "net/mail_dialogue.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

namespace backupwatch {
namespace {

constexpr std::size_t longest_text = 500;

bool is_digit(char character) {
    return std::isdigit(static_cast<unsigned char>(character)) != 0;
}

/// `5.7.8` at the beginning of `text`, or empty.
std::string_view enhanced_code(std::string_view text) {
    const auto end = std::min(text.find(' '), text.size());
    const auto code = text.substr(0, end);
    const bool is_class = code.size() >= 5 && (code[0] == '2' || code[0] == '4' || code[0] == '5');
    const bool is_code = is_class && code[1] == '.' && std::ranges::count(code, '.') == 2 &&
                         code.back() != '.' && code[2] != '.' &&
                         std::ranges::all_of(code, [](char c) { return c == '.' || is_digit(c); });
    return is_code ? code : std::string_view{};
}

std::string printable(std::string_view text) {
    std::string kept(text.substr(0, longest_text));
    for (char& character : kept) {
        if (static_cast<unsigned char>(character) < 0x20 || character == 0x7f) character = ' ';
    }
    return kept;
}

}  // namespace

void MailDialogue::on_said(std::string_view line) {
    static constexpr std::array<std::pair<std::string_view, MailStage>, 7> stages{{
        {"EHLO", MailStage::greeting},
        {"HELO", MailStage::greeting},
        {"STARTTLS", MailStage::tls},
        {"AUTH", MailStage::login},
        {"MAIL FROM:", MailStage::sender},
        {"RCPT TO:", MailStage::recipient},
        {"DATA", MailStage::data},
    }};
    if (line.starts_with("QUIT")) quit_ = true;
    // What answers a challenge could begin like a verb.
    if (stage_ == MailStage::login && !logged_in_ && code_ == 334) return;
    for (const auto& [verb, stage] : stages) {
        if (line.starts_with(verb)) stage_ = stage;
    }
}

void MailDialogue::on_heard(std::string_view line) {
    while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) line.remove_suffix(1);
    const bool is_reply = line.size() >= 3 && std::all_of(line.begin(), line.begin() + 3, is_digit);
    const bool is_last = line.size() == 3 || (line.size() > 3 && line[3] == ' ');
    // The answer to QUIT says nothing on the mail.
    if (!is_reply || !is_last || quit_) return;
    code_ = (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
    if (stage_ == MailStage::connect) stage_ = MailStage::greeting;
    if (stage_ == MailStage::login && code_ == 235) logged_in_ = true;
    auto rest = line.substr(std::min<std::size_t>(4, line.size()));
    enhanced_ = enhanced_code(rest);
    if (!enhanced_.empty()) rest.remove_prefix(std::min(enhanced_.size() + 1, rest.size()));
    text_ = printable(rest);
}

}  // namespace backupwatch
