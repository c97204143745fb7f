#pragma once
#include "system/support.hpp"

#include <gtest/gtest.h>

namespace backupwatch {

/// A backup that cannot be a whole one is refused, with the sentences that a person needs.
inline void expect_refused(const Site& site, const std::vector<std::string>& sentences) {
    const Ran backup = site.run({"backup", "shop"});
    EXPECT_EQ(backup.exit_code, 2) << backup.out << backup.err;
    for (const auto& sentence : sentences) {
        EXPECT_NE(backup.err.find(sentence), std::string::npos) << backup.err;
    }
    EXPECT_EQ(site.completed(), std::vector<std::string>());
    EXPECT_EQ(site.left_behind(), std::vector<std::string>());
    EXPECT_TRUE(!std::filesystem::exists(site.dumps()) || std::filesystem::is_empty(site.dumps()));
}

}  // namespace backupwatch
