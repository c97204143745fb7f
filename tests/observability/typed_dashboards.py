#!/usr/bin/env python3
"""Writes each dashboard as a TypeScript value of the type that Grafana's schema has for it.

    typed_dashboards.py DASHBOARDS FOLDER
"""
import json
import pathlib
import sys

# In JSON the value of an enumeration is its text.
TYPES = """
import type {Dashboard} from '@grafana/schema/dist/types/raw/dashboard/x/types.gen';
type AsJson<T> = T extends string ? `${T}` : T extends number | boolean | null | undefined ? T :
    T extends (infer Item)[] ? AsJson<Item>[] : T extends object ? {[Key in keyof T]: AsJson<T[Key]>} : T;
"""


def main():
    source, folder = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    for file in sorted(source.glob("*.json")):
        board = json.dumps(json.loads(file.read_text()), indent=1)
        (folder / f"{file.stem}.ts").write_text(f"{TYPES}export const board: AsJson<Dashboard> = {board};\n")


if __name__ == "__main__":
    main()
