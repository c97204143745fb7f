#include "sources/foreign/script_parts.hpp"

#include "core/failure.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace backupwatch {
namespace {

using ScriptTexts = std::vector<std::string>;

/// The same whatever the pieces are that it comes in.
ScriptTexts cut_script(const std::string& sql) {
    ScriptTexts whole;
    for (const std::size_t size : {sql.size() + 1, std::size_t{1}, std::size_t{3}}) {
        ScriptTexts parts{""};
        const auto write = [&](std::string_view piece) { parts.back() += piece; };
        ScriptParts script(write, [&] { parts.emplace_back(); });
        for (std::size_t at = 0; at < sql.size(); at += size) script.add(sql.substr(at, size));
        script.finish();
        if (whole.empty()) whole = parts;
        EXPECT_EQ(parts, whole) << "in pieces of " << size;
    }
    return whole;
}

TEST(ScriptParts, have_no_command_for_psql) {
    const std::vector<std::pair<std::string, ScriptTexts>> samples = {
        {"SELECT 1;\n", {"SELECT 1;\n"}},
        {"\\restrict abc\nSELECT 1;\n\\unrestrict abc\n", {"\nSELECT 1;\n\n"}},
        {"\\connect shop\nSELECT 1;\n", {"\n", "SELECT 1;\n"}},
        {"SELECT 1;\n\\connect shop\r\nSELECT 2;\n\\connect \"more\"",
         {"SELECT 1;\n\n", "SELECT 2;\n\n", ""}},
        // What is before it is not joined to what follows.
        {"SELECT 1 \\restrict abc\nFROM t;\n", {"SELECT 1 \nFROM t;\n"}},
        // Rows, text and comments are no commands.
        {"COPY t (a) FROM stdin;\n\\connect shop\n\\.\nSELECT '\n\\connect shop\n';\n",
         {"COPY t (a) FROM stdin;\n\\connect shop\n\\.\nSELECT '\n\\connect shop\n';\n"}},
        {"-- \\connect shop\n/* \\connect shop\n */SELECT $$\n\\connect shop\n$$;\n",
         {"-- \\connect shop\n/* \\connect shop\n */SELECT $$\n\\connect shop\n$$;\n"}},
    };
    for (const auto& [sql, parts] : samples) EXPECT_EQ(cut_script(sql), parts) << sql;
}

TEST(ScriptParts, hold_back_no_more_than_a_command) {
    ScriptParts script([](std::string_view) {}, [] {});
    script.add("\\connect ");
    const std::string more(1 << 16, 'x');
    EXPECT_THROW(script.add(more), Failure);
}

}  // namespace
}  // namespace backupwatch
