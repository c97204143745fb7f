#include "report/opened_text.hpp"

#include "core/size.hpp"
#include "core/text.hpp"
#include "core/words.hpp"

#include <algorithm>

namespace backupwatch {
namespace {

constexpr std::size_t most_errors_shown = 10;
constexpr std::size_t most_of_an_error = 300;

std::string which(const OpenedFacts& facts) {
    const Backup& backup = facts.backup;
    std::string text = facts.target + " " + clean_line(id_and_label(backup)) + ", as it was at " +
                       in_words(backup.started_at);
    if (facts.now > backup.started_at) {
        text += " (" + in_words(facts.now - backup.started_at) + " ago)";
    }
    return text;
}

std::string drilled(const std::optional<DrillOutcome>& drill) {
    if (!drill) return "no drill has proven it yet";
    const std::string at = in_words(drill->finished_at);
    if (drill->result == DrillOutcome::Result::passed) return "its drill passed at " + at;
    return "its drill failed at " + at + ": " + cut(clean_line(drill->error), most_of_an_error);
}

void add_errors(std::string& text, const std::vector<std::string>& errors) {
    if (errors.empty()) return;
    text += "restored with " + counted(errors.size(), "error") + ", so something is not there:\n";
    for (std::size_t i = 0; i < std::min(errors.size(), most_errors_shown); ++i) {
        text += "  " + cut(clean_line(errors[i]), most_of_an_error) + "\n";
    }
    if (errors.size() > most_errors_shown) {
        text += "  and " + std::to_string(errors.size() - most_errors_shown) + " more\n";
    }
}

}  // namespace

std::string opened_text(const OpenedFacts& facts) {
    std::string text = which(facts) + "\n";
    if (facts.damaged) {
        const bool is_damaged = facts.damaged->status == BackupStatus::failed;
        text += std::string("passed over, since ") +
                (is_damaged ? "it is damaged: " : "nobody can tell whether it is whole: ") +
                clean_line(facts.damaged->id) + " (" +
                cut(clean_line(facts.damaged->error), most_of_an_error) + ")\n";
    }
    text += drilled(facts.drill) + "\n";
    for (const MissingHere& missing : facts.missing) {
        text += "missing here: " + clean_line(missing.sentence) + " (" +
                clean_line(missing.installing) + ")\n";
    }
    add_errors(text, facts.errors);
    text += "a copy, until " + in_words(facts.until) + " or until it is left\n";
    return text;
}

std::string opened_prompt(const std::string& database, const std::string& backup) {
    std::string prompt;
    for (const char letter : clean_line(database + "@" + backup)) {
        prompt += letter == '%' ? "%%" : std::string(1, letter);
    }
    // Whether a statement is open, whether a transaction is, and who is asked.
    return prompt + "%R%x%# ";
}

}  // namespace backupwatch
