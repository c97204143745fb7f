#include "drill/verify.hpp"

#include <gtest/gtest.h>

namespace backupwatch {
namespace {

TEST(CopyOfQuery, takes_a_query_however_it_ends) {
    struct Case {
        const char* query;
        const char* inside;
    };
    const Case cases[] = {
        {"SELECT 1", "SELECT 1"},
        {"SELECT 1;", "SELECT 1"},
        {"SELECT 1 ;;\n", "SELECT 1"},
        {"SELECT 1;\t", "SELECT 1"},
        {"SELECT 1;\r\n", "SELECT 1"},
        {"SELECT 1 -- the only one", "SELECT 1 -- the only one"},
        {"SELECT 1 -- the only one\n", "SELECT 1 -- the only one"},
        {"SELECT ';'", "SELECT ';'"},
        {" ;", ""},
    };
    for (const auto& [query, inside] : cases) {
        EXPECT_EQ(copy_of_query(query), "COPY (" + std::string(inside) + "\n) TO STDOUT") << query;
    }
}

}  // namespace
}  // namespace backupwatch
