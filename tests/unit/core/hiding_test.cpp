#include "core/hiding.hpp"

#include <gtest/gtest.h>

namespace backupwatch {
namespace {

std::string hidden(const std::string& secret, const std::string& text) {
    return without(text, spellings_of(Secret(secret)));
}

TEST(Hiding, knows_a_secret_by_each_of_its_spellings) {
    EXPECT_EQ(hidden("hunter22", "it is hunter22."), "it is ***.");
    EXPECT_EQ(hidden("hunter22", "aHVudGVyMjI="), "***=");
    EXPECT_EQ(
        hidden("postgresql://me:p%40ss-word@db/shop", "of /shop: p@ss-word p%40ss-word"),
        "of /shop: *** ***"
    );
    EXPECT_EQ(hidden("host=db password=hunter22 user=me", "db: hunter22"), "db: ***");
    EXPECT_EQ(hidden("host=db password='hunter 22'", "db: hunter 22"), "db: ***");
    EXPECT_EQ(hidden("postgresql://db/x?password=hunter22&a=b", "hunter22"), "***");
    EXPECT_EQ(hidden("https://hooks.example.com/T0/hunter22", "T0/hunter22"), "T0/***");
    EXPECT_EQ(hidden("-----BEGIN\nAGE-SECRET-1\nAGE-SECRET-2\n", "key: AGE-SECRET-2"), "key: ***");
    EXPECT_EQ(hidden("AGE-SECRET-1\nAGE-SECRET-2", "AGE-SECRET-2, AGE-SECRET-1"), "***, ***");
    EXPECT_EQ(hidden("", "anything"), "anything");
}

}  // namespace
}  // namespace backupwatch
