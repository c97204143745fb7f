#pragma once
#include <curl/curl.h>

#include <filesystem>
#include <string>

namespace backupwatch {

/// Certificates are verified, against the system's authorities and those in `ca_file` (empty: the
/// system's alone), and nothing older than TLS 1.2 is spoken. `ca_file` must outlive the transfer.
void require_trust(CURL* handle, const std::filesystem::path& ca_file);

/// Whether the peer is not who it should be, as opposed to: cannot speak TLS with us.
bool is_certificate_fault(CURLcode result);

}  // namespace backupwatch
