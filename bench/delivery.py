#!/usr/bin/env python3
"""By how much a sick channel delays the others: the real daemon tells a chat, a webhook and a mail
server of two databases that fail, with one of the three sick, and beside that with all of them well.
Called by run.sh."""

import argparse
import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import time
from datetime import datetime, timezone
from pathlib import Path

from compare import write_section
from fake_channels import FakeChannels
from measure import busy_seconds

# A dump is due every so many seconds, and fails: the first of each database is told. By the second
# one the sick channel is at its first message still.
DATABASES = {"bench-one": 2, "bench-two": 5}
LONGEST = 30
WELL = "nobody"
# Who is sick, and how. The second healthy run shows what the difference of two equal runs is.
CASES = [(WELL, ""), (WELL, "again"), ("chat", "stalls"), ("chat", "drips"), ("chat", "says 429"),
         ("mail", "stalls"), ("mail", "drips")]


def config_of(folder, ports):
    databases = "".join(f"""
  - name: {name}
    url: postgresql://nobody@127.0.0.1:1/{name}?connect_timeout=1
    backups:
      - {{name: nightly, source: dump, directory: {folder}/dumps/{name}, take: "every {period}s", grace: 1s,
         poll: 1h, keep: 1d, reach_back: 1d}}""" for name, period in DATABASES.items())
    return f"""
state_dir: {folder}/state
control_socket: {folder}/control.sock
http: {{listen: "127.0.0.1:0"}}
concurrency: {{dumps: 2}}
log: {{level: warning}}
databases:{databases}
notifiers:
  - {{name: chat, type: slack, webhook_url: "http://127.0.0.1:{ports['chat']}/services/T/B/bench"}}
  - {{name: hook, type: webhook, url: "http://127.0.0.1:{ports['hook']}/", secret: bench-secret-of-24-bytes}}
  - {{name: mail, type: email, server: "smtp://127.0.0.1:{ports['mail']}", tls: none,
     from: backupwatch@example.com, to: [bench@example.com]}}
"""


def delays(arrived, sick):
    """By channel that is well and database, in milliseconds: from when the dump was due to the whole
    message's arrival. Which dump it was stands in the message of the webhook, which is never sick."""
    due = {}
    for name, text, _ in arrived:
        if name == "hook":
            for notice in json.loads(text)["data"]["notices"]:
                made_at = datetime.fromisoformat(notice["made_at"].replace("Z", "+00:00")).timestamp()
                period = DATABASES.get(notice["database"])
                if period:
                    due.setdefault(notice["database"], made_at // period * period)
    found = {}
    for name, text, at in arrived:
        for database in due:
            if name != sick and database in text:
                found.setdefault((name, database), (at - due[database]) * 1000)
    return found


def one_run(program, folder, channels, sick, how):
    state = folder / "run"
    shutil.rmtree(state, ignore_errors=True)
    state.mkdir()
    config = state / "config.yaml"
    config.write_text(config_of(state, channels.ports))
    channels.arrived.clear()
    channels.sickness.clear()
    if sick != WELL:
        channels.sickness[sick] = how
    # Every run has the same moments before it.
    longest = max(DATABASES.values())
    time.sleep(longest - time.time() % longest + 0.2)
    busy, began = busy_seconds(), time.monotonic()
    with open(state / "log", "w") as log:
        daemon = subprocess.Popen([program, "--config", config, "run"], stderr=log, stdout=log)
    wanted = (3 if sick == WELL else 2) * len(DATABASES)
    while len(found := delays(list(channels.arrived), sick)) < wanted:
        if time.monotonic() - began > LONGEST or daemon.poll() is not None:
            raise SystemExit(f"bench: {len(found)} of {wanted} messages came\n{(state / 'log').read_text()}")
        time.sleep(0.05)
    load = (busy_seconds() - busy) / ((time.monotonic() - began) * os.cpu_count())
    daemon.send_signal(signal.SIGTERM)
    daemon.wait()
    return found, load


def table(samples, peers, loads):
    lines = ["| sick | differences | median, ms | worst, ms | cores busy |", "|---|---|---|---|---|"]
    for case in CASES[1:]:
        differences = samples[case]
        name = "nobody: two equal runs" if case[0] == WELL else f"the {case[0]} {case[1]}"
        lines.append(f"| {name} | {len(differences)} | {statistics.median(differences):+.0f} | "
                     f"{max(differences):+.0f} | {statistics.mean(loads[case]):.2f} |")
    lines.append("")
    lines.append(f"With all of them well a message arrives {statistics.median(peers):.0f} ms after the dump was due "
                 f"that fails (median of {len(peers)}; worst {max(peers):.0f}).")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--program", type=Path, required=True)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--results", type=Path)
    arguments = parser.parse_args()

    try:
        os.nice(-15)  # what channels do to each other is wanted, not what other programs do to all of them
    except PermissionError:
        print("bench: without root, other programs are measured, too", file=sys.stderr)
    channels = FakeChannels()
    samples = {case: [] for case in CASES[1:]}
    loads = {case: [] for case in CASES}
    peers = []
    one_run(arguments.program, arguments.folder, channels, *CASES[0])  # what is read from disk is cached by then
    for turn in range(arguments.rounds):
        found = {}
        # Each begins a round in its turn: what the machine does meanwhile falls on all of them alike.
        first = turn % len(CASES)
        for case in CASES[first:] + CASES[:first]:
            found[case], load = one_run(arguments.program, arguments.folder, channels, *case)
            loads[case].append(load)
        peer = found.pop(CASES[0])
        peers += peer.values()
        for case, delay in found.items():
            differences = [delay[key] - peer[key] for key in delay]
            samples[case] += differences
            print(f"round {turn + 1}: {' '.join(case)}: " + " ".join(f"{one:+.0f}" for one in differences),
                  file=sys.stderr)
    heading = (f"delivery: a sick channel and the others, {os.cpu_count()} cores, {arguments.rounds} rounds, "
               f"{datetime.now(timezone.utc):%Y-%m-%d}")
    text = table(samples, peers, loads)
    if arguments.results:
        write_section(arguments.results, "delivery", f"{heading}\n\n{text}")
    print(text)


if __name__ == "__main__":
    main()
