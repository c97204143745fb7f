#include "net/cause.hpp"

#include <cctype>
#include <system_error>

namespace backupwatch {
namespace {

std::string in_lower_case(std::string text) {
    const bool is_word = text.size() > 1 && std::islower(static_cast<unsigned char>(text[1])) != 0;
    if (is_word) text[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(text[0])));
    return text;
}

std::string without_prefix(std::string text) {
    for (const std::string prefix : {"SSL certificate problem: ", "SSL: "}) {
        if (text.starts_with(prefix)) text.erase(0, prefix.size());
    }
    return in_lower_case(std::move(text));
}

std::string why_not_connected(CURL* handle) {
    long proxy_status = 0;
    curl_easy_getinfo(handle, CURLINFO_HTTP_CONNECTCODE, &proxy_status);
    if (proxy_status != 0) return "the proxy answered " + std::to_string(proxy_status);
    long error = 0;
    curl_easy_getinfo(handle, CURLINFO_OS_ERRNO, &error);
    if (error == 0) return "no connection";
    return in_lower_case(std::generic_category().message(static_cast<int>(error)));
}

bool is_proxy_refusal(CURL* handle) {
    long proxy_status = 0;
    curl_easy_getinfo(handle, CURLINFO_HTTP_CONNECTCODE, &proxy_status);
    return proxy_status != 0 && proxy_status / 100 != 2;
}

}  // namespace

std::string cause_of(
    CURL* handle, CURLcode result, const ErrorBuffer& words, const Attempt& attempt
) {
    const std::string& peer = attempt.peer;
    const std::string said = words[0] == '\0' ? curl_easy_strerror(result) : words.data();
    if (attempt.trust.is_impostor(result)) {
        const std::string& fault = attempt.trust.fault();
        const std::string why = fault.empty() ? without_prefix(said) : fault;
        return "the certificate of " + peer + " is not accepted: " + why;
    }
    if (is_proxy_refusal(handle)) return "cannot reach " + peer + ": " + why_not_connected(handle);
    switch (result) {
        case CURLE_COULDNT_RESOLVE_HOST:
            return "the name " + peer + " is not resolved";
        case CURLE_COULDNT_RESOLVE_PROXY:
            return "cannot reach " + peer + ": the proxy's name is not resolved";
        case CURLE_COULDNT_CONNECT:
            return "cannot reach " + peer + ": " + why_not_connected(handle);
        case CURLE_SSL_CONNECT_ERROR:
        case CURLE_SSL_CIPHER:
            return "no TLS with " + peer + ": " + without_prefix(said);
        case CURLE_SSL_CACERT_BADFILE:
            return "cannot read the certificates in \"" + attempt.trust.ca_file().string() + "\"";
        case CURLE_OPERATION_TIMEDOUT:
            return "no answer from " + peer + " within " + to_text(attempt.limit);
        case CURLE_UNSUPPORTED_PROTOCOL:
            return "the URL for " + peer + " is neither http nor https";
        default:
            return "the exchange with " + peer +
                   " failed: " + in_lower_case(curl_easy_strerror(result));
    }
}

}  // namespace backupwatch
