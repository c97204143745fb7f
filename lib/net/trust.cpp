#include "net/trust.hpp"

#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

namespace backupwatch {
namespace {

/// A store of its own for every connection: libcurl's is shared between handles, and would carry
/// one notifier's authorities over to all others.
CURLcode set_store(CURL*, void* context, void* file) {
    const auto& ca_file = *static_cast<const std::filesystem::path*>(file);
    X509_STORE* store = X509_STORE_new();
    if (store == nullptr) return CURLE_OUT_OF_MEMORY;
    SSL_CTX_set_cert_store(static_cast<SSL_CTX*>(context), store);
    if (X509_STORE_set_default_paths(store) != 1) return CURLE_SSL_CACERT_BADFILE;
    // As libcurl does: a server's own certificate in `ca_file` is enough.
    X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_TRUSTED_FIRST);
    if (ca_file.empty()) return CURLE_OK;
    const bool loaded = X509_STORE_load_file(store, ca_file.c_str()) == 1;
    return loaded ? CURLE_OK : CURLE_SSL_CACERT_BADFILE;
}

}  // namespace

void require_trust(CURL* handle, const std::filesystem::path& ca_file) {
    curl_easy_setopt(handle, CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(handle, CURLOPT_PROXY_SSLVERSION, CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(handle, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(handle, CURLOPT_SSL_VERIFYHOST, 2L);
    curl_easy_setopt(handle, CURLOPT_PROXY_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(handle, CURLOPT_PROXY_SSL_VERIFYHOST, 2L);
    // Else libcurl parses the system's whole bundle first.
    curl_easy_setopt(handle, CURLOPT_CAINFO, nullptr);
    curl_easy_setopt(handle, CURLOPT_CAPATH, nullptr);
    curl_easy_setopt(handle, CURLOPT_PROXY_CAINFO, nullptr);
    curl_easy_setopt(handle, CURLOPT_PROXY_CAPATH, nullptr);
    curl_easy_setopt(handle, CURLOPT_SSL_CTX_FUNCTION, &set_store);
    curl_easy_setopt(handle, CURLOPT_SSL_CTX_DATA, &ca_file);
}

bool is_certificate_fault(CURLcode result) {
    return result == CURLE_PEER_FAILED_VERIFICATION || result == CURLE_SSL_ISSUER_ERROR ||
           result == CURLE_SSL_INVALIDCERTSTATUS || result == CURLE_SSL_PINNEDPUBKEYNOTMATCH;
}

}  // namespace backupwatch
