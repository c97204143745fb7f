#include "net/trust.hpp"

#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include <ctime>

namespace backupwatch {
namespace {

/// Nothing for a time that is none.
std::optional<Instant> instant_of(const ASN1_TIME* time) {
    std::tm parts{};
    if (ASN1_TIME_to_tm(time, &parts) != 1) return std::nullopt;
    const std::chrono::year_month_day date(
        std::chrono::year(parts.tm_year + 1900),
        std::chrono::month(static_cast<unsigned>(parts.tm_mon) + 1),
        std::chrono::day(static_cast<unsigned>(parts.tm_mday))
    );
    return std::chrono::sys_days(date) + std::chrono::hours(parts.tm_hour) +
           std::chrono::minutes(parts.tm_min) + std::chrono::seconds(parts.tm_sec);
}

}  // namespace

void Trust::prepare(CURL* handle) {
    curl_easy_setopt(handle, CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(handle, CURLOPT_PROXY_SSLVERSION, CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(handle, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(handle, CURLOPT_SSL_VERIFYHOST, 2L);
    curl_easy_setopt(handle, CURLOPT_PROXY_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(handle, CURLOPT_PROXY_SSL_VERIFYHOST, 2L);
    // Else libcurl parses the system's whole bundle, too.
    curl_easy_setopt(handle, CURLOPT_CAINFO, nullptr);
    curl_easy_setopt(handle, CURLOPT_CAPATH, nullptr);
    curl_easy_setopt(handle, CURLOPT_PROXY_CAINFO, nullptr);
    curl_easy_setopt(handle, CURLOPT_PROXY_CAPATH, nullptr);
    // Else it keeps our store, and trusts one notifier's authorities for all that come after.
    curl_easy_setopt(handle, CURLOPT_CA_CACHE_TIMEOUT, 0L);
    curl_easy_setopt(handle, CURLOPT_SSL_CTX_FUNCTION, &set_store);
    curl_easy_setopt(handle, CURLOPT_SSL_CTX_DATA, this);
}

CURLcode Trust::set_store(CURL*, void* context, void* self) {
    auto* tls = static_cast<SSL_CTX*>(context);
    auto& trust = *static_cast<Trust*>(self);
    trust.begun_ = true;
    X509_STORE* store = X509_STORE_new();
    if (store == nullptr) return CURLE_OUT_OF_MEMORY;
    SSL_CTX_set_cert_store(tls, store);
    SSL_CTX_set_cert_verify_callback(tls, &verify, self);
    if (X509_STORE_set_default_paths(store) != 1) return CURLE_SSL_CACERT_BADFILE;
    // As libcurl does: a server's own certificate in `ca_file` is enough.
    X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_TRUSTED_FIRST);
    if (trust.ca_file_.empty()) return CURLE_OK;
    const bool loaded = X509_STORE_load_file(store, trust.ca_file_.c_str()) == 1;
    return loaded ? CURLE_OK : CURLE_SSL_CACERT_BADFILE;
}

/// libcurl tells some bad chains (an authority of the same name with another key) from a peer that
/// speaks no TLS by nothing at all.
int Trust::verify(X509_STORE_CTX* chain, void* self) {
    const int good = X509_verify_cert(chain);
    const int error = X509_STORE_CTX_get_error(chain);
    auto& trust = *static_cast<Trust*>(self);
    if (good != 1) {
        trust.fault_ = X509_verify_cert_error_string(error);
    } else {
        trust.note_validity(chain);
    }
    return good;
}

/// Once for each handshake: a proxy's by https comes before the peer's, and both must hold.
void Trust::note_validity(X509_STORE_CTX* chain) {
    const STACK_OF(X509)* all = X509_STORE_CTX_get0_chain(chain);
    for (int i = 0; i < sk_X509_num(all); ++i) {
        const X509* one = sk_X509_value(all, i);
        const auto from = instant_of(X509_get0_notBefore(one));
        const auto until = instant_of(X509_get0_notAfter(one));
        if (!from || !until) continue;
        keep_first_to_expire(certificate_, std::optional(Certificate{*from, *until}));
    }
}

bool Trust::is_impostor(CURLcode result) const {
    return !fault_.empty() || result == CURLE_PEER_FAILED_VERIFICATION ||
           result == CURLE_SSL_ISSUER_ERROR || result == CURLE_SSL_INVALIDCERTSTATUS;
}

}  // namespace backupwatch
