#include "core/backup/left_out.hpp"

#include "core/backup/identifier.hpp"

namespace backupwatch {

Manifest without(Manifest manifest, const LeftOut& left_out, const RestoredContent& restored) {
    std::set<std::string> there;
    for (const auto& sequence : restored.sequences) there.insert(sequence.name);
    std::erase_if(manifest.tables, [&](const TableContent& table) {
        return left_out.tables.contains(table.name) && table.rows.count == 0;
    });
    std::erase_if(manifest.sequences, [&](const SequenceRange& sequence) {
        return !there.contains(sequence.name) &&
               left_out.sequences.contains(identifier_parts(sequence.name));
    });
    std::erase_if(manifest.extensions, [&](const ExtensionVersion& extension) {
        return left_out.extensions.contains(extension.name);
    });
    return manifest;
}

}  // namespace backupwatch
