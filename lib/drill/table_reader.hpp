#pragma once
#include "async/pool.hpp"
#include "async/scope.hpp"
#include "core/backup/manifest.hpp"
#include "core/backup/verification.hpp"
#include "core/progress.hpp"
#include "core/secret.hpp"

#include <boost/asio/steady_timer.hpp>

#include <exception>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace backupwatch {

class Connection;

/// Reads the restored tables back and hashes their rows, biggest first. It begins with the tables
/// that are loaded while others are still being loaded and indexed: on few cores that is time which
/// the restore leaves unused. One reader works beside the restore, behind it in the queue for the
/// processors, `readers` after it.
/// Used on the loop only; await finish() or cancel() before it goes.
class TableReader {
  public:
    struct Options {
        Secret conninfo;               ///< of the restored database
        std::filesystem::path folder;  ///< that its server works in; empty: it stays
        bool content = true;           ///< hash the rows; otherwise count them
        bool escapes_bytes = false;    ///< writes them as by `bytea_output = escape`
        int readers = 2;
        Duration limit{};
    };

    TableReader(
        const Manifest& manifest,
        Options options,
        Pool& pool,
        ProgressSink progress,
        asio::any_io_executor executor
    );

    /// The rows of this table (TableContent::name) are in.
    void loaded(const std::string& name);
    /// It is not read: nobody restored it.
    void leave_out(const std::string& name) { known_.insert(name); }
    /// Everything is in; returns when everything is read. Tables that are not there are left out.
    /// Throws what kept a reader from reading and says nothing about the content (no memory, no
    /// connection, ...): then nobody knows what was not read.
    Task<> finish();
    /// Gives up; returns when nothing runs.
    Task<> cancel();

    const std::map<std::string, RestoredContent::Table>& tables() const { return tables_; }
    /// One sentence for each table that could not be read to its end.
    const std::vector<std::string>& errors() const { return errors_; }

  private:
    /// A table, or a run of its pages where it is big: sums of parts add up to the table.
    struct Part {
        std::string table;
        std::string query;
        std::uint64_t bytes = 0;
    };

    /// The one beside the restore gives way to those that read when everything is in.
    enum class Reads { beside_restore, at_the_end };

    void start_reader(Reads when);
    Task<> run_reader(Reads when);
    Task<> read_parts(Reads when);
    Task<> read(Connection& connection, Part part);
    Task<> split(Connection& connection, const TableContent& table);
    Task<> ask_extensions();
    void enqueue_the_rest();
    TableContent filtered(const TableContent& table) const;

    const Manifest& manifest_;
    Options options_;
    Pool& pool_;
    ProgressSink progress_;
    asio::any_io_executor executor_;
    Scope readers_;
    asio::steady_timer news_;

    std::multimap<std::uint64_t, const TableContent*> loaded_;  ///< by size, not yet split
    std::multimap<std::uint64_t, Part> parts_;                  ///< by size, not yet read
    std::set<std::string> known_;
    std::map<std::string_view, const TableContent*> by_name_;
    std::vector<std::pair<std::string, std::string>> filters_;  ///< of tables of extensions
    std::map<std::string, RestoredContent::Table> tables_;
    std::vector<std::string> errors_;
    std::exception_ptr failure_;  ///< of the first reader that could not go on
    Progress done_;
    bool all_loaded_ = false;
    int splitting_ = 0;  ///< readers that are about to add parts
};

}  // namespace backupwatch
