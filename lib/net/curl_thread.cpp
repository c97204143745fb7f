#include "net/curl_thread.hpp"

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <signal.h>

#include <new>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

namespace backupwatch {
namespace {

/// Longer than curl ever says, since every order wakes the thread.
constexpr int idle_milliseconds = 60'000;

/// What the calling thread begins inherits this: signals are the loop's, and a peer that is gone
/// would else end the daemon with SIGPIPE, which OpenSSL does not suppress.
class NoSignals {
  public:
    NoSignals() {
        sigset_t all;
        ::sigfillset(&all);
        ::pthread_sigmask(SIG_SETMASK, &all, &before_);
    }
    ~NoSignals() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
    NoSignals(const NoSignals&) = delete;
    NoSignals& operator=(const NoSignals&) = delete;

  private:
    sigset_t before_;
};

std::shared_ptr<CURLM> make_multi() {
    // Counted and thread-safe since 7.84. Never undone: other users of curl may run on.
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        throw std::runtime_error("libcurl does not start");
    }
    CURLM* multi = curl_multi_init();
    if (multi == nullptr) throw std::bad_alloc();
    return {multi, &curl_multi_cleanup};
}

}  // namespace

struct CurlThread::Job {
    using Handler = asio::any_completion_handler<void(boost::system::error_code)>;
    using Work = asio::executor_work_guard<asio::any_io_executor>;

    Job(std::shared_ptr<Exchange> what, asio::any_io_executor where, Handler continuation)
        : exchange(std::move(what)),
          executor(std::move(where)),
          work(executor),
          handler(std::move(continuation)) {}

    /// On the loop; the first call counts.
    void complete() {
        if (!handler) return;
        slot.clear();
        work.reset();
        Handler continuation = std::move(*handler);
        handler.reset();
        boost::system::error_code error;
        // What came of it is known: who had it broken off a moment later must hear of it.
        if (cancelled && !is_concluded) error = asio::error::operation_aborted;
        std::move(continuation)(error);
    }

    /// On the loop.
    static void cancel(const std::shared_ptr<Job>& job) {
        job->cancelled = true;
        curl_multi_wakeup(job->multi.get());
        asio::post(job->executor, [job] { job->complete(); });
    }

    std::shared_ptr<Exchange> exchange;
    std::shared_ptr<CURLM> multi;
    asio::any_io_executor executor;
    Work work;                       ///< the loop's
    std::optional<Handler> handler;  ///< the loop's
    asio::cancellation_slot slot;    ///< the loop's
    std::atomic<bool> cancelled{false};
    std::atomic<bool> is_concluded{false};  ///< the peer's answer, or that there is none, is kept
    const std::atomic<bool>* stop = nullptr;
};

/// A class instead of a lambda: g++ 12 destroys a capture of a lambda twice in an await.
struct CurlThread::Initiate {
    CurlThread* thread;
    std::shared_ptr<Exchange> exchange;

    template <class Handler>
    void operator()(Handler&& handler) {
        auto executor = asio::get_associated_executor(handler, thread->loop_);
        auto slot = asio::get_associated_cancellation_slot(handler);
        auto job = std::make_shared<Job>(
            std::move(exchange), std::move(executor), std::forward<Handler>(handler)
        );
        if (slot.is_connected()) {
            job->slot = slot;
            slot.assign([job](asio::cancellation_type) { Job::cancel(job); });
        }
        thread->hand_over(job);
    }
};

CurlThread::CurlThread(asio::any_io_executor loop) : loop_(std::move(loop)), multi_(make_multi()) {
    const NoSignals inherited;
    thread_ = std::thread([this] { work(); });
}

CurlThread::~CurlThread() {
    begin_to_end();
    thread_.join();
}

void CurlThread::begin_to_end() {
    stop_ = true;
    curl_multi_wakeup(multi_.get());
}

Task<> CurlThread::run(std::shared_ptr<Exchange> exchange) {
    Initiate initiate{this, std::move(exchange)};
    asio::use_awaitable_t<> token;
    co_await asio::async_initiate<asio::use_awaitable_t<>, void(boost::system::error_code)>(
        std::move(initiate), token
    );
}

void CurlThread::hand_over(const std::shared_ptr<Job>& job) {
    ++under_way_;
    job->multi = multi_;
    job->stop = &stop_;
    {
        const std::lock_guard lock(mutex_);
        handed_over_.push_back(job);
    }
    curl_multi_wakeup(multi_.get());
}

void CurlThread::work() {
    while (take_orders()) {
        int still_running = 0;
        curl_multi_perform(multi_.get(), &still_running);
        conclude_what_ended();
        break_off_what_was_cancelled();
        curl_multi_poll(multi_.get(), nullptr, 0, idle_milliseconds, nullptr);
    }
    for (auto& [handle, running] : running_) running.job->cancelled = true;
    break_off_what_was_cancelled();
}

/// False when the thread is to end; what was handed over last is then given back as it is.
bool CurlThread::take_orders() {
    std::vector<std::shared_ptr<Job>> orders;
    {
        const std::lock_guard lock(mutex_);
        orders.swap(handed_over_);
    }
    const bool stop = stop_;
    for (auto& job : orders) {
        if (stop) job->cancelled = true;
        if (job->cancelled) {
            give_back(std::move(job));
        } else {
            begin(std::move(job));
        }
    }
    return !stop;
}

int CurlThread::is_to_end(void* job, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
    const auto& asked = *static_cast<const Job*>(job);
    return asked.cancelled || *asked.stop ? 1 : 0;
}

void CurlThread::begin(std::shared_ptr<Job> job) {
    Running running{{curl_easy_init(), {}}, std::move(job)};
    CURL* handle = running.handle.get();
    if (handle == nullptr) {
        finish(std::move(running), CURLE_OUT_OF_MEMORY);
        return;
    }
    curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
    // A name that is still being looked up is left to its thread when an exchange ends; without
    // this, all others would wait for it.
    curl_easy_setopt(handle, CURLOPT_QUICK_EXIT, 1L);
    // Nothing is kept: a connection that died meanwhile leaves it in doubt what arrived.
    curl_easy_setopt(handle, CURLOPT_FRESH_CONNECT, 1L);
    curl_easy_setopt(handle, CURLOPT_FORBID_REUSE, 1L);
    curl_easy_setopt(handle, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(handle, CURLOPT_XFERINFOFUNCTION, &is_to_end);
    curl_easy_setopt(handle, CURLOPT_XFERINFODATA, running.job.get());
    running.job->exchange->prepare(handle);
    if (curl_multi_add_handle(multi_.get(), handle) != CURLM_OK) {
        finish(std::move(running), CURLE_OUT_OF_MEMORY);
        return;
    }
    running_.emplace(handle, std::move(running));
}

void CurlThread::conclude_what_ended() {
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi_.get(), &left)) {
        if (message->msg != CURLMSG_DONE) continue;
        const CURLcode result = message->data.result;
        auto node = running_.extract(message->easy_handle);
        curl_multi_remove_handle(multi_.get(), node.key());
        finish(std::move(node.mapped()), result);
    }
}

void CurlThread::break_off_what_was_cancelled() {
    for (auto next = running_.begin(); next != running_.end();) {
        const auto current = next++;
        if (!current->second.job->cancelled) continue;
        auto node = running_.extract(current);
        curl_multi_remove_handle(multi_.get(), node.key());
        node.mapped().handle.reset();
        give_back(std::move(node.mapped().job));
    }
}

void CurlThread::finish(Running running, CURLcode result) {
    if (stop_ && result == CURLE_ABORTED_BY_CALLBACK) running.job->cancelled = true;
    running.job->exchange->conclude(running.handle.get(), result);
    running.job->is_concluded = result != CURLE_ABORTED_BY_CALLBACK;
    running.handle.reset();
    give_back(std::move(running.job));
}

/// The last that the thread does with a job: its last reference goes on the loop.
void CurlThread::give_back(std::shared_ptr<Job> job) {
    const auto executor = job->executor;
    --under_way_;
    auto deliver = [job = std::move(job)] { job->complete(); };
    asio::post(executor, std::move(deliver));
}

}  // namespace backupwatch
