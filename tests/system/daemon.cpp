#include "system/daemon.hpp"

#include <arpa/inet.h>
#include <boost/json/parse.hpp>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <sstream>
#include <stdexcept>

namespace backupwatch {
namespace {

/// Closes the socket.
HttpAnswer exchange(int socket, const std::string& target) {
    const timeval limit{10, 0};
    ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    const std::string request =
        "GET " + target + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    std::string text;
    if (::send(socket, request.data(), request.size(), MSG_NOSIGNAL) > 0) {
        char piece[4096];
        ssize_t got = 0;
        while ((got = ::recv(socket, piece, sizeof(piece), 0)) > 0) {
            text.append(piece, static_cast<std::size_t>(got));
        }
    }
    ::close(socket);
    const auto body = text.find("\r\n\r\n");
    if (body == std::string::npos || !text.starts_with("HTTP/1.1 ")) return {};
    return {std::stoi(text.substr(9, 3)), text.substr(body + 4)};
}

sockaddr_in loopback(int port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = ::htonl(INADDR_LOOPBACK);
    address.sin_port = ::htons(static_cast<std::uint16_t>(port));
    return address;
}

}  // namespace

boost::json::value HttpAnswer::json() const {
    boost::system::error_code error;
    auto value = boost::json::parse(body, error);
    if (error) throw std::runtime_error("no JSON document: \"" + body + "\"");
    return value;
}

HttpAnswer get(const std::filesystem::path& control_socket, const std::string& target) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, control_socket.c_str(), sizeof(address.sun_path) - 1);
    const int socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (::connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0) {
        return exchange(socket, target);
    }
    ::close(socket);
    return {};
}

HttpAnswer get(int port, const std::string& target) {
    sockaddr_in address = loopback(port);
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (::connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0) {
        return exchange(socket, target);
    }
    ::close(socket);
    return {};
}

int free_port() {
    sockaddr_in address = loopback(0);
    socklen_t size = sizeof(address);
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const bool found =
        ::bind(socket, generic, size) == 0 && ::getsockname(socket, generic, &size) == 0;
    ::close(socket);
    if (!found) throw std::runtime_error("no free port on 127.0.0.1");
    return ::ntohs(address.sin_port);
}

Daemon::Daemon(const Site& site) : site_(site), running_(site.start({"run"})) {
    await("the daemon answers", [this] {
        if (running_->has_ended()) throw std::runtime_error("the daemon ended: " + log());
        return get("/healthz").status == 200;
    });
}

Ran Daemon::stop() {
    send(SIGTERM);
    return running_->wait(std::chrono::seconds(5));
}

void Daemon::kill() {
    send(SIGKILL);
    running_->wait();
}

HttpAnswer Daemon::get(const std::string& target) const {
    return backupwatch::get(site_.control_socket(), target);
}

std::string Daemon::metric(const std::string& name_and_labels) const {
    std::istringstream lines(get("/metrics").body);
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with(name_and_labels + " ")) return line.substr(name_and_labels.size() + 1);
    }
    return {};
}

}  // namespace backupwatch
