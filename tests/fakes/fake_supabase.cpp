#include "fakes/fake_supabase.hpp"

#include <gtest/gtest.h>

#include <chrono>

namespace backupwatch {

FakeSupabase::FakeSupabase(const CertificateAuthority& authority, Instant now)
    : server_(
          [this](const ReceivedRequest& request) {
              const std::lock_guard lock(mutex_);
              const auto at = request.at.time_since_epoch();
              return script_.answer(request, std::chrono::duration_cast<Duration>(at));
          },
          authority.issue()
      ) {
    with([&](SupabaseScript& script) { script.projects.emplace_back(now); });
}

FakeSupabase::~FakeSupabase() {
    const std::lock_guard lock(mutex_);
    EXPECT_EQ(script_.other_than_get, 0) << "what a provider keeps is never touched";
}

void FakeSupabase::with(const std::function<void(SupabaseScript&)>& use) {
    const std::lock_guard lock(mutex_);
    use(script_);
}

int FakeSupabase::asked() {
    const std::lock_guard lock(mutex_);
    return script_.asked;
}

}  // namespace backupwatch
