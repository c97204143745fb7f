#include "sources/supabase/supabase_source.hpp"

#include "core/failure.hpp"
#include "core/time/slots.hpp"
#include "sources/dump/sha256.hpp"
#include "sources/supabase/asking.hpp"
#include "sources/supabase/evidence.hpp"
#include "sources/supabase/history.hpp"
#include "sources/supabase/settings.hpp"
#include "store/store.hpp"

#include <cassert>
#include <utility>

namespace backupwatch {
namespace {

constexpr Duration details_kept = std::chrono::hours(6);
constexpr Duration limits_kept = std::chrono::hours(1);
/// A look, and a poll of a disk, is given up after a minute, and says less then than they do: who
/// is to blame, and what is known all the same. The backups come first, and leave time for the
/// rest; what is asked beside a disk's use takes none from it.
constexpr Duration look_limit = std::chrono::seconds(50);
constexpr Duration disk_limit = std::chrono::seconds(40);
constexpr Duration disk_limits_limit = std::chrono::seconds(50);
/// Longer than three looks at the backups usually take.
constexpr Duration disk_known_on = std::chrono::hours(1);

std::string host_of(const std::string& url) {
    const std::string rest = url.substr(url.find("://") + 3);
    return rest.substr(0, rest.find('/'));
}

ApiSettings api_settings(const SupabaseSettings& own) {
    return {own.api_url, own.network, {host_of(own.api_url), own.access_token}};
}

std::shared_ptr<SupabaseAccount> account_of(const SupabaseSettings& own, SourceCommons& commons) {
    return common_of<SupabaseAccount>(
        commons, "supabase " + own.api_url + " " + sha256_hex(own.access_token.reveal())
    );
}

std::vector<Access> what_the_token_may_do_beyond(const Secret& token) {
    const std::string& text = token.reveal();
    const bool is_classic =
        text.starts_with("sbp_") && !text.starts_with("sbp_fc") && !text.starts_with("sbp_oauth_");
    if (!is_classic) return {};
    Access access;
    access.what = "access token";
    access.failure = Failure(
        Failure::Kind::rejected,
        "it may do whatever its owner may, restores that overwrite a database included",
        "Make a scoped one, which may read what docs/supabase.md names, and nothing more."
    );
    return {access};
}

class SupabaseSource final : public Source {
  public:
    SupabaseSource(const SetSettings& set, const SupabaseSettings& own, const SourcePlace& place)
        : database_(place.database),
          set_(set.name),
          reach_back_(set.reach_back),
          first_due_(set.every + set.grace),
          check_(set.check),
          lag_(set.provider->max_pitr_lag),
          ref_(own.project),
          clock_(place.clock),
          state_(place.state),
          api_(api_settings(own), place.web, place.clock, account_of(own, place.commons)),
          questions_(api_, own.project, set.provider->pitr != PitrMode::off) {}

    std::string provider_page() const override {
        return "https://supabase.com/dashboard/project/" + ref_ + "/database/backups/scheduled";
    }

    Task<Inventory> list() override {
        const Duration began = clock_.uptime();
        const auto turn = co_await turn_.acquire();
        // Who waited for another look is answered by what that one was told meanwhile.
        const bool is_answered = answered_at_ && *answered_at_ > began;
        if (!is_answered) co_await ask(began + look_limit);
        co_return judge_project(questions_.known(), history_, reach_back_, clock_.now());
    }

    Task<std::vector<std::string>> accept_changes() override {
        const ProjectFacts facts = facts_of(questions_.known(), history_);
        std::vector<std::string> accepted;
        if (!history_.standing) co_return accepted;
        for (const Remark& change : changes_for_the_worse(*history_.standing, facts)) {
            accepted.push_back(change.sentence);
        }
        const ProjectKnowledge& known = questions_.known();
        // Who accepts another change has not said that: it takes an accept of its own.
        const bool is_alone = accepted.empty() && !history_.is_without;
        if (is_alone && may_be_without(known, history_, first_due_, clock_.now())) {
            accepted.emplace_back("it has no backups, and none is missed until it has some again");
            history_.is_without = true;
        }
        history_.standing = facts;
        co_await keep_history();
        co_return accepted;
    }

    Task<std::vector<Access>> accesses() override {
        std::vector<Access> accesses = what_the_token_may_do_beyond(api_.place().token);
        std::string organization;
        std::size_t tried = 0;
        // The organization is told by the project.
        for (auto needs = questions_.needs({}); tried < needs.size(); ++tried) {
            Access access = co_await try_out(needs[tried], organization);
            accesses.push_back(std::move(access));
            if (!organization.empty()) needs = questions_.needs(organization);
        }
        co_return accesses;
    }

    Task<Siblings> siblings() override {
        Siblings siblings;
        siblings.own = ref_;
        siblings.all = co_await questions_.ask_projects();
        co_return siblings;
    }

    bool tells_disk() const override { return true; }
    Task<DiskWord> disk() override {
        std::optional<Failure> failure;
        try {
            DiskWord word = co_await ask_disk();
            last_disk_ = word;
            last_disk_at_ = clock_.uptime();
            co_return word;
        } catch (const Failure& why) {
            failure = why;
        }
        // An outage may be over soon, and by when it is not, the looks at the backups have said so.
        // A token that is refused comes back with nobody's help, and so does a right.
        const bool passes = failure->kind() == Failure::Kind::unreachable;
        const bool is_known = last_disk_ && clock_.uptime() - last_disk_at_ < disk_known_on;
        if (!passes || !is_known) throw *failure;
        DiskWord word = *last_disk_;
        word.is_from_before = true;
        const Duration age = clock_.uptime() - last_disk_at_;
        word.remarks.push_back(
            {Severity::ok, "as told " + in_words(age) + " ago, and now: " + failure->what()}
        );
        co_return word;
    }

    bool can_take() const override { return false; }
    bool can_restore() const override { return false; }
    Task<Backup> take(TakeRequest, ProgressSink) override {
        throw out_of_reach("taken");
        co_return Backup();
    }
    Task<> remove(std::vector<std::string>) override {
        throw out_of_reach("removed");
        co_return;
    }
    Task<> clean_up() override { co_return; }
    Task<Manifest> manifest(const std::string&) override {
        throw out_of_reach("read");
        co_return Manifest();
    }
    Task<> fetch(const std::string&, const Sandbox&, ProgressSink) override {
        throw out_of_reach("fetched");
        co_return;
    }
    Task<Restored> restore(const Manifest&, const Sandbox&, OnLoaded, ProgressSink) override {
        throw out_of_reach("fetched");
        co_return Restored();
    }

  private:
    static Failure out_of_reach(const char* what) {
        return Failure(
            Failure::Kind::rejected,
            std::string("a backup at Supabase cannot be ") + what + " from here",
            "Take dumps, in a set of their own with `source: dump` and `take`."
        );
    }

    Task<> ask(Duration until) {
        co_await recall();
        std::optional<Failure> failure;
        try {
            co_await questions_.ask(until);
        } catch (const Failure& why) {
            failure = why;
        }
        if (failure) {
            co_await keep_refusal(clock_.now());
            throw *failure;
        }
        answered_at_ = clock_.uptime();
        if (is_behind(clock_.now())) {
            co_await questions_.ask_waiting(until);
        } else {
            questions_.need_no_waiting();
        }
        const bool owes_evidence =
            is_recalled_ && is_evidence_due(history_.last_evidence, check_, clock_.now());
        const bool are_details_old = !details_at_ || clock_.uptime() - *details_at_ > details_kept;
        if (owes_evidence || are_details_old || questions_.misses_details()) {
            co_await questions_.ask_details(until);
            details_at_ = clock_.uptime();
        }
        const Instant now = clock_.now();
        learn(now);
        if (owes_evidence) co_await keep_evidence(now, history_.last_evidence);
        co_await keep_history();
    }

    Task<DiskWord> ask_disk() {
        const Duration began = clock_.uptime();
        DiskKnowledge known = co_await questions_.ask_disk(began + disk_limit);
        if (are_limits_due(began) || questions_.misses_disk_limits()) {
            limits_at_ = began;
            co_await questions_.ask_disk_limits(began + disk_limits_limit);
        }
        co_return judge_disk_use(questions_.with_limits(std::move(known)), clock_.now());
    }

    /// Once an hour, at a minute of its own: not of all projects at once.
    bool are_limits_due(Duration uptime) const {
        const Duration share = spread_offset(ref_, limits_kept);
        return !limits_at_ || (*limits_at_ + share) / limits_kept != (uptime + share) / limits_kept;
    }

    /// Until the state has said what was, nothing is held against it, and nothing is kept.
    Task<> recall() {
        if (is_recalled_ || state_ == nullptr) co_return;
        try {
            note_ = co_await state_->source_note(database_, set_);
            history_ = read_history(note_);
            is_recalled_ = true;
        } catch (const Failure&) {
            // Asked again the next time.
        }
    }

    void learn(Instant now) {
        const ProjectKnowledge& known = questions_.known();
        remember(history_, facts_of(known, history_));
        if (known.project.value) remember_status(history_, known.project.value->status, now);
        const BackupsReply& backups = known.backups;
        history_.had_backups = history_.had_backups || !backups.backups.empty();
        history_.is_without = history_.is_without && !has_backups(backups);
        remember_pitr(history_, backups.pitr_enabled, backups.earliest);
        const auto latest = backups.pitr_enabled ? backups.latest : std::nullopt;
        remember_waiting(history_, latest, is_waiting(known), now);
    }

    bool is_behind(Instant now) const {
        const BackupsReply& backups = questions_.known().backups;
        return backups.pitr_enabled && backups.latest && now - *backups.latest > lag_;
    }

    /// `last`: whose moment it is then.
    Task<> keep_evidence(Instant now, std::optional<Instant>& last) {
        Evidence evidence;
        evidence.taken_at = now;
        evidence.document = evidence_text(questions_.replies(), api_.place().token);
        try {
            co_await state_->keep_evidence(database_, set_, std::move(evidence));
            last = now;
        } catch (const Failure&) {
            // Owed still.
        }
    }

    /// That the backups were refused is evidence too, once; that of the day is owed on.
    Task<> keep_refusal(Instant now) {
        const bool is_owed = is_recalled_ && is_evidence_due(history_.last_evidence, check_, now) &&
                             is_evidence_due(history_.last_refusal, check_, now);
        if (!is_owed) co_return;
        co_await keep_evidence(now, history_.last_refusal);
        co_await keep_history();
    }

    Task<> keep_history() {
        if (!is_recalled_) co_return;
        std::string note = history_text(history_);
        if (note == note_) co_return;
        try {
            co_await state_->keep_source_note(database_, set_, note);
            note_ = std::move(note);
        } catch (const Failure&) {
            // Offered again the next time.
        }
    }

    /// Throws Failure for what nothing else would be answered either.
    Task<Access> try_out(ProjectQuestions::Need need, std::string& organization) {
        Access access;
        access.what = need.question.permission + ": Read";
        access.purpose = need.purpose;
        access.is_must = need.is_must;
        try {
            Question question = need.question;
            const ApiReply reply = co_await api_.ask(std::move(question));
            const std::string& body = reply.answer();
            if (need.tells_organization) organization = parse_project(body).organization;
        } catch (const Failure& failure) {
            const bool is_of_project = failure.cause() == cause_of_project(ref_);
            if (!failure.cause().empty() && !is_of_project) throw;
            access.failure = failure;
        }
        co_return access;
    }

    std::string database_;
    std::string set_;
    Duration reach_back_;
    Duration first_due_;
    std::optional<Schedule> check_;
    Duration lag_;
    std::string ref_;
    Clock& clock_;
    Store* state_;
    SupabaseApi api_;
    ProjectQuestions questions_;
    Semaphore turn_{1};  ///< of a look: one at a time
    ProjectHistory history_;
    std::string note_;  ///< of the history, as it is kept
    bool is_recalled_ = false;
    std::optional<Duration> answered_at_;  ///< the last look that was
    std::optional<Duration> details_at_;
    std::optional<Duration> limits_at_;
    std::optional<DiskWord> last_disk_;
    Duration last_disk_at_{};
};

}  // namespace

std::unique_ptr<Source> make_supabase(const SetSettings& set, const SourcePlace& place) {
    const auto* own = dynamic_cast<const SupabaseSettings*>(set.own.get());
    assert(own != nullptr && "describe_supabase made it");
    return std::make_unique<SupabaseSource>(set, *own, place);
}

}  // namespace backupwatch
