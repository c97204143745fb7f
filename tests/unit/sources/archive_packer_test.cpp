#include "sources/dump/archive_packer.hpp"

#include "async/together.hpp"
#include "core/failure.hpp"
#include "support/loop.hpp"
#include "support/temporary_folder.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <gtest/gtest.h>

#include <fstream>

namespace backupwatch {
namespace {

/// Writes as pg_dump does: some files at a time, in small pieces, the table of contents last.
Task<> write_slowly(std::filesystem::path folder, ArchivePacker& packer) {
    std::map<int, std::ofstream> open;
    for (int round = 0; round < 40; ++round) {
        open[round].open(folder / (std::to_string(round) + ".dat"));
        for (auto& [number, file] : open)
            file << number << "\tround" << round << "\n" << std::flush;
        if (round >= 2) {
            open[round - 2] << "\\.\n\n\n";
            open.erase(round - 2);
        }
        co_await sleep_for(std::chrono::milliseconds(2));
    }
    for (auto& [number, file] : open) file << "\\.\n\n\n";
    open.clear();
    std::ofstream(folder / "toc.dat") << "PGDMP";
    co_await packer.writer_ended();
}

Task<> fail_soon() {
    co_await sleep_for(std::chrono::milliseconds(20));
    throw Failure(Failure::Kind::unreachable, "the source is gone");
}

class PackingAnArchive : public testing::Test {
  protected:
    asio::io_context loop_{1};
    Pool pool_{2};
    TemporaryFolder folder_;
    std::uint64_t bytes_ = 0;
    ArchivePacker packer_{
        folder_.path(), pool_, [this](std::uint64_t bytes, std::uint64_t) { bytes_ = bytes; }};
};

TEST_F(PackingAnArchive, packs_each_data_file_once_it_is_written) {
    std::vector<Task<>> tasks;
    tasks.push_back(write_slowly(folder_.path(), packer_));
    for (int i = 0; i < 3; ++i) tasks.push_back(packer_.work());

    run_on(loop_, together(std::move(tasks)));

    const auto files = packer_.take_files();
    ASSERT_EQ(files.size(), 40u);
    std::uint64_t raw = 0;
    for (const auto& [name, file] : files) {
        EXPECT_TRUE(file.ended) << name;
        EXPECT_GT(file.rows.count, 0u) << name;
        EXPECT_TRUE(std::filesystem::exists(folder_ / file.entry.path));
        EXPECT_FALSE(std::filesystem::exists(folder_ / name));
        raw += file.entry.raw_size;
    }
    EXPECT_EQ(bytes_, raw);
    EXPECT_TRUE(std::filesystem::exists(folder_ / "toc.dat"));
}

TEST_F(PackingAnArchive, ends_when_the_writer_fails) {
    std::ofstream(folder_ / "1.dat") << "1\tnever ended\n";
    std::vector<Task<>> tasks;
    tasks.push_back(fail_soon());
    for (int i = 0; i < 3; ++i) tasks.push_back(packer_.work());

    EXPECT_THROW(run_on(loop_, together(std::move(tasks))), Failure);
}

}  // namespace
}  // namespace backupwatch
