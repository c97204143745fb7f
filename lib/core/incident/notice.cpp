#include "core/incident/notice.hpp"

#include <array>
#include <utility>

namespace backupwatch {
namespace {

constexpr std::array<std::pair<NoticeKind, std::string_view>, 11> kind_names{{
    {NoticeKind::problem, "problem"},
    {NoticeKind::worse, "worse"},
    {NoticeKind::again, "again"},
    {NoticeKind::reminder, "reminder"},
    {NoticeKind::acknowledged, "acknowledged"},
    {NoticeKind::recovery, "recovery"},
    {NoticeKind::unwatched, "unwatched"},
    {NoticeKind::passed_by, "passed_by"},
    {NoticeKind::digest, "digest"},
    {NoticeKind::noted, "note"},
    {NoticeKind::test, "test"},
}};

}  // namespace

std::string stable_name(const IncidentKey& key) {
    // What is wrong with ourselves is no database's.
    const std::string database = key.database == "backupwatch" ? "" : key.database;
    return "backupwatch:" + database + ":" + key.set + ":" + key.check;
}

std::string target_of(const IncidentKey& key) {
    if (key.database.empty()) return key.set.empty() ? "backupwatch" : key.set;
    return key.set.empty() ? key.database : key.database + "/" + key.set;
}

std::string_view to_string(NoticeKind kind) {
    return kind_names[static_cast<std::size_t>(kind)].second;
}

std::optional<NoticeKind> parse_notice_kind(std::string_view text) {
    for (const auto& [kind, name] : kind_names) {
        if (name == text) return kind;
    }
    return std::nullopt;
}

}  // namespace backupwatch
