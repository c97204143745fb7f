#include "notify/signing.hpp"

#include "core/failure.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>

namespace backupwatch {
namespace {

using Digest = std::array<unsigned char, EVP_MAX_MD_SIZE>;

std::string first_bytes(const Digest& digest, unsigned size) {
    return std::string(digest.begin(), digest.begin() + size);
}

}  // namespace

std::string fingerprint(std::initializer_list<std::string_view> parts) {
    std::string all;
    // A byte that stands in none of them, so that "a" "bc" is not "ab" "c".
    for (const std::string_view part : parts) all += std::string(part) + '\0';
    Digest digest{};
    unsigned size = 0;
    if (EVP_Digest(all.data(), all.size(), digest.data(), &size, EVP_sha256(), nullptr) != 1) {
        throw Failure(Failure::Kind::internal, "cannot compute a SHA-256");
    }
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    for (const char byte : first_bytes(digest, 8)) {
        const auto code = static_cast<unsigned char>(byte);
        text += digits[code >> 4];
        text += digits[code & 15];
    }
    return text;
}

std::string hmac_sha256(std::string_view key, std::string_view bytes) {
    Digest digest{};
    unsigned size = 0;
    const auto* const data = reinterpret_cast<const unsigned char*>(bytes.data());
    const auto* const result = HMAC(
        EVP_sha256(),
        key.data(),
        static_cast<int>(key.size()),
        data,
        bytes.size(),
        digest.data(),
        &size
    );
    if (result == nullptr) throw Failure(Failure::Kind::internal, "cannot compute an HMAC");
    return first_bytes(digest, size);
}

}  // namespace backupwatch
