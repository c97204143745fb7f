#include "sources/supabase/evidence.hpp"

#include <boost/json/parse.hpp>
#include <gtest/gtest.h>

namespace backupwatch {
namespace {

const Secret token("sbp_fc0123456789canary0123456789canary012345");

boost::json::value kept(ApiReply reply) {
    const std::string text = evidence_text({{"/v1/x", std::move(reply)}}, token);
    return boost::json::parse(text).at("replies").at("/v1/x");
}

TEST(SupabaseEvidence, has_each_body_as_it_came_and_not_as_it_was_read) {
    const std::string bodies[] = {
        "{ \"b\" : 1.50 ,\n\t\"a\":1e3, \"a\":\"\\u00e9\" }",
        "<html>\r\n<h1>Oops</h1>",
        R"({"backups":[{"id":)",
        "",
        std::string("\0\x01", 2)};
    for (const std::string& body : bodies) {
        const auto reply = kept({200, body, {}});
        EXPECT_EQ(reply.at("body").as_string(), body);
        EXPECT_EQ(reply.at("status").as_int64(), 200);
        EXPECT_EQ(reply.as_object().size(), 2u);
    }
    const auto packed = kept({200, "\x1f\x8b\x08", {}});
    EXPECT_EQ(packed.at("body_base64").as_string(), "H4sI") << "it is no text";
}

TEST(SupabaseEvidence, says_of_what_was_refused_with_which_status_and_words) {
    const Failure failure(Failure::Kind::denied, "cannot read the add-ons: no right (HTTP 403)");
    const auto refused = kept({403, R"({"message":"Forbidden"})", failure});
    EXPECT_EQ(refused.at("status").as_int64(), 403);
    EXPECT_EQ(refused.at("body").as_string(), R"({"message":"Forbidden"})");
    EXPECT_EQ(refused.at("failure").as_string(), "cannot read the add-ons: no right (HTTP 403)");

    const auto none = kept({0, "", Failure(Failure::Kind::unreachable, "no route")});
    EXPECT_EQ(none, (boost::json::object{{"failure", "no route"}}));
}

TEST(SupabaseEvidence, is_bounded_and_says_what_was_cut) {
    const auto long_one = kept({200, std::string(100'000, 'x'), {}});
    EXPECT_LE(long_one.at("body").as_string().size(), most_evidence_of_a_reply);
    EXPECT_GT(long_one.at("body").as_string().size(), most_evidence_of_a_reply - 10);
    EXPECT_EQ(long_one.at("cut_from_bytes").as_int64(), 100'000);
    const auto bytes = kept({200, std::string(100'000, '\xff'), {}});
    EXPECT_LT(bytes.at("body_base64").as_string().size(), 2 * most_evidence_of_a_reply);
    EXPECT_EQ(bytes.at("cut_from_bytes").as_int64(), 100'000);
}

TEST(SupabaseEvidence, has_no_token_whoever_repeats_it) {
    const auto reply = kept({400, "bad token " + token.reveal() + " given", {}});
    EXPECT_EQ(reply.at("body").as_string(), "bad token *** given");
}

TEST(SupabaseEvidence, is_due_once_a_day_from_the_daily_check_on) {
    struct Row {
        const char* check;  ///< empty: none
        const char* last;   ///< empty: none
        const char* now;
        bool is_due;
    };
    const Row rows[] = {
        {"03:00", "", "2026-11-22T01:00:00Z", true},
        {"03:00", "2026-11-21T03:00:04Z", "2026-11-22T02:59:59Z", false},
        {"03:00", "2026-11-21T03:00:04Z", "2026-11-22T03:00:00Z", true},
        // Whenever the last one was.
        {"03:00", "2026-11-22T02:45:00Z", "2026-11-22T03:00:00Z", true},
        {"03:00", "2026-11-22T03:00:02Z", "2026-11-22T23:59:59Z", false},
        // A day that was slept through until noon.
        {"03:00", "2026-11-21T03:00:04Z", "2026-11-22T03:30:00Z", true},
        // However often it is checked.
        {"03:00, 15:00", "2026-11-22T03:00:02Z", "2026-11-22T15:00:00Z", false},
        {"every 5m", "2026-11-22T00:00:02Z", "2026-11-22T23:55:00Z", false},
        {"every 5m", "2026-11-22T23:55:02Z", "2026-11-23T00:00:00Z", true},
        {"Sun 04:00", "2026-11-22T04:00:01Z", "2026-11-23T05:00:00Z", false},
        {"Sun 04:00", "2026-11-22T04:00:01Z", "2026-11-23T05:00:02Z", true},
        // Its looks come at a quarter past midnight.
        {"23:58", "2026-11-22T00:03:00Z", "2026-11-23T00:03:00Z", false},
        {"23:58", "2026-11-22T00:03:00Z", "2026-11-23T01:05:00Z", true},
        {"Sun 04:00", "2026-11-22T04:00:01Z", "2026-11-29T04:00:00Z", true},
        {"", "2026-11-22T23:00:00Z", "2026-11-22T23:59:59Z", false},
        {"", "2026-11-22T23:00:00Z", "2026-11-23T00:00:00Z", true},
        // A clock was ahead.
        {"03:00", "2027-11-22T03:00:00Z", "2026-11-22T02:00:00Z", true},
    };
    for (const auto& [check, last, now, is_due] : rows) {
        std::optional<Schedule> schedule;
        if (*check != '\0') schedule = std::get<Schedule>(Schedule::parse(check));
        EXPECT_EQ(is_evidence_due(parse_rfc3339(last), schedule, *parse_rfc3339(now)), is_due)
            << check << ", last " << last << ", now " << now;
    }
}

}  // namespace
}  // namespace backupwatch
