// How full a database's disk is, as the real PostgreSQL says.
#include "fakes/fake_network.hpp"
#include "fakes/test_postgres.hpp"
#include "support/loop.hpp"
#include "support/temporary_folder.hpp"
#include "watch/work.hpp"

#include <gtest/gtest.h>

namespace backupwatch {
namespace {

class DiskBySql : public testing::Test {
  protected:
    Finding poll(Bytes capacity) {
        Settings settings;
        settings.state_dir = folder_.path();
        settings.work_dir = folder_.path();
        DatabaseSettings& shop = settings.databases.emplace_back();
        shop.name = "shop";
        shop.url = Secret(server_.url("postgres"));
        shop.disk.emplace();
        shop.disk->source = DiskSource::database;
        shop.disk->capacity = capacity;
        World world(std::move(settings), *clock_, *store_, pool_, network_);
        return run_on(loop_, poll_disk(world, world.databases.front()));
    }

    TestPostgres server_;
    TemporaryFolder folder_;
    asio::io_context loop_{1};
    std::unique_ptr<Clock> clock_ = make_clock(loop_.get_executor());
    std::unique_ptr<Store> store_ = Store::in_memory();
    Pool pool_{1};
    FakeNetwork network_;
};

TEST_F(DiskBySql, holds_what_all_databases_take_against_the_capacity) {
    const Finding full = poll(Bytes{1'000'000});
    EXPECT_EQ(full.severity, Severity::critical);
    EXPECT_TRUE(full.summary.ends_with(" of 1.00 MB")) << full.summary;

    EXPECT_EQ(poll(Bytes{1'000'000'000'000}).severity, Severity::ok);
}

TEST_F(DiskBySql, is_unknown_while_the_server_is_down) {
    server_.crash();
    const Finding finding = poll(Bytes{1'000'000});
    EXPECT_EQ(finding.severity, Severity::unknown);
    EXPECT_TRUE(finding.summary.starts_with("cannot tell how full the disk is: "))
        << finding.summary;
    EXPECT_TRUE(finding.summary.find(".s.PGSQL") != std::string::npos) << finding.summary;
}

}  // namespace
}  // namespace backupwatch
