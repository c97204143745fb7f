#pragma once
#include "fakes/certificates.hpp"
#include "fakes/fake_server.hpp"
#include "support/temporary_folder.hpp"

#include <sys/types.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace backupwatch {

/// A real Postfix for tests, on two ports of 127.0.0.1 and in a temporary folder of its own, gone
/// with the object. It asks for TLS and a login, and keeps mail to `mailbox`. Blocking. Throws
/// std::runtime_error with what Postfix said.
class TestMailServer {
  public:
    static constexpr const char* mailbox = "ops@example.com";
    static constexpr const char* username = "watch";
    static constexpr const char* password = "correct horse";

    /// Why there can be none here, or empty: Postfix must be there, and begun by root.
    static std::string reason_to_skip();

    TestMailServer();
    ~TestMailServer();
    TestMailServer(const TestMailServer&) = delete;
    TestMailServer& operator=(const TestMailServer&) = delete;

    int starttls_port() const { return starttls_port_; }
    int implicit_tls_port() const { return implicit_tls_port_; }
    /// What makes its certificate trusted.
    std::filesystem::path ca_file() const { return folder_ / "ca.pem"; }
    /// What lies in the mailbox, once there are `count` of them or `patience` has passed.
    std::vector<std::string> mails(std::size_t count, std::chrono::seconds patience) const;
    std::string log() const;

  private:
    void write_configuration() const;
    void prepare_folders() const;
    void start();
    void end();

    TemporaryFolder folder_;
    /// Postfix asks it for passwords, as it would ask Dovecot.
    FakeServer passwords_;
    int starttls_port_ = unused_port();
    int implicit_tls_port_ = unused_port();
    pid_t master_ = -1;
};

}  // namespace backupwatch
