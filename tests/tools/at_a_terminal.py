#!/usr/bin/env python3
"""Runs a command that gives psql, and types at its terminal. Exits with 0 where all went well.

    at_a_terminal.py interrupt PROGRAM ARGUMENT...   Ctrl-C ends a statement, and no more
    at_a_terminal.py outlast PROGRAM ARGUMENT...     psql is ended, the terminal right"""

import os
import pty
import select
import sys
import termios
import time


unread = b""


def read_until(terminal, words, limit=60):
    """What was shown up to these words; what stands behind them is for the next."""
    global unread
    end = time.monotonic() + limit
    while words not in unread:
        if time.monotonic() > end:
            sys.exit(f"waited in vain for {words!r}: {unread!r}")
        if not select.select([terminal], [], [], 0.1)[0]:
            continue
        try:
            unread += os.read(terminal, 4096)
        except OSError:
            sys.exit(f"it ended before {words!r}: {unread!r}")
    shown, unread = unread.split(words, 1)
    return shown


def end_of(child, terminal):
    """The exit code, when all that it shows was read."""
    try:
        while os.read(terminal, 4096):
            pass
    except OSError:
        pass
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def interrupt(child, terminal):
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
    code = end_of(child, terminal)
    if code != 0:
        sys.exit(f"it ended with {code}")


def outlast(child, terminal):
    if termios.tcgetattr(terminal)[3] & termios.ICANON:
        sys.exit("psql edits no line: this proves nothing")
    read_until(terminal, b"its time is over")
    if not termios.tcgetattr(terminal)[3] & termios.ICANON:
        sys.exit("the terminal is left as psql had it")
    code = end_of(child, terminal)
    if code != 2:
        sys.exit(f"it ended with {code}")


def main():
    what = {"interrupt": interrupt, "outlast": outlast}[sys.argv[1]]
    child, terminal = pty.fork()
    if child == 0:
        os.environ["HOME"] = "/nonexistent"
        os.environ["PAGER"] = "cat"
        os.environ["TERM"] = "xterm"
        os.execv(sys.argv[2], sys.argv[2:])
    banner = read_until(terminal, b"=# ")
    if b"shop@" not in banner:
        sys.exit(f"the prompt does not name the backup: {banner!r}")
    what(child, terminal)


main()
