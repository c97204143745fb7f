#pragma once
#include "core/incident/notice.hpp"

#include <string>
#include <vector>

namespace backupwatch {

/// A notice in words, for every channel alike: who formats it adds no sentence of its own.
struct Wording {
    std::string title;  ///< one line: severity, target, what is wrong; subject and summary
    std::string state;  ///< what is wrong, in full
    std::string since;  ///< since when, and how many in a row; or how long it lasted
    std::vector<std::string> proofs;   ///< the last good backup, the last passed drill
    std::vector<std::string> to_do;    ///< what to do next, commands to paste in full
    std::string next;                  ///< who is called when, or empty
    std::string acknowledge;           ///< the line to paste, or empty
    std::vector<std::string> details;  ///< what follows from it, which databases it makes fail
};

/// Where people look things up; each may be empty.
struct Links {
    std::string runbook;
    std::string dashboard;
    std::string provider;  ///< the provider's page of backups
};

/// `now`: ages are told as of then.
Wording word(const Notice& notice, const Links& links, Instant now);
/// Several at once: what all have in common, then every one of them named, the most severe first.
Wording word(const std::vector<Notice>& notices, Instant now);
/// The whole as plain text, paragraphs in the order of Wording.
std::string plain_text(const Wording& wording);

}  // namespace backupwatch
