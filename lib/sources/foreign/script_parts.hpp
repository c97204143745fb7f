#pragma once
#include "postgres/sql_reader.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace backupwatch {

/// Cuts SQL of somebody else's at each `\connect`, and takes out of it all commands for psql,
/// which is then run in its restricted mode (restricted_psql()): whatever psql takes for a command
/// that was rows or text for us (where a COPY failed, say) it refuses. The bytes were read by
/// PlainReader before, which knows what commands a dump has.
class ScriptParts final : private SqlSink {
  public:
    /// `next`: what is written from now on is another part's.
    ScriptParts(std::function<void(std::string_view)> write, std::function<void()> next)
        : write_(std::move(write)), next_(std::move(next)), reader_(*this) {}

    /// Throws what the two throw, and as SqlReader.
    void add(std::string_view piece);
    void finish();

  private:
    void statement(const SqlStatement&) override {}
    void copy_data(std::string_view) override {}
    void copy_end() override {}
    void comment(std::string_view) override {}
    void psql_command(std::string_view line) override;
    void write_until(std::uint64_t end);

    std::function<void(std::string_view)> write_;
    std::function<void()> next_;
    SqlReader reader_;
    std::string unwritten_;
    std::uint64_t begin_ = 0;  ///< of what is unwritten, in all bytes
};

}  // namespace backupwatch
