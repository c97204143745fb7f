#include "sources/dump/manifest_json.hpp"
#include "sources/dump/sha256.hpp"
#include "target.hpp"

#include <string>

namespace backupwatch {
namespace {

constexpr std::string_view before_digest = "\"sha256\":\"";
constexpr std::string_view after_digest = "\"}\n";
constexpr std::size_t tail = 77;

/// With its own digest made right: whoever can write a manifest can do that, and without it nothing
/// but digests would be read.
std::string sealed(std::string_view bytes) {
    const bool has_one = bytes.size() >= tail && bytes.ends_with(after_digest) &&
                         bytes.substr(bytes.size() - tail).starts_with(before_digest);
    std::string text(has_one ? bytes.substr(0, bytes.size() - tail) : bytes);
    const std::string digest = sha256_hex(text);
    text += before_digest;
    text += digest;
    text += after_digest;
    return text;
}

}  // namespace

void read_foreign_bytes(std::string_view bytes) {
    try {
        parse_manifest(bytes);
    } catch (const Failure& failure) {
        expect(failure.kind() == Failure::Kind::corrupt, failure.what());
    }
    const Manifest manifest = parse_manifest(sealed(bytes));
    const std::string written = manifest_text(manifest);
    expect(manifest_text(parse_manifest(written)) == written, "what is written reads back");
}

}  // namespace backupwatch
