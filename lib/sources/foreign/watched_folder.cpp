#include "sources/foreign/watched_folder.hpp"

#include "sources/dump/folder.hpp"

#include <algorithm>
#include <utility>

namespace backupwatch {
namespace {

class WatchedFolder final : public Source {
  public:
    WatchedFolder(std::unique_ptr<Source> ours, std::unique_ptr<Source> foreign)
        : ours_(std::move(ours)), foreign_(std::move(foreign)) {}

    Task<Inventory> list() override {
        Inventory inventory = co_await ours_->list();
        Inventory others = co_await foreign_->list();
        auto& backups = inventory.backups;
        std::ranges::move(others.backups, std::back_inserter(backups));
        std::ranges::stable_sort(backups, {}, [](const Backup& backup) {
            return instant_of(backup);
        });
        co_return inventory;
    }

    Task<std::optional<Shape>> shape(const std::string& id) override { return of(id).shape(id); }

    Task<> catch_up(Duration limit, ProgressSink progress) override {
        return foreign_->catch_up(limit, std::move(progress));
    }
    Task<std::string> accept_other() override { return foreign_->accept_other(); }

    bool can_take() const override { return false; }
    Task<Backup> take(TakeRequest request, ProgressSink progress) override {
        return foreign_->take(std::move(request), std::move(progress));
    }
    Task<> remove(std::vector<std::string> ids) override {
        return foreign_->remove(std::move(ids));
    }
    Task<> clean_up() override { return ours_->clean_up(); }

    Task<Manifest> manifest(const std::string& id) override { return of(id).manifest(id); }
    Task<std::optional<ByHand>> by_hand(const std::string& id) override {
        return of(id).by_hand(id);
    }
    Task<std::vector<std::string>> into_new_server(const std::string& id) override {
        return of(id).into_new_server(id);
    }
    Task<std::string> unfit_to_stay(const std::string& id) override {
        return of(id).unfit_to_stay(id);
    }
    Task<ProjectFit> fit_for_project(std::string id, NeededPerhaps perhaps) override {
        Source& source = of(id);
        return source.fit_for_project(std::move(id), std::move(perhaps));
    }
    Task<> fetch(const std::string& id, const Sandbox& sandbox, ProgressSink progress) override {
        return of(id).fetch(id, sandbox, std::move(progress));
    }
    Task<Restored> restore(
        const Manifest& manifest, const Sandbox& sandbox, OnLoaded on_loaded, ProgressSink progress
    ) override {
        Source& source = of(manifest.id);
        return source.restore(manifest, sandbox, std::move(on_loaded), std::move(progress));
    }

  private:
    Source& of(const std::string& id) const { return is_dump_id(id) ? *ours_ : *foreign_; }

    std::unique_ptr<Source> ours_;
    std::unique_ptr<Source> foreign_;
};

}  // namespace

std::unique_ptr<Source> make_watched_folder(
    std::unique_ptr<Source> ours, std::unique_ptr<Source> foreign
) {
    return std::make_unique<WatchedFolder>(std::move(ours), std::move(foreign));
}

}  // namespace backupwatch
