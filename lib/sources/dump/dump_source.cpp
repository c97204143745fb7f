#include "sources/dump/dump_source.hpp"

#include "async/hanging_calls.hpp"
#include "core/failure.hpp"
#include "sources/dump/fetching.hpp"
#include "sources/dump/file.hpp"
#include "sources/dump/folder.hpp"
#include "sources/dump/inspection.hpp"
#include "sources/dump/instructions.hpp"
#include "sources/dump/listing.hpp"
#include "sources/dump/manifest_json.hpp"
#include "sources/dump/project_fit.hpp"
#include "sources/dump/restoring.hpp"
#include "sources/dump/settings.hpp"
#include "sources/foreign/foreign_source.hpp"
#include "sources/foreign/watched_folder.hpp"

#include <cassert>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <utility>

namespace backupwatch {
namespace {

DumpIdentity identity_of(const Manifest& manifest) {
    return {manifest.database, manifest.database_name, manifest.system_identifier};
}

/// Of many dumps, every manifest read anew, on a slow network.
constexpr Duration listing_limit = std::chrono::minutes(10);
constexpr Duration manifest_limit = std::chrono::minutes(1);
/// Of one dump, of a terabyte on a slow disk.
constexpr Duration removal_limit = std::chrono::minutes(10);
constexpr std::uint64_t most_of_dumps_toc = 1 << 30;

class DumpSource final : public Source {
  public:
    DumpSource(DumpPlan plan, Clock& clock, Pool& pool, HangingCalls& calls)
        : plan_(std::move(plan)),
          clock_(clock),
          pool_(pool),
          calls_(calls),
          listing_(std::make_shared<Listing>(plan_.directory, plan_.database)) {}

    Task<Inventory> list() override {
        const auto dumps = co_await read_listing();
        Inventory inventory;
        inventory.listed_at = clock_.now();
        for (const auto& dump : dumps) inventory.backups.push_back(dump.backup);
        co_return inventory;
    }

    Task<std::optional<Shape>> shape(const std::string& id) override {
        const auto found = std::make_shared<std::optional<Shape>>();
        std::function<void()> read = [found, folder = folder_of(id)] {
            *found = shape_of(read_manifest(folder));
        };
        const std::string name = "reading the manifest of " + folder_of(id).string();
        co_await calls_.run(name, manifest_limit, std::move(read));
        co_return std::move(*found);
    }

    bool can_take() const override { return plan_.takes; }

    Task<Backup> take(TakeRequest request, ProgressSink progress) override {
        if (plan_.url.empty()) {
            throw Failure(
                Failure::Kind::rejected,
                "cannot dump " + plan_.database + ": the configuration has no url of it"
            );
        }
        const auto dumps = co_await read_listing();
        std::optional<PreviousDump> previous;
        for (const auto& dump : dumps) {
            if (dump.backup.status != BackupStatus::completed) continue;
            previous =
                PreviousDump{dump.backup.size_bytes.value_or(0), dump.database_size, dump.raw_size};
        }
        Taking taking(plan_, clock_, pool_, calls_, std::move(request), std::move(progress));
        auto backup = co_await taking.run(previous);
        co_return backup;
    }

    BackupFiles files(const std::string& id) const override {
        return {folder_of(id), folder_of(id) / manifest_name};
    }

    Task<> remove(std::vector<std::string> ids) override {
        std::exception_ptr failure;
        for (const auto& id : ids) {
            const std::filesystem::path folder = folder_of(id);
            std::function<void()> remove = [folder] {
                remove_dump(folder.parent_path(), folder.filename());
            };
            // Not by the id alone: the dumps of one slot have the same in every set.
            const std::string name = "removing " + folder.string();
            const Duration began = clock_.uptime();
            try {
                co_await calls_.run(name, removal_limit, std::move(remove));
            } catch (const Failure&) {
                if (!failure) failure = std::current_exception();
                // Where one hangs the others would, each for as long. One that has hung since
                // another night is told at once, and holds up no other.
                if (clock_.uptime() - began >= removal_limit) break;
            }
        }
        if (failure) std::rethrow_exception(failure);
    }

    Task<> clean_up() override {
        std::function<void()> clean = [directory = plan_.directory] {
            remove_left_overs(directory);
        };
        const std::string name = "clearing " + plan_.directory.string();
        // What takes longer goes on alone.
        co_await calls_.run(name, clearing_limit, std::move(clean));
    }

    Task<std::string> unfit_to_stay(const std::string&) override { co_return std::string(); }

    Task<ProjectFit> fit_for_project(std::string id, NeededPerhaps perhaps) override {
        const Manifest found = co_await manifest(id);
        auto read = [folder = folder_of(id), &found, &perhaps] {
            const Archive archive =
                parse_archive(read_file(folder / "archive" / "toc.dat", most_of_dumps_toc));
            return project_fit(archive, found, perhaps);
        };
        auto fit = co_await pool_.run(std::move(read));
        co_return fit;
    }

    Task<Manifest> manifest(const std::string& id) override {
        auto read = [folder = folder_of(id)] { return read_manifest(folder); };
        auto found = co_await pool_.run(std::move(read));
        const auto dumps = co_await read_listing();
        std::vector<DumpIdentity> known;
        for (const auto& dump : dumps) known.push_back(dump.identity);
        const auto reason = foreign(identity_of(found), plan_.database, known);
        if (!reason.empty()) {
            throw Failure(Failure::Kind::corrupt, "cannot use the dump " + id + ": " + reason);
        }
        co_return found;
    }

    Task<std::optional<ByHand>> by_hand(const std::string& id) override {
        const Manifest found = co_await manifest(id);
        co_return restore_by_hand(found, folder_of(id), plan_.jobs);
    }

    Task<> fetch(const std::string& id, const Sandbox& sandbox, ProgressSink progress) override {
        const Manifest found = co_await manifest(id);
        co_await fetch_dump(folder_of(id), found, sandbox, pool_, std::move(progress));
    }

    Task<Restored> restore(
        const Manifest& found, const Sandbox& sandbox, OnLoaded on_loaded, ProgressSink progress
    ) override {
        return restore_dump(found, sandbox, std::move(on_loaded), std::move(progress), pool_);
    }

  private:
    std::filesystem::path folder_of(const std::string& id) const {
        if (is_dump_id(id)) return plan_.directory / id;
        throw Failure(Failure::Kind::rejected, "\"" + id + "\" is no dump's id");
    }

    /// One at a time: the listing remembers manifests. Not on the pool: a mount that hangs would
    /// take its threads, one for each set that lies there.
    Task<std::vector<DumpSummary>> read_listing() {
        auto dumps = std::make_shared<std::vector<DumpSummary>>();
        std::function<void()> read = [dumps, listing = listing_, plan = plan_] {
            // Before the first dump there is no directory, and that is no fault of anything.
            if (plan.takes && !std::filesystem::exists(status_of(plan.directory))) return;
            *dumps = listing->read();
        };
        const std::string name = "listing the dumps in " + plan_.directory.string();
        co_await calls_.run(name, listing_limit, std::move(read));
        co_return std::move(*dumps);
    }

    DumpPlan plan_;
    Clock& clock_;
    Pool& pool_;
    HangingCalls& calls_;
    /// Shared with a call that hangs.
    std::shared_ptr<Listing> listing_;
};

}  // namespace

std::unique_ptr<Source> make_dump_source(
    DumpPlan plan, Clock& clock, Pool& pool, HangingCalls& calls
) {
    return std::make_unique<DumpSource>(std::move(plan), clock, pool, calls);
}

std::unique_ptr<Source> make_dump(const SetSettings& set, const SourcePlace& place) {
    const auto* own = dynamic_cast<const DumpSettings*>(set.own.get());
    assert(own != nullptr && "describe_dump made it");
    DumpPlan plan;
    plan.database = place.database;
    plan.url = place.url;
    plan.directory = set.directory;
    plan.takes = set.take.has_value();
    plan.jobs = own->jobs;
    plan.exclude_tables = own->exclude_tables;
    plan.is_of_supabase = is_of_supabase(*own, place.url);
    plan.lock_timeout = own->lock_timeout;
    plan.limit = set.every;
    ForeignPlan foreign;
    foreign.database = plan.database;
    foreign.set = set.name;
    foreign.url = plan.url;
    foreign.directory = plan.directory;
    foreign.files = own->foreign;
    const bool takes = plan.takes;
    const bool are_all_foreign = !own->foreign.pattern.empty();
    auto ours = make_dump_source(std::move(plan), place.clock, place.pool, place.hanging_calls);
    if (takes) return ours;
    auto others = make_foreign_source(
        std::move(foreign), place.clock, place.pool, place.hanging_calls, place.state
    );
    if (are_all_foreign) return others;
    return make_watched_folder(std::move(ours), std::move(others));
}

}  // namespace backupwatch
