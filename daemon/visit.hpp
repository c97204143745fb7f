#pragma once
#include "async/task.hpp"
#include "command_line.hpp"
#include "terminal.hpp"

#include <boost/json/object.hpp>

#include <optional>

namespace backupwatch {

/// The person's side of `open`: psql on their terminal, or pg_dump into their standard output,
/// beside the work that holds the backup open for them.
class Visit {
  public:
    /// No program is started where `invocation` is of another command.
    Visit(const Invocation& invocation, ProgressLine& line)
        : invocation_(invocation), line_(line) {}

    /// The backup lies open: what the verb had us hear.
    void begin(boost::json::object news) { news_ = std::move(news); }

    /// Does the work, a command's. Where it opens a backup, ends it when the program was left, and
    /// the program when the work has ended: what that says is the reply then.
    Task<Reply> during(Task<Reply> work);

    /// What is typed is the program's business now.
    bool has_terminal() const { return has_terminal_; }

  private:
    Task<> keep(Task<Reply> work);
    Task<> attend();
    Task<> await_news() const;
    Task<int> run_program();

    const Invocation& invocation_;
    ProgressLine& line_;
    std::optional<boost::json::object> news_;
    Reply reply_;
    bool has_terminal_ = false;
};

}  // namespace backupwatch
