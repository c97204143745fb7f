#pragma once
#include <algorithm>
#include <map>
#include <string>
#include <vector>

namespace backupwatch {

/// A mail taken apart as a reader does.
struct ReadMail {
    std::vector<std::string> names;  ///< of headers, in order
    std::map<std::string, std::string> headers;
    std::string body;
};

inline ReadMail read_mail(const std::string& content) {
    ReadMail mail;
    const auto end = content.find("\r\n\r\n");
    std::string head = content.substr(0, end);
    mail.body = end == std::string::npos ? "" : content.substr(end + 4);
    for (auto at = head.find("\r\n "); at != std::string::npos; at = head.find("\r\n "))
        head.erase(at, 2);
    while (!head.empty()) {
        const auto line_end = std::min(head.find("\r\n"), head.size());
        const std::string line = head.substr(0, line_end);
        const auto colon = std::min(line.find(": "), line.size() - 1);
        mail.names.push_back(line.substr(0, colon));
        mail.headers[mail.names.back()] = line.substr(std::min(colon + 2, line.size()));
        head.erase(0, line_end + 2);
    }
    return mail;
}

inline int hex_value(char c) {
    return c <= '9' ? c - '0' : c - 'A' + 10;
}

/// Of quoted-printable.
inline std::string unquoted(const std::string& text) {
    std::string bytes;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '=') {
            bytes += text[i];
        } else if (text.compare(i, 3, "=\r\n") == 0) {
            i += 2;
        } else {
            bytes += static_cast<char>(hex_value(text.at(i + 1)) * 16 + hex_value(text.at(i + 2)));
            i += 2;
        }
    }
    return bytes;
}

/// Of the part with this type.
inline std::string part_of(const ReadMail& mail, const std::string& type) {
    const std::string& whole = mail.headers.at("Content-Type");
    const std::string mark = "boundary=\"";
    const auto at = whole.find(mark) + mark.size();
    const std::string boundary = "--" + whole.substr(at, whole.size() - at - 1);
    const auto start = mail.body.find("Content-Type: " + type);
    const auto text = mail.body.find("\r\n\r\n", start) + 4;
    return unquoted(mail.body.substr(text, mail.body.find("\r\n" + boundary, text) - text));
}

}  // namespace backupwatch
