#pragma once
#include "core/time/time.hpp"

#include <optional>

namespace backupwatch {

/// Of a certificate no more than when it holds.
struct Certificate {
    Instant valid_from;
    Instant valid_until;

    friend bool operator==(const Certificate&, const Certificate&) = default;
};

/// One that a server showed us; by now it may have another.
struct ShownCertificate : Certificate {
    Instant shown_at;

    friend bool operator==(const ShownCertificate&, const ShownCertificate&) = default;
};

/// Keeps in `first` what expires first of the two.
template <class Kind>
void keep_first_to_expire(std::optional<Kind>& first, const std::optional<Kind>& other) {
    if (!other) return;
    if (!first || other->valid_until < first->valid_until) first = other;
}

}  // namespace backupwatch
