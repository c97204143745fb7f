#include "sources/foreign/foreign_source.hpp"

#include "core/failure.hpp"
#include "postgres/conninfo.hpp"
#include "sources/foreign/fetching.hpp"
#include "sources/foreign/hidden_rows.hpp"
#include "sources/foreign/listing.hpp"
#include "sources/foreign/restoring.hpp"
#include "sources/foreign/verdict_text.hpp"
#include "store/store.hpp"

#include <algorithm>
#include <atomic>
#include <functional>
#include <limits>
#include <optional>
#include <utility>

namespace backupwatch {
namespace {

constexpr Duration listing_limit = std::chrono::minutes(10);
constexpr Duration between_questions = std::chrono::seconds(1);

/// PostgreSQL's name of the database, as far as the URL says; a URL that cannot be read is told
/// elsewhere.
std::string connected_name(const Secret& url) {
    if (url.empty()) return {};
    try {
        const ConnectOptions options = parse_conninfo(url);
        const std::string* name = find_option(options, "dbname");
        return name == nullptr ? std::string() : *name;
    } catch (const Failure&) {
        return {};
    }
}

class ForeignSource final : public Source {
  public:
    ForeignSource(ForeignPlan plan, Clock& clock, Pool& pool, HangingCalls& calls, Store* state)
        : plan_(std::move(plan)), clock_(clock), pool_(pool), calls_(calls), state_(state) {
        InspectionOptions options;
        options.database = plan_.database;
        options.connected = connected_name(plan_.url);
        options.on_read = [stopped = stopped_](std::size_t) { return !stopped->load(); };
        listing_ = std::make_shared<ForeignListing>(plan_.directory, plan_.files, options);
        if (state_ == nullptr) listing_->known().recall({}, clock_.now());
    }
    ~ForeignSource() override { stopped_->store(true); }
    ForeignSource(const ForeignSource&) = delete;
    ForeignSource& operator=(const ForeignSource&) = delete;

    Task<Inventory> list() override {
        const auto dumps = co_await read_listing(plan_.patience);
        Inventory inventory;
        inventory.listed_at = clock_.now();
        for (const auto& dump : dumps) inventory.backups.push_back(dump.backup);
        co_return inventory;
    }

    Task<std::optional<Shape>> shape(const std::string& id) override {
        // Nobody waits here until it is read: it is asked for again.
        const ForeignDump found = co_await find(id);
        const auto dump = co_await content_of(found);
        co_return shape_of(dump->manifest);
    }

    bool can_take() const override { return false; }
    Task<Backup> take(TakeRequest, ProgressSink) override {
        throw Failure(
            Failure::Kind::rejected,
            "cannot dump " + plan_.database + ": the set has no take, another tool fills its folder"
        );
        co_return Backup();
    }
    Task<> remove(std::vector<std::string>) override {
        throw Failure(Failure::Kind::rejected, "what another tool wrote is not removed");
        co_return;
    }
    Task<> clean_up() override { co_return; }

    Task<Manifest> manifest(const std::string& id) override {
        const auto dump = co_await whole_dump(id);
        co_return dump->manifest;
    }

    Task<std::optional<ByHand>> by_hand(const std::string& id) override {
        const auto path = plan_.directory / id;
        const auto dump = co_await whole_dump(id);
        co_return foreign_by_hand(path, *dump);
    }

    Task<std::vector<std::string>> into_new_server(const std::string& id) override {
        const auto path = plan_.directory / id;
        const auto dump = co_await whole_dump(id);
        co_return commands_for_new_server(path, *dump);
    }

    /// Whoever wrote the file wrote the SQL that is run, also that of an archive: all that its role
    /// may do to any database of that server.
    Task<std::string> unfit_to_stay(const std::string&) override {
        co_return std::string("another tool wrote it, and what it says may change other databases"
        ) + " of that server, too";
    }

    Task<> fetch(const std::string& id, const Sandbox& sandbox, ProgressSink progress) override {
        const ForeignDump before = co_await read_dump(id);
        const auto dump = co_await content_of(before);
        const auto path = plan_.directory / id;
        std::optional<Failure> damage;
        try {
            co_await fetch_foreign(path, *dump, sandbox, pool_, std::move(progress));
        } catch (const Failure& failure) {
            if (failure.kind() != Failure::Kind::corrupt) throw;
            damage = failure;
        }
        if (damage) {
            const ForeignDump now = co_await find(id);
            if (now.stamp == before.stamp) throw Failure(*damage);
            // What was read of two files tells nothing of either.
            throw Failure(Failure::Kind::missing, id + " was written anew while it was fetched");
        }
        hidden_ = HiddenRows();
        if (!dump->perhaps_hidden.empty()) {
            const auto known = co_await known_shape();
            const auto earlier = co_await earlier_shapes(id);
            hidden_ = hidden_rows(*dump, instant_of(before.backup), known, earlier);
        }
        fetched_ = dump;
    }

    Task<Restored> restore(
        const Manifest& manifest, const Sandbox& sandbox, OnLoaded on_loaded, ProgressSink progress
    ) override {
        // As it was fetched, whatever has become of the folder since.
        const auto dump = fetched_;
        if (!dump || dump->manifest.id != manifest.id) {
            throw Failure(Failure::Kind::internal, manifest.id + " was not fetched");
        }
        // What was fetched is whole, and no fault of the one that the manifest is of.
        if (dump->manifest.files != manifest.files) {
            throw Failure(
                Failure::Kind::missing, manifest.id + " was written anew before it was fetched"
            );
        }
        auto work = restore_foreign(
            plan_.directory / manifest.id,
            *dump,
            sandbox,
            pool_,
            std::move(on_loaded),
            std::move(progress)
        );
        auto restored = co_await std::move(work);
        const auto& [lost, fewer] = hidden_;
        restored.errors.insert(restored.errors.end(), lost.begin(), lost.end());
        restored.notes.insert(restored.notes.end(), fewer.begin(), fewer.end());
        co_return restored;
    }

    Task<> catch_up(Duration limit, ProgressSink progress) override {
        const Duration until = clock_.uptime() + limit;
        while (clock_.uptime() < until) {
            const auto dumps = co_await read_listing(between_questions);
            const bool is_through = std::ranges::none_of(dumps, [](const ForeignDump& dump) {
                return dump.backup.is_unread;
            });
            if (is_through) co_return;
            if (const auto reading = listing_->progress()) progress(*reading);
            co_await pause(clock_, between_questions);
        }
    }

    Task<std::string> accept_other() override {
        co_await read_listing(plan_.patience);
        auto found = std::make_shared<std::optional<FileVerdict>>();
        std::function<void()> look = [found, listing = listing_, now = clock_.now()] {
            *found = listing->known().acceptance(now);
        };
        const std::string looking = call_of("looking over");
        co_await calls_.run(looking, listing_limit, std::move(look));
        if (!*found) co_return std::string();
        const FileKey file = (*found)->file;
        if (state_ != nullptr) {
            auto change = std::make_shared<FileVerdictChange>();
            change->known.push_back(std::move(**found));
            co_await add_contents(change);
            if (change->known.empty()) throw lost(file.id);
            FileVerdictChange kept = std::move(*change);
            co_await state_->keep_file_verdicts(plan_.database, plan_.set, std::move(kept));
        }
        std::function<void()> accept = [file, listing = listing_] {
            listing->known().accept(file);
        };
        const std::string accepting = call_of("accepting");
        co_await calls_.run(accepting, listing_limit, std::move(accept));
        co_return file.id;
    }

  private:
    std::string call_of(const char* verb) const {
        return std::string(verb) + " the dumps of others for " + plan_.database + "/" + plan_.set +
               " in " + plan_.directory.string();
    }

    /// Until the state has said what it knows, no file is taken for one of this database.
    Task<> recall() {
        if (is_recalled_ || state_ == nullptr) co_return;
        const std::string name = call_of("recalling");
        try {
            const auto files = co_await state_->judged_files(plan_.database, plan_.set);
            for (const FileKey& file : files) {
                auto kept = co_await state_->file_verdict(plan_.database, plan_.set, file);
                if (!kept) continue;
                std::function<void()> recall =
                    [listing = listing_, kept = std::move(*kept), now = clock_.now()] {
                        listing->known().recall_one(kept, now);
                    };
                co_await calls_.run(name, listing_limit, std::move(recall));
            }
            std::function<void()> end = [listing = listing_, now = clock_.now()] {
                listing->known().recall({}, now);
            };
            co_await calls_.run(name, listing_limit, std::move(end));
            is_recalled_ = true;
        } catch (const Failure&) {
            // Asked again the next time.
        }
    }

    /// False: the state does not take it. Then it is offered again the next time.
    Task<bool> keep() {
        if (!is_recalled_) co_return false;
        std::string from;
        for (;;) {
            const auto change = co_await changes_from(from);
            if (change->known.empty() && change->gone.empty()) co_return true;
            if (!change->known.empty()) from = change->known.back().file.id + '\0';
            try {
                co_await keep_change(change);
            } catch (const Failure&) {
                co_return false;
            }
        }
    }

    Task<std::shared_ptr<FileVerdictChange>> changes_from(std::string from) {
        auto change = std::make_shared<FileVerdictChange>();
        std::function<void()> collect =
            [change, from = std::move(from), listing = listing_, now = clock_.now()] {
                *change = listing->known().changes(now, from);
            };
        const std::string name = call_of("noting");
        co_await calls_.run(name, listing_limit, std::move(collect));
        co_return change;
    }

    Task<> keep_change(std::shared_ptr<FileVerdictChange> change) {
        co_await add_contents(change);
        FileVerdictChange kept = *change;
        co_await state_->keep_file_verdicts(plan_.database, plan_.set, std::move(kept));
        std::function<void()> note = [change, listing = listing_] {
            listing->known().note_kept(*change);
        };
        const std::string name = call_of("noting what was kept of");
        co_await calls_.run(name, listing_limit, std::move(note));
    }

    /// Of those whose content is in the state alone, which keeps it with what was found since. One
    /// that it has lost is read again.
    Task<> add_contents(std::shared_ptr<FileVerdictChange> change) {
        const auto lacks_content = [](const FileVerdict& verdict) {
            return verdict.status == BackupStatus::completed && verdict.content.empty();
        };
        const std::string name = call_of("writing down");
        for (FileVerdict& verdict : change->known) {
            if (!lacks_content(verdict)) continue;
            const FileKey file = verdict.file;
            const auto dump = co_await kept_content(file);
            if (!dump) continue;
            auto text = std::make_shared<std::string>();
            std::function<void()> write = [text, dump] { *text = verdict_text(*dump); };
            co_await calls_.run(name, listing_limit, std::move(write));
            verdict.content = std::move(*text);
        }
        std::erase_if(change->known, lacks_content);
    }

    /// Null: the state has lost it.
    Task<std::shared_ptr<const InspectedDump>> kept_content(FileKey file) {
        std::string content;
        if (state_ != nullptr) {
            auto kept = co_await state_->file_verdict(plan_.database, plan_.set, file);
            if (kept) content = std::move(kept->content);
        }
        auto found = std::make_shared<std::shared_ptr<const InspectedDump>>();
        std::function<void()> read =
            [found, file, content = std::move(content), listing = listing_] {
                *found = listing->known().content_of(file, content);
            };
        const std::string name = call_of("reading what was found in");
        co_await calls_.run(name, listing_limit, std::move(read));
        co_return *found;
    }

    static Failure lost(const std::string& id) {
        return {
            Failure::Kind::missing,
            "cannot use the dump " + id +
                ": what was found in it is in the state no more, so it is read to its end again"};
    }

    /// False: others can be read once the state has what was found in these.
    Task<bool> read_new_dumps(Duration patience, std::string awaited) {
        const auto is_through = std::make_shared<bool>(true);
        const std::size_t most =
            state_ == nullptr ? std::numeric_limits<std::size_t>::max() : most_unkept;
        std::function<void()> judge = [is_through,
                                       most,
                                       awaited = std::move(awaited),
                                       listing = listing_,
                                       now = clock_.now()] {
            *is_through = listing->judge_new(now, most, awaited);
        };
        const std::string name = call_of("reading");
        try {
            co_await calls_.run(name, patience, std::move(judge));
        } catch (const Failure& failure) {
            if (failure.kind() != Failure::Kind::timeout) throw;
            // It goes on alone, and may come back meanwhile.
            co_return true;
        }
        co_return *is_through;
    }

    /// `awaited`: read whatever the state may keep: it may be wanted because the disk is full.
    Task<std::vector<ForeignDump>> read_listing(Duration patience, std::string awaited = {}) {
        co_await recall();
        const Duration until = clock_.uptime() + patience;
        auto dumps = std::make_shared<std::vector<ForeignDump>>();
        for (bool goes_on = true; goes_on;) {
            const Duration left = std::max(until - clock_.uptime(), Duration());
            const bool is_through = co_await read_new_dumps(left, awaited);
            std::function<void()> read = [dumps, listing = listing_, now = clock_.now()] {
                *dumps = listing->read(now);
            };
            const std::string name = call_of("listing");
            co_await calls_.run(name, listing_limit, std::move(read));
            const bool is_kept = co_await keep();
            goes_on = !is_through && is_kept && clock_.uptime() < until;
        }
        co_return std::move(*dumps);
    }

    Task<ForeignDump> find(std::string id, std::string awaited = {}) {
        const auto dumps = co_await read_listing(plan_.patience, std::move(awaited));
        const auto found =
            std::ranges::find(dumps, id, [](const ForeignDump& dump) { return dump.backup.id; });
        if (found == dumps.end()) {
            throw Failure(Failure::Kind::missing, "the dump " + id + " is there no more");
        }
        co_return *found;
    }

    /// Waits until it is read, for as long as whoever asks has time.
    Task<ForeignDump> read_dump(std::string id) {
        ForeignDump found = co_await find(id);
        while (found.backup.is_unread) {
            co_await pause(clock_, between_questions);
            found = co_await find(id, id);
        }
        co_return found;
    }

    Task<std::shared_ptr<const InspectedDump>> whole_dump(std::string id) {
        const ForeignDump found = co_await read_dump(std::move(id));
        const auto dump = co_await content_of(found);
        co_return dump;
    }

    Task<std::shared_ptr<const InspectedDump>> content_of(ForeignDump found) {
        require_whole(found);
        if (found.inspected) co_return found.inspected;
        const FileKey file{found.backup.id, found.stamp};
        const auto dump = co_await kept_content(file);
        if (!dump) throw lost(file.id);
        co_return dump;
    }

    Task<std::optional<ShapeJudgement>> known_shape() {
        if (state_ == nullptr) co_return std::nullopt;
        auto known = co_await state_->shape(plan_.database, plan_.set);
        co_return known;
    }

    /// Of the newest whole ones before it, oldest first.
    Task<std::vector<Shape>> earlier_shapes(std::string id) {
        constexpr std::size_t most = 8;
        const auto dumps = co_await read_listing(plan_.patience);
        std::vector<ForeignDump> earlier;
        for (const ForeignDump& dump : dumps) {
            if (dump.backup.id == id) break;
            if (dump.is_whole && !dump.is_let_go) earlier.push_back(dump);
        }
        if (earlier.size() > most) earlier.erase(earlier.begin(), earlier.end() - most);
        std::vector<Shape> shapes;
        for (const ForeignDump& dump : earlier) {
            const auto content = co_await content_of(dump);
            shapes.push_back(shape_of(content->manifest));
        }
        co_return shapes;
    }

    void require_whole(const ForeignDump& found) const {
        if (found.is_whole) return;
        const Backup& backup = found.backup;
        if (backup.status == BackupStatus::running && !backup.is_unread) {
            throw Failure(
                Failure::Kind::rejected,
                backup.id + " changed within the last " + to_text(plan_.files.settle) +
                    ": it may still be written"
            );
        }
        const bool is_damaged = backup.status == BackupStatus::failed;
        throw Failure(
            is_damaged ? Failure::Kind::corrupt : Failure::Kind::missing,
            "cannot use the dump " + backup.id + ": " +
                (backup.is_unread ? "it is still to be read to its end" : backup.error)
        );
    }

    ForeignPlan plan_;
    Clock& clock_;
    Pool& pool_;
    HangingCalls& calls_;
    Store* state_;
    bool is_recalled_ = false;
    /// Both shared with a call that goes on alone.
    std::shared_ptr<std::atomic<bool>> stopped_ = std::make_shared<std::atomic<bool>>(false);
    std::shared_ptr<ForeignListing> listing_;
    std::shared_ptr<const InspectedDump> fetched_;  ///< last: a set is drilled once at a time
    HiddenRows hidden_;                             ///< of it
};

}  // namespace

std::unique_ptr<Source> make_foreign_source(
    ForeignPlan plan, Clock& clock, Pool& pool, HangingCalls& calls, Store* state
) {
    return std::make_unique<ForeignSource>(std::move(plan), clock, pool, calls, state);
}

}  // namespace backupwatch
