#include "sources/dump/manifest_json.hpp"

#include "core/failure.hpp"
#include "sample_dump.hpp"
#include "sources/dump/sha256.hpp"
#include "support/temporary_folder.hpp"

#include <gtest/gtest.h>

namespace backupwatch {
namespace {

Manifest full_manifest() {
    TemporaryFolder folder;
    Manifest manifest = SampleDump(folder.path()).manifest;
    manifest.keep_until = instant("2026-12-22T03:00:00Z");
    manifest.collate = "fr_FR.UTF-8";
    manifest.ctype = "fr_FR.UTF-8";
    manifest.locale_provider = "c";
    manifest.settings = {{"lc_monetary", "C"}};
    manifest.tables[0].filter = "WHERE NOT builtin";
    manifest.tables[0].root = "public.\"odd \\ name\"";
    manifest.large_objects = Rows{2, 0xffffffffffffffff, 1};
    manifest.sequences = {{"public.users_id_seq", -5, 9'223'372'036'854'775'807}};
    manifest.extensions = {{"pgcrypto", "1.3", "public"}};
    manifest.schema = {{"index", "public.users_pkey", "CREATE UNIQUE INDEX ..."}};
    manifest.excluded_tables = {"public.audit"};
    manifest.is_of_supabase = true;
    manifest.not_held = {{"secrets of the vault (2)", "encrypted with a key that no dump holds"}};
    manifest.undumped_queues = {
        {"mails", {"TABLE pgmq.q_mails"}, 3}, {"secret", {"TABLE pgmq.q_secret"}, std::nullopt}};
    return manifest;
}

/// The document with its own digest made right again: what a careful forger would write.
std::string resealed(std::string text) {
    text.resize(text.size() - 77);
    return text + "\"sha256\":\"" + sha256_hex(text) + "\"}\n";
}

std::string with(std::string text, std::string_view from, std::string_view to) {
    const auto at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return resealed(text.replace(at, from.size(), to));
}

std::string failure_of(const std::string& text) {
    try {
        parse_manifest(text);
    } catch (const Failure& failure) {
        EXPECT_EQ(failure.kind(), Failure::Kind::corrupt);
        return failure.what();
    }
    return "none";
}

TEST(ManifestJson, reads_back_everything_that_it_wrote) {
    const Manifest manifest = full_manifest();
    const std::string text = manifest_text(manifest);

    const Manifest read = parse_manifest(text);

    EXPECT_EQ(manifest_text(read), text);
    EXPECT_EQ(read.label, manifest.label);
    EXPECT_TRUE(read.is_of_supabase);
    EXPECT_EQ(read.not_held.at(0).what, "secrets of the vault (2)");
    EXPECT_EQ(read.undumped_queues.at(0).members.at(0), "TABLE pgmq.q_mails");
    EXPECT_EQ(read.undumped_queues.at(0).messages, 3u);
    EXPECT_EQ(read.undumped_queues.at(1).messages, std::nullopt);
    EXPECT_EQ(read.keep_until, manifest.keep_until);
    EXPECT_EQ(read.finished_at, manifest.finished_at);
    EXPECT_EQ(read.tables[0].rows, manifest.tables[0].rows);
    EXPECT_EQ(read.tables[0].columns, manifest.tables[0].columns);
    EXPECT_EQ(read.tables[0].root, manifest.tables[0].root);
    EXPECT_EQ(read.large_objects, manifest.large_objects);
    EXPECT_EQ(read.sequences[0].before, -5);
    EXPECT_EQ(read.sequences[0].after, 9'223'372'036'854'775'807);
    EXPECT_EQ(read.schema, manifest.schema);
    EXPECT_EQ(read.files[0].raw_size, manifest.files[0].raw_size);
}

TEST(ManifestJson, ends_with_the_digest_of_all_bytes_before_it) {
    const std::string text = manifest_text(full_manifest());

    const std::string body = text.substr(0, text.size() - 77);

    EXPECT_EQ(text.substr(body.size()), "\"sha256\":\"" + sha256_hex(body) + "\"}\n");
}

TEST(ManifestJson, notices_any_flipped_bit_and_any_cut) {
    const std::string good = manifest_text(full_manifest());

    for (std::size_t at = 0; at < good.size(); ++at) {
        std::string damaged = good;
        damaged[at] = static_cast<char>(damaged[at] ^ 1);
        EXPECT_NE(failure_of(damaged), "none") << at;
        EXPECT_NE(failure_of(good.substr(0, at)), "none") << at;
    }
    EXPECT_NE(failure_of(good + "\n"), "none");
}

TEST(ManifestJson, says_that_it_differs_from_its_own_checksum) {
    std::string text = manifest_text(full_manifest());
    text[20] = static_cast<char>(text[20] ^ 1);

    EXPECT_EQ(
        failure_of(text),
        "manifest.json differs from its own checksum: damaged, cut or changed after the dump"
    );
}

TEST(ManifestJson, refuses_what_no_manifest_of_ours_says_even_with_a_right_checksum) {
    const std::string good = manifest_text(full_manifest());
    struct Case {
        std::string_view from, to, sentence;
    };
    const Case cases[] = {
        {"\"archive/3375.dat.zst\"",
         "\"../../etc/passwd\"",
         "cannot use manifest.json, files 1: \"path\" is not a path within the dump"},
        {"\"archive/3375.dat.zst\"",
         "\"/etc/passwd\"",
         "cannot use manifest.json, files 1: \"path\" is not a path within the dump"},
        {"\"archive/3375.dat.zst\"",
         "\"archive//x\"",
         "cannot use manifest.json, files 1: \"path\" is not a path within the dump"},
        {"\"raw_size\":",
         "\"raw_size\":-",
         "cannot use manifest.json, files 1: \"raw_size\" is not a count"},
        {"\"rows\":2",
         "\"rows\":2.5",
         "cannot use manifest.json, tables 1: \"rows\" is not a count"},
        {"\"dump_id\":3375",
         "\"dump_id\":33750000000",
         "cannot use manifest.json, tables 1: \"dump_id\" is out of range"},
        {"\"sha256\":\"",
         "\"sha256\":\"g",
         "cannot use manifest.json, files 1: \"sha256\" is not a SHA-256"},
        {"\"format\":1",
         "\"format\":2",
         "cannot use manifest.json: its format 2 is of a newer program"},
        {"\"label\"", "\"lable\"", "cannot use manifest.json: it has no \"label\""},
        {"\"2026-11-22T03:00:00Z\"",
         "\"2026-13-22T03:00:00Z\"",
         "cannot use manifest.json: \"started_at\" is not a time"},
        {"\"excluded_tables\":[",
         "\"excluded_tables\":[7,",
         "cannot use manifest.json: \"excluded_tables\" is not a list of texts"},
        {"\"settings\":[",
         "\"settings\":[7,",
         "cannot use manifest.json: manifest.json, settings 1 is not an object"},
        {"{\n", "[\n", "manifest.json is not a JSON object"},
        {"\"rows\":2",
         "\"rows\":18446744073709551615",
         "cannot use manifest.json, tables 1: \"rows\" is out of range"},
        {"\"raw_size\":",
         "\"raw_size\":9007199254740993,\"x\":",
         "cannot use manifest.json, files 1: \"raw_size\" is out of range"},
        {"\"raw_size\":",
         "\"raw_size\":1e30,\"x\":",
         "cannot use manifest.json, files 1: \"raw_size\" is not a count"},
        {"\"tables\":[",
         "\"tables\":{},\"x\":[",
         "cannot use manifest.json: \"tables\" is not a list"},
        {"\"columns\":[",
         "\"columns\":null,\"x\":[",
         "cannot use manifest.json, tables 1: \"columns\" is not a list"},
        {"\"globals.sql\"",
         "\"archive/3375.dat\"",
         "cannot use manifest.json: it lists archive/3375.dat twice"},
    };

    for (const auto& c : cases) EXPECT_EQ(failure_of(with(good, c.from, c.to)), c.sentence);
}

TEST(ManifestJson, lists_no_table_twice) {
    Manifest manifest = full_manifest();
    manifest.tables.push_back(manifest.tables[0]);
    EXPECT_EQ(
        failure_of(manifest_text(manifest)), "cannot use manifest.json: it lists public.users twice"
    );
}

TEST(ManifestJson, of_any_depth_or_breadth_takes_little_time_and_memory) {
    const auto sealed = [](const std::string& text) {
        return resealed(text + std::string(77, ' '));
    };
    const std::string not_one = "manifest.json is not a JSON object";
    EXPECT_EQ(failure_of(sealed(std::string(100'000, '['))), not_one);
    std::string nested;
    for (int i = 0; i < 100'000; ++i) nested += "{\"a\":";
    EXPECT_EQ(failure_of(sealed(nested)), not_one);

    std::string broad = "{\"a\":[0";
    for (int i = 0; i < 1'000'000; ++i) broad += ",0";
    EXPECT_EQ(
        failure_of(sealed(broad + "],")),
        "manifest.json takes more memory than any manifest of its size"
    );
}

TEST(ManifestJson, keeps_names_that_are_no_utf8) {
    TemporaryFolder folder;
    SampleDump dump(folder.path());
    dump.manifest.tables[0].name = "public.\"caf\xe9\"";

    const Manifest read = parse_manifest(manifest_text(dump.manifest));

    EXPECT_EQ(read.tables[0].name, dump.manifest.tables[0].name);
}

}  // namespace
}  // namespace backupwatch
