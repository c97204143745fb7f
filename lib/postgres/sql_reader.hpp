#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace backupwatch {

/// What SqlReader finds, in order.
class SqlSink {
  public:
    virtual ~SqlSink() = default;
    /// A whole statement, as it stands there, without its semicolon and comments before it.
    virtual void statement(std::string_view sql) = 0;
    /// Of the statement before, `COPY ... FROM stdin`: its lines in pieces of any size, the end
    /// mark included.
    virtual void copy_data(std::string_view piece) = 0;
    /// The end mark was seen.
    virtual void copy_end() = 0;
    /// A line for psql itself, without its backslash: `connect shop`, `! rm -rf /`.
    virtual void psql_command(std::string_view line) = 0;
    /// A `--` comment between two statements, without its newline.
    virtual void comment(std::string_view line) = 0;
};

/// Reads SQL as psql would that runs it from a file: what pg_dump and pg_dumpall write as plain
/// text, in pieces of any size. Knows strings, identifiers, dollar quotes, comments, parentheses
/// and the bodies of functions; what a statement does it need not know. Pure; the bytes may be
/// anyone's. Throws Failure::corrupt for a statement of over `longest_statement` bytes.
class SqlReader {
  public:
    explicit SqlReader(SqlSink& sink) : sink_(sink) {}

    void add(std::string_view piece);
    /// Throws Failure::corrupt where it ends within something, and says in what.
    void finish();

    static constexpr std::size_t longest_statement = 256 << 20;

  private:
    enum class Within {
        statement,
        line_comment,
        block_comment,
        string,
        closed_string,  ///< by a quote, unless another one follows
        identifier,
        dollar_tag,
        dollar_quote,
        psql_command,
        copy_start,  ///< behind the semicolon, to the end of that line
        copy
    };

    void step(char c);
    void step_in_statement(char c);
    void step_in_string(char c);
    void step_in_comment(char c);
    void step_in_dollar_tag(char c);
    void end_word();
    void end_statement();
    void end_comment();
    std::string_view take_copy(std::string_view piece);
    bool is_blank() const;

    SqlSink& sink_;
    Within within_ = Within::statement;
    std::string statement_;
    std::string line_;  ///< of a comment, or for psql
    std::string word_;  ///< the one that is being read, lower case
    std::string tag_;   ///< of a dollar quote: `$name$`
    std::size_t quoted_from_ = 0;
    char before_ = '\0';  ///< the last one, where the two may mean something together
    int comments_ = 0;    ///< block comments nest
    int parentheses_ = 0;
    int words_ = 0;
    std::string first_words_;         ///< four of them, lower case: enough to know a routine
    int blocks_ = 0;                  ///< BEGIN ATOMIC, CASE in the body of a routine
    bool has_escapes_ = false;        ///< the string that is being read
    bool is_escaped_ = false;         ///< its next letter
    bool plain_has_escapes_ = false;  ///< standard_conforming_strings is off
    std::string
        copy_head_;  ///< how the line of COPY data begins, as long as it may be the end mark
    bool may_be_end_ = true;
};

/// How many rows an INSERT statement adds by its VALUES; nothing for another statement, and for
/// one that takes its rows from elsewhere.
std::uint64_t inserted_rows(std::string_view statement);

}  // namespace backupwatch
