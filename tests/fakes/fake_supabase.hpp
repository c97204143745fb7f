#pragma once
#include "fakes/certificates.hpp"
#include "fakes/fake_http_server.hpp"
#include "fakes/supabase_script.hpp"

#include <filesystem>
#include <functional>
#include <mutex>
#include <string>

namespace backupwatch {

/// Supabase's Management API over TLS, on 127.0.0.1, under a certificate of a test's authority. A
/// test in which it was sent anything but GET has failed.
class FakeSupabase {
  public:
    explicit FakeSupabase(const CertificateAuthority& authority, Instant now);
    ~FakeSupabase();
    FakeSupabase(const FakeSupabase&) = delete;
    FakeSupabase& operator=(const FakeSupabase&) = delete;

    std::string url() const { return server_.url(""); }
    /// Changes what it answers, or reads what it was asked.
    void with(const std::function<void(SupabaseScript&)>& use);
    int asked();
    std::vector<ReceivedRequest> received() const { return server_.received(); }

  private:
    std::mutex mutex_;
    SupabaseScript script_;
    FakeHttpServer server_;  ///< last: its thread uses the others
};

}  // namespace backupwatch
