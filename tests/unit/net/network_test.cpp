#include "net/network.hpp"

#include "async/together.hpp"
#include "async/with_timeout.hpp"
#include "fakes/fake_http_server.hpp"
#include "fakes/fake_mail_server.hpp"
#include "unit/net/support.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/error.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace backupwatch {
namespace {

using namespace std::chrono_literals;
using Fault = FakeAnswer::Fault;

const FakeAnswer stalls{.fault = Fault::stall};

Mail a_mail(int port) {
    Mail mail;
    mail.server.host = "127.0.0.1";
    mail.server.port = port;
    mail.server.tls = MailTls::none;
    mail.from = "watch@example.com";
    mail.recipient = "ops@example.com";
    mail.content = "Subject: x\r\n\r\nx\r\n";
    mail.limit = 20s;
    return mail;
}

/// Begins `task`, cancels it after a while; returns how it ended, and how long after.
template <class T>
std::pair<std::exception_ptr, std::chrono::milliseconds> cancel_soon(Net& net, Task<T> task) {
    asio::cancellation_signal stop;
    std::exception_ptr end;
    std::optional<Stopwatch> since;
    std::chrono::milliseconds took = 1h;
    auto on_end = [&](std::exception_ptr failure, const T&) {
        end = failure;
        took = since->elapsed();
    };
    asio::co_spawn(net.loop, std::move(task), asio::bind_cancellation_slot(stop.slot(), on_end));
    asio::steady_timer timer(net.loop, 200ms);
    timer.async_wait([&](boost::system::error_code) {
        since.emplace();
        stop.emit(asio::cancellation_type::terminal);
    });
    net.loop.restart();
    net.loop.run();
    return {end, took};
}

void expect_aborted(const std::exception_ptr& failure) {
    ASSERT_TRUE(failure);
    try {
        std::rethrow_exception(failure);
    } catch (const boost::system::system_error& error) {
        EXPECT_EQ(error.code(), asio::error::operation_aborted);
    }
}

TEST(Network, ends_a_request_at_once_when_it_is_cancelled_and_serves_the_next) {
    Net net;
    FakeHttpServer stalling(stalls);
    FakeHttpServer server(FakeAnswer{.body = "ok"});
    HttpClient& client = *net.network;

    const auto [end, took] = cancel_soon(net, client.send(request_to(stalling.url())));

    expect_aborted(end);
    EXPECT_LT(took, 1s);
    EXPECT_EQ(net.send(request_to(server.url())).body, "ok");
}

TEST(Network, ends_a_mail_at_once_when_it_is_cancelled_and_sends_the_next) {
    Net net;
    for (const std::string verb : {"220", "EHLO", "MAIL", "."}) {
        FakeMailServer stalling({.stall_at = verb});
        FakeMailServer server(MailScript{});
        MailClient& client = *net.network;

        const auto [end, took] = cancel_soon(net, client.send(a_mail(stalling.port())));

        expect_aborted(end);
        EXPECT_LT(took, 1s) << verb;
        EXPECT_EQ(net.send(a_mail(server.port())).error, "") << verb;
    }
}

Task<> keep(HttpClient& client, HttpRequest request, std::vector<HttpReply>& replies) {
    auto reply = co_await client.send(std::move(request));
    replies.push_back(reply);
}

Task<> keep_mail(MailClient& client, Mail mail, std::vector<MailReply>& replies) {
    auto reply = co_await client.send(std::move(mail));
    replies.push_back(reply);
}

TEST(Network, does_not_delay_fifty_requests_by_one_that_stalls) {
    Net net;
    FakeHttpServer stalling(stalls);
    FakeHttpServer server(FakeAnswer{.before = 50ms});
    HttpClient& client = *net.network;
    std::vector<HttpReply> late;
    std::vector<HttpReply> replies;
    std::vector<Task<>> tasks;
    for (int i = 0; i < 49; ++i) {
        tasks.push_back(keep(client, request_to(server.url()), replies));
    }
    auto others = together(std::move(tasks));
    asio::co_spawn(
        net.loop,
        keep(client, request_to(stalling.url(), 5s), late),
        [](const std::exception_ptr&) {}
    );
    const Stopwatch stopwatch;

    run_on(net.loop, std::move(others));

    EXPECT_LT(stopwatch.elapsed(), 3s);
    EXPECT_TRUE(late.empty());
    EXPECT_EQ(replies.size(), 49U);
    EXPECT_TRUE(std::ranges::all_of(replies, [](const auto& r) { return r.status == 200; }));
}

TEST(Network, does_not_delay_a_mail_by_one_whose_final_dot_is_not_answered) {
    Net net;
    FakeMailServer stalling({.stall_at = "."});
    FakeMailServer server(MailScript{});
    FakeHttpServer web(FakeAnswer{});
    MailClient& client = *net.network;
    std::vector<MailReply> late;
    asio::co_spawn(
        net.loop, keep_mail(client, a_mail(stalling.port()), late), [](const std::exception_ptr&) {}
    );
    net.loop.run_for(300ms);
    const Stopwatch stopwatch;

    EXPECT_EQ(net.send(a_mail(server.port())).error, "");
    EXPECT_EQ(net.send(request_to(web.url())).status, 200);

    EXPECT_LT(stopwatch.elapsed(), 1s);
    EXPECT_TRUE(late.empty());
}

TEST(Network, ends_its_threads_promptly_with_exchanges_in_flight) {
    Net net;
    FakeHttpServer stalling(stalls);
    FakeMailServer stalling_mail({.stall_at = "."});
    std::vector<HttpReply> replies;
    std::vector<MailReply> mails;
    int aborted = 0;
    auto count = [&aborted](const std::exception_ptr& failure) { aborted += failure ? 1 : 0; };
    for (int i = 0; i < 3; ++i) {
        asio::co_spawn(net.loop, keep(*net.network, request_to(stalling.url()), replies), count);
        asio::co_spawn(
            net.loop, keep_mail(*net.network, a_mail(stalling_mail.port()), mails), count
        );
    }
    net.loop.run_for(300ms);
    const Stopwatch stopwatch;

    net.network.reset();

    EXPECT_LT(stopwatch.elapsed(), 1500ms);
    net.loop.restart();
    net.loop.run();
    EXPECT_EQ(aborted, 6);
    EXPECT_TRUE(replies.empty());
    EXPECT_TRUE(mails.empty());
}

TEST(Network, ends_with_what_was_handed_over_a_moment_ago) {
    for (int i = 0; i < 20; ++i) {
        Net net;
        std::vector<HttpReply> replies;
        int aborted = 0;
        auto count = [&aborted](const std::exception_ptr& failure) { aborted += failure ? 1 : 0; };
        asio::co_spawn(
            net.loop, keep(*net.network, request_to("http://192.0.2.1/"), replies), count
        );
        net.loop.poll();

        net.network.reset();

        net.loop.restart();
        net.loop.run();
        EXPECT_EQ(aborted, 1);
    }
}

TEST(Network, lets_with_timeout_end_a_request) {
    Net net;
    FakeHttpServer stalling(stalls);
    HttpClient& client = *net.network;

    auto work = with_timeout(client.send(request_to(stalling.url())), 100ms, "request");

    EXPECT_THROW(run_on(net.loop, std::move(work)), Failure);
}

}  // namespace
}  // namespace backupwatch
