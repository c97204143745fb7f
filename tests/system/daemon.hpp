#pragma once
#include "system/support.hpp"

#include <memory>
#include <string>

namespace backupwatch {

struct HttpAnswer {
    int status = 0;
    std::string body;

    boost::json::value json() const;
};

/// GET over the control socket; status 0 where nobody listens.
HttpAnswer get(const std::filesystem::path& control_socket, const std::string& target);
/// GET from 127.0.0.1.
HttpAnswer get(int port, const std::string& target);
int free_port();

/// `backupwatch run`, from when it answers; killed when this goes.
class Daemon {
  public:
    explicit Daemon(const Site& site);

    void send(int signal) const { running_->send(signal); }
    pid_t pid() const { return running_->pid(); }
    /// SIGTERM. Throws std::runtime_error when it takes longer than the five seconds promised.
    Ran stop();
    /// kill -9, and gone.
    void kill();

    HttpAnswer get(const std::string& target) const;
    /// The value of the metric whose line begins with this name and labels; empty: there is none.
    std::string metric(const std::string& name_and_labels) const;
    std::string log() const { return running_->errors(); }

  private:
    const Site& site_;
    std::unique_ptr<Running> running_;
};

}  // namespace backupwatch
