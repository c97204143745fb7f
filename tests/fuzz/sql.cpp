#include "core/failure.hpp"
#include "postgres/sql_reader.hpp"
#include "sources/dump/role_statements.hpp"
#include "sources/foreign/script_parts.hpp"
#include "target.hpp"

#include <string>

namespace backupwatch {
namespace {

/// All that a reader finds, and how it ended.
class Found final : public SqlSink {
  public:
    void statement(const SqlStatement& statement) override {
        add('s', statement.text);
        add('i', std::to_string(statement.inserted_rows));
        expect(statement.size >= statement.text.size(), "no statement is longer than itself");
    }
    void copy_data(std::string_view piece) override { rows_ += piece; }
    void copy_end() override {
        add('r', rows_);
        rows_.clear();
    }
    void psql_command(std::string_view line) override { add('p', line); }
    void comment(std::string_view line) override { add('c', line); }
    void add(char what, std::string_view text) {
        text_ += what;
        text_ += text;
        text_ += '\0';
    }
    const std::string& text() const { return text_; }

  private:
    std::string text_;
    std::string rows_;
};

std::string read_in_pieces(std::string_view bytes, std::size_t size) {
    Found found;
    SqlReader reader(found);
    try {
        for (; !bytes.empty(); bytes.remove_prefix(std::min(size, bytes.size()))) {
            reader.add(bytes.substr(0, size));
        }
        reader.finish();
        found.add('.', "whole");
    } catch (const Failure& failure) {
        expect(failure.kind() == Failure::Kind::corrupt, "only corrupt SQL is refused");
        found.add('!', failure.what());
    }
    return found.text();
}

std::string cut_in_pieces(std::string_view bytes, std::size_t size) {
    std::string parts;
    const auto write = [&](std::string_view piece) { parts += piece; };
    ScriptParts script(write, [&] { parts += '\0'; });
    try {
        for (; !bytes.empty(); bytes.remove_prefix(std::min(size, bytes.size()))) {
            script.add(bytes.substr(0, size));
        }
        script.finish();
    } catch (const Failure& failure) {
        expect(failure.kind() == Failure::Kind::corrupt, "only corrupt SQL is refused");
        // How far it was written by then is a matter of the pieces.
        return failure.what();
    }
    return parts;
}

void read_as_roles(std::string_view bytes) {
    try {
        role_statements(bytes);
    } catch (const Failure& failure) {
        expect(failure.kind() == Failure::Kind::corrupt, "only corrupt SQL is refused");
    }
}

}  // namespace

void read_foreign_bytes(std::string_view bytes) {
    expect_same_in_pieces(bytes, read_in_pieces);
    expect_same_in_pieces(bytes, cut_in_pieces);
    read_as_roles(bytes);
}

}  // namespace backupwatch
