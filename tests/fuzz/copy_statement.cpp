#include "postgres/archive.hpp"
#include "target.hpp"

#include <string>

namespace backupwatch {
namespace {

std::string quoted(const std::string& name) {
    std::string text = "\"";
    for (const char letter : name) text += letter == '"' ? "\"\"" : std::string(1, letter);
    return text + "\"";
}

std::string statement_of(const CopyTarget& target) {
    std::string text = "COPY " + quoted(target.schema) + "." + quoted(target.name) + " ";
    const char* separator = "(";
    for (const std::string& column : target.columns) {
        text += separator + quoted(column);
        separator = ", ";
    }
    if (!target.columns.empty()) text += ")";
    return text + " FROM stdin;\n";
}

}  // namespace

void read_foreign_bytes(std::string_view bytes) {
    const auto target = parse_copy_statement(bytes);
    if (!target) return;
    const auto again = parse_copy_statement(statement_of(*target));
    expect(again && again->schema == target->schema && again->name == target->name, "names");
    expect(again->columns == target->columns, "columns");
}

}  // namespace backupwatch
