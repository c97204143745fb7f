#include "sources/dump/role_statements.hpp"

#include "core/failure.hpp"
#include "postgres/sql_reader.hpp"

#include <algorithm>
#include <cctype>

namespace backupwatch {
namespace {

[[noreturn]] void refuse_script(const std::string& what) {
    throw Failure(Failure::Kind::corrupt, "globals.sql has " + what + ", which no dump has");
}

bool begins_with_copy(std::string_view statement) {
    constexpr std::string_view word = "copy";
    return std::ranges::equal(statement.substr(0, word.size()), word, {}, [](unsigned char c) {
        return std::tolower(c);
    });
}

class RoleStatements final : public SqlSink {
  public:
    std::vector<std::string> found;

    void statement(const SqlStatement& statement) override {
        if (statement.size != statement.text.size()) refuse_script("a statement of over 4 MiB");
        // With rows, or a file; whoever awaits the answer of a statement does not get one.
        if (begins_with_copy(statement.text)) refuse_script("a COPY");
        if (is_skipped_) return;
        found.emplace_back(statement.text);
    }
    void copy_data(std::string_view) override { refuse_script("rows"); }
    void copy_end() override {}
    void comment(std::string_view) override {}

    void psql_command(std::string_view line) override {
        const auto begins = [line](std::string_view word) { return line.starts_with(word); };
        if (begins("restrict ") || begins("unrestrict ")) return;
        if (line == "if :{?in_project}" || line == "if :{?database}") {
            is_skipped_ = true;
        } else if (line == "else" || line == "endif") {
            is_skipped_ = false;
        } else {
            refuse_script("a command for psql, \\" + std::string(line.substr(0, 40)));
        }
    }

  private:
    bool is_skipped_ = false;
};

}  // namespace

std::vector<std::string> role_statements(std::string_view script) {
    RoleStatements statements;
    SqlReader reader(statements);
    reader.add(script);
    reader.finish();
    return std::move(statements.found);
}

}  // namespace backupwatch
