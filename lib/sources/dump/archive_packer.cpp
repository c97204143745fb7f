#include "sources/dump/archive_packer.hpp"

#include "core/failure.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <utility>
#include <vector>

namespace backupwatch {
namespace {

/// How much a thread of the pool takes at once: short enough to be cancelled between two.
constexpr std::uint64_t chunk = 8 << 20;
/// A file that grows is looked at this often: pg_dump writes a few MiB in that time. An event for
/// each of its writes, of 4 KiB each, would cost more than the reading.
constexpr auto pause_length = std::chrono::milliseconds(10);

Task<> pause() {
    const auto executor = co_await asio::this_coro::executor;
    asio::steady_timer timer(executor, pause_length);
    co_await timer.async_wait(asio::use_awaitable);
}

bool is_data_file(std::string_view name) {
    return name.ends_with(".dat") && name != "toc.dat";
}

}  // namespace

ArchivePacker::ArchivePacker(std::filesystem::path folder, Pool& pool, OnProgress on_progress)
    : folder_(std::move(folder)),
      pool_(pool),
      on_progress_(std::move(on_progress)),
      events_(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) {
    if (events_ < 0) throw file_failure("watch", folder_, errno);
    if (::inotify_add_watch(events_, folder_.c_str(), IN_CREATE | IN_CLOSE_WRITE) < 0) {
        const int error = errno;
        ::close(events_);
        throw file_failure("watch", folder_, error);
    }
}

ArchivePacker::~ArchivePacker() {
    ::close(events_);
}

Task<> ArchivePacker::work() {
    for (;;) {
        read_events();
        if (!waiting_.empty()) {
            std::string name = std::move(waiting_.front());
            waiting_.pop_front();
            co_await pack(std::move(name));
        } else if (writer_ended_) {
            co_return;
        } else {
            co_await pause();
        }
    }
}

// Also opening and closing a file can wait for the disk, so that the packer lives on the pool.
Task<> ArchivePacker::pack(std::string name) {
    auto open = [raw = folder_ / name] { return std::make_unique<FilePacker>(raw); };
    auto packer = co_await pool_.run(std::move(open));
    PackedFile packed;
    for (;;) {
        read_events();
        // Asked before the file is read: an end that was seen earlier might not have been the end.
        const bool complete = writer_ended_ || closed_.contains(name);
        auto advance = [&packer, &packed, complete] {
            const FilePacker::Step step = packer->advance(chunk, complete);
            if (step.done) {
                packed = packer->result();
                packer.reset();
            }
            return step;
        };
        const FilePacker::Step step = co_await pool_.run(advance);
        bytes_ += step.consumed;
        if (step.done) break;
        on_progress_(bytes_, files_.size());
        if (!complete && step.consumed < chunk) co_await pause();
    }
    closed_.erase(name);
    files_.emplace(std::move(name), std::move(packed));
    on_progress_(bytes_, files_.size());
}

void ArchivePacker::read_events() {
    alignas(inotify_event) std::array<char, 16384> buffer;
    for (;;) {
        const auto size = ::read(events_, buffer.data(), buffer.size());
        if (size <= 0) return;
        for (const char* at = buffer.data(); at < buffer.data() + size;) {
            inotify_event event{};
            std::memcpy(&event, at, sizeof event);
            const std::string name = event.len > 0 ? at + sizeof event : "";
            if (is_data_file(name)) {
                found(name);
                // Ours, too, is closed one day, when it is packed.
                const bool closed = (event.mask & IN_CLOSE_WRITE) != 0;
                if (closed && !files_.contains(name)) closed_.insert(name);
            }
            at += sizeof event + event.len;
        }
    }
}

void ArchivePacker::found(const std::string& name) {
    if (known_.insert(name).second) waiting_.push_back(name);
}

// The kernel drops events when too many wait: whatever was missed is found here.
Task<> ArchivePacker::writer_ended() {
    auto list = [folder = folder_] {
        std::vector<std::string> names;
        for (const auto& entry : std::filesystem::directory_iterator(folder)) {
            names.push_back(entry.path().filename().string());
        }
        return names;
    };
    const std::vector<std::string> names = co_await pool_.run(std::move(list));
    for (const auto& name : names) {
        if (is_data_file(name)) found(name);
    }
    // At last: who finds nothing waiting after this ends.
    read_events();
    writer_ended_ = true;
}

}  // namespace backupwatch
