#include "core/wording/pieces.hpp"

#include "core/text.hpp"
#include "core/words.hpp"

#include <string_view>
#include <utility>

namespace backupwatch {
namespace {

/// A name has 63 at most; more is a foreign one, and none of it needs more to be found.
constexpr std::size_t longest_name = 255;
constexpr std::size_t longest_sentence = 1500;
constexpr std::size_t longest_link = 2000;

void clean(std::string& text, std::size_t most) {
    text = cut(clean_line(text), most);
}

/// Of lists, what is empty says nothing.
void clean(std::vector<std::string>& texts, std::size_t most) {
    for (std::string& text : texts) clean(text, most);
    std::erase(texts, "");
}

void clean(std::optional<ProofMention>& proof) {
    if (!proof) return;
    clean(proof->id, longest_name);
    if (proof->id.empty()) proof->id = "one without a name";
}

}  // namespace

IncidentKey cleaned(const IncidentKey& key) {
    IncidentKey clean_key = key;
    for (std::string* text : {&clean_key.database, &clean_key.set, &clean_key.check}) {
        clean(*text, longest_name);
    }
    if (clean_key.check.empty()) clean_key.check = "unnamed";
    return clean_key;
}

Links cleaned(const Links& links) {
    Links clean_links = links;
    for (std::string* link :
         {&clean_links.runbook, &clean_links.dashboard, &clean_links.provider}) {
        clean(*link, longest_link);
    }
    return clean_links;
}

std::vector<std::string> cleaned_names(std::vector<std::string> names) {
    clean(names, longest_name);
    return names;
}

Notice cleaned(Notice notice) {
    notice.key = cleaned(notice.key);
    clean(notice.summary, longest_sentence);
    clean(notice.value, longest_name);
    clean(notice.threshold, longest_name);
    clean(notice.consequences, longest_sentence);
    clean(notice.members, longest_name);
    clean(notice.provider_page, longest_link);
    clean(notice.last_backup);
    clean(notice.last_drill);
    if (notice.next) clean(notice.next->notifiers, longest_name);
    return notice;
}

std::string sentence(std::string text) {
    if (text.empty() || std::string_view(".!?").find(text.back()) != std::string_view::npos) {
        return text;
    }
    return std::move(text) + ".";
}

std::string all_of(const std::vector<std::string>& names) {
    return listed(names, names.size());
}

std::string moment_and_age(Instant at, Instant now) {
    if (at > now) return in_words(at);
    // Seconds would be an accuracy that a moment told to the minute does not have.
    if (now - at < std::chrono::minutes(1)) return in_words(at) + " (just now)";
    return in_words(at) + " (" + in_words(now - at) + " ago)";
}

std::string in_capitals(Severity severity) {
    switch (severity) {
        case Severity::ok:
            return "OK";
        case Severity::warning:
            return "WARNING";
        case Severity::critical:
            return "CRITICAL";
        case Severity::unknown:
            break;
    }
    return "UNKNOWN";
}

}  // namespace backupwatch
