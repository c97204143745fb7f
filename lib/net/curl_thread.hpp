#pragma once
#include "async/task.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <curl/curl.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <vector>

namespace backupwatch {

/// One dialogue with one peer. Made on the loop; from run() until it returns, the thread's alone.
class Exchange {
  public:
    virtual ~Exchange() = default;
    /// Says by options what is to be done. The handle goes before the exchange does.
    virtual void prepare(CURL* handle) = 0;
    /// Keeps what came of it.
    virtual void conclude(CURL* handle, CURLcode result) = 0;
};

/// Carries out exchanges side by side, on one thread of its own. Used on the loop, which it hands
/// the results to; the destructor ends what is in flight as if it were cancelled.
class CurlThread {
  public:
    explicit CurlThread(asio::any_io_executor loop);
    ~CurlThread();
    CurlThread(const CurlThread&) = delete;
    CurlThread& operator=(const CurlThread&) = delete;

    /// Returns when `exchange` is concluded. Cancelled, it ends at once with operation_aborted, and
    /// the thread breaks the connection off as soon as it can.
    Task<> run(std::shared_ptr<Exchange> exchange);
    /// Whether it has nothing to do, not even to break something off.
    bool is_idle() const { return under_way_ == 0; }
    /// What the destructor does, without waiting for it.
    void begin_to_end();

  private:
    struct Job;
    struct Initiate;
    struct CloseHandle {
        void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
    };
    struct Running {
        std::unique_ptr<CURL, CloseHandle> handle;
        std::shared_ptr<Job> job;
    };

    void hand_over(const std::shared_ptr<Job>& job);

    /// Asked while an exchange goes on, also where libcurl waits for one peer alone.
    static int is_to_end(void* job, curl_off_t, curl_off_t, curl_off_t, curl_off_t);

    void work();
    bool take_orders();
    void begin(std::shared_ptr<Job> job);
    void conclude_what_ended();
    void break_off_what_was_cancelled();
    void finish(Running running, CURLcode result);
    void give_back(std::shared_ptr<Job> job);

    asio::any_io_executor loop_;
    std::shared_ptr<CURLM> multi_;  ///< shared with the jobs, which can be cancelled after it went
    std::atomic<int> under_way_{0};
    std::atomic<bool> stop_{false};
    std::unordered_map<CURL*, Running> running_;  ///< the thread's alone

    std::mutex mutex_;
    std::vector<std::shared_ptr<Job>> handed_over_;  ///< under mutex_

    std::thread thread_;
};

}  // namespace backupwatch
