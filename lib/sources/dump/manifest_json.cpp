#include "sources/dump/manifest_json.hpp"

#include "core/failure.hpp"
#include "sources/dump/json_object.hpp"
#include "sources/dump/sha256.hpp"

#include <boost/json/array.hpp>
#include <boost/json/memory_resource.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <new>
#include <set>

namespace backupwatch {
namespace {

namespace json = boost::json;

constexpr int newest_format = 1;
constexpr const char* supabase_platform = "supabase";
constexpr std::size_t sha256_digits = 64;
constexpr std::string_view zst_suffix = ".zst";
/// What stands around the document's own digest: `"sha256":"` before it, `"}` and a newline after.
constexpr std::string_view before_digest = "\"sha256\":\"";
constexpr std::string_view after_digest = "\"}\n";

json::array to_json(const std::vector<std::string>& texts) {
    return json::array(texts.begin(), texts.end());
}

json::object to_json(const Rows& rows) {
    return {{"rows", rows.count}, {"hash", hash_text(rows)}};
}

json::object to_json(const TableContent& table) {
    json::object object = to_json(table.rows);
    object["name"] = table.name;
    object["columns"] = to_json(table.columns);
    object["filter"] = table.filter;
    object["root"] = table.root;
    object["bytes"] = table.bytes;
    object["dump_id"] = table.dump_id;
    object["file"] = table.file;
    return object;
}

json::object to_json(const SchemaObject& object) {
    return {{"kind", object.kind}, {"name", object.name}, {"definition", object.definition}};
}

json::object to_json(const SequenceRange& range) {
    return {{"name", range.name}, {"before", range.before}, {"after", range.after}};
}

json::object to_json(const ExtensionVersion& extension) {
    return {{"name", extension.name}, {"version", extension.version}, {"schema", extension.schema}};
}

json::object to_json(const Setting& setting) {
    return {{"name", setting.name}, {"value", setting.value}};
}

json::object to_json(const NotHeld& part) {
    return {{"what", part.what}, {"why", part.why}};
}

json::object to_json(const UndumpedQueue& queue) {
    json::object object{{"name", queue.name}, {"members", to_json(queue.members)}};
    if (queue.messages) object["messages"] = *queue.messages;
    return object;
}

json::object to_json(const FileEntry& file) {
    return {
        {"path", file.path},
        {"size", file.size},
        {"raw_size", file.raw_size},
        {"sha256", file.sha256}};
}

/// Writes the document member by member and element by element, so that a manifest of many tables
/// stands in memory once, as text.
class Writer {
  public:
    template <class T>
    void member(std::string_view key, const T& value) {
        begin(key);
        text_ += json::serialize(json::value(value)) + ",\n";
    }

    template <class T>
    void list(std::string_view key, const std::vector<T>& values) {
        begin(key);
        text_ += "[";
        for (const T& value : values) {
            text_ += &value == &values.front() ? "\n" : ",\n";
            text_ += json::serialize(to_json(value));
        }
        text_ += "],\n";
    }

    std::string seal() && {
        const std::string digest = sha256_hex(text_);
        text_ += before_digest;
        text_ += digest;
        text_ += after_digest;
        return std::move(text_);
    }

  private:
    void begin(std::string_view key) {
        text_ += '"';
        text_ += key;
        text_ += "\":";
    }

    std::string text_ = "{\n";
};

/// A value takes sixteen bytes and can be written in two: without a bound, `[0,0,...` takes many
/// times its size. A manifest takes less than three times.
class BoundedMemory final : public json::memory_resource {
  public:
    struct Exceeded : std::bad_alloc {};

    explicit BoundedMemory(std::size_t text_size) : left_(6 * text_size + spare) {}

  private:
    static constexpr std::size_t spare = 64 * 1024;

    // Boost.JSON frees some with another alignment than it asked for; none is beyond the usual.
    void* do_allocate(std::size_t size, std::size_t) override {
        if (size > left_) throw Exceeded();
        void* memory = ::operator new(size);
        left_ -= size;
        return memory;
    }
    void do_deallocate(void* memory, std::size_t size, std::size_t) override {
        left_ += size;
        ::operator delete(memory);
    }
    bool do_is_equal(const json::memory_resource& other) const noexcept override {
        return this == &other;
    }

    std::size_t left_;
};

Rows read_rows(const JsonObject& object) {
    const auto rows = parse_rows(object.count("rows"), object.text("hash"));
    if (!rows) object.fail("\"hash\" is not 32 hexadecimal digits");
    return *rows;
}

TableContent read_table(const JsonObject& object) {
    TableContent table;
    table.name = object.text("name");
    table.columns = object.texts("columns");
    table.filter = object.text("filter");
    table.root = object.text("root");
    table.rows = read_rows(object);
    table.bytes = object.count("bytes");
    table.dump_id = object.number("dump_id");
    table.file = object.path("file");
    return table;
}

FileEntry read_file_entry(const JsonObject& object) {
    FileEntry file;
    file.path = object.path("path");
    file.size = object.count("size");
    file.raw_size = object.count("raw_size");
    file.sha256 = object.sha256("sha256");
    return file;
}

SchemaObject read_schema_object(const JsonObject& object) {
    return {object.text("kind"), object.text("name"), object.text("definition")};
}

SequenceRange read_sequence(const JsonObject& object) {
    return {object.text("name"), object.signed_count("before"), object.signed_count("after")};
}

ExtensionVersion read_extension(const JsonObject& object) {
    return {object.text("name"), object.text("version"), object.text("schema")};
}

Setting read_setting(const JsonObject& object) {
    return {object.text("name"), object.text("value")};
}

NotHeld read_not_held(const JsonObject& object) {
    return {object.text("what"), object.text("why")};
}

UndumpedQueue read_undumped_queue(const JsonObject& object) {
    UndumpedQueue queue{object.text("name"), object.texts("members"), std::nullopt};
    if (object.has("messages")) queue.messages = object.count("messages");
    return queue;
}

/// Two of one name would be one file of the drill, or one table of its report.
void refuse_doubles(const JsonObject& document, const Manifest& manifest) {
    const auto refuse_second = [&](std::set<std::string>& known, const std::string& name) {
        if (!known.insert(name).second) document.fail("it lists " + name + " twice");
    };
    std::set<std::string> tables;
    for (const TableContent& table : manifest.tables) refuse_second(tables, table.name);
    std::set<std::string> files;
    for (const FileEntry& file : manifest.files) {
        // As it is called unpacked.
        const bool is_packed = file.path.ends_with(zst_suffix);
        refuse_second(
            files, file.path.substr(0, file.path.size() - (is_packed ? zst_suffix.size() : 0))
        );
    }
}

Manifest read_manifest(const JsonObject& document) {
    Manifest manifest;
    manifest.format = document.number("format");
    if (manifest.format > newest_format) {
        document.fail("its format " + std::to_string(manifest.format) + " is of a newer program");
    }
    manifest.id = document.text("id");
    manifest.tool = document.text("tool");
    manifest.database = document.text("database");
    manifest.label = document.text("label");
    if (document.has("keep_until")) manifest.keep_until = document.instant("keep_until");
    manifest.started_at = document.instant("started_at");
    manifest.finished_at = document.instant("finished_at");
    manifest.server_version = document.number("server_version");
    manifest.dump_version = document.number("dump_version");
    manifest.database_name = document.text("database_name");
    manifest.system_identifier = document.text("system_identifier");
    manifest.database_size = document.count("database_size");
    manifest.encoding = document.text("encoding");
    manifest.collate = document.text("collate");
    manifest.ctype = document.text("ctype");
    manifest.locale_provider = document.text("locale_provider");
    manifest.icu_locale = document.text("icu_locale");
    manifest.settings = document.objects("settings", read_setting);
    manifest.tables = document.objects("tables", read_table);
    if (document.has("large_objects")) {
        manifest.large_objects = read_rows(document.object("large_objects"));
    }
    manifest.sequences = document.objects("sequences", read_sequence);
    manifest.extensions = document.objects("extensions", read_extension);
    manifest.schema = document.objects("schema", read_schema_object);
    manifest.excluded_tables = document.texts("excluded_tables");
    // Only where there is something of a platform.
    manifest.is_of_supabase =
        document.has("platform") && document.text("platform") == supabase_platform;
    if (document.has("not_held")) {
        manifest.not_held = document.objects("not_held", read_not_held);
    }
    if (document.has("undumped_queues")) {
        manifest.undumped_queues = document.objects("undumped_queues", read_undumped_queue);
    }
    manifest.files = document.objects("files", read_file_entry);
    refuse_doubles(document, manifest);
    return manifest;
}

/// Everything up to the document's own digest, once that is right.
void check_digest(std::string_view text) {
    const auto tail = before_digest.size() + sha256_digits + after_digest.size();
    const auto body = text.substr(0, text.size() - std::min(tail, text.size()));
    std::string expected(before_digest);
    expected += sha256_hex(body);
    expected += after_digest;
    if (text.substr(body.size()) != expected) {
        throw Failure(
            Failure::Kind::corrupt,
            "manifest.json differs from its own checksum: damaged, cut or changed after the dump"
        );
    }
}

}  // namespace

std::string manifest_text(const Manifest& manifest) {
    Writer writer;
    writer.member("format", manifest.format);
    writer.member("id", manifest.id);
    writer.member("tool", manifest.tool);
    writer.member("database", manifest.database);
    writer.member("label", manifest.label);
    if (manifest.keep_until) {
        writer.member("keep_until", to_rfc3339(*manifest.keep_until));
    }
    writer.member("started_at", to_rfc3339(manifest.started_at));
    writer.member("finished_at", to_rfc3339(manifest.finished_at));
    writer.member("server_version", manifest.server_version);
    writer.member("dump_version", manifest.dump_version);
    writer.member("database_name", manifest.database_name);
    writer.member("system_identifier", manifest.system_identifier);
    writer.member("database_size", manifest.database_size);
    writer.member("encoding", manifest.encoding);
    writer.member("collate", manifest.collate);
    writer.member("ctype", manifest.ctype);
    writer.member("locale_provider", manifest.locale_provider);
    writer.member("icu_locale", manifest.icu_locale);
    writer.list("settings", manifest.settings);
    writer.list("tables", manifest.tables);
    if (manifest.large_objects) writer.member("large_objects", to_json(*manifest.large_objects));
    writer.list("sequences", manifest.sequences);
    writer.list("extensions", manifest.extensions);
    writer.list("schema", manifest.schema);
    writer.member("excluded_tables", to_json(manifest.excluded_tables));
    if (manifest.is_of_supabase) writer.member("platform", std::string(supabase_platform));
    if (!manifest.not_held.empty()) writer.list("not_held", manifest.not_held);
    if (!manifest.undumped_queues.empty()) {
        writer.list("undumped_queues", manifest.undumped_queues);
    }
    writer.list("files", manifest.files);
    return std::move(writer).seal();
}

Manifest parse_manifest(std::string_view text) {
    check_digest(text);
    boost::system::error_code error;
    json::parse_options options;
    options.max_depth = 8;
    // A label, or a name of a database in SQL_ASCII, can be bytes of any kind: written as they are.
    options.allow_invalid_utf8 = true;
    BoundedMemory memory(text.size());
    try {
        const json::value document =
            json::parse(json::string_view(text.data(), text.size()), error, &memory, options);
        if (!error && document.is_object()) {
            return read_manifest(JsonObject(document.get_object(), "manifest.json"));
        }
    } catch (const BoundedMemory::Exceeded&) {
        throw Failure(
            Failure::Kind::corrupt, "manifest.json takes more memory than any manifest of its size"
        );
    }
    throw Failure(Failure::Kind::corrupt, "manifest.json is not a JSON object");
}

}  // namespace backupwatch
