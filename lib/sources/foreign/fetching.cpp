#include "sources/foreign/fetching.hpp"

#include "core/failure.hpp"
#include "sources/dump/file.hpp"
#include "sources/dump/throttled.hpp"
#include "sources/foreign/file_bytes.hpp"
#include "sources/foreign/script_parts.hpp"
#include "sources/foreign/supabase_files.hpp"

#include <array>
#include <memory>
#include <utility>

namespace backupwatch {
namespace {

namespace fs = std::filesystem;

/// What a thread of the pool does at once: short enough to be cancelled between two.
constexpr std::uint64_t written_at_once = 8 << 20;

/// One file on its way.
class Copying {
  public:
    Copying(
        const fs::path& from,
        const fs::path& to,
        Compression compression,
        const FileEntry& expected,
        const std::optional<User>& owner,
        bool is_sql
    )
        : from_(from, {}),
          bytes_(decompressed(compression, from_)),
          to_path_(to),
          owner_(owner),
          expected_(expected) {
        begin_part();
        if (!is_sql) return;
        const auto write = [this](std::string_view piece) { to_->write(piece); };
        script_.emplace(write, [this] { begin_part(); });
    }
    // The script's functions know where it lies.
    Copying(const Copying&) = delete;
    Copying& operator=(const Copying&) = delete;

    /// False when it is through.
    bool advance() {
        std::array<char, 1 << 16> buffer;
        for (std::uint64_t written = 0; written < written_at_once;) {
            const auto count = bytes_->read(buffer.data(), buffer.size());
            if (count == 0) {
                finish();
                return false;
            }
            add({buffer.data(), count});
            written += count;
        }
        return true;
    }
    std::uint64_t position() const { return from_.position(); }

  private:
    void begin_part() { to_.emplace(File::create(script_part(to_path_, parts_++), owner_)); }
    void add(std::string_view piece) {
        if (script_) {
            script_->add(piece);
        } else {
            to_->write(piece);
        }
    }
    void finish() {
        if (script_) script_->finish();
        from_.drain();
        if (from_.sha256() == expected_.sha256) return;
        throw Failure(Failure::Kind::corrupt, expected_.path + " changed after it was looked at");
    }

    FileBytes from_;
    std::unique_ptr<ByteStream> bytes_;
    fs::path to_path_;
    std::optional<User> owner_;
    std::size_t parts_ = 0;
    std::optional<File> to_;
    std::optional<ScriptParts> script_;
    const FileEntry& expected_;
};

}  // namespace

fs::path script_part(const fs::path& script, std::size_t index) {
    return index == 0 ? script : fs::path(script.string() + "." + std::to_string(index));
}

fs::path fetched_path(const InspectedDump& dump, const Sandbox& sandbox) {
    switch (dump.form) {
        case DumpForm::plain:
            return sandbox.folder / "dump.sql";
        case DumpForm::supabase:
            return sandbox.folder / "supabase";
        case DumpForm::custom:
        case DumpForm::tar:
        case DumpForm::directory:
            break;
    }
    return sandbox.folder / "archive";
}

Task<> fetch_foreign(
    fs::path path,
    const InspectedDump& dump,
    const Sandbox& sandbox,
    Pool& pool,
    ProgressSink progress
) {
    const fs::path target = fetched_path(dump, sandbox);
    const bool is_supabase = dump.form == DumpForm::supabase;
    const bool is_folder = dump.form == DumpForm::directory || is_supabase;
    const bool is_sql = dump.form == DumpForm::plain || is_supabase;
    if (is_folder) {
        auto make = [&] { make_private_folder(target, sandbox.user); };
        co_await pool.run(make);
    }
    if (is_supabase) path = dump.folder_at(path);
    Throttled told(std::move(progress));
    Progress done;
    done.phase = "fetch";
    for (const FileEntry& file : dump.manifest.files) done.bytes_total += file.size;
    std::uint64_t before = 0;
    for (const FileEntry& file : dump.manifest.files) {
        auto open = [&] {
            const fs::path from = is_folder ? path / file.path : path;
            const std::string name = is_supabase ? unpacked_name(file.path) : file.path;
            const fs::path to = is_folder ? target / name : target;
            const Compression compression =
                is_supabase ? compression_by_name(file.path) : dump.compression;
            return std::make_unique<Copying>(from, to, compression, file, sandbox.user, is_sql);
        };
        auto copying = co_await pool.run(open);
        auto advance = [&copying] {
            const bool goes_on = copying->advance();
            const std::uint64_t position = copying->position();
            if (!goes_on) copying.reset();
            return position;
        };
        while (copying) {
            const std::uint64_t position = co_await pool.run(advance);
            done.bytes_done = before + position;
            told(done);
        }
        before += file.size;
    }
}

}  // namespace backupwatch
