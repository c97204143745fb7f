#pragma once
#include "system/daemon.hpp"
#include "system/support.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace backupwatch {

/// A backup of a database that has gone on since, and targets to restore it into: on a spare
/// server, beside the database, the database itself, and by a poor role. On the spare one the
/// restore is held while the gate is shut.
class WithTargets : public testing::Test {
  protected:
    static constexpr int only_shown = 1;
    static constexpr int refused = 2;
    static constexpr int usage = 64;
    static constexpr const char* place = "localhost/shop_restored";

    static void SetUpTestSuite();
    static void TearDownTestSuite();
    WithTargets();

    /// Lines of the set, and of the database behind its sets.
    void configure(const std::string& set = {}, const std::string& database = {}) const;
    static void open_gate() { write_text(gate_, ""); }
    static void shut_gate() { std::filesystem::remove(gate_); }

    std::vector<std::string> words(
        const std::string& into, const std::string& confirm, const std::string& id = id_
    ) const;
    Ran restore(const std::string& into, const std::string& confirm = place) const {
        return site_.run(words(into, confirm));
    }
    /// What was kept of the restores, oldest first.
    std::vector<std::filesystem::path> kept_reports() const;
    std::ptrdiff_t reports_of_unfinished() const;

    static std::string comment_on(const TestPostgres& server);
    /// The mark that a killed restore has sent may still be on its way.
    static void await_last_mark(const TestPostgres& server);
    static std::string sessions_of_restore();
    static void expect_restored(const TestPostgres& server);

    static inline std::unique_ptr<Site> origin_;
    static inline std::unique_ptr<TestPostgres> spare_;
    static inline std::string id_;
    static inline std::filesystem::path gate_;
    Site site_;
};

/// Whatever happened, the old database and all others are as they were.
class Untouched {
  public:
    Untouched();
    void expect_so() const;

  private:
    std::string old_;
    std::string else_;
};

}  // namespace backupwatch
