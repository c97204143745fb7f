#include "store/hook_rows.hpp"

#include <algorithm>

namespace backupwatch {

void write_hook_run(
    Database& database, const std::string& name, const std::string& set, const HookRun& run
) {
    // Few: what is over goes with the next that succeeds. So the rule is the one that memory has.
    const std::vector<HookRun> before = read_hook_runs(database, name, set);
    std::vector<HookRun> after = before;
    note_run(after, run);
    for (const HookRun& known : before) {
        if (std::ranges::count(after, known.backup_id, &HookRun::backup_id) > 0) continue;
        database.execute(
            "DELETE FROM hook_runs WHERE database = ?1 AND backup_set = ?2 AND backup_id = ?3",
            name,
            set,
            known.backup_id
        );
    }
    for (const HookRun& known : after) {
        if (std::ranges::count(before, known) > 0) continue;
        database.execute(
            "INSERT OR REPLACE INTO hook_runs VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            name,
            set,
            known.backup_id,
            known.backup_at,
            known.state,
            known.tries,
            known.changed_at,
            known.seconds,
            known.error
        );
    }
}

std::vector<HookRun> read_hook_runs(
    Database& database, const std::string& name, const std::string& set
) {
    std::vector<HookRun> runs;
    Query query = database.query(
        "SELECT backup_id, backup_at, state, tries, changed_at, seconds, error FROM hook_runs "
        "WHERE database = ?1 AND backup_set = ?2 ORDER BY backup_at, backup_id",
        name,
        set
    );
    while (query.next()) {
        HookRun run;
        query.read(
            run.backup_id,
            run.backup_at,
            run.state,
            run.tries,
            run.changed_at,
            run.seconds,
            run.error
        );
        runs.push_back(std::move(run));
    }
    return runs;
}

}  // namespace backupwatch
