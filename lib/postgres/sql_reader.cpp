#include "postgres/sql_reader.hpp"

#include "core/failure.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>

namespace backupwatch {
namespace {

/// Of a comment, or a command for psql.
constexpr std::size_t longest_line = 4096;
constexpr std::string_view last_line = "\\.";
/// All words that are looked for are shorter.
constexpr std::size_t longest_word = 64;

bool is_word_letter(char c) {
    const auto byte = static_cast<unsigned char>(c);
    return std::isalnum(byte) != 0 || c == '_' || byte >= 0x80;
}

bool is_space(char c) {
    return std::isspace(static_cast<unsigned char>(c)) != 0;
}

char lower(char c) {
    return static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
}

std::string lowered(std::string_view text) {
    std::string result(text);
    std::ranges::transform(result, result.begin(), lower);
    return result;
}

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
    return text;
}

/// A COPY whose rows follow it. Its names are short: only the beginning is looked at.
bool is_copy_from_here(std::string_view statement) {
    if (statement.size() < 4 || lowered(statement.substr(0, 4)) != "copy") return false;
    return lowered(statement).find(" from stdin") != std::string::npos;
}

std::optional<bool> sets_conforming_strings(std::string_view statement) {
    constexpr std::string_view setting = "set standard_conforming_strings";
    if (statement.size() > 2 * setting.size()) return std::nullopt;
    const std::string text = lowered(statement);
    if (!text.starts_with(setting)) return std::nullopt;
    return !text.ends_with("off") && !text.ends_with("off'");
}

bool begins_routine(std::string_view first_words) {
    constexpr std::array beginnings = {
        "create function ",
        "create procedure ",
        "create or replace function ",
        "create or replace procedure ",
    };
    return std::ranges::any_of(beginnings, [&](const char* beginning) {
        return first_words.starts_with(beginning);
    });
}

[[noreturn]] void refuse_sql(const std::string& why) {
    throw Failure(Failure::Kind::corrupt, why);
}

[[noreturn]] void refuse_length(const std::string& what) {
    throw Failure(
        Failure::Kind::missing,
        "it has " + what + " of over " + std::to_string(SqlReader::longest_kept >> 20) +
            " MiB, which no dump has and which cannot be looked into here"
    );
}

}  // namespace

void SqlReader::add(std::string_view piece) {
    while (!piece.empty()) {
        if (within_ == Within::copy) {
            const std::size_t before = piece.size();
            piece = take_copy(piece);
            position_ += before - piece.size();
        } else {
            ++position_;
            step(piece.front());
            piece.remove_prefix(1);
        }
    }
}

void SqlReader::finish() {
    switch (within_) {
        case Within::copy_start:
        case Within::copy:
            refuse_sql("it ends within the rows of " + statement_);
        case Within::line_comment:
        case Within::psql_command:
            end_comment();
            break;
        case Within::block_comment:
            refuse_sql("it ends within a comment");
        case Within::string:
        case Within::identifier:
        case Within::dollar_tag:
        case Within::dollar_quote:
            refuse_sql("it ends within a quoted text");
        case Within::statement:
        case Within::closed_string:
            break;
    }
    if (!is_blank()) refuse_sql("it ends within a statement");
}

bool SqlReader::is_blank() const {
    return std::ranges::all_of(statement_, is_space);
}

void SqlReader::put(char c) {
    if (statement_.size() == size_ && size_ < longest_kept) statement_ += c;
    ++size_;
}

void SqlReader::drop_last() {
    if (statement_.size() == size_) statement_.pop_back();
    --size_;
}

void SqlReader::step(char c) {
    switch (within_) {
        case Within::statement:
            return step_in_statement(c);
        case Within::line_comment:
        case Within::psql_command:
            if (c == '\n') return end_comment();
            // What a comment says is not needed; a command of that length is none.
            if (line_.size() < longest_line) line_ += c;
            return;
        case Within::block_comment:
            return step_in_comment(c);
        case Within::string:
            return step_in_string(c);
        case Within::closed_string:
            // A quote within is written twice.
            within_ = c == '\'' ? Within::string : Within::statement;
            if (c != '\'') return step_in_statement(c);
            put(c);
            return;
        case Within::identifier:
            put(c);
            if (c == '"') within_ = Within::statement;
            return;
        case Within::dollar_tag:
            return step_in_dollar_tag(c);
        case Within::dollar_quote:
            return step_in_dollar_quote(c);
        case Within::copy_start:
            if (c == '\n') within_ = Within::copy;
            if (!is_space(c)) refuse_sql("something stands between a COPY and its rows");
            return;
        case Within::copy:
            return;
    }
}

void SqlReader::step_in_statement(char c) {
    const char before = before_;
    before_ = c;
    if (is_word_letter(c)) {
        if (word_.size() < longest_word) word_ += lower(c);
        put(c);
        return;
    }
    const bool is_in_word = !word_.empty();
    if (c == '\'') {
        has_escapes_ = plain_has_escapes_ || word_ == "e";
        is_escaped_ = false;
        within_ = Within::string;
    } else if (c == '"') {
        within_ = Within::identifier;
    } else if (c == '$' && !is_in_word) {
        tag_ = "$";
        within_ = Within::dollar_tag;
    } else if (c == '-' && before == '-') {
        drop_last();
        before_ = '\0';
        line_.clear();
        within_ = Within::line_comment;
        return;
    } else if (c == '*' && before == '/') {
        drop_last();
        before_ = '\0';
        comments_ = 1;
        within_ = Within::block_comment;
        return;
    } else if (c == '\\') {
        line_.clear();
        command_at_ = position_ - 1;
        within_ = Within::psql_command;
        return;
    }
    if (is_in_word && c != '$') end_word();
    if (c == '(' && parentheses_++ == 0 && is_behind_values_) ++rows_;
    if (c == ')') parentheses_ = std::max(0, parentheses_ - 1);
    if (c == ';' && parentheses_ == 0 && blocks_ == 0) return end_statement();
    // What stands before a statement is not a part of it.
    if (!statement_.empty() || !is_space(c)) put(c);
}

void SqlReader::step_in_string(char c) {
    put(c);
    if (is_escaped_) {
        is_escaped_ = false;
    } else if (c == '\\' && has_escapes_) {
        is_escaped_ = true;
    } else if (c == '\'') {
        within_ = Within::closed_string;
        before_ = '\0';
    }
}

void SqlReader::step_in_comment(char c) {
    const char before = before_;
    before_ = c;
    if (before == '/' && c == '*') {
        ++comments_;
        before_ = '\0';
    } else if (before == '*' && c == '/') {
        before_ = '\0';
        if (--comments_ == 0) within_ = Within::statement;
    }
}

void SqlReader::step_in_dollar_tag(char c) {
    const bool is_letter = is_word_letter(c);
    const bool is_digit = std::isdigit(static_cast<unsigned char>(c)) != 0;
    if (c != '$' && (!is_letter || (is_digit && tag_.size() == 1))) {
        // `$1`, a parameter.
        within_ = Within::statement;
        before_ = '\0';
        return step_in_statement(c);
    }
    put(c);
    tag_ += c;
    if (tag_.size() > longest_kept) refuse_length("the tag of a quoted text");
    if (c != '$') return;
    within_ = Within::dollar_quote;
    may_be_tag_.clear();
    before_ = '\0';
}

void SqlReader::step_in_dollar_quote(char c) {
    put(c);
    if (c != '$') {
        if (!may_be_tag_.empty() && may_be_tag_.size() < tag_.size()) may_be_tag_ += c;
        return;
    }
    may_be_tag_ += c;
    if (may_be_tag_ == tag_) {
        within_ = Within::statement;
    } else {
        may_be_tag_ = c;
    }
}

/// As psql does: the semicolons between BEGIN and END of a routine do not end its statement.
void SqlReader::end_word() {
    const std::string word = std::move(word_);
    word_.clear();
    ++words_;
    if (words_ <= 4) first_words_ += word + " ";
    const bool is_insert = first_words_.starts_with("insert into ");
    if (is_insert && parentheses_ == 0 && word == "values") is_behind_values_ = true;
    if (parentheses_ != 0 || !begins_routine(first_words_)) return;
    if (word == "begin") ++blocks_;
    if (word == "case" && blocks_ > 0) ++blocks_;
    if (word == "end" && blocks_ > 0) --blocks_;
}

void SqlReader::end_statement() {
    within_ = Within::statement;
    const std::string_view sql = trimmed(statement_);
    const bool is_whole = statement_.size() == size_;
    if (!is_whole && first_words_.starts_with("copy ")) refuse_length("a COPY");
    // DEFAULT VALUES
    if (is_behind_values_ && rows_ == 0) rows_ = 1;
    if (const auto conforming = sets_conforming_strings(sql)) plain_has_escapes_ = !*conforming;
    const bool has_rows = is_copy_from_here(sql);
    if (!sql.empty()) sink_.statement({sql, is_whole ? sql.size() : size_, rows_});
    if (has_rows) {
        within_ = Within::copy_start;
        copy_head_.clear();
        may_be_end_ = true;
    } else {
        clear_statement();
    }
    first_words_.clear();
    word_.clear();
    words_ = parentheses_ = blocks_ = 0;
    rows_ = 0;
    is_behind_values_ = false;
    before_ = '\0';
}

/// Also the room that a long one took.
void SqlReader::clear_statement() {
    if (statement_.size() < longest_kept) {
        statement_.clear();
    } else {
        statement_ = std::string();
    }
    size_ = 0;
}

void SqlReader::end_comment() {
    const bool is_for_psql = within_ == Within::psql_command;
    within_ = Within::statement;
    if (!line_.empty() && line_.back() == '\r') line_.pop_back();
    if (is_for_psql) {
        sink_.psql_command(line_);
    } else if (is_blank()) {
        sink_.comment(line_);
    } else {
        put('\n');
    }
    line_.clear();
}

/// Returns what is left of the piece behind the end mark.
std::string_view SqlReader::take_copy(std::string_view piece) {
    std::size_t used = 0;
    while (used < piece.size()) {
        const auto newline = piece.find('\n', used);
        const bool is_complete = newline != std::string_view::npos;
        const auto end = is_complete ? newline + 1 : piece.size();
        if (may_be_end_) {
            // One letter more than the longest form of the mark is enough to know better.
            const auto needed = last_line.size() + 3 - copy_head_.size();
            copy_head_ += piece.substr(used, std::min(needed, end - used));
            may_be_end_ = copy_head_.size() < last_line.size() + 3;
        }
        used = end;
        if (!is_complete) break;
        const bool is_end = copy_head_ == "\\.\n" || copy_head_ == "\\.\r\n";
        copy_head_.clear();
        may_be_end_ = true;
        if (!is_end) continue;
        sink_.copy_data(piece.substr(0, used));
        sink_.copy_end();
        clear_statement();
        within_ = Within::statement;
        return piece.substr(used);
    }
    sink_.copy_data(piece);
    return {};
}

}  // namespace backupwatch
