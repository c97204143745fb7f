#pragma once
#include "config/section.hpp"
#include "core/time/time.hpp"
#include "core/wording/wording.hpp"
#include "net/settings.hpp"

#include <chrono>
#include <memory>
#include <string>

namespace backupwatch {

/// What one type of notifier alone wants to know; each type derives its own.
struct OwnNotifierSettings {
    virtual ~OwnNotifierSettings() = default;
};

/// One entry of `notifiers`.
struct NotifierSettings {
    std::string name;  ///< default: the type
    std::string type;  ///< of notify/registry
    std::string
        fallback;  ///< name of the notifier that takes over while this one is broken, or empty
    Duration timeout = std::chrono::seconds(15);  ///< of one send; a type may have another default
    NetworkSettings network;
    Links links;  ///< shown in every message that asks for something to be done

    std::shared_ptr<const OwnNotifierSettings> own;  ///< null only after an error
};

/// The keys of the type that `type` names, then those that every notifier has.
void describe(Section& section, NotifierSettings& notifier);

}  // namespace backupwatch
