#include "json/text.hpp"

#include <boost/json/parse.hpp>
#include <gtest/gtest.h>

#include <cstdlib>
#include <limits>

namespace backupwatch {
namespace {

namespace json = boost::json;

std::string text_of(const json::value& value) {
    return json_text(value);
}

TEST(JsonText, writes_numbers_plainly_and_in_their_shortest_form) {
    EXPECT_EQ(text_of(300.0), "300");
    EXPECT_EQ(text_of(0.252), "0.252");
    EXPECT_EQ(text_of(0.1), "0.1");
    EXPECT_EQ(text_of(-12.5), "-12.5");
    EXPECT_EQ(text_of(0.0), "0");
    EXPECT_EQ(text_of(1e15), "1000000000000000");
    EXPECT_EQ(text_of(1e-7), "0.0000001");
    EXPECT_EQ(text_of(18'446'744'073'709'551'615U), "18446744073709551615");
    EXPECT_EQ(text_of(-3), "-3");
}

TEST(JsonText, has_room_for_the_longest_numbers) {
    for (const double number : {
             std::numeric_limits<double>::max(),
             std::numeric_limits<double>::lowest(),
             -std::numeric_limits<double>::denorm_min(),
             -std::numeric_limits<double>::min() * 1.2345678901234567,
         }) {
        EXPECT_EQ(std::strtod(text_of(number).c_str(), nullptr), number);
    }
}

TEST(JsonText, has_null_for_what_is_no_number) {
    EXPECT_EQ(text_of(std::numeric_limits<double>::quiet_NaN()), "null");
    EXPECT_EQ(text_of(std::numeric_limits<double>::infinity()), "null");
}

TEST(JsonText, is_what_any_parser_reads_back) {
    const std::string text =
        R"({"a \"quoted\"\nkey":[1,[],{},null,true,"ü \\ \u0001"],"b":{"c":0.25,"d":""}})";
    EXPECT_EQ(text_of(json::parse(text)), text);
}

TEST(Seconds, are_told_to_the_millisecond) {
    EXPECT_EQ(text_of(to_milliseconds(0.25249999)), "0.252");
    EXPECT_EQ(text_of(to_milliseconds(299.9996)), "300");
}

}  // namespace
}  // namespace backupwatch
