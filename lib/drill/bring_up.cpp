#include "drill/bring_up.hpp"

#include "async/as_failure.hpp"
#include "async/together.hpp"
#include "drill/room.hpp"
#include "sources/source.hpp"

#include <utility>

namespace backupwatch {
namespace {

/// From when a crash breaks the connections to when the server has ended its other processes.
constexpr Duration last_moments = std::chrono::seconds(2);

}  // namespace

void Phases::begin(const std::string& name) {
    end();
    timed_.push_back({name, 0});
    began_ = std::chrono::steady_clock::now();
    progress_(Progress{name});
}

void Phases::end() {
    if (timed_.empty()) return;
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began_;
    timed_.back().seconds = took.count();
}

Task<> BringUp::run(Load load) {
    phases_.begin("fetch");
    const Manifest manifest = co_await source_.manifest(id_);
    co_await room_.prepare(manifest);
    auto work = in_room(manifest, load);
    co_await room_.use(std::move(work));
}

Task<> BringUp::fetch() {
    co_await source_.fetch(id_, room_.sandbox(), progress_);
    phases_.begin("start");
}

/// A failure is kept: it must not end the fetch, which may yet find the backup damaged.
Task<> BringUp::start_server() {
    try {
        auto start = as_failure(room_.start_cluster());
        co_await std::move(start);
    } catch (const Failure& caught) {
        not_started_ = caught;
    }
}

/// The server starts while files are unpacked; the phase "start" is what that leaves of it. What
/// keeps a server from starting here comes before all that the fetch says, but of damage.
Task<> BringUp::fetch_and_start() {
    std::vector<Task<>> both;
    both.push_back(as_failure(fetch()));
    both.push_back(start_server());
    try {
        co_await together(std::move(both));
    } catch (const Failure& failure) {
        if (failure.kind() == Failure::Kind::corrupt || !not_started_) throw;
    }
    if (not_started_) throw Failure(*not_started_);
}

Task<> BringUp::load_alive(const Manifest& manifest, const Load& load) {
    room_.require_alive();
    auto loading = load(manifest);
    co_await std::move(loading);
}

Task<> BringUp::use_server(const Manifest& manifest, const Load& load) {
    std::optional<Failure> failed;
    try {
        auto work = as_failure(load_alive(manifest, load));
        co_await std::move(work);
    } catch (const Failure& failure) {
        failed = failure;
    }
    if (!failed) co_return;
    // Where the server has ended, what it was in the middle of only says that it is gone. Its
    // connections break a moment before it has ended.
    if (failed->kind() == Failure::Kind::unreachable) co_await room_.await_death(last_moments);
    if (failed->kind() != Failure::Kind::corrupt) room_.require_alive();
    throw Failure(*failed);
}

Task<> BringUp::in_room(const Manifest& manifest, const Load& load) {
    co_await fetch_and_start();
    co_await use_server(manifest, load);
}

}  // namespace backupwatch
