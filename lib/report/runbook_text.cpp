#include "core/size.hpp"
#include "core/text.hpp"
#include "core/words.hpp"
#include "report/runbook.hpp"
#include "report/runbook_parts.hpp"
#include "report/runbook_words.hpp"

#include <chrono>
#include <utility>

namespace backupwatch {
namespace {

constexpr std::size_t most_points = 30;  ///< of a set
constexpr std::size_t most_marks = 10;
constexpr std::size_t longest_cell = 200;

/// Texts of others in a table, where a bar would end the cell.
std::string table_cell(const std::string& text) {
    std::string shown;
    for (const char c : cut(clean_line(text), longest_cell)) shown += c == '|' ? '/' : c;
    return shown;
}

/// What is written, bit by bit.
class Document {
  public:
    explicit Document(const RunbookFacts& facts)
        : facts_(facts), words_(runbook_words(facts.settings.language)) {}

    std::string write() {
        heading(1, filled(words_.title, {"`" + facts_.database + "`"}));
        paragraph(filled(words_.written, {in_words(facts_.now), facts_.database}));
        write_when();
        write_needs();
        write_people();
        write_points();
        write_steps();
        write_watch();
        write_times();
        return std::move(text_);
    }

  private:
    void heading(int level, const std::string& words) {
        if (!text_.empty()) text_ += "\n";
        text_ += std::string(static_cast<std::size_t>(level), '#') + " " + words + "\n";
    }
    void chapter(std::string_view words) { heading(2, std::string(words)); }
    void paragraph(const std::string& words) { text_ += "\n" + words + "\n"; }
    void bullets(const std::vector<std::string>& lines) {
        text_ += "\n";
        for (const std::string& line : lines) text_ += "- " + line + "\n";
    }

    const RunbookFacts::Point* newest_proven() const { return proven_before(facts_, facts_.now); }

    void write_when() {
        chapter(words_.when);
        const RunbookFacts::Point* const proven = newest_proven();
        const std::string price =
            proven == nullptr
                ? std::string(words_.when_unproven)
                : filled(words_.when_cost, {lasting(facts_.now - proven->backup.started_at)});
        bullets(
            {filled(words_.when_lost, {"`" + facts_.database + "`"}),
             std::string(words_.when_not),
             price}
        );
    }

    void write_needs() {
        if (!facts_.chosen || facts_.chosen->by_hand.is_guided_only) return;
        chapter(words_.needs);
        const int major = facts_.chosen->by_hand.server_version / 10000;
        std::string server = facts_.host.empty() ? "`$PGHOST`" : facts_.host;
        if (!facts_.port.empty()) server += ":" + facts_.port;
        if (facts_.chosen->by_hand.is_into_project) {
            return bullets(
                {std::string(words_.needs_shell),
                 filled(words_.needs_programs, {std::to_string(major)}),
                 std::string(words_.needs_project),
                 std::string(words_.needs_unpacked)}
            );
        }
        bullets(
            {std::string(words_.needs_shell),
             filled(words_.needs_programs, {std::to_string(major)}),
             filled(words_.needs_role, {server}),
             std::string(words_.needs_room)}
        );
    }

    void write_people() {
        chapter(words_.approvals);
        const auto steps = runbook_steps(facts_);
        bullets(steps.front().lines);
        chapter(words_.contacts);
        std::vector<std::string> lines;
        for (const RunbookSettings::Contact& one : facts_.settings.contacts) {
            lines.push_back(filled(words_.approval_of, {one.role, one.name, one.reach}));
        }
        if (lines.empty()) lines.emplace_back(words_.no_contacts);
        bullets(lines);
    }

    std::string proof_of(const RunbookFacts::Set& set, const RunbookFacts::Point& point) const {
        if (point.is_proven()) {
            const std::chrono::duration<double> seconds(point.drill->seconds);
            const std::string took = lasting(std::chrono::round<Duration>(seconds));
            return filled(words_.proven, {in_words(point.drill->finished_at), took});
        }
        if (!set.is_drilled) return std::string(words_.not_ours);
        if (!point.drill) return std::string(words_.undrilled);
        const bool has_failed = point.drill->result == DrillOutcome::Result::failed;
        return filled(has_failed ? words_.damaged : words_.unrun, {table_cell(point.drill->error)});
    }

    void write_points() {
        chapter(words_.points);
        std::string rows;
        std::vector<std::string> notes;
        for (const RunbookFacts::Set& set : facts_.sets) {
            if (!set.error.empty()) notes.push_back(filled(words_.unread, {set.name, set.error}));
            std::size_t shown = 0;
            for (const RunbookFacts::Point& point : set.points) {
                if (++shown > most_points) break;
                const Backup& backup = point.backup;
                rows += "| " + set.name + " | " + table_cell(id_and_label(backup)) + " | " +
                        in_words(backup.started_at) + " | " +
                        (backup.size_bytes ? size_in_words(*backup.size_bytes) : "-") + " | " +
                        proof_of(set, point) + " |\n";
            }
            if (set.points.size() <= most_points) continue;
            const std::string target = facts_.database + "/" + set.name;
            const std::string more = std::to_string(set.points.size() - most_points);
            notes.push_back(filled(words_.more_points, {more, set.name, target}));
        }
        if (rows.empty()) {
            paragraph(std::string(words_.no_points));
        } else {
            text_ += "\n" + std::string(words_.points_head) + rows;
        }
        if (!notes.empty()) bullets(notes);
        write_marks();
    }

    /// `nightly`: the set that it is in.
    std::string set_of(const RunbookFacts::Point* point) const {
        for (const RunbookFacts::Set& set : facts_.sets) {
            for (const RunbookFacts::Point& one : set.points) {
                if (&one == point) return set.name;
            }
        }
        return {};
    }

    void write_marks() {
        if (facts_.marks.empty()) return;
        paragraph(std::string(words_.before_marks));
        std::vector<std::string> lines;
        for (const NotedMark& mark : facts_.marks) {
            if (lines.size() == most_marks) break;
            const std::string when = in_words(mark.at);
            const std::string what = table_cell(mark.text);
            const RunbookFacts::Point* const point = proven_before(facts_, mark.at);
            if (point == nullptr) {
                lines.push_back(filled(words_.none_before_mark, {when, what}));
                continue;
            }
            const std::string begun = in_words(point->backup.started_at);
            lines.push_back(
                filled(words_.before_mark, {when, what, point->backup.id, set_of(point), begun})
            );
        }
        bullets(lines);
    }

    std::string planned(const StepTime& time) const {
        return time.source == StepTime::Source::unknown ? "?" : lasting(time.planned());
    }

    /// As in_words() has it, in which the letter for days alone is no other language's.
    std::string lasting(Duration duration) const {
        std::string text = in_words(duration);
        const auto days = text.find(" d");
        if (days != std::string::npos) text.replace(days + 1, 1, words_.days);
        return text;
    }

    std::string known_from(const StepTime& time) const {
        switch (time.source) {
            case StepTime::Source::measured:
                return filled(words_.measured, {lasting(time.taken), in_words(time.as_of)});
            case StepTime::Source::attested:
                return filled(words_.attested, {table_cell(time.by), in_words(time.as_of)});
            case StepTime::Source::unknown:
                break;
        }
        if (time.by.empty()) return filled(words_.unmeasured, {facts_.database});
        return filled(words_.unknown, {facts_.database, time.by});
    }

    void write_steps() {
        chapter(words_.steps);
        write_alternatives();
        int number = 0;
        for (const RunbookStep& step : runbook_steps(facts_)) {
            heading(
                3, std::to_string(++number) + ". " + step.title + " (" + planned(step.time) + ")"
            );
            bullets(step.lines);
            if (!step.commands.empty()) write_block("```sh", step.commands);
        }
    }

    /// Before the steps, whose reader would find them too late. Their commands are in no block that
    /// is pasted.
    void write_alternatives() {
        // Between the first two and the last two stand those that need commands of ours; without
        // any, one stands for them.
        constexpr const char* first = "3";
        const std::string last = std::to_string(runbook_steps(facts_).size() - 2);
        for (const RunbookStep& step : runbook_alternatives(facts_)) {
            const std::string time = planned(step.time);
            heading(
                3,
                facts_.chosen ? filled(words_.instead, {first, last, step.title, time})
                              : filled(words_.instead_of_one, {first, step.title, time})
            );
            bullets(step.lines);
            if (!step.commands.empty()) write_block("```", step.commands);
        }
    }

    void write_watch() {
        chapter(words_.watch);
        std::vector<std::string> lines;
        const bool is_moved = facts_.chosen && facts_.chosen->by_hand.is_into_project;
        lines.push_back(filled(
            is_moved ? words_.watch_moved_project : words_.watch_moved,
            {"`" + facts_.database + "`", our_command(facts_, "reload")}
        ));
        const std::string take = take_command(facts_, words_.label_after);
        if (!take.empty()) lines.push_back(filled(words_.watch_backup, {take}));
        lines.emplace_back(words_.watch_pages);
        const std::string& tracker = facts_.settings.error_tracker;
        if (!tracker.empty()) lines.push_back(filled(words_.watch_tracker, {tracker}));
        lines.emplace_back(words_.watch_sessions);
        if (is_moved) lines.emplace_back(words_.watch_back_project);
        if (facts_.chosen && !is_moved) lines.emplace_back(words_.watch_back);
        bullets(lines);
        write_way_back();
    }

    /// In no block that is pasted with the steps.
    void write_way_back() {
        const auto back = runbook_way_back(facts_);
        if (!back) return;
        heading(3, back->title);
        bullets(back->lines);
        write_block("```", back->commands);
    }

    void write_block(const char* fence, const std::vector<std::string>& commands) {
        text_ += "\n" + std::string(fence) + "\n";
        for (const std::string& command : commands) text_ += command + "\n";
        text_ += "```\n";
    }

    void write_times() {
        chapter(words_.times);
        std::string rows;
        const auto steps = runbook_steps(facts_);
        for (const RunbookStep& step : steps) {
            rows += "| " + step.title + " | " + planned(step.time) + " | " + known_from(step.time) +
                    " |\n";
        }
        text_ += "\n" + std::string(words_.times_head) + rows;
        const PlannedTotal total = planned_total(steps);
        const Duration target = facts_.settings.target;
        std::string verdict(total.promised() > target ? words_.target_missed : words_.target_met);
        // What is known may be too much already.
        if (!total.untimed.empty() && total.promised() <= target) {
            std::string names;
            for (const std::string& title : total.untimed)
                names += (names.empty() ? "" : ", ") + title;
            verdict = filled(words_.target_unknown, {names});
        }
        paragraph(filled(words_.total, {in_minutes(total), lasting(target)}) + " " + verdict);
    }

    /// `7 min (1 min 31 s of it measured)`.
    std::string in_minutes(const PlannedTotal& total) const {
        const bool is_under = total.known > Duration() && total.known < std::chrono::minutes(1);
        std::string text = is_under ? std::string(words_.total_under) : lasting(total.promised());
        if (total.measured == Duration()) return text;
        return text + filled(words_.total_measured, {lasting(total.measured)});
    }

    const RunbookFacts& facts_;
    const RunbookWords& words_;
    std::string text_;
};

}  // namespace

const RunbookFacts::Point* proven_before(const RunbookFacts& facts, Instant instant) {
    const RunbookFacts::Point* last = nullptr;
    for (const RunbookFacts::Set& set : facts.sets) {
        for (const RunbookFacts::Point& point : set.points) {
            if (!point.is_proven() || point.backup.started_at > instant) continue;
            if (last && last->backup.started_at >= point.backup.started_at) continue;
            last = &point;
        }
    }
    return last;
}

std::string runbook_text(const RunbookFacts& facts) {
    return Document(facts).write();
}

}  // namespace backupwatch
