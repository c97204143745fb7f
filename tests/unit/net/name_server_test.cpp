// A name server that does not answer, as libcurl meets it: its own resolving threads call
// getaddrinfo(), and that is held here for some hosts. What the C library would do meanwhile (ask
// again, give up after a while) is not shown, but it is no more than this.
#include "async/together.hpp"
#include "fakes/fake_http_server.hpp"
#include "fakes/fake_mail_server.hpp"
#include "unit/net/support.hpp"

#include <dlfcn.h>
#include <gtest/gtest.h>
#include <netdb.h>

#include <condition_variable>
#include <mutex>
#include <string_view>

namespace backupwatch {
namespace {

using namespace std::chrono_literals;

/// While it lives, names that end with `.unanswered` are being looked up; then they do not exist.
class UnansweredNames {
  public:
    UnansweredNames() { set(true); }
    /// Waits for whoever looks one up: libcurl has let go of those threads.
    ~UnansweredNames() {
        set(false);
        std::unique_lock lock(mutex());
        changed().wait(lock, [] { return waiting() == 0; });
    }
    UnansweredNames(const UnansweredNames&) = delete;
    UnansweredNames& operator=(const UnansweredNames&) = delete;

    static void look_up() {
        std::unique_lock lock(mutex());
        ++waiting();
        changed().notify_all();
        // No longer than a C library may, so that whoever waits for it fails the test and goes on.
        changed().wait_for(lock, 5s, [] { return !is_held(); });
        --waiting();
        changed().notify_all();
    }
    /// Until so many names are being looked up.
    static bool await(int count) {
        std::unique_lock lock(mutex());
        return changed().wait_for(lock, 5s, [count] { return waiting() >= count; });
    }

  private:
    static void set(bool held) {
        const std::lock_guard lock(mutex());
        is_held() = held;
        changed().notify_all();
    }
    // Never destroyed: a thread may end after main() did.
    static std::mutex& mutex() {
        static auto* one = new std::mutex;
        return *one;
    }
    static std::condition_variable& changed() {
        static auto* one = new std::condition_variable;
        return *one;
    }
    static bool& is_held() {
        static bool held = false;
        return held;
    }
    static int& waiting() {
        static int count = 0;
        return count;
    }
};

Mail mail_by(const std::string& host, int port, Duration limit) {
    Mail mail;
    mail.server.host = host;
    mail.server.port = port;
    mail.server.tls = host == "127.0.0.1" ? MailTls::none : MailTls::starttls;
    mail.from = "watch@example.com";
    mail.recipient = "ops@example.com";
    mail.content = "Subject: x\r\n\r\nx\r\n";
    mail.limit = limit;
    return mail;
}

/// Which nobody waits for.
Task<> ask(HttpClient& client, std::vector<HttpReply>& replies) {
    auto request = request_to("http://hooks.unanswered/", 20s);
    auto reply = co_await client.send(std::move(request));
    replies.push_back(reply);
}

Task<> hand_in(MailClient& client, std::vector<MailReply>& replies) {
    Mail mail = mail_by("mail.unanswered", 25, 20s);
    auto reply = co_await client.send(std::move(mail));
    replies.push_back(reply);
}

TEST(NameServer, that_does_not_answer_ends_a_request_at_its_deadline_and_nobody_was_reached) {
    const UnansweredNames names;
    Net net;
    const Stopwatch stopwatch;

    const auto reply = net.send(request_to("https://hooks.unanswered/canary", 300ms));

    EXPECT_GE(stopwatch.elapsed(), 290ms);
    EXPECT_LT(stopwatch.elapsed(), 2s);
    EXPECT_EQ(reply.status, 0);
    EXPECT_EQ(reply.reached, Reached::nobody) << "trying again repeats nothing";
    EXPECT_EQ(reply.error, "no answer from hooks.unanswered within 300ms");
}

TEST(NameServer, that_does_not_answer_ends_a_mail_at_its_deadline_before_the_connection) {
    const UnansweredNames names;
    Net net;
    const Stopwatch stopwatch;

    const auto reply = net.send(mail_by("mail.unanswered", 587, 300ms));

    EXPECT_GE(stopwatch.elapsed(), 290ms);
    EXPECT_LT(stopwatch.elapsed(), 2s);
    EXPECT_EQ(reply.code, 0);
    EXPECT_EQ(reply.stage, MailStage::connect);
    EXPECT_FALSE(reply.is_misconfigured);
    EXPECT_FALSE(reply.is_impostor);
    EXPECT_TRUE(contains(reply.error, "mail.unanswered:587")) << reply.error;
}

TEST(NameServer, that_does_not_answer_delays_nobody_else) {
    const UnansweredNames names;
    Net net;
    FakeHttpServer server(FakeAnswer{.body = "ok"});
    FakeMailServer mail_server(MailScript{});
    std::vector<HttpReply> late;
    std::vector<MailReply> late_mails;
    const auto ignored = [](const std::exception_ptr&) {};
    for (int i = 0; i < 3; ++i) {
        asio::co_spawn(net.loop, ask(*net.network, late), ignored);
        asio::co_spawn(net.loop, hand_in(*net.network, late_mails), ignored);
    }
    net.loop.run_for(100ms);
    ASSERT_TRUE(UnansweredNames::await(6));
    const Stopwatch stopwatch;

    // A name is looked up for this one, too.
    const std::string by_name = "http://localhost:" + std::to_string(server.port()) + "/";
    EXPECT_EQ(net.send(request_to(by_name)).body, "ok");
    EXPECT_EQ(net.send(request_to(server.url())).body, "ok");
    EXPECT_EQ(net.send(mail_by("127.0.0.1", mail_server.port(), 10s)).error, "");

    EXPECT_LT(stopwatch.elapsed(), 2s);
    EXPECT_TRUE(late.empty());
    EXPECT_TRUE(late_mails.empty());
}

TEST(NameServer, that_does_not_answer_holds_up_no_end) {
    const UnansweredNames names;
    Net net;
    std::vector<HttpReply> replies;
    std::vector<MailReply> mails;
    int aborted = 0;
    const auto count = [&aborted](const std::exception_ptr& failure) {
        aborted += failure ? 1 : 0;
    };
    asio::co_spawn(net.loop, ask(*net.network, replies), count);
    asio::co_spawn(net.loop, hand_in(*net.network, mails), count);
    net.loop.run_for(100ms);
    ASSERT_TRUE(UnansweredNames::await(2));
    const Stopwatch stopwatch;

    net.network.reset();

    EXPECT_LT(stopwatch.elapsed(), 1500ms);
    net.loop.restart();
    net.loop.run();
    EXPECT_EQ(aborted, 2);
}

}  // namespace
}  // namespace backupwatch

/// Before the C library's, for libcurl too.
extern "C" int getaddrinfo(
    const char* host, const char* service, const addrinfo* hints, addrinfo** found
) {
    constexpr std::string_view unanswered = ".unanswered";
    if (host != nullptr && std::string_view(host).ends_with(unanswered)) {
        backupwatch::UnansweredNames::look_up();
        return EAI_AGAIN;
    }
    using Real = int (*)(const char*, const char*, const addrinfo*, addrinfo**);
    static const auto real = reinterpret_cast<Real>(::dlsym(RTLD_NEXT, "getaddrinfo"));
    return real(host, service, hints, found);
}
