#include "web/command_stream.hpp"

#include "unit/commands/watched_world.hpp"

#include <boost/json/parse.hpp>
#include <gtest/gtest.h>

namespace backupwatch {
namespace {

class Written final : public BodyWriter {
  public:
    Task<> write(std::string piece) override {
        text += piece;
        co_return;
    }
    std::string text;
};

/// The last line of what the control socket answers to this body.
Reply answer(const std::string& verb, const std::string& body) {
    WatchedWorld watched(
        "databases: [{name: shop, backups: [{source: dump, name: n, directory: $/d}]}]"
    );
    const std::shared_ptr<World> world(std::move(watched.world));
    asio::io_context loop;
    Written written;
    WebRequest request;
    request.target = verb;
    request.body = body;
    run_on(loop, stream_command(world, request, written));
    EXPECT_TRUE(written.text.ends_with("\n"));
    return parse_reply(written.text);
}

TEST(CommandStream, answers_a_request_that_makes_no_sense_as_wrong_use) {
    const std::pair<std::string, std::string> table[] = {
        {"drill", "{}"},
        {"drill", R"({"targets":["shop"],"options":{"backup":3}})"},
        {"backup", R"({"targets":["shop"],"options":{"label":[]}})"},
        {"list", R"({"targets":{}})"},
        {"check", R"({"targets":[null]})"},
        {"status", "nonsense"},
        {"open", R"({"targets":["shop"],"options":{"backup":"x","before":"2026-11-22"}})"},
        {"open", R"({"targets":["shop"],"options":{"before":"yesterday"}})"},
        {"open", R"({"targets":["shop"],"options":{"for":"25h"}})"},
    };
    for (const auto& [verb, body] : table) {
        const Reply reply = answer(verb, body);
        EXPECT_EQ(reply.exit_code, 64) << verb << body;
        EXPECT_TRUE(reply.text.starts_with("error: ")) << reply.text;
        EXPECT_TRUE(reply.document.as_object().contains("error"));
    }
}

}  // namespace
}  // namespace backupwatch
