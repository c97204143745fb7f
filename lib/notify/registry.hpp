#pragma once
#include "net/network.hpp"
#include "notify/notifier.hpp"
#include "notify/settings.hpp"

#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace backupwatch {

/// One type of notifier. A new one is a file pair and a line in registry.cpp.
struct NotifierKind {
    std::string_view name;  ///< as `type:` has it
    void (*describe)(Section& section, NotifierSettings& notifier);
    std::unique_ptr<Notifier> (*make)(const NotifierSettings& notifier, Network& network);
    bool pages = false;  ///< it calls people: no reminders, no digest
};

/// There as long as any thread: a reload may still read when the program ends.
std::span<const NotifierKind> notifier_kinds();
std::vector<std::string_view> notifier_kind_names();
/// Null: no such type.
const NotifierKind* find_notifier_kind(std::string_view name);

}  // namespace backupwatch
