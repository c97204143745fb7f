#pragma once
#include "async/task.hpp"
#include "core/backup/left_out.hpp"
#include "core/backup/verification.hpp"
#include "drill/settings.hpp"
#include "sources/source.hpp"

#include <string>
#include <vector>

namespace backupwatch {

class Pool;

/// Fills what is not rows of tables: schema, sequences, invalid indexes and constraints, large
/// objects. Throws Failure as Connection::query does.
Task<> read_restored(
    RestoredContent& content,
    const Sandbox& sandbox,
    const Manifest& manifest,
    Pool& pool,
    Duration limit
);

/// Runs each query to its last row, as an application would (its own search_path, and its role
/// where one is named); rows are read and forgotten. One check for each. Throws Failure where the
/// machine, not the query, is why it did not run (no memory, no connection; an extension that was
/// left out).
Task<> run_queries(
    Verification& verification,
    const Queries& queries,
    const LeftOut& left_out,
    const Sandbox& sandbox,
    Pool& pool,
    Duration limit
);

/// COPY evaluates every column of every row, as an application's fetch would; no result has to fit
/// into our memory. The query may end in a comment, or in semicolons, which COPY would not take.
std::string copy_of_query(std::string query);

/// One check that says whether there were none, and each as an error.
void add_errors(
    Verification& verification, const std::string& check, const std::vector<std::string>& errors
);

}  // namespace backupwatch
