#include "notify/signing.hpp"

#include "core/failure.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <cstdint>

namespace backupwatch {
namespace {

constexpr std::string_view alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

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

std::string to_base64(std::string_view bytes) {
    std::string text;
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        const std::string_view group = bytes.substr(i, 3);
        std::uint32_t bits = 0;
        for (std::size_t k = 0; k < 3; ++k) {
            bits = bits << 8 | (k < group.size() ? static_cast<unsigned char>(group[k]) : 0u);
        }
        for (std::size_t k = 0; k < 4; ++k) {
            text += k <= group.size() ? alphabet[bits >> (18 - 6 * k) & 63] : '=';
        }
    }
    return text;
}

std::optional<std::string> from_base64(std::string_view text) {
    while (text.ends_with('=')) text.remove_suffix(1);
    if (text.size() % 4 == 1) return std::nullopt;
    std::string bytes;
    std::uint32_t bits = 0;
    int held = 0;
    for (const char letter : text) {
        const auto value = alphabet.find(letter);
        if (value == std::string_view::npos) return std::nullopt;
        bits = bits << 6 | static_cast<std::uint32_t>(value);
        held += 6;
        if (held < 8) continue;
        held -= 8;
        bytes += static_cast<char>(bits >> held & 0xFF);
    }
    return bytes;
}

}  // namespace backupwatch
