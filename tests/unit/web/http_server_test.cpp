#include "web/http_server.hpp"

#include "core/failure.hpp"
#include "peer.hpp"
#include "running_server.hpp"
#include "support/loop.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <fstream>
#include <list>
#include <optional>
#include <stdexcept>

namespace backupwatch {
namespace {

using namespace std::chrono_literals;

/// Says what it was asked.
Task<HttpResponse> echo(WebRequest request) {
    HttpResponse response;
    response.content_type = "text/plain";
    response.body = request.method + " " + request.target + " " + request.accept + " " +
                    std::to_string(request.body.size());
    co_return response;
}

bool begins_with(const std::string& text, std::string_view start) {
    return text.starts_with(start);
}

/// Waits until `condition` holds, for at most 5 s.
template <class Condition>
bool eventually(Condition condition) {
    const auto end = std::chrono::steady_clock::now() + 5s;
    while (!condition()) {
        if (std::chrono::steady_clock::now() > end) return false;
        std::this_thread::sleep_for(2ms);
    }
    return true;
}

TEST(HttpServer, answers_with_a_length_and_keeps_the_connection) {
    RunningServer server(&echo);
    Peer peer(server.port);

    peer.send("GET /a?b=c HTTP/1.1\r\nHost: x\r\nAccept: text/html\r\n\r\n");
    const std::string first = peer.receive_response();
    EXPECT_TRUE(begins_with(first, "HTTP/1.1 200 OK\r\n")) << first;
    EXPECT_TRUE(first.ends_with("\r\n\r\nGET /a?b=c text/html 0")) << first;

    peer.send("POST /b HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc");
    EXPECT_TRUE(peer.receive_response().ends_with("POST /b  3"));
}

TEST(HttpServer, answers_requests_that_were_sent_together_one_after_the_other) {
    RunningServer server(&echo);
    Peer peer(server.port);

    peer.send("GET /1 HTTP/1.1\r\nHost: x\r\n\r\nGET /2 HTTP/1.1\r\nHost: x\r\n\r\n");

    EXPECT_TRUE(peer.receive_response().ends_with("GET /1  0"));
    EXPECT_TRUE(peer.receive_response().ends_with("GET /2  0"));
}

TEST(HttpServer, closes_when_it_was_asked_to) {
    RunningServer server(&echo);
    Peer closing(server.port);
    Peer old(server.port);

    closing.send("GET /1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    old.send("GET /2 HTTP/1.0\r\n\r\n");

    EXPECT_TRUE(closing.receive_rest().ends_with("GET /1  0"));
    EXPECT_TRUE(old.receive_rest().ends_with("GET /2  0"));
}

TEST(HttpServer, leaves_the_body_out_for_head_but_tells_its_length) {
    RunningServer server(&echo);
    Peer peer(server.port);

    peer.send("HEAD /a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");

    const std::string response = peer.receive_rest();
    EXPECT_NE(response.find("Content-Length: 10\r\n"), std::string::npos) << response;
    EXPECT_TRUE(response.ends_with("\r\n\r\n")) << response;
}

struct Nonsense {
    const char* name;
    std::string sent;
    const char* status;
};

class RefusedRequest : public testing::TestWithParam<Nonsense> {};

TEST_P(RefusedRequest, is_told_why_and_closed) {
    RunningServer server(&echo);
    Peer peer(server.port);

    peer.send(GetParam().sent);

    const std::string response = peer.receive_rest();
    EXPECT_TRUE(begins_with(response, std::string("HTTP/1.1 ") + GetParam().status)) << response;
    EXPECT_NE(response.find("\r\n\r\n{\"error\":"), std::string::npos) << response;
    EXPECT_TRUE(begins_with(Peer(server.port).ask("GET /after"), "HTTP/1.1 200"));
}

std::string repeated(const std::string& text, int times) {
    std::string all;
    for (int i = 0; i < times; ++i) all += text;
    return all;
}

INSTANTIATE_TEST_SUITE_P(
    HttpServer,
    RefusedRequest,
    testing::Values(
        Nonsense{"garbage", "\x16\x03\x01 hello\r\n\r\n", "400"},
        Nonsense{"no_version", "GET /\r\n\r\n", "400"},
        Nonsense{"unknown_version", "GET / HTTP/9.9\r\n\r\n", "400"},
        Nonsense{
            "two_lengths",
            "POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
            "400"},
        Nonsense{"oversized_line", "GET /" + std::string(9000, 'a') + " HTTP/1.1\r\n\r\n", "431"},
        Nonsense{
            "oversized_header",
            "GET / HTTP/1.1\r\n" + repeated("X: " + std::string(96, 'a') + "\r\n", 100) + "\r\n",
            "431"},
        Nonsense{
            "endless_header",
            "GET / HTTP/1.1\r\n" + repeated("X: " + std::string(96, 'a') + "\r\n", 1000),
            "431"},
        Nonsense{
            "oversized_body",
            "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1048577\r\n\r\n",
            "413"},
        Nonsense{
            "oversized_chunks",
            "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" +
                repeated("10000\r\n" + std::string(65536, 'a') + "\r\n", 17),
            "413"}
    ),
    [](const auto& tested) { return std::string(tested.param.name); }
);

TEST(HttpServer, takes_a_body_of_a_mebibyte) {
    RunningServer server(&echo);
    Peer peer(server.port);

    peer.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1048576\r\n\r\n");
    peer.send(std::string(1048576, 'a'));

    EXPECT_TRUE(peer.receive_response().ends_with(" 1048576"));
}

TEST(HttpServer, closes_upon_clients_that_are_too_slow) {
    HttpLimits limits;
    limits.header_time = 1s;
    limits.idle_time = 4s;
    RunningServer server(&echo, limits);
    Peer silent(server.port);
    Peer halting(server.port);
    Peer stuck(server.port);
    halting.send("GET / HT");
    stuck.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\na");
    const auto start = std::chrono::steady_clock::now();

    EXPECT_EQ(halting.receive_rest(), "");
    const auto halted = std::chrono::steady_clock::now() - start;
    EXPECT_EQ(silent.receive_rest(), "");
    EXPECT_EQ(stuck.receive_rest(), "");
    const auto all = std::chrono::steady_clock::now() - start;

    EXPECT_GE(halted, 900ms);
    EXPECT_LT(halted, 3500ms);
    EXPECT_GE(all, 3900ms);
    EXPECT_LT(all, 9s);
}

TEST(HttpServer, delays_nobody_for_a_client_that_takes_nothing) {
    const HttpHandler large = [](WebRequest request) -> Task<HttpResponse> {
        HttpResponse response;
        response.body = std::string(request.target == "/large" ? 64'000'000 : 10, 'x');
        co_return response;
    };
    RunningServer server(large);
    Peer lazy(server.port);
    lazy.send("GET /large HTTP/1.1\r\nHost: x\r\n\r\n");
    const auto start = std::chrono::steady_clock::now();

    for (int i = 0; i < 20; ++i) {
        EXPECT_TRUE(Peer(server.port).ask("GET /small").ends_with("xxxxxxxxxx"));
    }

    EXPECT_LT(std::chrono::steady_clock::now() - start, 10s);
    EXPECT_GT(lazy.receive_response().size(), 64'000'000u);
}

TEST(HttpServer, tells_a_failure_as_503_and_survives_what_else_a_handler_throws) {
    const HttpHandler failing = [](WebRequest request) -> Task<HttpResponse> {
        if (request.target == "/world") {
            throw Failure(Failure::Kind::exhausted, "disk full \"here\"");
        }
        throw std::logic_error("a mistake of ours");
        co_return HttpResponse{};
    };
    RunningServer server(failing);

    const std::string response = Peer(server.port).ask("GET /world");
    EXPECT_TRUE(begins_with(response, "HTTP/1.1 503 ")) << response;
    EXPECT_TRUE(response.ends_with("{\"error\":\"disk full \\\"here\\\"\"}\n")) << response;

    EXPECT_EQ(Peer(server.port).ask("GET /ours"), "");
    EXPECT_TRUE(eventually([&] {
        return server.failures() == std::vector<std::string>{"http client: a mistake of ours"};
    }));
}

TEST(HttpServer, turns_clients_away_beyond_its_limit_and_takes_new_ones_when_others_went) {
    RunningServer server(&echo);
    std::list<Peer> peers;
    int served = 0;
    int turned_away = 0;

    for (int i = 0; i < 300; ++i) {
        Peer& peer = peers.emplace_back(server.port);
        const std::string response = peer.ask("GET /");
        served += begins_with(response, "HTTP/1.1 200") ? 1 : 0;
        turned_away += begins_with(response, "HTTP/1.1 503") ? 1 : 0;
        if (!begins_with(response, "HTTP/1.1 200")) peers.pop_back();
    }
    EXPECT_EQ(served, 256);
    EXPECT_EQ(turned_away, 44);

    peers.clear();
    EXPECT_TRUE(eventually([&] {
        return begins_with(Peer(server.port).ask("GET /"), "HTTP/1.1 200");
    }));
}

/// Streams lines until it is cancelled; counts those who began and those who were ended.
struct Endless {
    std::atomic<int> began = 0;
    std::atomic<int> ended = 0;

    Task<> write(BodyWriter& writer) {
        struct Counted {
            std::atomic<int>& ended;
            ~Counted() { ++ended; }
        } counted{ended};
        ++began;
        for (;;) {
            std::string line = "{\"still\":\"here\"}\n";
            co_await writer.write(std::move(line));
            co_await sleep_for(5ms);
        }
    }

    HttpHandler handler() {
        return [this](WebRequest) { return respond(); };
    }

    Task<HttpResponse> respond() {
        HttpResponse response;
        response.stream = [this](BodyWriter& writer) { return write(writer); };
        co_return response;
    }
};

constexpr auto stream_request = "POST /stream HTTP/1.1\r\nHost: x\r\n\r\n";

TEST(HttpServer, cancels_what_it_does_for_a_client_that_goes) {
    Endless endless;
    RunningServer server(endless.handler());
    Peer peer(server.port);
    peer.send(stream_request);
    peer.receive_through("here");

    peer.close();

    EXPECT_TRUE(eventually([&] { return endless.ended == 1; }));
    EXPECT_TRUE(server.failures().empty());
}

TEST(HttpServer, cancels_silent_work_too_when_its_client_goes) {
    std::atomic<bool> began = false;
    std::atomic<bool> ended = false;
    const BodyStream silent = [&](BodyWriter&) -> Task<> {
        began = true;
        struct Ended {
            std::atomic<bool>& flag;
            ~Ended() { flag = true; }
        } guard{ended};
        co_await sleep_for(60s);
    };
    const HttpHandler handler = [&](WebRequest) -> Task<HttpResponse> {
        HttpResponse response;
        response.stream = silent;
        co_return response;
    };
    RunningServer server(handler);
    Peer peer(server.port);
    peer.send(stream_request);
    ASSERT_TRUE(eventually([&] { return began.load(); }));

    peer.close();

    EXPECT_TRUE(eventually([&] { return ended.load(); }));
}

TEST(HttpServer, cancels_everything_when_it_is_cancelled) {
    Endless endless;
    {
        RunningServer server(endless.handler());
        Peer idle(server.port);
        Peer halting(server.port);
        halting.send("GET / HT");
        Peer streaming(server.port);
        streaming.send(stream_request);
        streaming.receive_through("here");
    }
    EXPECT_EQ(endless.ended, 1);
}

TEST(HttpServer, streams_in_chunks_and_then_takes_the_next_request) {
    const BodyStream three = [](BodyWriter& writer) -> Task<> {
        for (int i = 1; i <= 3; ++i) {
            std::string line = std::to_string(i) + "\n";
            co_await writer.write(std::move(line));
        }
        std::string nothing;
        co_await writer.write(std::move(nothing));
    };
    const HttpHandler handler = [&](WebRequest request) -> Task<HttpResponse> {
        HttpResponse response;
        response.body = "plain";
        if (request.target == "/stream") response.stream = three;
        co_return response;
    };
    RunningServer server(handler);
    Peer peer(server.port);

    peer.send(std::string(stream_request) + "GET /next HTTP/1.1\r\nHost: x\r\n\r\n");

    const std::string head = peer.receive_through("\r\n\r\n");
    EXPECT_NE(head.find("Transfer-Encoding: chunked"), std::string::npos) << head;
    const std::string body = peer.receive_through("0\r\n\r\n");
    EXPECT_EQ(body, "2\r\n1\n\r\n2\r\n2\n\r\n2\r\n3\n\r\n0\r\n\r\n");
    EXPECT_TRUE(peer.receive_response().ends_with("plain"));
}

TEST(HttpServer, ends_a_stream_that_failed_without_its_end) {
    const HttpHandler handler = [](WebRequest request) -> Task<HttpResponse> {
        HttpResponse response;
        const bool at_once = request.target == "/at-once";
        response.stream = [at_once](BodyWriter& writer) -> Task<> {
            std::string line = "begun\n";
            if (!at_once) co_await writer.write(std::move(line));
            throw Failure(Failure::Kind::internal, "the work failed");
        };
        co_return response;
    };
    RunningServer server(handler);

    for (const char* target : {"/at-once", "/later"}) {
        Peer peer(server.port);
        peer.send(std::string("POST ") + target + " HTTP/1.1\r\nHost: x\r\n\r\n");
        const std::string response = peer.receive_rest();
        EXPECT_TRUE(begins_with(response, "HTTP/1.1 200")) << response;
        EXPECT_EQ(response.find("0\r\n\r\n"), std::string::npos) << response;
    }
    EXPECT_TRUE(eventually([&] { return server.failures().size() == 2; }));
}

TEST(HttpServer, ends_a_stream_that_says_nothing) {
    const HttpHandler handler = [](WebRequest) -> Task<HttpResponse> {
        HttpResponse response;
        response.stream = [](BodyWriter&) -> Task<> { co_return; };
        co_return response;
    };
    RunningServer server(handler);
    Peer peer(server.port);

    peer.send(stream_request);
    EXPECT_TRUE(peer.receive_through("0\r\n\r\n").ends_with("\r\n\r\n0\r\n\r\n"));
    peer.send("POST /stream HTTP/1.0\r\n\r\n");
    EXPECT_TRUE(begins_with(peer.receive_response(), "HTTP/1.0 505"));
}

TEST(HttpServer, says_that_its_port_is_taken) {
    RunningServer first(&echo);
    asio::io_context loop(1);
    HttpServer second(loop.get_executor(), &echo, nullptr);

    try {
        second.listen_tcp("127.0.0.1", first.port);
        FAIL() << "both listen";
    } catch (const Failure& failure) {
        EXPECT_EQ(failure.kind(), Failure::Kind::rejected);
        EXPECT_EQ(
            failure.what(),
            "cannot listen on 127.0.0.1:" + std::to_string(first.port) + ": Address already in use"
        );
    }
    EXPECT_THROW(second.listen_tcp("localhost", 0), Failure);
}

class ControlSocket : public testing::Test {
  protected:
    std::filesystem::path path() const { return folder_.path() / "control.sock"; }

    std::optional<Failure::Kind> failure_of_listening() const {
        asio::io_context loop(1);
        HttpServer server(loop.get_executor(), &echo, nullptr);
        try {
            server.listen_unix(path());
        } catch (const Failure& failure) {
            return failure.kind();
        }
        return std::nullopt;
    }

    TemporaryFolder folder_;
};

TEST_F(ControlSocket, is_for_its_owner_and_group_and_is_removed_at_the_end) {
    {
        RunningServer server(&echo, {}, path());
        struct stat status {};
        ASSERT_EQ(::stat(path().c_str(), &status), 0);
        EXPECT_EQ(status.st_mode & 07777, 0660u);
        EXPECT_TRUE(Peer(path()).ask("GET /a").ends_with("GET /a  0"));
    }
    EXPECT_TRUE(std::filesystem::is_empty(folder_.path()));
}

TEST_F(ControlSocket, is_taken_over_only_from_the_dead) {
    {
        RunningServer server(&echo, {}, path());
        EXPECT_EQ(failure_of_listening(), Failure::Kind::rejected);
        EXPECT_TRUE(Peer(path()).ask("GET /still").ends_with("GET /still  0"));
        // As after kill -9: the name stays, nobody listens.
        std::filesystem::create_hard_link(path(), folder_.path() / "kept");
    }
    std::filesystem::rename(folder_.path() / "kept", path());
    EXPECT_EQ(failure_of_listening(), std::nullopt);
}

TEST_F(ControlSocket, leaves_alone_what_it_did_not_make) {
    {
        RunningServer server(&echo, {}, path());
        std::filesystem::remove(path());
        std::ofstream(path()) << "somebody's notes";
    }
    EXPECT_EQ(failure_of_listening(), Failure::Kind::rejected);
    EXPECT_TRUE(std::filesystem::exists(path()));
}

TEST(ControlSocketName, is_refused_where_it_is_too_long_or_has_no_folder) {
    asio::io_context loop(1);
    HttpServer server(loop.get_executor(), &echo, nullptr);

    EXPECT_THROW(server.listen_unix("/tmp/" + std::string(120, 'a')), Failure);
    EXPECT_THROW(server.listen_unix("/nonexistent/folder/control.sock"), Failure);
}

}  // namespace
}  // namespace backupwatch
