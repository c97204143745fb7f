#pragma once
#include "core/time/time.hpp"

#include <string>
#include <vector>

namespace backupwatch {

/// What a runbook says that nobody but its owner knows.
struct RunbookSettings {
    enum class Language { en, fr };

    struct Contact {
        std::string role;
        std::string name;
        std::string reach;  ///< a telephone number, an address
    };
    struct Maintenance {
        std::string on;  ///< what to do, in words
        std::string off;
    };
    struct Page {
        std::string url;
        int expect = 200;  ///< its HTTP status when all is well
    };

    Language language = Language::en;
    std::vector<Contact> contacts;
    std::vector<std::string> approvals;  ///< roles whose yes it takes
    Maintenance maintenance;
    std::vector<Page> verify;
    std::string error_tracker;  ///< a link, or empty
    Duration target = std::chrono::minutes(10);
    std::vector<std::string> publish;  ///< a program and its arguments; empty: none
};

}  // namespace backupwatch
