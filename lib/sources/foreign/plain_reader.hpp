#pragma once
#include "postgres/sql_reader.hpp"
#include "sources/foreign/database_reader.hpp"

#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace backupwatch {

/// A plain file as it is read: of pg_dump, or of pg_dumpall, which has several databases.
class PlainReader final : public SqlSink {
  public:
    /// By what the end of a file is known: pg_dump's last comment, or what `supabase db dump`,
    /// which takes the comments away, writes last. Whoever reads the latter sees to that itself.
    enum class Whole { once_commented, once_reset };
    /// `held` is what is kept beside it already.
    explicit PlainReader(Whole whole = Whole::once_commented, std::size_t held = 0)
        : whole_(whole), held_before_(held) {}

    /// Another file is read, by another psql: what the one before has set holds no longer.
    void begin_session() { database().in_schema(""); }
    void statement(const SqlStatement& statement) override;
    void copy_data(std::string_view piece) override;
    void copy_end() override;
    /// Throws Failure::corrupt for any that pg_dump does not write: psql would run it.
    void psql_command(std::string_view line) override;
    void comment(std::string_view line) override;

    /// Throws Failure::corrupt where it is no dump of pg_dump or pg_dumpall, or not a whole one.
    std::vector<DatabaseContent> finish();
    int server_version() const { return server_version_; }
    int dump_version() const { return dump_version_; }
    /// All that is kept, also by whoever reads around this one.
    Held& held() { return database().held(); }
    bool is_of_cluster() const { return is_of_cluster_; }
    /// It has something that no other dump has: the key that pg_dump draws for `\restrict`, or the
    /// time at which it was begun.
    bool is_unique() const { return is_unique_; }
    /// The databases that it has psql connect to, in its order.
    const std::vector<std::string>& connects() const { return connects_; }
    /// That its statements name: of owners, rights and policies.
    const std::set<std::string>& roles() const { return roles_; }

  private:
    DatabaseReader& database();
    void begin_database(std::string name);
    void note_roles(std::string_view sql);

    Whole whole_;
    std::size_t held_before_;
    std::vector<DatabaseReader> databases_;
    std::set<std::string> roles_;
    std::vector<std::string> connects_;
    int server_version_ = 0;
    int dump_version_ = 0;
    std::string restricted_by_;  ///< the key of `\restrict` until the same is undone
    bool is_of_cluster_ = false;
    bool is_unique_ = false;
    bool has_begun_ = false;
    int open_ = 0;  ///< dumps that began and are not complete
};

}  // namespace backupwatch
