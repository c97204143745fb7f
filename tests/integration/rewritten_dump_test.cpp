#include "foreign_drill_fixture.hpp"

#include <functional>
#include <utility>

namespace backupwatch {
namespace {

/// A source of which something happens to the files once the manifest was read.
class Overtaken final : public Source {
  public:
    Overtaken(std::unique_ptr<Source> inner, std::function<void()> happens)
        : inner_(std::move(inner)), happens_(std::move(happens)) {}

    Task<Inventory> list() override { return inner_->list(); }
    bool can_take() const override { return false; }
    Task<Backup> take(TakeRequest request, ProgressSink progress) override {
        return inner_->take(std::move(request), std::move(progress));
    }
    Task<> remove(std::vector<std::string> ids) override { return inner_->remove(std::move(ids)); }
    Task<> clean_up() override { return inner_->clean_up(); }
    Task<Manifest> manifest(const std::string& id) override {
        Manifest manifest = co_await inner_->manifest(id);
        happens_();
        co_return manifest;
    }
    Task<> fetch(const std::string& id, const Sandbox& sandbox, ProgressSink progress) override {
        return inner_->fetch(id, sandbox, std::move(progress));
    }
    Task<Restored> restore(
        const Manifest& manifest, const Sandbox& sandbox, OnLoaded on_loaded, ProgressSink progress
    ) override {
        return inner_->restore(manifest, sandbox, std::move(on_loaded), std::move(progress));
    }

  private:
    std::unique_ptr<Source> inner_;
    std::function<void()> happens_;
};

// With a short `settle` it may be whole by the time that it is fetched.
TEST_F(ForeignDrill, cannot_tell_where_the_file_is_written_anew_after_its_manifest_was_read) {
    fill("CREATE TABLE t AS SELECT generate_series(1, 50) AS n");
    for (const auto& [name, form] : {std::pair("latest.dump", "-Fc"), {"latest.sql", "-Fp"}}) {
        SCOPED_TRACE(name);
        dump(name, {form});
        Overtaken source(watching(), [&, name = name, form = form] {
            fill("DELETE FROM t WHERE n = (SELECT min(n) FROM t)");
            dump(name, {form});
        });
        DrillJob job;
        job.database = "shop";
        job.set = "others";
        job.source = &source;
        job.backup.id = name;
        job.settings.timeout = 2min;
        const DrillReport report =
            run_on(loop_, driller_.run(std::move(job), [](const Progress&) {}));

        EXPECT_EQ(report.result, DrillOutcome::Result::unknown);
        EXPECT_EQ(
            errors_of(report), name + std::string(" was written anew before it was fetched\n")
        );
    }
}

}  // namespace
}  // namespace backupwatch
