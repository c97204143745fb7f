#pragma once
#include "core/time/time.hpp"
#include "net/trust.hpp"

#include <curl/curl.h>

#include <array>
#include <string>

namespace backupwatch {

/// Where libcurl writes what went wrong; must outlive the transfer.
using ErrorBuffer = std::array<char, CURL_ERROR_SIZE>;

/// What a text on a failure may say besides its cause.
struct Attempt {
    std::string peer;  ///< host, and the port where one is given: never the rest of a URL
    Duration limit{};
    Trust trust{{}};
};

/// Why a transfer failed, in one sentence that names the peer and the cause. Of libcurl's own words
/// only those on connections and certificates are in it: others can quote a URL or a header.
std::string cause_of(
    CURL* handle, CURLcode result, const ErrorBuffer& words, const Attempt& attempt
);

}  // namespace backupwatch
