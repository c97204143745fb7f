#!/usr/bin/env python3
"""Compares backupwatch with PostgreSQL's plain tools, round robin, as ratios within each round.
Called by run.sh, which makes the source database."""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Callable

from measure import Cost, become_subreaper, measure

BIN = Path("/usr/lib/postgresql/15/bin")
# PostgreSQL refuses root.
AS_SERVER = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"] if os.geteuid() == 0 else []
DATABASE = "big"


@dataclass
class Contestant:
    name: str
    run: Callable[[Path], Cost]  # given an empty folder, which is removed afterwards
    costs: list[Cost] = field(default_factory=list)
    megabytes: float | None = None


class Bench:
    def __init__(self, arguments):
        self.folder = arguments.folder
        self.program = arguments.program
        self.source = self.folder / "postgres"
        self.server = int((self.source / "data/postmaster.pid").read_text().split()[0])

    def shell(self, script, *values, **options):
        """`script` finds `values` as $1, $2 and so on; the source is libpq's default."""
        return measure(
            ["bash", "-euo", "pipefail", "-c", script, "bench", *map(str, values)],
            servers=[self.server],
            env={**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}",
                 "PGHOST": str(self.source), "PGUSER": "postgres"},
            **options,
        )

    def backupwatch(self, *words):
        command = [self.program, "--config", self.folder / "config.yaml", *words]
        return measure(command, servers=[self.server], watched=True, stdout=subprocess.DEVNULL)

    def dump_contestants(self):
        yield Contestant(
            "`pg_dump -Fc`, its default settings",
            lambda out: self.shell('pg_dump -Fc -f "$1/dump" "$2"', out, DATABASE))
        yield Contestant(
            "`pg_dump -Fd -j2 -Z0 --no-sync`",
            lambda out: self.shell('pg_dump -Fd -j2 -Z0 --no-sync -f "$1/dump" "$2"', out, DATABASE))
        yield Contestant(
            "`pg_dump \\| zstd -1`",
            lambda out: self.shell('pg_dump "$2" | zstd -1 -q -o "$1/dump"', out, DATABASE))
        if self.program:
            yield Contestant("`backupwatch backup`: dump, manifest, fsync", self.take)

    def take(self, out):
        """The set keeps one dump, so that each round has the same work; `out` gets it for its size."""
        dumps = self.folder / "dumps"
        shutil.rmtree(dumps, ignore_errors=True)
        cost = self.backupwatch("backup", f"{DATABASE}/nightly")
        for dump in dumps.iterdir():
            shutil.move(dump, out / dump.name)
        return cost

    def drill_contestants(self):
        plain, archive = self.folder / "dump.sql", self.folder / "archive"
        self.shell('pg_dump -f "$1" "$3" && pg_dump -Fd -j2 -Z0 -f "$2" "$3"', plain, archive, DATABASE)
        yield Contestant(
            "by hand: `initdb`, `psql -f dump.sql`; nothing verified",
            lambda out: self.by_hand(out, "", 'psql -q -X -v ON_ERROR_STOP=1 -o /dev/null -f "$3" restored', plain))
        tuned = ("-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c autovacuum=off "
                 "-c wal_level=minimal -c max_wal_senders=0 -c max_wal_size=64GB -c shared_buffers=2GB "
                 "-c maintenance_work_mem=1GB -c max_parallel_maintenance_workers=0")
        yield Contestant(
            "by hand, tuned: `initdb -N`, `pg_restore -j2`; nothing verified",
            lambda out: self.by_hand(out, tuned, 'pg_restore -j2 -d restored "$3"', archive, "-N"))
        if self.program:
            self.backupwatch("backup", f"{DATABASE}/nightly")
            yield Contestant(
                "`backupwatch drill`: restored, every row verified, removed",
                lambda out: self.backupwatch("drill", f"{DATABASE}/nightly"))

    def by_hand(self, out, settings, restore, dump, *initdb_options):
        """From nothing to a restored database. What a person would do then, looking, is not timed."""
        if AS_SERVER:
            shutil.chown(out, "nobody", "nogroup")
        script = f"""
            cd /
            {' '.join(AS_SERVER)} initdb {' '.join(initdb_options)} -U postgres -A trust -D "$1/data" >/dev/null
            {' '.join(AS_SERVER)} pg_ctl -s -w start -D "$1/data" -l "$1/log" \\
                -o "-c listen_addresses='' -c unix_socket_directories='$1' $2"
            export PGHOST=$1
            createdb restored
            {restore}
        """
        cost = self.shell(script, out, settings, dump)
        subprocess.run([*AS_SERVER, BIN / "pg_ctl", "-s", "-m", "immediate", "stop", "-D", out / "data"],
                       cwd="/", check=True)
        return cost


def size_mb(folder):
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / 1e6


def compete(bench, contestants, rounds, sized):
    for turn in range(rounds):
        for contestant in contestants:
            out = bench.folder / "out"
            out.mkdir()
            cost = contestant.run(out)
            contestant.costs.append(cost)
            contestant.megabytes = size_mb(out) if sized else None
            shutil.rmtree(out)
            print(f"round {turn + 1}: {cost.seconds:6.2f} s, noise {cost.noise:.2f}: {contestant.name}",
                  file=sys.stderr)


def row(contestant, reference):
    seconds = [cost.seconds for cost in contestant.costs]
    ratios = [cost.seconds / first.seconds for cost, first in zip(contestant.costs, reference.costs)]
    memory = [cost.peak_rss_mb for cost in contestant.costs if cost.peak_rss_mb]
    return " | ".join([
        f"| {contestant.name}",
        f"{statistics.median(seconds):.2f} [{min(seconds):.2f}-{max(seconds):.2f}]",
        f"**{statistics.median(ratios):.2f}**",
        " ".join(f"{ratio:.2f}" for ratio in ratios),
        f"{statistics.median(cost.cpu for cost in contestant.costs):.1f}",
        f"{contestant.megabytes:.0f}" if contestant.megabytes else "-",
        f"{max(memory):.0f}" if memory else "-",
        f"{max(cost.noise for cost in contestant.costs):.2f} |",
    ])


def table(contestants):
    return "\n".join([
        "| command | median [min-max], s | ratio | of each round | CPU, s | size, MB | own peak RSS, MB | noise |",
        "|---|---|---|---|---|---|---|---|",
        *(row(contestant, contestants[0]) for contestant in contestants),
    ])


def write_section(readme, name, text):
    """Replaces the section of that name, or adds it at the end, and leaves all else as it is."""
    sections = [section.rstrip() for section in readme.read_text().split("\n## ")]
    places = [place for place, section in enumerate(sections) if section.startswith(f"{name}:")]
    if places:
        sections[places[0]] = text.rstrip()
    else:
        sections.append(text.rstrip())
    readme.write_text("\n\n## ".join(sections) + "\n")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=["dump", "drill"])
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--program", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--results", type=Path, required=True)
    arguments = parser.parse_args()

    become_subreaper()
    bench = Bench(arguments)
    size = int(subprocess.run(
        [BIN / "psql", "-h", bench.source, "-U", "postgres", "-XAtc", "SELECT pg_database_size(current_database())",
         DATABASE], stdout=subprocess.PIPE, check=True).stdout)
    contestants = list(bench.dump_contestants() if arguments.what == "dump" else bench.drill_contestants())
    compete(bench, contestants, arguments.rounds, sized=arguments.what == "dump")
    heading = (f"{arguments.what}: {size / 1e6:.0f} MB of database, {os.cpu_count()} cores, "
               f"{arguments.rounds} rounds, {datetime.now(timezone.utc):%Y-%m-%d}")
    text = table(contestants)
    write_section(arguments.results, arguments.what, f"{heading}\n\n{text}")
    print(text)


if __name__ == "__main__":
    main()
