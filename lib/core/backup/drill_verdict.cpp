#include "core/backup/drill_verdict.hpp"

namespace backupwatch {

DrillOutcome::Result verdict_of(Failure::Kind kind, bool is_loading, bool has_findings) {
    if (has_findings || kind == Failure::Kind::corrupt) return DrillOutcome::Result::failed;
    const bool speaks_of_backup = kind == Failure::Kind::rejected || kind == Failure::Kind::timeout;
    return is_loading && speaks_of_backup ? DrillOutcome::Result::failed
                                          : DrillOutcome::Result::unknown;
}

bool speaks_of_content(Failure::Kind kind) {
    switch (kind) {
        case Failure::Kind::rejected:
        case Failure::Kind::corrupt:
        case Failure::Kind::timeout:
        case Failure::Kind::denied:
            return true;
        case Failure::Kind::unreachable:
        case Failure::Kind::usage:
        case Failure::Kind::missing:
        case Failure::Kind::exhausted:
        case Failure::Kind::cancelled:
        case Failure::Kind::internal:
            return false;
    }
    return false;
}

}  // namespace backupwatch
