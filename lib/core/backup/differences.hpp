#pragma once
#include "core/backup/verification.hpp"

#include <cstdint>
#include <set>
#include <string>
#include <vector>

namespace backupwatch {

/// What is wrong with a restored database, in the order in which people should read it.
enum class Harm {
    table_missing,
    rows_missing,
    rows_added,
    content,
    large_objects,
    columns,
    schema,
    validity,
    sequences,
    security,
};

struct Difference {
    Harm harm;
    std::string sentence;
    std::uint64_t weight = 0;  ///< among those of one harm the heaviest come first
};

/// What the parts of `verify` add to.
struct Differences {
    std::vector<Difference> found;
    std::set<std::vector<std::string>> missing_tables;  ///< by the parts of their names

    void add(Harm harm, std::string sentence, std::uint64_t weight = 0);
    /// Tells it once, whoever notices it.
    void add_missing_table(const std::string& table, std::uint64_t rows = 0);
    std::size_t count(const std::set<Harm>& harms) const;
    /// The worst first; of each harm at most 20 and how many more.
    std::vector<std::string> sentences() const;
};

/// One check of the verification: fine where none of `harms` was found.
VerifiedCheck verified(
    const Differences& differences, std::string name, const std::set<Harm>& harms, std::string fine
);

/// Rows and content of every table and of the large objects.
void verify_content(
    const Manifest& expected,
    const RestoredContent& restored,
    const VerifyPolicy& policy,
    Verification& result,
    Differences& differences
);

/// Schema, validity, sequences, and the columns that the policy demands. Comes after
/// verify_content, which knows how many rows a missing table had.
void verify_schema(
    const Manifest& expected,
    const RestoredContent& restored,
    const VerifyPolicy& policy,
    Verification& result,
    Differences& differences
);

/// SchemaObject::kind of a table that a file says row-level security is enabled on.
inline constexpr const char* secured_table = "row security";

/// Of a project of Supabase's: whether what hides rows there is restored, and how much there is of
/// it; materialized views. Comes after verify_schema.
void verify_platform(
    const Manifest& expected,
    const RestoredContent& restored,
    Verification& result,
    Differences& differences
);

}  // namespace backupwatch
