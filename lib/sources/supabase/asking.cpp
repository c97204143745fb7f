#include "sources/supabase/asking.hpp"

#include <utility>

namespace backupwatch {
namespace {

/// A look has a minute, and the backups come first.
constexpr Duration beside_limit = std::chrono::seconds(5);
/// About 300 kB, and it grows with every service that a project has.
constexpr std::size_t most_metrics = 16 * 1024 * 1024;

const char* const backups_path = "/database/backups";
const char* const schedule_path = "/database/backups/schedule";
const char* const readonly_path = "/readonly";
const char* const addons_path = "/billing/addons";
const char* const use_path = "/config/disk/util";
const char* const disk_path = "/config/disk";
const char* const autoscale_path = "/config/disk/autoscale";
const char* const metrics_path = "/analytics/endpoints/metrics";

const char* const projects_path = "/projects";

const char* const backups_right = "Backups";
const char* const project_right = "Project Settings";
const char* const readonly_right = "Read-only Mode";
const char* const addons_right = "Add-ons";
const char* const disk_right = "Disk Config";
const char* const logs_right = "Logs";
const char* const organization_right = "Organization Settings";

const char* const projects_right = "Organization Projects";
/// Of a hundred projects each, usually: no organization has as many.
constexpr int most_pages = 50;

template <class T>
bool is_missed(const LastAnswer<T>& answer) {
    return answer.failure && answer.failure->kind() == Failure::Kind::unreachable;
}

}  // namespace

ProjectQuestions::ProjectQuestions(SupabaseApi& api, std::string ref, bool wants_pitr)
    : api_(api), ref_(std::move(ref)) {
    known_.ref = ref_;
    known_.wants_pitr = wants_pitr;
}

Question ProjectQuestions::of_project(const char* rest, const char* what, const char* permission)
    const {
    Question question;
    question.path = "/v1/projects/" + ref_ + rest;
    question.scope = ref_;
    question.what = what;
    question.permission = permission;
    question.limit = beside_limit;
    return question;
}

Question ProjectQuestions::of_organization(
    const std::string& slug, const char* rest, const char* what, const char* permission
) const {
    Question question = of_project(rest, what, permission);
    question.path = "/v1/organizations/" + slug + rest;
    question.scope = slug;
    return question;
}

Task<ApiReply> ProjectQuestions::send(Question question, Through through) {
    ApiReply reply;
    if (through == Through::disk) {
        reply = co_await api_.ask_of_disk(std::move(question));
    } else if (through == Through::organization) {
        reply = co_await api_.ask_once(std::move(question));
    } else {
        reply = co_await api_.ask(std::move(question));
    }
    co_return reply;
}

template <class T>
Task<> ProjectQuestions::try_to_ask(
    Question question, Through through, LastAnswer<T>& answer, T (*parse)(std::string_view)
) {
    const std::string path = question.path;
    ApiReply reply = co_await send(std::move(question), through);
    try {
        answer.take(parse(reply.answer()));
    } catch (const Failure& failure) {
        answer.miss(failure);
    }
    // Evidence is what a look was answered: what others ask meanwhile takes nothing from it.
    if (through != Through::disk) replies_[path] = std::move(reply);
}

Task<> ProjectQuestions::ask(Duration until) {
    replies_.clear();
    Question backups = of_project(backups_path, "the backups", backups_right);
    backups.limit = Question().limit;
    backups.until = until;
    const std::string path = backups.path;
    ApiReply reply = co_await send(std::move(backups), Through::project);
    std::optional<Failure> failure;
    try {
        known_.backups = parse_backups(reply.answer());
    } catch (const Failure& why) {
        failure = why;
    }
    replies_[path] = std::move(reply);
    if (failure) {
        Failure told = co_await explained(*failure, until);
        blame_project(told, ref_, known_.project.failure);
        throw told;
    }
    // What is missed again and again is missed for each of them.
    if (waiting_behind_ != known_.backups.latest) known_.waiting_segments.value.reset();
    waiting_behind_ = known_.backups.latest;

    co_await ask_project(until);
    Question readonly = of_project(readonly_path, "read-only mode", readonly_right);
    readonly.until = until;
    co_await try_to_ask(std::move(readonly), Through::project, known_.readonly, parse_readonly);
}

Task<Failure> ProjectQuestions::explained(Failure failure, Duration until) {
    // What fails for all projects, or for a limit, would fail for this question, too.
    const bool is_its_own = failure.cause().empty() || failure.cause() == cause_of_project(ref_);
    if (!is_its_own || failure.kind() == Failure::Kind::unreachable) co_return failure;
    co_await ask_project(until);
    const auto& project = known_.project;
    const bool runs = !project.value || project.value->status == "ACTIVE_HEALTHY";
    if (project.failure || runs) co_return failure;
    Failure told(
        failure.kind(),
        std::string(failure.what()) + "; the project is " + project.value->status,
        failure.hint()
    );
    told.blame(failure.cause());
    co_return told;
}

Task<> ProjectQuestions::ask_project(std::optional<Duration> until) {
    Question project = of_project("", "the project", project_right);
    project.until = until;
    co_await try_to_ask(std::move(project), Through::project, known_.project, parse_project);
    if (known_.project.value && known_.project.value->ref != ref_) {
        known_.project.value.reset();
        known_.project.miss(Failure(
            Failure::Kind::corrupt, "cannot use the reply on the project: it is on another one"
        ));
    }
}

Task<> ProjectQuestions::ask_details(Duration until) {
    Question addons = of_project(addons_path, "the add-ons", addons_right);
    addons.until = until;
    co_await try_to_ask(std::move(addons), Through::project, known_.pitr_bought, parse_pitr_days);
    Question schedule = of_project(schedule_path, "the schedule", backups_right);
    schedule.until = until;
    co_await try_to_ask(std::move(schedule), Through::project, known_.schedule, parse_schedule);
    // Most plans have none, and say so.
    const auto& none = known_.schedule.failure;
    if (none && none->kind() != Failure::Kind::unreachable) known_.schedule.value.reset();

    const std::string slug = known_.project.value ? known_.project.value->organization : "";
    if (slug.empty()) co_return;
    Question plan = of_organization(slug, "", "the organization", organization_right);
    plan.until = until;
    co_await try_to_ask(std::move(plan), Through::organization, known_.plan, parse_plan);
    Question entitled = of_organization(slug, "/entitlements", "entitlements", organization_right);
    entitled.until = until;
    co_await try_to_ask(
        std::move(entitled), Through::organization, known_.retention, parse_retention_days
    );
}

bool ProjectQuestions::misses_details() const {
    // Without the project nobody knows whose organization to ask for.
    return is_missed(known_.pitr_bought) || is_missed(known_.schedule) || is_missed(known_.plan) ||
           is_missed(known_.retention) || !known_.project.value;
}

Task<std::vector<std::string>> ProjectQuestions::ask_projects() {
    std::vector<std::string> refs;
    const std::optional<Duration> whenever;
    co_await ask_project(whenever);
    const std::string slug = known_.project.value ? known_.project.value->organization : "";
    if (slug.empty()) co_return refs;
    std::uint64_t listed = 0;
    for (int pages = 0; pages < most_pages; ++pages) {
        const std::string rest = std::string(projects_path) + "?offset=" + std::to_string(listed);
        Question question = of_organization(slug, rest.c_str(), "the projects", projects_right);
        const ApiReply reply = co_await send(std::move(question), Through::organization);
        ProjectsPage page = parse_projects(reply.answer());
        refs.insert(refs.end(), page.refs.begin(), page.refs.end());
        listed += page.listed;
        if (page.listed == 0 || listed >= page.count) break;
    }
    co_return refs;
}

Task<ProjectMetrics> ProjectQuestions::ask_metrics(Through through, Duration until) {
    Question question = of_project(metrics_path, "the metrics", logs_right);
    question.most_reply = most_metrics;
    question.until = until;
    const ApiReply reply = co_await send(std::move(question), through);
    co_return parse_project_metrics(reply.answer());
}

Task<> ProjectQuestions::ask_waiting(Duration until) {
    try {
        const ProjectMetrics metrics = co_await ask_metrics(Through::project, until);
        // One scrape of theirs that failed leaves a series out.
        if (!metrics.waiting_segments) {
            throw Failure(
                Failure::Kind::unreachable,
                "the metrics do not say whether WAL waits to be archived"
            );
        }
        known_.waiting_segments.take(*metrics.waiting_segments);
    } catch (const Failure& failure) {
        known_.waiting_segments.miss(failure);
    }
}

Task<DiskKnowledge> ProjectQuestions::ask_disk(Duration until) {
    DiskKnowledge known;
    std::optional<Failure> failure;
    try {
        Question question = of_project(use_path, "how full the disk is", disk_right);
        question.until = until;
        const ApiReply reply = co_await send(std::move(question), Through::disk);
        known.use = parse_disk_use(reply.answer());
    } catch (const Failure& why) {
        failure = why;
    }
    if (failure) {
        if (failure->kind() == Failure::Kind::missing) {
            LastAnswer<ProjectReply> project;
            Question itself = of_project("", "the project", project_right);
            itself.until = until;
            co_await try_to_ask(std::move(itself), Through::disk, project, parse_project);
            blame_project(*failure, ref_, project.failure);
        }
        // Tokens of other applications may never read it there; what they scrape has it, too.
        if (failure->kind() != Failure::Kind::denied || !failure->cause().empty()) throw *failure;
        std::optional<ProjectMetrics> metrics;
        try {
            metrics = co_await ask_metrics(Through::disk, until);
        } catch (const Failure&) {
            // The first one is what is to be mended.
        }
        const bool has_use = metrics && metrics->disk_size && metrics->disk_available &&
                             *metrics->disk_available <= *metrics->disk_size;
        if (!has_use) throw *failure;
        known.use.size = *metrics->disk_size;
        known.use.available = *metrics->disk_available;
    }
    if (fullness(known.use) < nearly_full) co_return known;
    LastAnswer<bool> readonly;
    Question question = of_project(readonly_path, "read-only mode", readonly_right);
    question.until = until;
    co_await try_to_ask(std::move(question), Through::disk, readonly, parse_readonly);
    known.is_readonly = readonly.value.value_or(false);
    co_return known;
}

Task<> ProjectQuestions::ask_disk_limits(Duration until) {
    Question size = of_project(disk_path, "the disk", disk_right);
    size.until = until;
    co_await try_to_ask(std::move(size), Through::disk, disk_size_, parse_disk_size);
    Question limit = of_project(autoscale_path, "how far the disk may grow", disk_right);
    limit.until = until;
    co_await try_to_ask(std::move(limit), Through::disk, disk_grows_to_, parse_autoscale_limit);
}

bool ProjectQuestions::misses_disk_limits() const {
    return is_missed(disk_size_) || is_missed(disk_grows_to_);
}

DiskKnowledge ProjectQuestions::with_limits(DiskKnowledge known) const {
    known.size_gb = disk_size_.value;
    if (disk_grows_to_.value) known.grows_to = *disk_grows_to_.value;
    return known;
}

std::vector<ProjectQuestions::Need> ProjectQuestions::needs(const std::string& organization) const {
    std::vector<Need> needs{
        {of_project(backups_path, "the backups", backups_right), "the backups", true},
        {of_project("", "the project", project_right), "whether the project runs", false, true},
        {of_project(readonly_path, "read-only mode", readonly_right),
         "whether it takes writes",
         false},
        {of_project(addons_path, "the add-ons", addons_right),
         "how far back point-in-time recovery was bought",
         false},
        {of_project(use_path, "how full the disk is", disk_right), "how full the disk is", false},
        {of_project(metrics_path, "the metrics", logs_right),
         "whether an idle database's point-in-time recovery is up to date",
         false},
    };
    if (!organization.empty()) {
        needs.push_back(
            {of_organization(organization, "/entitlements", "entitlements", organization_right),
             "for how long the plan keeps backups",
             false}
        );
        needs.push_back(
            {of_organization(organization, projects_path, "the projects", projects_right),
             "which projects nobody watches",
             false}
        );
    }
    for (Need& need : needs) {
        if (need.question.path.ends_with(metrics_path)) need.question.most_reply = most_metrics;
    }
    return needs;
}

}  // namespace backupwatch
