#include "fakes/certificates.hpp"

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <stdexcept>

namespace backupwatch {
namespace {

void require(bool success) {
    if (!success) throw std::runtime_error("OpenSSL cannot make a certificate");
}

std::shared_ptr<EVP_PKEY> new_key() {
    std::shared_ptr<EVP_PKEY> key(EVP_EC_gen("P-256"), &EVP_PKEY_free);
    require(key != nullptr);
    return key;
}

void add_extension(X509* certificate, X509* issuer, int kind, const std::string& value) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str());
    require(extension != nullptr);
    require(X509_add_ext(certificate, extension, -1) == 1);
    X509_EXTENSION_free(extension);
}

std::shared_ptr<X509> new_certificate(
    const std::string& name, EVP_PKEY* key, std::chrono::seconds from, std::chrono::seconds until
) {
    std::shared_ptr<X509> certificate(X509_new(), &X509_free);
    require(certificate != nullptr && X509_set_version(certificate.get(), 2) == 1);
    long serial = 0;
    require(RAND_bytes(reinterpret_cast<unsigned char*>(&serial), 4) == 1);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), serial);
    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), from.count());
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), until.count());
    X509_set_pubkey(certificate.get(), key);
    const auto* text = reinterpret_cast<const unsigned char*>(name.c_str());
    X509_NAME* subject = X509_get_subject_name(certificate.get());
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, text, -1, -1, 0);
    return certificate;
}

template <class Write>
std::string to_pem(Write write) {
    const std::unique_ptr<BIO, decltype(&BIO_free)> memory(BIO_new(BIO_s_mem()), &BIO_free);
    require(memory != nullptr && write(memory.get()) == 1);
    char* bytes = nullptr;
    const long size = BIO_get_mem_data(memory.get(), &bytes);
    return {bytes, static_cast<std::size_t>(size)};
}

std::string to_pem(X509* certificate) {
    return to_pem([certificate](BIO* to) { return PEM_write_bio_X509(to, certificate); });
}

}  // namespace

CertificateAuthority::CertificateAuthority() : key_(new_key()) {
    const auto day = std::chrono::hours(24);
    certificate_ = new_certificate("backupwatch test authority", key_.get(), -day, 30 * day);
    X509* own = certificate_.get();
    X509_set_issuer_name(own, X509_get_subject_name(own));
    add_extension(own, own, NID_basic_constraints, "critical,CA:TRUE");
    add_extension(own, own, NID_subject_key_identifier, "hash");
    require(X509_sign(own, key_.get(), EVP_sha256()) != 0);
}

Identity CertificateAuthority::issue(const Wish& wish) const {
    const auto key = new_key();
    const auto made = new_certificate(wish.host, key.get(), wish.from, wish.until);
    X509* issuer = certificate_.get();
    X509_set_issuer_name(made.get(), X509_get_subject_name(issuer));
    const bool is_address = wish.host.find_first_not_of("0123456789.:") == std::string::npos;
    const std::string name = (is_address ? "IP:" : "DNS:") + wish.host;
    add_extension(made.get(), issuer, NID_subject_alt_name, name);
    require(X509_sign(made.get(), key_.get(), EVP_sha256()) != 0);
    auto write_key = [&key](BIO* to) {
        return PEM_write_bio_PrivateKey(to, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
    };
    return {to_pem(made.get()), to_pem(write_key)};
}

std::string CertificateAuthority::pem() const {
    return to_pem(certificate_.get());
}

}  // namespace backupwatch
