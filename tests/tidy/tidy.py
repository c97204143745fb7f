#!/usr/bin/env python3
"""The rules of the house that a compiler does not check; each of them prevents a bug, not a taste.

    tidy.py SOURCE_DIR [COMPILE_COMMANDS]

A check is a function that takes the tree and yields violations as (path, line, sentence).
tidy_test.py plants a violation for each of them."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

from co_await import risky_awaits
from text import code_of, line_at

FOLDERS = ["bench", "daemon", "deploy", "lib", "systemd", "tests", ".ci"]

# DESIGN.md section 1: a room includes only what stands below it, rooms on one line not each other.
ROOMS = [
    ["daemon"],
    ["web"],
    ["commands"],
    ["watch", "report"],
    ["deliver", "drill"],
    ["sources", "notify"],
    ["postgres", "net", "store"],
    ["process"],
    ["async", "config", "json"],
    ["core"],
]
LEVEL = {room: level for level, rooms in enumerate(ROOMS) for room in rooms}

# Heavy or risky libraries stay behind the room that wraps them: (include, rooms, why).
ROOMS_OF_A_LIBRARY = [
    (r"boost/beast", {"web", "boost"}, "Beast costs seconds of compile time in every file"),
    (r"libpq", {"postgres"}, "PostgreSQL is reached through postgres/connection.hpp"),
    (r"SQLiteCpp/|sqlite3", {"store"}, "state is kept behind store/store.hpp"),
    (r"yaml-cpp/", {"config"}, "configuration is read through config/section.hpp"),
    (r"curl/", {"net"}, "outgoing HTTP goes through the client in net/"),
    (r"CLI/", {"daemon"}, "the command line is the daemon's"),
]

# (pattern in code, where it is allowed, why not elsewhere)
BANNED = [
    (r"\bdetached\b", r"^$", "a detached coroutine loses its exceptions; start it in a Scope"),
    (r"\bco_spawn\s*\(", r"^lib/async/", "start tasks in a Scope: it logs, counts and ends them"),
    (r"\bsystem_clock::now\b|\bstd::time\s*\(", r"^lib/async/clock\.cpp$",
     "take the time from the injected Clock, or no test can set it"),
    (r"\bHttpClient\b", r"^(?!lib/sources/)",
     "a source is given an HttpReader, which sends GET alone: what a provider keeps is not touched"),
    (r"\bstd::(cerr|cout)\b", r"^daemon/", "only the program itself prints; return or log instead"),
]
UMBRELLA_HEADERS = {"boost/asio.hpp", "boost/beast.hpp", "boost/json/src.hpp"}

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(["<])([^">]+)[">]', re.MULTILINE)


class Tree:
    """The project's text files, by their path from the top. Build folders are not in it."""

    def __init__(self, top, compile_commands=None):
        self.top = Path(top).resolve()
        self.compile_commands = compile_commands
        self.texts = {
            path.relative_to(self.top).as_posix(): path.read_text(errors="replace")
            for folder in FOLDERS
            for path in sorted((self.top / folder).rglob("*"))
            if path.is_file() and path.suffix != ".pyc"
        }

    def cpp(self, *folders):
        for path, text in self.texts.items():
            if path.endswith((".cpp", ".hpp")) and path.startswith(folders):
                yield path, text

    def shell(self):
        for path, text in self.texts.items():
            if path.endswith(".sh") or text.startswith("#!/usr/bin/env bash"):
                yield path, text


def room_of(path):
    parts = path.split("/")
    return parts[1] if parts[0] == "lib" else parts[0]


def includes(text):
    for match in INCLUDE.finditer(text):
        yield line_at(text, match.start()), match.group(1), match.group(2)


def include_direction(tree):
    for path, text in tree.cpp("daemon/", "lib/"):
        own = room_of(path)
        if own not in LEVEL and own != "boost":
            yield path, 1, f'"{own}" is no room of DESIGN.md section 1'
            continue
        for line, mark, included in includes(text):
            if mark != '"':
                continue
            # daemon/ includes its own files by name alone; everything else is named from lib/.
            other = included.split("/")[0] if "/" in included else own
            if ".." in included.split("/"):
                yield path, line, f'"{included}" leaves its room; name it from lib/'
            elif own == "boost" or other not in LEVEL:
                yield path, line, f'"{included}" belongs to no room of DESIGN.md section 1'
            elif other != own and LEVEL[other] <= LEVEL[own]:
                yield path, line, f"{own}/ may not include {other}/: arrows run down only"


def core_is_pure(tree):
    for path, text in tree.cpp("lib/core/"):
        for line, mark, included in includes(text):
            if mark == "<" and not re.fullmatch(r"[a-z_]+", included):
                yield path, line, f"core includes the standard library alone, not <{included}>"
            elif included in ("iostream", "fstream", "thread", "mutex"):
                yield path, line, f"core does no I/O and knows no thread, so no <{included}>"


def libraries_stay_in_their_rooms(tree):
    for path, text in tree.cpp("daemon/", "lib/"):
        for line, mark, included in includes(text):
            if included in UMBRELLA_HEADERS and room_of(path) != "boost":
                yield path, line, f"<{included}> costs seconds in every file; include what is used"
            for pattern, rooms, why in ROOMS_OF_A_LIBRARY:
                if mark == "<" and re.match(pattern, included) and room_of(path) not in rooms:
                    yield path, line, f"<{included}> outside {'/, '.join(sorted(rooms))}/: {why}"


def risky_await(tree):
    for path, text in tree.cpp("daemon/", "lib/", "tests/"):
        for line, what in risky_awaits(text):
            yield path, line, f"{what} in a co_await expression, which g++ 12 miscompiles; name it"


def banned(tree):
    for path, text in tree.cpp("daemon/", "lib/"):
        code = code_of(text)
        for pattern, allowed, why in BANNED:
            if re.search(allowed, path):
                continue
            for match in re.finditer(pattern, code):
                yield path, line_at(code, match.start()), f"`{match.group().rstrip(' (')}`: {why}"


def leftover_marks(tree):
    for path, text in tree.texts.items():
        if path.startswith("tests/tidy/"):
            continue
        for match in re.finditer(r"\b(TODO|FIXME|XXX)\b(?! ?\(#\d+\))", text):
            yield path, line_at(text, match.start()), f"{match.group()} without an issue: {match.group()}(#12)"


def dead_sources(tree):
    """A file that no target compiles is not tested, whatever it says."""
    if tree.compile_commands is None:
        return
    commands = json.loads(Path(tree.compile_commands).read_text())
    compiled = {Path(entry["directory"], entry["file"]).resolve() for entry in commands}
    for unity in [file for file in compiled if file.parent.name == "Unity" and file.exists()]:
        names = re.findall(r'#include "(.+)"', unity.read_text())
        compiled |= {(tree.top / name).resolve() for name in names}
    for path in tree.texts:
        if not path.startswith(("daemon/", "lib/", "tests/")):
            continue
        # All that lie there are targets of the preset `fuzz`, and tests/fuzz/run.sh runs each.
        if path.startswith("tests/fuzz/"):
            continue
        if path.endswith(".cpp") and (tree.top / path).resolve() not in compiled:
            yield path, 1, "no CMake target compiles this file"
        elif re.search(r"\.(c|cc|cxx|h|hh|hxx)$", path):
            yield path, 1, "C++ files are named .cpp and .hpp here; CMake takes no others"


def formatted(tree):
    if shutil.which("clang-format") is None:
        return
    files = [path for path, _ in tree.cpp("bench/", "daemon/", "lib/", "tests/")]
    if not files:
        return
    result = subprocess.run(
        ["clang-format", "--dry-run", "-Werror", "--ferror-limit=1", *files],
        cwd=tree.top, stderr=subprocess.PIPE, text=True, check=False,
    )
    for match in re.finditer(r"^(\S+?):(\d+):\d+: error: ", result.stderr, re.MULTILINE):
        yield match.group(1), int(match.group(2)), "not formatted: run clang-format -i"


def shell_parses(tree):
    for path, _ in tree.shell():
        result = subprocess.run(
            ["bash", "-n", path], cwd=tree.top, stderr=subprocess.PIPE, text=True, check=False
        )
        if result.returncode != 0:
            yield path, 1, result.stderr.strip()


def shell_checked(tree):
    files = [path for path, _ in tree.shell()]
    if shutil.which("shellcheck") is None or not files:
        return
    result = subprocess.run(
        ["shellcheck", "--severity=warning", "--format=json", *files],
        cwd=tree.top, stdout=subprocess.PIPE, text=True, check=False,
    )
    for remark in json.loads(result.stdout):
        yield remark["file"], remark["line"], f"SC{remark['code']}: {remark['message']}"


CHECKS = [
    include_direction,
    core_is_pure,
    libraries_stay_in_their_rooms,
    risky_await,
    banned,
    leftover_marks,
    dead_sources,
    formatted,
    shell_parses,
    shell_checked,
]


def main():
    tree = Tree(*sys.argv[1:3])
    violations = [(check.__name__, *violation) for check in CHECKS for violation in check(tree)]
    for check, path, line, sentence in violations:
        print(f"{path}:{line}: {sentence} [{check}]")
    print(f"{len(CHECKS)} checks over {len(tree.texts)} files: {len(violations)} violations")
    return 1 if violations else 0


if __name__ == "__main__":
    sys.exit(main())
