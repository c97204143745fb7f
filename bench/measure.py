"""Runs one command and says what it cost: time, CPU of everything that it started, and `noise`, the
share of the machine that others took meanwhile. A run with much noise is a run to repeat."""

import ctypes
import os
import resource
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path

PR_SET_CHILD_SUBREAPER = 36
TICKS = os.sysconf("SC_CLK_TCK")
# Fields of /proc/PID/stat, counted after the name: utime, stime, cutime, cstime.
CPU_FIELDS = slice(11, 15)
PARENT_FIELD = 1


@dataclass
class Cost:
    seconds: float
    cpu: float
    noise: float
    peak_rss_mb: float | None = None


def become_subreaper():
    """A server that detaches itself stays ours, and so does the CPU that it used."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def reap():
    try:
        while os.waitpid(-1, os.WNOHANG)[0] > 0:
            pass
    except ChildProcessError:
        pass


def measure(command, servers=(), watched=None, **options):
    """`servers` are postmasters that run already and work for the command. `watched` is a program
    whose own peak memory is wanted, without that of its children."""
    reap()
    os.sync()
    began, busy, own = time.monotonic(), busy_seconds(), _own_cpu(servers)
    process = subprocess.Popen(command, **options)
    peak = _watch_memory(process.pid) if watched else None
    code = process.wait()
    seconds, busy = time.monotonic() - began, busy_seconds() - busy
    # A server's session ends a moment after its client, and only then is its CPU the server's.
    time.sleep(0.3)
    reap()
    own = _own_cpu(servers) - own
    others = max(0.0, busy - own)
    if code != 0:
        raise SystemExit(f"bench: exit code {code} of: {' '.join(map(str, command))}")
    return Cost(seconds, own, others / (seconds * os.cpu_count()), peak() if peak else None)


def busy_seconds():
    user, nice, system, _, _, irq, softirq, *_ = map(
        int, Path("/proc/stat").read_text().split("\n")[0].split()[1:]
    )
    return (user + nice + system + irq + softirq) / TICKS


def _own_cpu(servers):
    ours = sum(_cpu_of_tree(server) for server in servers)
    for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN):
        used = resource.getrusage(who)
        ours += used.ru_utime + used.ru_stime
    # What detached itself and still runs, such as the server of a restore by hand.
    return ours + sum(_cpu_of_tree(pid) for pid in _children_of(os.getpid()) if pid not in servers)


def _stat(pid):
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def _children_of(parent):
    children = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and int(_stat(entry.name)[PARENT_FIELD]) == parent:
                children.append(int(entry.name))
        except (FileNotFoundError, ProcessLookupError):
            pass
    return children


def _cpu_of_tree(pid):
    try:
        own = sum(map(int, _stat(pid)[CPU_FIELDS])) / TICKS
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    return own + sum(_cpu_of_tree(child) for child in _children_of(pid))


def _watch_memory(pid):
    peak = [0]

    def watch():
        while True:
            try:
                status = Path(f"/proc/{pid}/status").read_text()
                peak[0] = max(peak[0], int(status.split("VmHWM:")[1].split()[0]))
            except (FileNotFoundError, ProcessLookupError, IndexError):
                return
            time.sleep(0.02)

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()

    def finished():
        thread.join()
        return peak[0] / 1024

    return finished
