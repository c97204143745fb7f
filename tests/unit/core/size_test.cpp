#include "core/size.hpp"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

namespace backupwatch {
namespace {

TEST(SizeText, is_read_and_written_in_its_shortest_spelling) {
    struct Case {
        const char* text;
        std::uint64_t bytes;
        const char* canonical;
    };
    const std::vector<Case> cases{
        {"0B", 0, "0B"},
        {"512B", 512, "512B"},
        {"100MB", 100'000'000, "100MB"},
        {"8GB", 8'000'000'000, "8GB"},
        {"64MiB", 67'108'864, "64MiB"},
        {"2GiB", 2'147'483'648, "2GiB"},
        {"1kB", 1'000, "1kB"},
        {"1KB", 1'000, "1kB"},
        {"1KiB", 1'024, "1KiB"},
        {"1500MB", 1'500'000'000, "1500MB"},
        {"1024KiB", 1'048'576, "1MiB"},
        {"3TB", 3'000'000'000'000, "3TB"},
        {"3TiB", 3'298'534'883'328, "3TiB"},
        {"2PB", 2'000'000'000'000'000, "2PB"},
        {"16383PiB", 18'445'618'173'802'708'992u, "16383PiB"},
        {"18446744073709551615B", 18'446'744'073'709'551'615u, "18446744073709551615B"},
    };
    for (const auto& [text, bytes, canonical] : cases) {
        EXPECT_EQ(parse_size(text), bytes) << text;
        EXPECT_EQ(size_text(bytes), canonical);
        EXPECT_EQ(parse_size(canonical), bytes) << canonical;
    }
}

TEST(SizeText, refuses_everything_else) {
    for (const char* text : {
             "",
             "100",                    // of what?
             "MB",                     // how many?
             "1.5GB",                  // whole numbers only
             "-1MB",                   //
             "1 MB",                   //
             "1MB ",                   //
             "1mb",                    // millibits?
             "1Mib",                   //
             "16384PiB",               // 2^64
             "18446744073709551616B",  // 2^64
             "99999999999PB",          // overflows when multiplied
         }) {
        EXPECT_FALSE(parse_size(text)) << text;
    }
}

TEST(SizeInWords, has_three_or_four_digits_and_rounds_down) {
    const std::vector<std::pair<std::uint64_t, const char*>> cases{
        {0, "0 B"},
        {999, "999 B"},
        {1'000, "1.00 kB"},
        {1'999, "1.99 kB"},
        {15'149, "15.1 kB"},
        {151'299'999, "151.2 MB"},
        {999'999'999, "999.9 MB"},
        {8'000'000'000, "8.00 GB"},
        {1'050'000'000'000, "1.05 TB"},
        {18'446'744'073'709'551'615u, "18.4 EB"},
    };
    for (const auto& [bytes, words] : cases) EXPECT_EQ(size_in_words(bytes), words);
}

TEST(Percent, is_read_as_a_ratio) {
    const std::vector<std::pair<const char*, double>> cases{
        {"0%", 0.0},
        {"80%", 0.8},
        {"99.5%", 0.995},
        {"12.34%", 0.1234},
        {"100%", 1.0},
        {"100.00%", 1.0},
    };
    for (const auto& [text, ratio] : cases) EXPECT_EQ(parse_percent(text), ratio) << text;
}

TEST(Percent, refuses_everything_else) {
    for (const char* text :
         {"", "80", "%", "101%", "100.01%", "-1%", "8.%", "1.234%", "80 %", "0.8", ".5%"}) {
        EXPECT_FALSE(parse_percent(text)) << text;
    }
}

}  // namespace
}  // namespace backupwatch
