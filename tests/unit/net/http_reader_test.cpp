#include "net/http_reader.hpp"

#include "fakes/fake_network.hpp"
#include "support/loop.hpp"

#include <gtest/gtest.h>

namespace backupwatch {
namespace {

TEST(HttpReader, C13_sends_nothing_but_get) {
    asio::io_context loop{1};
    FakeNetwork network;
    HttpReader reader(network);
    for (const char* method : {"POST", "PATCH", "DELETE", "PUT", "GET"}) {
        HttpRequest request;
        request.method = method;
        request.body = "{}";
        request.url = Secret("https://api.supabase.com/v1");
        run_on(loop, reader.get(request));
        EXPECT_EQ(network.requests.back().method, "GET");
        EXPECT_EQ(network.requests.back().body, "");
    }
}

}  // namespace
}  // namespace backupwatch
