#pragma once
#include "dump_fixture.hpp"

#include <sys/stat.h>

#include <string>
#include <vector>

namespace backupwatch {

/// A folder that PostgreSQL's own programs fill with dumps of the database `shop`.
class OthersFolder : public DumpTest {
  protected:
    OthersFolder() {
        fs::create_directory(folder_);
        // As root, these programs run as another user.
        ::chmod(directory_.path().c_str(), 0777);
        ::chmod(folder_.c_str(), 0777);
    }

    fs::path dump(const std::string& name, std::vector<std::string> arguments) {
        const fs::path path = folder_ / name;
        arguments.push_back("--file=" + path.string());
        arguments.push_back("--dbname=shop");
        server_.run("pg_dump", arguments);
        return path;
    }

    fs::path folder_ = directory_ / "foreign";
};

}  // namespace backupwatch
