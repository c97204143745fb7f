#include "drill/pages.hpp"

#include "fakes/fake_network.hpp"
#include "support/loop.hpp"

#include <gtest/gtest.h>

namespace backupwatch {
namespace {

TEST(Pages, are_as_they_should_be_where_they_answer_with_the_status_expected) {
    asio::io_context loop;
    FakeNetwork network;
    network.http_reply.status = 200;
    const std::vector<RunbookSettings::Page> pages{
        {"https://shop.example/", 200}, {"https://shop.example/in", 302}};

    const auto checks = run_on(loop, ask_pages(network, pages, NetworkSettings()));

    ASSERT_EQ(checks.size(), 2U);
    EXPECT_TRUE(checks[0].ok);
    EXPECT_EQ(checks[0].detail, "200");
    EXPECT_FALSE(checks[1].ok);
    EXPECT_EQ(checks[1].detail, "200, not 302");
    EXPECT_EQ(network.requests.at(1).method, "GET");
    EXPECT_EQ(network.requests.at(1).url.reveal(), "https://shop.example/in");
}

TEST(Pages, that_do_not_answer_say_why) {
    asio::io_context loop;
    FakeNetwork network;
    network.http_reply.error = "connection refused";

    const auto checks =
        run_on(loop, ask_pages(network, {{"https://shop.example/", 200}}, NetworkSettings()));

    ASSERT_EQ(checks.size(), 1U);
    EXPECT_FALSE(checks[0].ok);
    EXPECT_EQ(checks[0].detail, "connection refused, not 200");
}

}  // namespace
}  // namespace backupwatch
