#include "config/yaml.hpp"

#include <gtest/gtest.h>

namespace backupwatch {
namespace {

struct Read {
    Node root;
    std::vector<std::string> errors;
};

Read read(const std::string& text) {
    ConfigErrors errors;
    Read result{parse_yaml(text, "f", errors).root, {}};
    for (const ConfigError& error : errors) result.errors.push_back(to_string(error));
    return result;
}

std::string repeated(const std::string& text, int count) {
    std::string result;
    for (int i = 0; i < count; ++i) result += text;
    return result;
}

TEST(Yaml, keeps_the_place_of_every_value) {
    const Node root = read("a: x\nb:\n  - y\n  - {c: z}\n").root;

    EXPECT_EQ(to_string(root.find("a")->mark), "f:1:4");
    EXPECT_EQ(to_string(root.find("b")->items[0].mark), "f:3:5");
    EXPECT_EQ(to_string(root.find("b")->items[1].find("c")->mark), "f:4:9");
}

TEST(Yaml, keeps_scalars_as_they_were_written) {
    const Node root = read("[03:00, 0123, yes, 1e3, 0x1F, 'it''s', \"a\\tb\"]").root;

    std::vector<std::string> texts;
    for (const Node& item : root.items) texts.push_back(item.text);
    EXPECT_EQ(
        texts, (std::vector<std::string>{"03:00", "0123", "yes", "1e3", "0x1F", "it's", "a\tb"})
    );
}

TEST(Yaml, tells_a_missing_value_from_a_word) {
    const Node root = read("a:\nb: ~\nc: null\nd: 'null'\ne: ''\n").root;

    EXPECT_EQ(root.find("a")->kind, Node::Kind::nothing);
    EXPECT_EQ(root.find("b")->kind, Node::Kind::nothing);
    EXPECT_EQ(root.find("c")->kind, Node::Kind::nothing);
    EXPECT_EQ(root.find("d")->text, "null");
    EXPECT_EQ(root.find("e")->kind, Node::Kind::scalar);
}

TEST(Yaml, writes_aliases_out) {
    const Node root = read("a: &x {k: [1, 2]}\nb: *x\n").root;

    ASSERT_NE(root.find("b")->find("k"), nullptr);
    EXPECT_EQ(root.find("b")->find("k")->items[1].text, "2");
}

TEST(Yaml, gives_what_was_read_before_it_broke) {
    const Read broken = read("control_socket: /run/x\ndatabases: [\n");

    EXPECT_EQ(broken.errors.size(), 1u);
    EXPECT_EQ(broken.root.find("control_socket")->text, "/run/x");
}

TEST(Yaml, says_where_it_is_broken) {
    const std::vector<std::pair<std::string, std::string>> table{
        {"a: b: c", "f:1:5: not valid YAML: illegal map value"},
        {"a: \"x", "f:1:6: not valid YAML: illegal EOF in scalar"},
        {"a: @x", "f:1:4: not valid YAML: unknown token"},
        {"a:\n\tb: c", "f:2:3: not valid YAML: a tab indents this line; use spaces"},
        {"a: 1\na: 2", "f:2:1: duplicate key \"a\": it is already on line 1"},
        {"a: 1\n---\nb: 2", "f:2:1: a second document begins here: a file holds one"},
        {"a: !!binary aGk=", "f:1:4: a YAML tag stands here: none is understood"},
        {"? [a]\n: b", "f:1:3: a key must be a word, not a list"},
        {"~: b", "f:1:1: a key must be a word, not no value"},
        {"a: &x [*x]", "f:1:8: an alias stands within what it refers to"},
        {"a: \xff", "f:1:4: not UTF-8"},
        {"a: \xed\xa0\x80", "f:1:4: not UTF-8"},
        {"a: b\x04 c", "f:1:5: a control character"},
        {std::string("a: b\nc\0: d", 10), "f:2:2: a control character"},
    };
    for (const auto& [document, error] : table) {
        EXPECT_EQ(read(document).errors, std::vector<std::string>{error}) << document;
    }
}

TEST(Yaml, quotes_no_piece_of_what_it_cannot_read) {
    // A password that begins like an alias, and one with a backslash.
    EXPECT_EQ(
        read("password: *hunter2").errors,
        std::vector<std::string>{"f:1:11: not valid YAML: the referenced anchor is not defined"}
    );
    EXPECT_EQ(
        read("password: \"\\qhunter2\"").errors,
        std::vector<std::string>{"f:1:14: not valid YAML: unknown escape character"}
    );
}

TEST(Yaml, refuses_what_is_nested_too_deeply) {
    for (const std::string piece : {"[", "{a: ", "- ", "? ", "[{a: "}) {
        const auto errors = read(repeated(piece, 100'000)).errors;
        ASSERT_EQ(errors.size(), 1u) << piece;
        EXPECT_TRUE(errors[0].ends_with(": nested deeper than 32 levels")) << errors[0];
    }
}

TEST(Yaml, refuses_aliases_that_grow_without_bound) {
    std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n";
    for (int i = 1; i < 20; ++i) {
        const std::string alias = "*a" + std::to_string(i - 1);
        const std::string name = "a" + std::to_string(i);
        bomb += name + ": &" + name + " [" + alias + repeated(", " + alias, 8) + "]\n";
    }
    const auto errors = read(bomb).errors;

    ASSERT_EQ(errors.size(), 1u);
    EXPECT_NE(
        errors[0].find("the document is too large, its aliases written out"), std::string::npos
    );
}

TEST(Yaml, refuses_a_long_text_repeated_by_aliases) {
    const std::string bomb =
        "a: &a " + std::string(1'000'000, 'x') + "\nb: [*a" + repeated(", *a", 1000) + "]\n";

    EXPECT_EQ(read(bomb).errors.size(), 1u);
}

TEST(Yaml, bears_a_lot_of_anything) {
    for (const std::string piece :
         {"a: ",   "- a\n", "&a ", "!a ", "\"",    "'",        "? ",      ": ",
          "|\n",   ">\n",   "%",   "{",   "}",     "[,",       "*a ",     "# ",
          "---\n", "...\n", "\t",  "\n",  "a:\n ", "<<: *a\n", "\xc3\xa9"}) {
        read(repeated(piece, 200'000 / static_cast<int>(piece.size())));
    }
}

TEST(Yaml, takes_an_empty_file_for_nothing) {
    for (const std::string document : {"", "\n", "# only this\n", "---\n", "\xef\xbb\xbf"}) {
        const Read empty = read(document);
        EXPECT_EQ(empty.root.kind, Node::Kind::nothing) << document;
        EXPECT_TRUE(empty.errors.empty()) << document;
    }
}

}  // namespace
}  // namespace backupwatch
