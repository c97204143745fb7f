#include "commands/command.hpp"

#include "core/failure.hpp"
#include "unit/commands/watched_world.hpp"

#include <gtest/gtest.h>

namespace backupwatch {
namespace {

TEST(Request, is_read_with_its_targets_and_options) {
    const Request request =
        parse_request("drill", R"({"targets":["shop"],"options":{"backup":"x"},"later":1})");
    EXPECT_EQ(request.verb, "drill");
    EXPECT_EQ(request.targets, std::vector<std::string>{"shop"});
    EXPECT_EQ(text_option(request, "backup"), "x");
    EXPECT_EQ(text_option(request, "label"), "");
    EXPECT_TRUE(parse_request("check", "").targets.empty());
}

TEST(Request, that_makes_no_sense_is_refused_with_a_sentence) {
    const std::pair<const char*, const char*> table[] = {
        {"{", "it is not JSON"},
        {"[]", "it is not an object"},
        {R"({"targets":"shop"})", R"(its "targets" are not a list)"},
        {R"({"targets":[1]})", R"(one of its "targets" is not a text)"},
        {R"({"options":[]})", R"(its "options" are not an object)"},
    };
    for (const auto& [text, sentence] : table) {
        try {
            parse_request("drill", text);
            ADD_FAILURE() << text;
        } catch (const Failure& failure) {
            EXPECT_EQ(failure.kind(), Failure::Kind::usage);
            EXPECT_EQ(failure.what(), "the request cannot be read: " + std::string(sentence));
        }
    }
}

TEST(Verb, that_gets_what_it_cannot_use_says_so_as_wrong_use) {
    WatchedWorld watched(
        "databases: [{name: shop, backups: [{source: dump, name: n, directory: $/d}]}]"
    );
    const boost::json::object number{{"backup", 3}, {"label", 3}, {"keep", 3}};
    const std::pair<Request, std::string> table[] = {
        {{"drill", {}, {}}, "drill takes one target, and none is given"},
        {{"list", {"shop", "shop"}, {}}, "list takes one target, and 2 are given"},
        {{"backup", {}, {}}, "backup takes one target, and none is given"},
        {{"drill", {"shop"}, number}, "the option backup is not a text"},
        {{"backup", {"shop"}, number}, "the option label is not a text"},
        {{"backup", {"shop"}, {{"keep", "0s"}}}, "\"0s\" is shorter than a second"},
        {{"backup", {"shop"}, {{"keep", "999ms"}}}, "\"999ms\" is shorter than a second"},
        {{"backup", {"shop"}, {{"keep", "soon"}}}, "\"soon\" is not a duration such as 30d or 12h"},
    };
    for (const auto& [request, sentence] : table) {
        const Reply reply = watched.command(request);
        EXPECT_EQ(reply.exit_code, 64) << sentence;
        EXPECT_TRUE(reply.text.starts_with("error: " + sentence + "\n")) << reply.text;
    }
}

}  // namespace
}  // namespace backupwatch
