#pragma once
#include <gtest/gtest.h>
#include <stdlib.h>

#include <fstream>
#include <sstream>
#include <string>

namespace backupwatch {

/// With that file of the golden ones of a room of unit tests: compared, or written anew where
/// BACKUPWATCH_WRITE_GOLDEN is set. Read the diff then.
inline void expect_golden(
    const std::string& room, const std::string& name, const std::string& text
) {
    const std::string path = SOURCE_DIR "/tests/unit/" + room + "/golden/" + name;
    if (::getenv("BACKUPWATCH_WRITE_GOLDEN") != nullptr) {
        std::ofstream(path, std::ios::binary) << text;
    }
    std::ifstream file(path, std::ios::binary);
    std::ostringstream golden;
    golden << file.rdbuf();
    EXPECT_EQ(golden.str(), text) << path;
}

}  // namespace backupwatch
