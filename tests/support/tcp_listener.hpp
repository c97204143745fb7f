#pragma once
#include "process/descriptor.hpp"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

namespace backupwatch {

/// Whoever calls 127.0.0.1 here has got out.
class TcpListener {
  public:
    TcpListener() {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        auto* place = reinterpret_cast<sockaddr*>(&address);
        EXPECT_EQ(::bind(socket_.get(), place, size), 0);
        EXPECT_EQ(::listen(socket_.get(), 9), 0);
        EXPECT_EQ(::getsockname(socket_.get(), place, &size), 0);
        port_ = ntohs(address.sin_port);
    }
    int port() const { return port_; }
    bool was_called() const {
        pollfd ready{socket_.get(), POLLIN, 0};
        return ::poll(&ready, 1, 0) == 1;
    }

  private:
    Descriptor socket_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    int port_ = 0;
};

}  // namespace backupwatch
