#pragma once
#include "core/incident/notice.hpp"

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace backupwatch {

/// One thing to do: words, and what to paste or to open with them, if anything.
struct Advice {
    std::string text;     ///< `Look again`
    std::string command;  ///< to paste in full, or empty
    std::string link;     ///< to open, or empty
};

/// A notice in words, for every channel alike: who formats it adds no sentence of its own.
struct Wording {
    std::string title;  ///< one line: severity, target, what is wrong; subject and summary
    std::string state;  ///< what is wrong, in full
    std::string since;  ///< since when, and how many in a row; or how long it lasted
    std::vector<std::string> proofs;  ///< the last good backup, the last passed drill
    std::vector<Advice> to_do;        ///< what to do next
    std::string next;                 ///< who is called when, or empty
    std::optional<Advice> acknowledge;
    std::vector<std::string> details;  ///< what follows from it, which databases it makes fail
};

/// Where people look things up; each may be empty.
struct Links {
    std::string runbook;
    std::string dashboard;
    std::string provider;  ///< the provider's page of backups
};

/// The same, with the provider's page of the set that this notice is about.
Links with_page(Links links, const Notice& notice);

/// `now`: ages are told as of then. Whatever the notice holds, the words are valid UTF-8, each of
/// them on one line, and bounded but for the names of databases.
Wording word(const Notice& notice, const Links& links, Instant now);
/// Several at once: what all have in common, then every one of them named, the most severe first.
Wording word(std::span<const Notice> notices, Instant now);
/// How many of these, from the first, that names in so many bytes of plain text; at least one.
std::size_t fitting(std::span<const Notice> notices, std::size_t bytes);
/// The whole as plain text, paragraphs in the order of Wording.
std::string plain_text(const Wording& wording);

}  // namespace backupwatch
