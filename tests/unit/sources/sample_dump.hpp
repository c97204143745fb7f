#pragma once
#include "core/backup/manifest.hpp"
#include "sources/dump/file.hpp"
#include "sources/dump/file_packer.hpp"
#include "sources/dump/manifest_json.hpp"
#include "sources/dump/sha256.hpp"

#include <filesystem>
#include <string>

namespace backupwatch {

inline Instant instant(std::string_view text) {
    return parse_rfc3339(text).value();
}

/// A dump as it lies in a set's directory: a table of two rows, without any PostgreSQL. A test
/// changes the manifest, or the folder, and looks who notices.
struct SampleDump {
    std::filesystem::path folder;
    Manifest manifest;

    SampleDump(
        const std::filesystem::path& directory,
        std::string id = "20261122T030000Z",
        std::string database = "shop"
    )
        : folder(directory / id) {
        std::filesystem::create_directories(folder / "archive");
        write_file(folder / "archive/3375.dat", "1\talice\n2\tbob\n\\.\n\n\n");
        FilePacker packer(folder / "archive/3375.dat");
        packer.advance(1 << 20, true);
        write_file(folder / "globals.sql", "CREATE ROLE alice;\n");

        manifest.id = std::move(id);
        manifest.tool = "backupwatch 0.1.0, pg_dump 15.20";
        manifest.database = std::move(database);
        manifest.label = "before \"the\" migration\n";
        manifest.started_at = instant("2026-11-22T03:00:00Z");
        manifest.finished_at = instant("2026-11-22T03:00:07.250Z");
        manifest.server_version = 150020;
        manifest.database_name = "postgres";
        manifest.system_identifier = "7300000000000000001";
        manifest.database_size = 8'000'000;
        manifest.encoding = "UTF8";
        TableContent table;
        table.name = "public.users";
        table.columns = {"id", "name"};
        table.rows = packer.result().rows;
        table.bytes = packer.result().entry.raw_size;
        table.dump_id = 3375;
        table.file = packer.result().entry.path;
        manifest.tables = {table};
        FileEntry data = packer.result().entry;
        data.path = "archive/" + data.path;
        manifest.files = {data, {"globals.sql", 19, 19, sha256_hex("CREATE ROLE alice;\n")}};
        write_manifest();
    }

    void write_manifest() const {
        std::filesystem::remove(folder / "manifest.json");
        write_file(folder / "manifest.json", manifest_text(manifest));
    }
};

}  // namespace backupwatch
