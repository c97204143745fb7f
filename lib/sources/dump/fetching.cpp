#include "sources/dump/fetching.hpp"

#include "async/together.hpp"
#include "core/failure.hpp"
#include "sources/dump/file_unpacker.hpp"
#include "sources/dump/inspection.hpp"
#include "sources/dump/project_restore.hpp"
#include "sources/dump/throttled.hpp"

#include <algorithm>
#include <map>
#include <memory>
#include <utility>

namespace backupwatch {
namespace {

namespace fs = std::filesystem;

/// What a thread of the pool does at once: short enough to be cancelled between two.
constexpr std::uint64_t unpacked_at_once = 8 << 20;
constexpr std::string_view packed_suffix = ".zst";
/// What of the dump is asked where all else is loaded already.
constexpr std::string_view asked_of_loaded[] = {"archive/toc.dat", "globals.sql"};

/// Only such paths are of a dump: another would land among the files of the throw-away server.
void require_known_place(const FileEntry& file) {
    const auto parent = fs::path(file.path).parent_path();
    const bool is_list =
        std::ranges::find(project_list_names, file.path) != std::end(project_list_names);
    if (parent == "archive" || is_list || file.path == "globals.sql" || file.path == "README.txt")
        return;
    throw Failure(
        Failure::Kind::corrupt, "manifest.json lists " + file.path + ", which is no file of a dump"
    );
}

class Fetching {
  public:
    Fetching(
        fs::path folder,
        const Manifest& manifest,
        const Sandbox& sandbox,
        Pool& pool,
        ProgressSink progress
    )
        : folder_(std::move(folder)),
          sandbox_(sandbox),
          pool_(pool),
          progress_(std::move(progress)),
          files_(manifest.files) {
        // The biggest first, so that the last ones to be read end together.
        std::ranges::sort(files_, std::ranges::greater(), &FileEntry::raw_size);
        done_.phase = "fetch";
        for (const auto& file : files_) done_.bytes_total += file.size;
        for (const auto& table : manifest.tables) table_of_["archive/" + table.file] = table.name;
        done_.tables_total = manifest.tables.size();
    }

    Task<> run() {
        auto prepare = [this] {
            for (const auto& file : files_) require_known_place(file);
            const auto damage = find_damage(folder_, files_);
            if (damage) throw Failure(Failure::Kind::corrupt, *damage);
            make_private_folder(sandbox_.folder / "archive", sandbox_.user);
        };
        co_await pool_.run(prepare);
        if (sandbox_.is_loaded) {
            std::erase_if(files_, [](const FileEntry& file) {
                const auto* const end = std::end(asked_of_loaded);
                return std::ranges::find(asked_of_loaded, file.path) == end;
            });
        }
        std::vector<Task<>> workers;
        for (int i = 0; i < sandbox_.jobs; ++i) workers.push_back(work());
        co_await together(std::move(workers));
    }

  private:
    Task<> work() {
        while (next_ < files_.size()) {
            const FileEntry& file = files_[next_++];
            co_await unpack(file);
            done_.tables_done += table_of_.count(file.path);
            progress_(done_);
        }
    }

    Task<> unpack(const FileEntry& file) {
        std::string target = file.path;
        if (target.ends_with(packed_suffix)) target.resize(target.size() - packed_suffix.size());
        const auto table = table_of_.find(file.path);
        std::string name = fs::path(file.path).filename().string();
        if (table != table_of_.end()) name += " (" + table->second + ")";
        // Also opening and closing a file can wait for the disk, so that it lives on the pool.
        auto open = [this, &file, &target, &name] {
            return std::make_unique<FileUnpacker>(
                folder_ / file.path, sandbox_.folder / target, file, name, sandbox_.user
            );
        };
        auto unpacker = co_await pool_.run(open);
        auto advance = [&unpacker] {
            const FileUnpacker::Step step = unpacker->advance(unpacked_at_once);
            if (step.done) unpacker.reset();
            return step;
        };
        for (FileUnpacker::Step step; !step.done;) {
            step = co_await pool_.run(advance);
            done_.bytes_done += step.consumed;
            progress_(done_);
        }
    }

    fs::path folder_;
    const Sandbox& sandbox_;
    Pool& pool_;
    Throttled progress_;
    std::vector<FileEntry> files_;
    std::map<std::string, std::string> table_of_;
    std::size_t next_ = 0;
    Progress done_;
};

}  // namespace

Task<> fetch_dump(
    fs::path folder,
    const Manifest& manifest,
    const Sandbox& sandbox,
    Pool& pool,
    ProgressSink progress
) {
    Fetching fetching(std::move(folder), manifest, sandbox, pool, std::move(progress));
    co_await fetching.run();
}

}  // namespace backupwatch
