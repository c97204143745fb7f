#include "sources/registry.hpp"

#include "sources/dump/dump_source.hpp"
#include "sources/dump/settings.hpp"
#include "sources/supabase/settings.hpp"
#include "sources/supabase/supabase_source.hpp"

namespace backupwatch {

std::span<const SourceKind> source_kinds() {
    static constexpr SourceKind kinds[]{
        {"dump", describe_dump, make_dump},
        {"supabase", describe_supabase, make_supabase, false, true},
    };
    return kinds;
}

std::vector<std::string_view> source_kind_names() {
    std::vector<std::string_view> names;
    for (const SourceKind& kind : source_kinds()) names.push_back(kind.name);
    return names;
}

const SourceKind* find_source_kind(std::string_view name) {
    for (const SourceKind& kind : source_kinds()) {
        if (kind.name == name) return &kind;
    }
    return nullptr;
}

}  // namespace backupwatch
