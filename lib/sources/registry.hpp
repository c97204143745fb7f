#pragma once
#include "config/section.hpp"
#include "net/http_reader.hpp"
#include "sources/set_settings.hpp"
#include "sources/source.hpp"
#include "sources/source_commons.hpp"

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace backupwatch {

class Clock;
class HangingCalls;
class Store;

/// Where a source stands: the database that it backs up, and what it works with.
struct SourcePlace {
    std::string database;  ///< the configuration's name of it
    Secret url;
    Clock& clock;
    Pool& pool;
    HangingCalls& hanging_calls;
    HttpReader web;  ///< nothing but GET: what a provider keeps is never touched
    SourceCommons& commons;
    Store* state = nullptr;  ///< what it may remember by; null: only as long as it lives
};

/// One kind of source. A new one is a file pair and a line in registry.cpp.
struct SourceKind {
    std::string_view name;  ///< as `source:` has it
    /// Describes the keys of this kind, makes `set.own`, and sets the defaults of common keys where
    /// this kind has others; it is called before they are read.
    void (*describe)(Section& section, SetSettings& set);
    std::unique_ptr<Source> (*make)(const SetSettings& set, const SourcePlace& place);
    bool restores = true;     ///< its backups can be drilled
    bool tells_disk = false;  ///< also how full the disk of the database is
};

/// There as long as any thread: a reload may still read when the program ends.
std::span<const SourceKind> source_kinds();
std::vector<std::string_view> source_kind_names();
/// Null: no such kind.
const SourceKind* find_source_kind(std::string_view name);

}  // namespace backupwatch
