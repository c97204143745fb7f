#pragma once
#include <openssl/x509.h>

#include <chrono>
#include <memory>
#include <string>

namespace backupwatch {

/// A certificate and its key, as PEM.
struct Identity {
    std::string certificate;
    std::string key;
};

/// Issues certificates for the servers that tests pretend to be.
class CertificateAuthority {
  public:
    struct Wish {
        std::string host = "127.0.0.1";                    ///< a name or an address
        std::chrono::hours from = -std::chrono::hours(1);  ///< from now
        std::chrono::hours until = std::chrono::hours(24);
    };

    CertificateAuthority();

    Identity issue(const Wish& wish) const;
    Identity issue() const { return issue(Wish{}); }
    /// Its own certificate: what makes the others trusted.
    std::string pem() const;

  private:
    std::shared_ptr<EVP_PKEY> key_;
    std::shared_ptr<X509> certificate_;
};

}  // namespace backupwatch
