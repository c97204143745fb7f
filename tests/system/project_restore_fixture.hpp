#pragma once
#include "support/hosted_project.hpp"
#include "system/support.hpp"

#include <gtest/gtest.h>

#include <exception>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace backupwatch {

/// A backup of a project that is full of what people put into one, and a new project to restore it
/// into.
class ProjectRestore : public testing::Test {
  protected:
    static constexpr int only_shown_yet = 1;
    static constexpr int refused_or_failed = 2;
    static constexpr const char* project_place = "localhost/project";

    static void SetUpTestSuite();
    static void TearDownTestSuite();
    ProjectRestore();

    static std::vector<std::string> words(const std::string& confirm = project_place) {
        std::vector<std::string> words{"restore", "shop", "--backup", id_, "--into", "fresh"};
        if (!confirm.empty()) words.insert(words.end(), {"--confirm", confirm});
        return words;
    }
    Ran restore(const std::string& confirm = project_place) const {
        return site_.run(words(confirm));
    }

    /// In a copy of the dump's folder: `first`, and what README.txt has for a new project.
    void load_by_hand(const std::string& first) const;

    static void expect_same(const std::string& query) {
        EXPECT_EQ(hosted_->value(query), TestPostgres::shared().value("shop", query)) << query;
    }
    static std::string mark(const std::string& state) {
        return "backupwatch restore into a project " + state + " ";
    }
    static void expect_loaded(const std::string& state = "ended");
    static void expect_new();
    /// While it is held a load waits for it, in its transaction.
    class Held {
      public:
        explicit Held(const std::string& lock)
            : holder_([lock] {
                  try {
                      hosted_->as_admin("project", "LOCK TABLE " + lock + "; SELECT pg_sleep(300)");
                  } catch (const std::exception&) {
                      // It is ended below.
                  }
              }) {
            await("the lock", [] { return sessions("query LIKE '%pg_sleep(300)'") == "1"; });
        }
        ~Held() {
            hosted_->as_admin(
                "postgres",
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE query LIKE 'LOCK TABLE%pg_sleep(300)'"
            );
            holder_.join();
        }

      private:
        std::thread holder_;
    };
    /// A session of that role's that is at work.
    class Sleeper {
      public:
        explicit Sleeper(const std::string& role)
            : sleeper_([role] {
                  try {
                      hosted_->server().run(
                          "psql",
                          {"--no-psqlrc",
                           "--username=" + role,
                           "--dbname=project",
                           "--command=SELECT pg_sleep(200)"}
                      );
                  } catch (const std::exception&) {
                      // It is ended below.
                  }
              }) {}
        ~Sleeper() {
            hosted_->as_admin(
                "postgres",
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE query LIKE 'SELECT pg_sleep(200)%'"
            );
            sleeper_.join();
        }

      private:
        std::thread sleeper_;
    };
    /// Asked from elsewhere, so as to be none of them.
    static std::string sessions(const std::string& which) {
        return hosted_->server().value(
            "postgres",
            "SELECT count(*) FROM pg_stat_activity WHERE datname = 'project' "
            "AND " +
                which
        );
    }
    void configure(const std::string& drill = "") {
        site_.configure(
            "        preset: supabase\n" + drill,
            "restore_targets: [{name: fresh, url: \"" + hosted_->url() + "\"}]\n"
        );
    }
    static std::string waiting_loads() {
        return sessions("application_name = 'backupwatch_restore' AND wait_event_type = 'Lock'");
    }

    static inline std::unique_ptr<Site> origin_;
    static inline std::unique_ptr<HostedServer> hosted_;
    static inline std::string id_;
    Site site_;
};

}  // namespace backupwatch
