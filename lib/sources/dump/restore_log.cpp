#include "sources/dump/restore_log.hpp"

#include "core/text.hpp"
#include "core/words.hpp"
#include "postgres/without_values.hpp"

#include <algorithm>
#include <charconv>

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

/// How many lines begin here.
int take_beginnings(std::string_view& line) {
    int count = 0;
    for (;;) {
        if (take_prefix(line, "pg_restore:")) {
            ++count;
        } else if (!take_prefix(line, " ")) {
            return count;
        }
    }
}

/// Of those that matter.
bool is_message(std::string_view line) {
    return line.starts_with(finished_item) || line.starts_with("error: ") ||
           line.starts_with("from TOC entry ") || line.starts_with("warning: ");
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

// Its processes share one pipe and write a line in pieces, its beginning first: several beginnings
// may stand before one line, and then others have none.
void RestoreLog::add(std::string_view line) {
    const std::string_view whole = line;
    const int beginnings = take_beginnings(line);
    if (beginnings == 0 && awaited_errors_ > 0 && is_error_text(line)) {
        --awaited_errors_;
        return begin_error(line);
    }
    if (beginnings == 0 && (headless_ == 0 || !is_message(line))) return add_detail(whole);
    headless_ += beginnings - 1;
    in_error_ = false;
    const auto finished = line.find(finished_item);
    if (finished != std::string_view::npos && !is_quoted(line, finished)) {
        return on_finished_(number_at(line.substr(finished + finished_item.size())));
    }
    if (take_prefix(line, "from TOC entry ")) {
        item_ = without_numbers(line);
        const auto known = items_.find(number_at(line));
        about_ = known == items_.end() ? RestoredItem() : known->second;
        return;
    }
    if (take_prefix(line, "warning: errors ignored on restore: ")) {
        ignored_ = number_at(line);
        return;
    }
    if (line == "entering main parallel loop") {
        at_work_ = true;
        return;
    }
    if (take_prefix(line, "error: ")) add_error(line);
}

void RestoreLog::add_error(std::string_view line) {
    ++seen_;
    // Of a worker its process counts each error, and the first one their item.
    counted_at_most_ += at_work_ ? 2 : 1;
    std::string_view rest = line;
    const int beginnings = take_beginnings(rest);
    if (beginnings == 0) return begin_error(line);
    headless_ += beginnings;
    if (is_error_text(rest)) return begin_error(rest);
    // The line of another: the error's own text is still to come.
    ++awaited_errors_;
    --headless_;
    add("pg_restore: " + std::string(rest));
}

void RestoreLog::begin_error(std::string_view line) {
    end_error();
    Pending pending;
    pending.error.kind = about_.kind;
    pending.error.about_member = about_.about_member;
    // Of pg_restore's own errors none is known to be harmless.
    const auto said = line.find(said_by_the_server);
    if (said != std::string_view::npos) {
        pending.error.message = line.substr(said + said_by_the_server.size());
    }
    if (line.starts_with("COPY failed")) pending.error.kind = "TABLE DATA";
    pending.shown = item_.empty() ? "" : item_ + ": ";
    pending.shown += error_without_values(line);
    pending.shown = pending.shown.substr(0, longest_error);
    pending_ = std::move(pending);
    in_error_ = true;
    // An item is told once, for all its errors; of several workers nobody knows whose the next is.
    if (!at_work_) return;
    item_.clear();
    about_ = {};
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
    auto sorted = errors_.sorted(left_out);
    if (awaited_errors_ > 0) {
        sorted.damage.push_back(
            counted(static_cast<std::size_t>(awaited_errors_), "error") +
            " of pg_restore's whose text could not be found: its workers write into each other's "
            "lines"
        );
    }
    if (ignored_ > counted_at_most_) {
        sorted.damage.push_back(
            "pg_restore counted " + std::to_string(ignored_) + " errors, more than the " +
            std::to_string(seen_) + " that could be read: its workers write into each other's lines"
        );
    }
    return sorted;
}

}  // namespace backupwatch
