// What a dump leaves that ends in the middle, where a mount does not let it be removed.
#include "dump_fixture.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/system/system_error.hpp>

#include <csignal>
#include <fstream>
#include <future>

namespace backupwatch {
namespace {

using SteadyClock = std::chrono::steady_clock;

class LeftOver : public DumpTest {
  protected:
    LeftOver() { server_.execute("shop", big_table); }
    ~LeftOver() override { mount_again(); }

    /// Begins a dump. `in_the_middle` is called once, while it writes.
    void begin(HangingCalls& calls, std::function<void()> in_the_middle) {
        source_ = make_dump_source(plan(), *clock_, pool_, calls);
        TakeRequest request;
        request.on_left_behind = [this](const fs::path& left) { told_ = left; };
        ProgressSink progress = [this, in_the_middle](const Progress&) {
            if (!folder_.empty()) return;
            folder_ = fs::directory_iterator(directory_ / "dumps")->path();
            in_the_middle();
        };
        auto note = [this](std::exception_ptr failure, const Backup&) {
            failure_ = failure;
            has_ended_ = true;
        };
        asio::co_spawn(
            loop_,
            source_->take(std::move(request), std::move(progress)),
            asio::bind_cancellation_slot(stop_.slot(), note)
        );
    }

    void kill_pg_dump() const {
        for (const pid_t pid : processes_in(directory_ / "dumps")) {
            std::ifstream name("/proc/" + std::to_string(pid) + "/comm");
            std::string comm;
            name >> comm;
            if (comm == "pg_dump") ::kill(pid, SIGKILL);
        }
    }

    void stop() { stop_.emit(asio::cancellation_type::terminal); }

    /// Until mount_again().
    void hang(HangingCalls& calls, std::string name) {
        ++hanging_;
        std::function<void()> call = [mounted = mounted_] { mounted.wait(); };
        asio::co_spawn(
            loop_,
            calls.run(std::move(name), 1h, std::move(call)),
            [this](const std::exception_ptr&) { --hanging_; }
        );
    }
    void hang_removal() { hang(calls_, "removing " + folder_.string()); }

    void mount_again() {
        if (!is_mounted_) mounted_again_.set_value();
        is_mounted_ = true;
        const auto is_back = [this] { return hanging_ == 0; };
        EXPECT_TRUE(is_so_within(10s, is_back));
    }

    bool ends_within(Duration limit) {
        return is_so_within(limit, [this] { return has_ended_; });
    }

    bool is_stopped() const {
        try {
            if (failure_) std::rethrow_exception(failure_);
        } catch (const boost::system::system_error& error) {
            return error.code() == asio::error::operation_aborted;
        } catch (const std::exception&) {
        }
        return false;
    }

    std::string failure() const {
        try {
            if (failure_) std::rethrow_exception(failure_);
        } catch (const std::exception& failure) {
            return failure.what();
        }
        return {};
    }

    void expect_left_to_the_next_start() {
        EXPECT_EQ(told_, folder_);
        EXPECT_TRUE(fs::exists(folder_ / "archive"));
        run_on(loop_, make(plan())->clean_up());
        EXPECT_TRUE(is_left_clean());
    }

    HangingCalls only_one_{1};
    fs::path folder_;  ///< of the dump that is taken
    fs::path told_;    ///< what was left behind

  private:
    template <class Condition>
    bool is_so_within(Duration limit, Condition is_so) {
        const auto end = SteadyClock::now() + limit;
        while (!is_so() && SteadyClock::now() < end) {
            loop_.restart();
            loop_.run_for(5ms);
        }
        return is_so();
    }

    std::unique_ptr<Source> source_;
    asio::cancellation_signal stop_;
    std::exception_ptr failure_;
    bool has_ended_ = false;
    std::promise<void> mounted_again_;
    std::shared_future<void> mounted_ = mounted_again_.get_future().share();
    bool is_mounted_ = false;
    int hanging_ = 0;
};

TEST_F(LeftOver, of_a_dump_that_failed_is_waited_for_until_a_stop) {
    begin(calls_, [this] {
        hang_removal();
        kill_pg_dump();
    });
    EXPECT_FALSE(ends_within(2s));

    stop();

    EXPECT_TRUE(ends_within(2s));
    EXPECT_NE(failure().find("signal 9"), std::string::npos) << failure();
    expect_left_to_the_next_start();
}

TEST_F(LeftOver, of_a_dump_that_is_stopped_is_waited_for_for_seconds) {
    begin(calls_, [this] {
        hang_removal();
        asio::post(loop_, [this] { stop(); });
    });

    EXPECT_TRUE(ends_within(20s));
    EXPECT_TRUE(is_stopped()) << failure();
    expect_left_to_the_next_start();
}

TEST_F(LeftOver, is_removed_once_a_thread_is_to_be_had) {
    begin(only_one_, [this] {
        hang(only_one_, "listing another set");
        kill_pg_dump();
    });
    EXPECT_FALSE(ends_within(2s));
    EXPECT_TRUE(fs::exists(folder_ / "archive"));

    mount_again();

    EXPECT_TRUE(ends_within(10s));
    EXPECT_NE(failure().find("signal 9"), std::string::npos) << failure();
    EXPECT_EQ(told_, fs::path());
    EXPECT_TRUE(is_left_clean());
}

TEST_F(LeftOver, stays_as_it_is_where_no_thread_is_to_be_had_before_a_stop) {
    begin(only_one_, [this] {
        hang(only_one_, "listing another set");
        kill_pg_dump();
    });
    EXPECT_FALSE(ends_within(2s));

    stop();

    EXPECT_TRUE(ends_within(2s));
    expect_left_to_the_next_start();
}

}  // namespace
}  // namespace backupwatch
