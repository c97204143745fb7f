#pragma once
#include "process/descriptor.hpp"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <cstring>
#include <filesystem>

namespace backupwatch {

/// Whoever calls here, as one calls a PostgreSQL whose sockets are in that folder, has got out.
class UnixListener {
  public:
    explicit UnixListener(const std::filesystem::path& folder) {
        std::filesystem::create_directory(folder);
        ::chmod(folder.c_str(), 0755);
        const std::string path = folder / ".s.PGSQL.5432";
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        EXPECT_LT(path.size(), sizeof address.sun_path);
        std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
        auto* place = reinterpret_cast<sockaddr*>(&address);
        EXPECT_EQ(::bind(socket_.get(), place, sizeof address), 0);
        ::chmod(path.c_str(), 0777);
        EXPECT_EQ(::listen(socket_.get(), 9), 0);
    }
    bool was_called() const {
        pollfd ready{socket_.get(), POLLIN, 0};
        return ::poll(&ready, 1, 0) == 1;
    }

  private:
    Descriptor socket_{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
};

}  // namespace backupwatch
