#pragma once
#include "async/scope.hpp"
#include "support/temporary_folder.hpp"
#include "web/http_server.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_future.hpp>

#include <filesystem>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace backupwatch {

/// A server on a loop in a thread of its own, while this lives. It listens on loopback, at `port`,
/// or, where a path is given, on that Unix socket.
class RunningServer {
  public:
    explicit RunningServer(
        HttpHandler handler, HttpLimits limits = {}, const std::filesystem::path& path = {}
    )
        : server_(loop_.get_executor(), std::move(handler), listener(), limits),
          scope_(loop_.get_executor(), listener()) {
        if (path.empty()) {
            port = server_.listen_tcp("127.0.0.1", 0);
        } else {
            server_.listen_unix(path);
        }
        scope_.spawn("server", server_.run());
        thread_ = std::thread([this] { loop_.run(); });
    }
    ~RunningServer() {
        asio::post(loop_, [this] { scope_.cancel(); });
        thread_.join();
    }
    RunningServer(const RunningServer&) = delete;
    RunningServer& operator=(const RunningServer&) = delete;

    std::vector<std::string> failures() {
        const std::lock_guard lock(mutex_);
        return failures_;
    }

    std::uint16_t port = 0;

  private:
    Scope::OnFailure listener() {
        return [this](const std::string& name, const std::string& what) {
            const std::lock_guard lock(mutex_);
            failures_.push_back(name + ": " + what);
        };
    }

    std::mutex mutex_;
    std::vector<std::string> failures_;
    asio::io_context loop_{1};
    HttpServer server_;
    Scope scope_;
    std::thread thread_;
};

}  // namespace backupwatch
