"""Finds what g++ 12 miscompiles: an expression with co_await that also holds a capturing lambda, a
conditional operator or a braced temporary. Each of them destroys an object twice or too early.
The remedy is to name it on the line above."""

import re

from text import code_of, line_at

SHAPES = [
    (re.compile(r"\[[^\]\s][^\]]*\]\s*(\(|\{|mutable|->)"), "capturing lambda"),
    (re.compile(r"\?(?!\?)[^;]*:(?!:)"), "conditional operator"),
    (re.compile(r"(\(|,|[\w>])\s*\{"), "braced temporary"),
]
# What stands before a brace that opens or closes a block, and not a braced temporary.
BEFORE_A_BLOCK = re.compile(r"[);{}>]\s*$|\b(else|try|do|noexcept|const|override|final)\s*$|^\s*$")


def statements(code):
    """Yields (position, text); the body of a lambda counts as statements of its own."""
    start = 0
    for position, character in enumerate(code):
        ends_block = character in "{}" and BEFORE_A_BLOCK.search(code[start:position])
        if character == ";" or ends_block:
            yield start, code[start:position]
            start = position + 1


def risky_awaits(text):
    """Yields (line, what) for each risky expression of a C++ source."""
    code = code_of(text)
    for position, statement in statements(code):
        if "co_await" not in statement:
            continue
        for shape, what in SHAPES:
            if shape.search(statement):
                first_word = position + len(statement) - len(statement.lstrip())
                yield line_at(code, first_word), what
