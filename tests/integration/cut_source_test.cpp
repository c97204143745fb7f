// The source goes away, ends sessions, or says nothing any more, in the middle of a dump.
#include "dump_fixture.hpp"
#include "process/descriptor.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <csignal>
#include <vector>

namespace backupwatch {
namespace {

/// Between whoever connects to its port and a server, on threads of its own.
class Wire {
  public:
    explicit Wire(int server_port) : server_port_(server_port) {
        sockaddr_in place = at(0);
        socklen_t size = sizeof place;
        auto* generic = reinterpret_cast<sockaddr*>(&place);
        EXPECT_EQ(::bind(listener_.get(), generic, size), 0);
        EXPECT_EQ(::getsockname(listener_.get(), generic, &size), 0);
        EXPECT_EQ(::listen(listener_.get(), 20), 0);
        port_ = ntohs(place.sin_port);
        accepting_ = std::thread([this] { accept(); });
    }
    ~Wire() {
        ends_ = true;
        accepting_.join();
        for (std::thread& carrying : carrying_) carrying.join();
    }
    Wire(const Wire&) = delete;
    Wire& operator=(const Wire&) = delete;

    int port() const { return port_; }
    /// Both ends hear of it, by RST.
    void cut() { is_cut_ = true; }
    /// Nothing passes any more, and nobody hears of it.
    void stall() { is_stalled_ = true; }
    /// So many bytes pass each way, then nothing for 10 ms, and so on.
    void drip(std::size_t bytes) { at_once_ = bytes; }

  private:
    static sockaddr_in at(int port) {
        sockaddr_in place{};
        place.sin_family = AF_INET;
        place.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        place.sin_port = htons(static_cast<std::uint16_t>(port));
        return place;
    }

    static bool is_readable(int socket) {
        pollfd ready{socket, POLLIN, 0};
        return ::poll(&ready, 1, 10) == 1;
    }

    void accept() {
        while (!ends_) {
            if (!is_readable(listener_.get())) continue;
            const int client = ::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC);
            if (client >= 0) carrying_.emplace_back([this, client] { carry(Descriptor(client)); });
        }
    }

    void carry(Descriptor client) {
        const Descriptor server(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
        const sockaddr_in place = at(server_port_);
        if (::connect(server.get(), reinterpret_cast<const sockaddr*>(&place), sizeof place) != 0) {
            return;
        }
        std::array<char, 1 << 16> buffer;
        while (!ends_ && !is_cut_) {
            pollfd ready[] = {{client.get(), POLLIN, 0}, {server.get(), POLLIN, 0}};
            if (is_stalled_ || ::poll(ready, 2, 10) <= 0) {
                if (is_stalled_) std::this_thread::sleep_for(10ms);
                continue;
            }
            for (int from = 0; from < 2; ++from) {
                if (ready[from].revents == 0) continue;
                const std::size_t most = std::min<std::size_t>(buffer.size(), at_once_);
                const auto size = ::recv(ready[from].fd, buffer.data(), most, 0);
                if (size <= 0) return;
                if (most < buffer.size()) std::this_thread::sleep_for(10ms);
                if (::send(
                        ready[1 - from].fd,
                        buffer.data(),
                        static_cast<std::size_t>(size),
                        MSG_NOSIGNAL
                    ) != size) {
                    return;
                }
            }
        }
        if (!is_cut_) return;
        const linger at_once{1, 0};
        ::setsockopt(client.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
        ::setsockopt(server.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    }

    int server_port_;
    int port_ = 0;
    Descriptor listener_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    std::atomic<bool> ends_ = false;
    std::atomic<bool> is_cut_ = false;
    std::atomic<bool> is_stalled_ = false;
    std::atomic<std::size_t> at_once_ = std::string::npos;
    std::thread accepting_;
    std::vector<std::thread> carrying_;  ///< until it is joined, only accepting_ looks at them
};

/// Its server has passwords, and answers over TCP.
class CutSource : public DumpTest {
  protected:
    CutSource() : tcp_({.tcp = true, .settings = {}}), wire_(tcp_.port()) {
        tcp_.create_database("shop");
        tcp_.execute("shop", big_table);
        tcp_.execute("shop", "CREATE ROLE dumper LOGIN SUPERUSER PASSWORD 'hidden'");
        through_wire_ = plan();
        through_wire_.url = Secret(
            "postgresql://dumper:hidden@127.0.0.1:" + std::to_string(wire_.port()) + "/shop"
        );
    }

    /// What the dump says when this happens while rows come.
    std::optional<Failure> failure_when(std::function<void()> happens) {
        bool happened = false;
        ProgressSink once = [&](const Progress&) {
            if (!happened) happens();
            happened = true;
        };
        const auto failure = failure_of(through_wire_, once);
        EXPECT_TRUE(happened);
        const std::string said = failure ? failure->what() : "";
        EXPECT_EQ(said.find("hidden"), said.npos);
        return failure;
    }

    TestPostgres tcp_;
    Wire wire_;
    DumpPlan through_wire_;
};

TEST_F(CutSource, by_rst_is_a_server_that_cannot_be_reached) {
    const auto failure = failure_when([this] { wire_.cut(); });

    ASSERT_TRUE(failure);
    EXPECT_EQ(failure->kind(), Failure::Kind::unreachable) << failure->what();
}

TEST_F(CutSource, that_says_nothing_any_more_is_waited_for_until_the_deadline) {
    through_wire_.limit = 5s;
    const auto began = std::chrono::steady_clock::now();
    const auto failure = failure_when([this] { wire_.stall(); });

    ASSERT_TRUE(failure);
    EXPECT_EQ(failure->kind(), Failure::Kind::timeout) << failure->what();
    EXPECT_LT(std::chrono::steady_clock::now() - began, 40s);
}

/// Two megabytes come in three seconds and more.
TEST_F(CutSource, that_is_slow_but_lives_is_dumped_to_its_end) {
    tcp_.execute("shop", "DELETE FROM t WHERE n > 4000");
    wire_.drip(8'000);
    const auto source = make(through_wire_);
    const auto began = std::chrono::steady_clock::now();

    const Backup backup = take(*source);

    EXPECT_GT(std::chrono::steady_clock::now() - began, 2s) << "it was not slow";
    EXPECT_EQ(backup.status, BackupStatus::completed) << backup.error;
    const Manifest manifest = run_on(loop_, source->manifest(backup.id));
    ASSERT_EQ(manifest.tables.size(), 1u);
    EXPECT_EQ(manifest.tables[0].rows.count, 4000u);
}

TEST_F(CutSource, that_is_too_slow_is_ended_at_the_deadline_though_it_lives) {
    through_wire_.limit = 5s;
    const auto began = std::chrono::steady_clock::now();
    const auto failure = failure_when([this] { wire_.drip(500); });

    ASSERT_TRUE(failure);
    EXPECT_EQ(failure->kind(), Failure::Kind::timeout) << failure->what();
    EXPECT_LT(std::chrono::steady_clock::now() - began, 40s);
}

TEST_F(CutSource, whose_sessions_someone_ends_fails_the_dump_and_says_who) {
    const auto failure = failure_when([this] {
        tcp_.execute(
            "postgres",
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'shop'"
        );
    });

    ASSERT_TRUE(failure);
    EXPECT_EQ(failure->kind(), Failure::Kind::unreachable) << failure->what();
    // What the server says last may be lost where the connection is cut at once.
    const std::string said = failure->what();
    const bool is_told = said.find("administrator") != said.npos ||
                         said.find("server closed the connection") != said.npos;
    EXPECT_TRUE(is_told) << said;
}

/// The sessions of pg_dump go on in the snapshot of one that is gone.
TEST_F(CutSource, whose_counting_session_alone_someone_ends_fails_the_dump) {
    const auto failure = failure_when([this] {
        tcp_.execute(
            "postgres",
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'shop' "
            "AND application_name NOT LIKE 'pg_dump%'"
        );
    });

    ASSERT_TRUE(failure);
    EXPECT_EQ(failure->kind(), Failure::Kind::unreachable) << failure->what();
}

TEST_F(CutSource, that_is_shut_down_in_the_middle_fails_the_dump) {
    const auto failure = failure_when([this] { ::kill(tcp_.pid(), SIGINT); });

    ASSERT_TRUE(failure);
    EXPECT_EQ(failure->kind(), Failure::Kind::unreachable) << failure->what();
}

}  // namespace
}  // namespace backupwatch
