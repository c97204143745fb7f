#include "drill/disk_watch.hpp"

#include "async/together.hpp"
#include "core/failure.hpp"
#include "core/time/time.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <sys/statvfs.h>

#include <chrono>
#include <utility>
#include <vector>

namespace backupwatch {
namespace {

/// Memory takes some hundreds of MB of what is written within, at the most: less than is left to
/// others on a disk of any size. (What would take more at once, fallocate, a fence denies.)
constexpr Duration between_looks = std::chrono::milliseconds(200);

class DiskWatch {
  public:
    DiskWatch(DrillVolume volume, Pool& pool, asio::any_io_executor executor)
        : volume_(std::move(volume)), pool_(pool), pause_(executor) {}

    Task<> run(Task<> work) {
        std::vector<Task<>> both;
        both.push_back(until_done(std::move(work)));
        both.push_back(look());
        co_await together(std::move(both));
    }

  private:
    /// Its failure ends the watch as well.
    Task<> until_done(Task<> work) {
        co_await std::move(work);
        is_done_ = true;
        pause_.cancel();
    }

    Task<> look() {
        while (!is_done_) {
            auto measure = [folder = volume_.folder] { return volume_of(folder, 0); };
            const DrillVolume now = co_await pool_.run(std::move(measure));
            if (is_done_) co_return;
            if (const auto why = disk_too_full(volume_, now)) {
                throw Failure(Failure::Kind::exhausted, *why, more_space);
            }
            pause_.expires_after(between_looks);
            boost::system::error_code woken;
            co_await pause_.async_wait(asio::redirect_error(asio::use_awaitable, woken));
        }
    }

    DrillVolume volume_;
    Pool& pool_;
    asio::steady_timer pause_;
    bool is_done_ = false;
};

}  // namespace

DrillVolume volume_of(const std::filesystem::path& folder, std::uint64_t need) {
    struct statvfs status {};
    if (::statvfs(folder.c_str(), &status) < 0) {
        throw Failure(Failure::Kind::missing, "cannot use the work folder " + folder.string());
    }
    const std::uint64_t block = status.f_frsize;
    DrillVolume volume{folder.string(), status.f_blocks * block, status.f_bavail * block, need};
    volume.files = status.f_files;
    volume.free_files = status.f_favail;
    return volume;
}

Task<> while_disk_has_room(Task<> work, DrillVolume volume, Pool& pool) {
    const auto executor = co_await asio::this_coro::executor;
    DiskWatch watch(std::move(volume), pool, executor);
    co_await watch.run(std::move(work));
}

}  // namespace backupwatch
