#pragma once
#include <string>
#include <string_view>

namespace backupwatch {

/// One spelling for what PostgreSQL words differently once it was dumped and restored. Where a
/// column is a varchar, `status IN ('a', 'b')` is shown as
/// `(ARRAY['a'::character varying, 'b'::character varying])::text[]`, and after a restore as
/// `ARRAY[('a'::character varying)::text, ('b'::character varying)::text]`, from then on for good.
/// Returns the second. Pure.
std::string restored_wording(std::string_view definition);

}  // namespace backupwatch
