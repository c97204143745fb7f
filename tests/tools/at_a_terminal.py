#!/usr/bin/env python3
"""Runs a command that gives psql, types at its terminal, and expects that Ctrl-C ends a statement of
psql, and nothing else. Exits with 0 where all went so.

    at_a_terminal.py PROGRAM ARGUMENT..."""

import os
import pty
import select
import sys
import time


def read_until(terminal, words, limit=60):
    """What was shown up to these words."""
    shown = b""
    end = time.monotonic() + limit
    while words not in shown:
        if time.monotonic() > end:
            sys.exit(f"waited in vain for {words!r}: {shown!r}")
        if not select.select([terminal], [], [], 0.1)[0]:
            continue
        try:
            shown += os.read(terminal, 4096)
        except OSError:
            sys.exit(f"it ended before {words!r}: {shown!r}")
    return shown


def main():
    child, terminal = pty.fork()
    if child == 0:
        os.environ["HOME"] = "/nonexistent"
        os.environ["PAGER"] = "cat"
        os.execv(sys.argv[1], sys.argv[1:])
    banner = read_until(terminal, b"=# ")
    if b"shop@" not in banner:
        sys.exit(f"the prompt does not name the backup: {banner!r}")
    os.write(terminal, b"SELECT 'asle' || 'ep';\n")
    read_until(terminal, b"asleep")
    read_until(terminal, b"=# ")
    os.write(terminal, b"SELECT pg_sleep(600);\n")
    time.sleep(1)
    os.write(terminal, b"\x03")
    read_until(terminal, b"canceling statement due to user request")
    read_until(terminal, b"=# ")
    os.write(terminal, b"SELECT 'still ' || 'here';\n")
    read_until(terminal, b"still here")
    os.write(terminal, b"\\q\n")
    while True:
        try:
            if not os.read(terminal, 4096):
                break
        except OSError:
            break
    _, status = os.waitpid(child, 0)
    if os.waitstatus_to_exitcode(status) != 0:
        sys.exit(f"it ended with {status}")


main()
