#pragma once
#include "async/clock.hpp"
#include "core/failure.hpp"
#include "sources/source.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace backupwatch {

/// A place for backups that does what the test says, and remembers what was asked of it. A drill of
/// its backups ends where their manifest is read: damage is a verdict like any other.
class FakeSource final : public Source {
  public:
    explicit FakeSource(Clock& clock) : clock_(clock) {}

    std::vector<Backup> backups;
    std::optional<Failure> list_fails;
    Duration list_lasts{};
    int lists = 0;
    Duration take_lasts{};
    std::optional<Failure> take_fails;
    std::filesystem::path take_leaves;
    Duration clean_up_lasts{};
    std::optional<Failure> clean_up_fails;
    bool is_clean = false;
    int takes = 0;
    std::vector<std::string> removed;
    std::string cannot_remove;  ///< id of one that stays
    Duration drill_lasts{};
    Failure::Kind drill_ends = Failure::Kind::corrupt;
    std::vector<std::string> drilled;  ///< ids, as the drills began

    std::string page;  ///< of the provider
    std::string provider_page() const override { return page; }

    Task<Inventory> list() override {
        ++lists;
        Inventory listed{backups, {}};  // as it was when it was asked
        co_await pause(clock_, list_lasts);
        if (list_fails) throw *list_fails;
        listed.listed_at = clock_.now();
        co_return listed;
    }

    int reads_in_a_slice = 0;  ///< of what is unread, oldest first, while somebody waits for it
    int catch_ups = 0;
    Task<> catch_up(Duration limit, ProgressSink) override {
        ++catch_ups;
        co_await pause(clock_, limit);
        int left = reads_in_a_slice;
        for (Backup& backup : backups) {
            if (!backup.is_unread || left-- <= 0) continue;
            backup.is_unread = false;
            backup.status = BackupStatus::completed;
        }
    }

    std::map<std::string, Shape> shapes;  ///< of backups, by id; empty: it cannot tell
    std::optional<Failure> shape_fails;
    int shapes_read = 0;
    Task<std::optional<Shape>> shape(const std::string& id) override {
        if (shape_fails) throw *shape_fails;
        if (shapes.empty()) co_return std::nullopt;
        ++shapes_read;
        co_return shapes.at(id);
    }

    BackupFiles files(const std::string& id) const override {
        return {"/dumps/" + id, "/dumps/" + id + "/manifest.json"};
    }

    bool takes_backups = true;
    bool can_take() const override { return takes_backups; }

    Task<Backup> take(TakeRequest request, ProgressSink) override {
        ++takes;
        co_await pause(clock_, take_lasts);
        if (!take_leaves.empty()) request.on_left_behind(take_leaves);
        if (take_fails) throw *take_fails;
        co_return add(clock_.now());
    }

    Task<> remove(std::vector<std::string> ids) override {
        const bool fails = std::ranges::find(ids, cannot_remove) != ids.end();
        for (const std::string& id : ids) {
            if (id == cannot_remove) continue;
            removed.push_back(id);
            std::erase_if(backups, [&](const Backup& backup) { return backup.id == id; });
        }
        if (fails) throw Failure(Failure::Kind::denied, "no right");
        co_return;
    }

    Task<> clean_up() override {
        co_await pause(clock_, clean_up_lasts);
        if (clean_up_fails) throw *clean_up_fails;
        is_clean = true;
        co_return;
    }

    Task<Manifest> manifest(const std::string& id) override {
        drilled.push_back(id);
        co_await pause(clock_, drill_lasts);
        throw Failure(drill_ends, "the fake's drills end here");
    }

    Task<> fetch(const std::string&, const Sandbox&, ProgressSink) override { co_return; }

    Task<Restored> restore(const Manifest&, const Sandbox&, OnLoaded, ProgressSink) override {
        co_return Restored();
    }

    /// A completed backup that was begun then.
    Backup add(Instant started_at) {
        Backup backup;
        backup.id = to_rfc3339(started_at);
        backup.status = BackupStatus::completed;
        backup.started_at = started_at;
        backup.finished_at = started_at;
        backup.size_bytes = 1000;
        backups.push_back(backup);
        return backup;
    }

  private:
    Clock& clock_;
};

}  // namespace backupwatch
