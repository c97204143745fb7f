#pragma once
#include "core/wording/runbook_settings.hpp"

#include <initializer_list>
#include <string>
#include <string_view>

namespace backupwatch {

/// The sentences of a runbook in one language. `{}` stands for what is filled in, in order.
struct RunbookWords {
    std::string_view title, written, when, when_lost, when_not, when_cost, when_unproven;
    std::string_view needs, needs_shell, needs_programs, needs_role, needs_room, needs_project,
        needs_unpacked;
    std::string_view approvals, approval_of, no_approvals, contacts, no_contacts;
    std::string_view points, points_head, no_points, unread, more_points, proven, damaged, unrun,
        undrilled, not_ours, before_marks, before_mark, none_before_mark, last_may_hold;
    std::string_view steps, ask, on, no_maintenance, fetch, fetch_of, fetch_unproven, other_point,
        load, load_note, load_again, verify, verify_counts, swap, swap_note, swap_roles, off, pages,
        page, tracker, no_checks, provider, provider_point, provider_pitr, provider_page,
        provider_stretch, provider_points, provider_point_of, tool, tool_folder, guided,
        guided_does, guided_project, whole, whole_note, instead, instead_of_one;
    std::string_view project, project_like, project_address, project_load, project_load_note,
        project_guided, project_move, project_move_note, not_held;
    std::string_view provider_dump, watch_moved, watch_moved_project;
    std::string_view days, label_before, label_after;
    std::string_view watch, watch_pages, watch_tracker, watch_sessions, watch_backup, watch_back,
        watch_back_project, back, back_note;
    std::string_view times, times_head, total, total_under, total_measured, measured, attested,
        unknown, unmeasured, target_met, target_missed, target_unknown;
};

const RunbookWords& runbook_words(RunbookSettings::Language language);

/// The sentence with its `{}` filled in.
std::string filled(std::string_view sentence, std::initializer_list<std::string> values);

}  // namespace backupwatch
