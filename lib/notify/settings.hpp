#pragma once
#include "config/section.hpp"

#include <memory>
#include <string>

namespace backupwatch {

/// What one type of notifier alone wants to know; each type derives its own.
struct OwnNotifierSettings {
    virtual ~OwnNotifierSettings() = default;
};

/// One entry of `notifiers`.
struct NotifierSettings {
    std::string name;
    std::string type;  ///< of notify/registry
    std::string
        fallback;  ///< name of the notifier that takes over while this one is broken, or empty
    std::shared_ptr<const OwnNotifierSettings> own;  ///< null only after an error
};

void describe(Section& section, NotifierSettings& notifier);

}  // namespace backupwatch
