// The three files of `supabase db dump`, and what is made of them before they are loaded.
#include "sources/foreign/supabase_files.hpp"

#include "sources/foreign/supabase_prelude.hpp"
#include "target.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace backupwatch {
namespace {

using Texts = std::array<std::string_view, 3>;

/// In no statement, and no name.
constexpr char between_files = '\x1e';

Texts files_of(std::string_view bytes) {
    Texts texts;
    for (std::string_view& text : texts) {
        const auto end = std::min(bytes.find(between_files), bytes.size());
        text = bytes.substr(0, end);
        bytes.remove_prefix(std::min(end + 1, bytes.size()));
    }
    return texts;
}

SupabaseContent read(const Texts& texts, std::size_t size) {
    SupabaseReader reader;
    for (const auto file : {SupabaseFile::roles, SupabaseFile::schema, SupabaseFile::data}) {
        std::string_view bytes = texts[static_cast<std::size_t>(file)];
        if (bytes.empty() && file == SupabaseFile::roles) continue;
        SqlReader sql(reader);
        reader.begin(file);
        for (; !bytes.empty(); bytes.remove_prefix(std::min(size, bytes.size()))) {
            sql.add(bytes.substr(0, size));
        }
        sql.finish();
        reader.end();
    }
    return reader.finish();
}

void append(std::string& text, const std::string& more) {
    text += more + "\n";
}

/// What is found in the files, and how that ended.
std::string read_in_pieces(const Texts& texts, std::size_t size) {
    std::string found;
    try {
        const SupabaseContent content = read(texts, size);
        for (const TableContent& table : content.database.tables) {
            append(found, table.name + " " + std::to_string(table.rows.count));
        }
        for (const std::string& role : content.roles) append(found, role);
        for (const SchemaObject& object : content.security) append(found, object.name);
        for (const SkippedPart& part : unproven_of(content)) append(found, part.what);
        for (const NotHeld& part : not_held_by(content)) append(found, part.what);
        for (const std::string& statement : supabase_prelude(content.needs)) {
            expect(!statement.empty(), "a statement says something");
            append(found, statement);
        }
    } catch (const Failure& failure) {
        // What the CLI does not write is damaged, or not to be looked into.
        const bool is_judged =
            failure.kind() == Failure::Kind::corrupt || failure.kind() == Failure::Kind::missing;
        expect(is_judged, failure.what());
        append(found, failure.what());
    }
    return found;
}

}  // namespace

/// The first byte says how the rest, the three of them, is cut into pieces.
void read_foreign_bytes(std::string_view bytes) {
    if (bytes.empty()) return;
    const std::size_t size = 1 + static_cast<unsigned char>(bytes.front()) % 7;
    const Texts texts = files_of(bytes.substr(1));
    const std::string whole = read_in_pieces(texts, bytes.size());
    expect(read_in_pieces(texts, size) == whole, "what is found in pieces");
}

}  // namespace backupwatch
