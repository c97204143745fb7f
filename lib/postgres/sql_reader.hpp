#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace backupwatch {

/// A statement, without its semicolon and comments before it.
struct SqlStatement {
    std::string_view text;            ///< as it stands there, SqlReader::longest_kept of it at most
    std::uint64_t size = 0;           ///< all of its bytes
    std::uint64_t inserted_rows = 0;  ///< by the VALUES of an INSERT
};

/// What SqlReader finds, in order.
class SqlSink {
  public:
    virtual ~SqlSink() = default;
    virtual void statement(const SqlStatement& statement) = 0;
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
/// anyone's, and a statement as long as it likes: an INSERT of one large value, a function. Of what
/// must be known whole and is longer than `longest_kept`, as no dump has it, nothing can be told:
/// throws Failure::missing.
class SqlReader {
  public:
    explicit SqlReader(SqlSink& sink) : sink_(sink) {}

    void add(std::string_view piece);
    /// Throws Failure::corrupt where it ends within something, and says in what.
    void finish();

    /// A line for psql, from its backslash to behind its newline, counted in all bytes of before.
    struct Place {
        std::uint64_t begin = 0;
        std::uint64_t end = 0;
    };
    /// Of the one that the sink is being told of, or that is_within_command().
    Place command_place() const { return {command_at_, position_}; }
    bool is_within_command() const { return within_ == Within::psql_command; }

    static constexpr std::size_t longest_kept = 4 << 20;

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
    void put(char c);
    void drop_last();
    void step_in_statement(char c);
    void step_in_string(char c);
    void step_in_comment(char c);
    void step_in_dollar_tag(char c);
    void step_in_dollar_quote(char c);
    void end_word();
    void end_statement();
    void clear_statement();
    void end_comment();
    std::string_view take_copy(std::string_view piece);
    bool is_blank() const;

    SqlSink& sink_;
    Within within_ = Within::statement;
    std::uint64_t position_ = 0;  ///< behind the letter that is read
    std::uint64_t command_at_ = 0;
    std::string statement_;   ///< its beginning
    std::uint64_t size_ = 0;  ///< of all of it
    std::string line_;        ///< of a comment, or for psql
    std::string word_;        ///< how the one that is being read begins, lower case
    std::string tag_;         ///< of a dollar quote: `$name$`
    std::string may_be_tag_;  ///< within it, from its last `$` on, as far as that may be the tag
    char before_ = '\0';      ///< the last one, where the two may mean something together
    int comments_ = 0;        ///< block comments nest
    int parentheses_ = 0;
    std::uint64_t rows_ = 0;         ///< of an INSERT
    bool is_behind_values_ = false;  ///< likewise
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

}  // namespace backupwatch
