#include "sources/foreign/verdict_text.hpp"

#include "core/failure.hpp"
#include "json/text.hpp"
#include "sources/dump/json_object.hpp"
#include "sources/dump/manifest_json.hpp"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>

#include <algorithm>
#include <array>
#include <set>
#include <utility>

namespace backupwatch {
namespace {

namespace json = boost::json;

constexpr std::array<std::string_view, 5> form_words{
    "custom", "tar", "directory", "plain", "supabase"};
constexpr std::array<std::string_view, 4> compression_words{"none", "zlib", "zstd", "lz4"};
/// A manifest names a file of each table, and there is none of ours.
constexpr const char* no_file = "none";

template <class Enum, std::size_t count>
std::string_view verdict_word(const std::array<std::string_view, count>& words, Enum value) {
    return words.at(static_cast<std::size_t>(value));
}

template <class Enum, std::size_t count>
Enum verdict_value(
    const JsonObject& object, const char* key, const std::array<std::string_view, count>& words
) {
    const auto word = std::ranges::find(words, object.text(key));
    if (word == words.end()) object.fail(std::string(key) + " is none of its words");
    return static_cast<Enum>(word - words.begin());
}

template <class Is>
json::array names_where(const Manifest& manifest, const Is& is) {
    json::array names;
    for (const TableContent& table : manifest.tables) {
        if (is(table)) names.emplace_back(table.name);
    }
    return names;
}

std::set<std::string> names_in(const JsonObject& object, const char* key) {
    const auto names = object.texts(key);
    return {names.begin(), names.end()};
}

json::value parsed_line(std::string_view line) {
    boost::system::error_code error;
    json::parse_options options;
    // Names of a database in SQL_ASCII can be bytes of any kind.
    options.allow_invalid_utf8 = true;
    json::value document =
        json::parse(json::string_view(line.data(), line.size()), error, {}, options);
    if (error || !document.is_object()) {
        throw Failure(Failure::Kind::corrupt, "what was found in a file is no text of ours");
    }
    return document;
}

SkippedPart read_unproven(const JsonObject& object) {
    return {object.text("what"), object.text("why")};
}

}  // namespace

std::string verdict_text(const InspectedDump& dump) {
    json::object object{
        {"form", verdict_word(form_words, dump.form)},
        {"compression", verdict_word(compression_words, dump.compression)},
        {"makes_database", dump.makes_database},
        {"other_databases", json::array(dump.other_databases.begin(), dump.other_databases.end())},
        {"roles", json::array(dump.roles.begin(), dump.roles.end())}};
    json::array unproven;
    for (const SkippedPart& part : dump.unproven) {
        unproven.push_back(json::object{{"what", part.what}, {"why", part.why}});
    }
    object["unproven"] = std::move(unproven);
    if (!dump.connects.empty()) {
        object["connects"] = json::array(dump.connects.begin(), dump.connects.end());
    }
    if (!dump.prelude.empty()) {
        object["prelude"] = json::array(dump.prelude.begin(), dump.prelude.end());
    }
    if (dump.begun_by) object["begun_by"] = to_rfc3339(*dump.begun_by);
    if (!dump.sql_sha256.empty()) object["sql_sha256"] = dump.sql_sha256;
    if (dump.is_unique) object["is_unique"] = true;
    if (dump.lies_among_others) object["lies_among_others"] = true;
    if (!dump.perhaps_hidden.empty()) {
        object["perhaps_hidden"] =
            json::array(dump.perhaps_hidden.begin(), dump.perhaps_hidden.end());
    }
    if (dump.since) object["since"] = to_rfc3339(*dump.since);
    // A manifest of ours never has such tables.
    object["counted_only"] =
        names_where(dump.manifest, [](const TableContent& table) { return !table.is_hashed; });
    object["of_extensions"] =
        names_where(dump.manifest, [](const TableContent& table) { return table.is_of_extension; });
    object["has_offsets"] =
        names_where(dump.manifest, [](const TableContent& table) { return table.has_offsets; });
    Manifest manifest = dump.manifest;
    for (TableContent& table : manifest.tables) table.file = no_file;
    return json_text(object) + "\n" + manifest_text(manifest);
}

InspectedDump parse_verdict_text(std::string_view text) {
    const auto line = text.substr(0, text.find('\n'));
    if (line.size() == text.size()) {
        throw Failure(Failure::Kind::corrupt, "what was found in a file has no manifest");
    }
    const json::value document = parsed_line(line);
    const JsonObject object(document.get_object(), "what was found in a file");
    InspectedDump dump;
    dump.form = verdict_value<DumpForm>(object, "form", form_words);
    dump.compression = verdict_value<Compression>(object, "compression", compression_words);
    dump.makes_database = object.text("makes_database");
    dump.other_databases = object.texts("other_databases");
    dump.unproven = object.objects("unproven", read_unproven);
    const auto roles = object.texts("roles");
    dump.roles.insert(roles.begin(), roles.end());
    if (object.has("connects")) dump.connects = object.texts("connects");
    if (object.has("prelude")) dump.prelude = object.texts("prelude");
    if (object.has("begun_by")) dump.begun_by = object.instant("begun_by");
    if (object.has("sql_sha256")) dump.sql_sha256 = object.sha256("sql_sha256");
    dump.is_unique = object.has("is_unique");
    dump.lies_among_others = object.has("lies_among_others");
    if (object.has("perhaps_hidden")) dump.perhaps_hidden = names_in(object, "perhaps_hidden");
    if (object.has("since")) dump.since = object.instant("since");
    dump.manifest = parse_manifest(text.substr(line.size() + 1));
    dump.manifest.is_from_file = true;
    const auto counted_only = names_in(object, "counted_only");
    const auto of_extensions = names_in(object, "of_extensions");
    std::set<std::string> with_offsets;
    // What an earlier version kept has none: it is read again, and known for its kinship till then.
    if (object.has("has_offsets")) with_offsets = names_in(object, "has_offsets");
    for (TableContent& table : dump.manifest.tables) {
        table.file.clear();
        table.has_offsets = with_offsets.contains(table.name);
        table.is_hashed = !counted_only.contains(table.name);
        table.is_of_extension = of_extensions.contains(table.name);
    }
    return dump;
}

std::string short_verdict_text(const InspectedDump& dump, const std::set<std::string>& tables) {
    json::object object{{"tables", json::array(tables.begin(), tables.end())}};
    if (!dump.sql_sha256.empty()) object["sql_sha256"] = dump.sql_sha256;
    if (dump.since) object["since"] = to_rfc3339(*dump.since);
    return json_text(object);
}

std::optional<ShortVerdict> short_verdict(std::string_view text) {
    // The long one has a manifest behind its first line.
    if (text.empty() || text.find('\n') != std::string_view::npos) return std::nullopt;
    try {
        const json::value document = parsed_line(text);
        const JsonObject object(document.get_object(), "what was found in a file");
        ShortVerdict verdict;
        verdict.tables = names_in(object, "tables");
        if (object.has("sql_sha256")) verdict.sql_sha256 = object.sha256("sql_sha256");
        if (object.has("since")) verdict.since = object.instant("since");
        return verdict;
    } catch (const Failure&) {
        return std::nullopt;
    }
}

}  // namespace backupwatch
