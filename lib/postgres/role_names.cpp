#include "postgres/role_names.hpp"

#include <algorithm>
#include <cctype>
#include <string>
#include <string_view>
#include <vector>

namespace backupwatch {
namespace {

struct SqlToken {
    enum class Kind { word, quoted, other } kind = Kind::other;
    std::string text;  ///< a word in lower case, a quoted name without its quotes
    bool is(std::string_view word) const { return kind == Kind::word && text == word; }
    bool is_name() const { return kind != Kind::other; }
    bool is_mark(char mark) const { return kind == Kind::other && text == std::string(1, mark); }
};

bool begins_word(char c) {
    return std::isalpha(static_cast<unsigned char>(c)) || c == '_' || (c & 0x80) != 0;
}

bool continues_word(char c) {
    return begins_word(c) || std::isdigit(static_cast<unsigned char>(c)) || c == '$';
}

/// What pg_dump writes before the expressions of a policy, and all of its grants. What stands in
/// parentheses, or is a text, names no role.
class SqlTokens {
  public:
    explicit SqlTokens(std::string_view sql) : sql_(sql) {}

    std::vector<SqlToken> all() {
        std::vector<SqlToken> tokens;
        int depth = 0;
        while (!sql_.empty()) {
            const char c = sql_.front();
            if (c == '"' || c == '\'') {
                const std::string text = quoted(c);
                if (depth == 0 && c == '"') tokens.push_back({SqlToken::Kind::quoted, text});
                continue;
            }
            if (begins_word(c)) {
                const std::string text = word();
                if (depth == 0) tokens.push_back({SqlToken::Kind::word, text});
                continue;
            }
            sql_.remove_prefix(1);
            if (c == '(') ++depth;
            if (c == ')' && depth > 0) --depth;
            const bool is_space = std::isspace(static_cast<unsigned char>(c)) != 0;
            if (depth == 0 && !is_space) tokens.push_back({SqlToken::Kind::other, {c}});
        }
        return tokens;
    }

  private:
    std::string quoted(char mark) {
        std::string text;
        for (std::size_t at = 1; at < sql_.size(); ++at) {
            if (sql_[at] == mark) {
                if (at + 1 >= sql_.size() || sql_[at + 1] != mark) {
                    sql_.remove_prefix(at + 1);
                    return text;
                }
                ++at;
            }
            text += sql_[at];
        }
        sql_ = {};
        return text;
    }

    std::string word() {
        const auto end = std::ranges::find_if_not(sql_, continues_word);
        std::string text(sql_.begin(), end);
        sql_.remove_prefix(text.size());
        std::ranges::transform(text, text.begin(), [](unsigned char c) {
            return static_cast<char>(c < 0x80 ? std::tolower(c) : c);
        });
        return text;
    }

    std::string_view sql_;
};

using Tokens = std::vector<SqlToken>;

/// The names from `at` on, as `a, "b", c`.
void add_names(std::set<std::string>& roles, const Tokens& tokens, std::size_t at) {
    for (; at < tokens.size() && tokens[at].is_name(); at += 2) {
        if (!tokens[at].is("public")) roles.insert(tokens[at].text);
        if (at + 1 >= tokens.size() || !tokens[at + 1].is_mark(',')) return;
    }
}

/// `... FOR ROLE a ... TO b, c;`, `REVOKE ... FROM d;`, `SET SESSION AUTHORIZATION e;`: to whom
/// stands behind words that no name is without quotes.
void add_of_rights(std::set<std::string>& roles, const Tokens& tokens) {
    for (std::size_t i = 0; i + 1 < tokens.size(); ++i) {
        const bool is_receiver = tokens[i].is("to") || tokens[i].is("from");
        const bool is_giver = i > 0 && tokens[i - 1].is("for") && tokens[i].is("role");
        const bool is_session = i > 0 && tokens[i - 1].is("session") &&
                                tokens[i].is("authorization") && !tokens[i + 1].is("default");
        if (is_receiver || is_giver || is_session) add_names(roles, tokens, i + 1);
    }
}

/// `CREATE POLICY p ON s.t [AS ...] [FOR ...] TO a, b USING (...)`; without TO it is for all.
void add_of_policy(std::set<std::string>& roles, const Tokens& tokens) {
    const auto to = std::ranges::find_if(tokens, [](const auto& token) { return token.is("to"); });
    if (to == tokens.end()) return;
    add_names(roles, tokens, static_cast<std::size_t>(to - tokens.begin()) + 1);
}

/// `CREATE USER MAPPING FOR a SERVER ...`.
void add_of_mapping(std::set<std::string>& roles, const Tokens& tokens) {
    const bool is_one = tokens.size() > 4 && tokens[3].is("for");
    if (is_one && tokens[4].is_name() && !tokens[4].is("public")) roles.insert(tokens[4].text);
}

}  // namespace

std::set<std::string> roles_in(const Archive& archive) {
    std::set<std::string> roles;
    for (const ArchiveEntry& entry : archive.entries) {
        if (!entry.owner.empty()) roles.insert(entry.owner);
        const std::string& kind = entry.description;
        const auto tokens = [&] { return SqlTokens(entry.definition).all(); };
        if (kind == "ACL" || kind == "DEFAULT ACL") add_of_rights(roles, tokens());
        if (kind == "POLICY") add_of_policy(roles, tokens());
        if (kind == "USER MAPPING") add_of_mapping(roles, tokens());
    }
    return roles;
}

std::set<std::string> owners_in(const Archive& archive) {
    std::set<std::string> owners;
    for (const ArchiveEntry& entry : archive.entries) {
        if (!entry.owner.empty()) owners.insert(entry.owner);
    }
    return owners;
}

}  // namespace backupwatch
