#include "sources/dump/restore_log.hpp"

#include "core/text.hpp"
#include "core/words.hpp"
#include "postgres/without_values.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace backupwatch {
namespace {

constexpr std::size_t longest_error = 1000;
constexpr std::string_view finished_item = "finished item ";
constexpr std::string_view command_was = "Command was: ";
constexpr std::string_view said_by_the_server = "ERROR:  ";

int number_at(std::string_view text) {
    int number = 0;
    std::from_chars(text.data(), text.data() + text.size(), number);
    return number;
}

/// `3230; 2606 16400 CONSTRAINT public posts posts_pkey owner` without its numbers.
std::string_view without_numbers(std::string_view entry) {
    const auto begin = entry.find_first_not_of("0123456789; ");
    return begin == std::string_view::npos ? entry : entry.substr(begin);
}

/// What workers say beside errors.
bool is_message(std::string_view line) {
    constexpr std::string_view beginnings[] = {
        finished_item,
        "error: ",
        "from TOC entry ",
        "warning: ",
        "while ",
        "launching item ",
        "processing data for table ",
        "creating ",
        "executing ",
    };
    return std::ranges::any_of(beginnings, [&](auto begins) { return line.starts_with(begins); });
}

/// Of an error, without its beginning. What the server said follows it.
bool is_error_text(std::string_view line) {
    return line.starts_with("could not ") || line.starts_with("COPY failed");
}

/// Whether it stands in a name, or in what an error says.
bool is_quoted(std::string_view line, std::size_t at) {
    const auto before = line.substr(0, at);
    return std::count(before.begin(), before.end(), '"') % 2 != 0 ||
           before.find("error: ") != std::string_view::npos;
}

}  // namespace

// Its processes share one pipe, into which each writes a line in pieces: `pg_restore:`, a blank,
// `error: `, its text. Several beginnings may stand before one text, and then others have none.
void RestoreLog::add(std::string_view line) {
    const std::string_view whole = line;
    const Beginnings begun = take_beginnings(line);
    headless_ += begun.lines;
    if (begun.errors > 0) await_errors(begun.errors);
    if (awaited_errors_ > 0 && is_of_awaited(begun, line)) {
        --awaited_errors_;
        --headless_;
        return begin_error(line);
    }
    const bool begins = begun.lines + begun.errors > 0;
    const bool was_begun = headless_ > awaited_errors_ && is_message(line);
    if (!begins && !was_begun) return add_detail(whole);
    --headless_;
    in_error_ = false;
    const auto finished = line.find(finished_item);
    if (finished != std::string_view::npos && !is_quoted(line, finished)) {
        return on_finished_(number_at(line.substr(finished + finished_item.size())));
    }
    if (take_prefix(line, "from TOC entry ")) {
        const auto known = items_.find(number_at(line));
        subject_.shown = without_numbers(line);
        subject_.item = known == items_.end() ? RestoredItem() : known->second;
        return;
    }
    if (take_prefix(line, "warning: errors ignored on restore: ")) {
        ignored_ = number_at(line);
        return;
    }
    if (line == "entering main parallel loop") at_work_ = true;
}

RestoreLog::Beginnings RestoreLog::take_beginnings(std::string_view& line) const {
    Beginnings begun;
    for (;;) {
        // Where all are awaited, it is a text that begins so.
        const bool may_be_error = awaited_errors_ + begun.errors < headless_ + begun.lines;
        if (take_prefix(line, "pg_restore:")) {
            ++begun.lines;
        } else if (may_be_error && take_prefix(line, "error: ")) {
            ++begun.errors;
        } else if (!take_prefix(line, " ")) {
            return begun;
        }
    }
}

void RestoreLog::await_errors(int count) {
    awaited_errors_ += count;
    seen_ += count;
    // Of a worker its process counts each error, and the first one their item.
    counted_at_most_ += at_work_ ? 2 * count : count;
    // Which text is whose is known of one alone.
    awaited_subject_ = awaited_errors_ == 1 ? subject_ : Subject();
    // An item is told once, for all its errors; of several workers nobody knows whose the next is.
    if (at_work_) subject_ = {};
}

bool RestoreLog::is_of_awaited(const Beginnings& begun, std::string_view text) const {
    if (is_error_text(text)) return true;
    // Of others what may be to come are lines that are no errors.
    const bool others = headless_ > awaited_errors_ && is_message(text);
    return begun.errors > 0 && !others;
}

void RestoreLog::begin_error(std::string_view line) {
    end_error();
    Pending pending;
    const Subject subject = std::exchange(awaited_subject_, {});
    pending.error.kind = subject.item.kind;
    pending.error.about_member = subject.item.about_member;
    // Of pg_restore's own errors none is known to be harmless.
    const auto said = line.find(said_by_the_server);
    if (said != std::string_view::npos) {
        pending.error.message = line.substr(said + said_by_the_server.size());
    }
    if (line.starts_with("COPY failed")) pending.error.kind = "TABLE DATA";
    pending.shown = subject.shown.empty() ? "" : subject.shown + ": ";
    pending.shown += error_without_values(line);
    pending.shown = pending.shown.substr(0, longest_error);
    pending_ = std::move(pending);
    in_error_ = true;
}

void RestoreLog::end_error() {
    if (pending_) errors_.add(pending_->error, std::move(pending_->shown));
    pending_.reset();
}

void RestoreLog::add_detail(std::string_view line) {
    const bool detail = line.starts_with("DETAIL:") || line.starts_with("HINT:") ||
                        line.starts_with("CONTEXT:") || line.starts_with(command_was);
    if (!in_error_ || !detail || !pending_) return;
    std::string& statement = pending_->error.statement;
    if (line.starts_with(command_was) && statement.empty()) {
        statement = line.substr(command_was.size());
    }
    if (pending_->shown.size() > longest_error) return;
    const std::string shown = detail_without_values(line.substr(0, longest_error));
    if (!shown.empty()) pending_->shown += "; " + shown;
}

RestoreErrors::Sorted RestoreLog::sorted(const std::set<std::string>& left_out) {
    end_error();
    return errors_.sorted(left_out);
}

std::string RestoreLog::lost() const {
    constexpr const char* why = ": its workers write into each other's lines";
    if (awaited_errors_ > 0) {
        return counted(static_cast<std::size_t>(awaited_errors_), "error") +
               " of pg_restore's whose text could not be found" + why;
    }
    if (ignored_ <= counted_at_most_) return {};
    return "pg_restore counted " + std::to_string(ignored_) + " errors, more than the " +
           std::to_string(seen_) + " that could be read" + why;
}

}  // namespace backupwatch
