"""What the checks need to read C++: the code without its comments and strings, and line numbers."""

import re

COMMENT_OR_STRING = re.compile(
    r"""R"(?P<delimiter>[^(\s]*)\(.*?\)(?P=delimiter)"  # raw string
      | //[^\n]*
      | /\*.*?\*/
      | "(?:\\.|[^"\\\n])*"
      | '(?:\\.|[^'\\\n])'                              # not a digit separator
    """,
    re.DOTALL | re.VERBOSE,
)


def code_of(text):
    """The source with comments and strings blanked out, so that every position stays."""
    return COMMENT_OR_STRING.sub(lambda match: re.sub(r"[^\n]", " ", match.group()), text)


def line_at(text, position):
    return text.count("\n", 0, position) + 1
