#include "sources/foreign/hex_finder.hpp"

#include <gtest/gtest.h>

#include <string_view>

namespace backupwatch {
namespace {

struct HexCase {
    std::string_view text;
    bool is_found;
};

constexpr HexCase hex_cases[] = {
    {R"(1	\\x00ff)", true},
    {R"({"\\\\x00ff"})", true},
    {R"(1	\\000\\377)", false},
    {R"(1	abc	\N)", false},
    {R"(a line\nand x, a tab\tx)", false},
    {R"(\x)", false},
    {R"(\\n\\x)", true},
};

TEST(HexFinder, knows_bytes_in_hexadecimal_digits_wherever_the_text_is_cut) {
    for (const HexCase& one : hex_cases) {
        for (std::size_t at = 0; at <= one.text.size(); ++at) {
            HexFinder finder;
            finder.add(one.text.substr(0, at));
            finder.add(one.text.substr(at));
            EXPECT_EQ(finder.found(), one.is_found) << one.text << " " << at;
        }
    }
}

}  // namespace
}  // namespace backupwatch
