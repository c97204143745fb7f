#!/usr/bin/env python3
"""Writes a file for `promtool test rules`: what the dashboards say of a database with an unknown, a critical and a good check.

    worst_checks.py REPOSITORY

Of what takes the worst of several checks, a critical one must not hide behind an unknown one, whose number is higher.
"""
import json
import pathlib
import sys

SERIES = [("backup", 3), ("restore", 2), ("size", 0)]


def worst_of(repository):
    """(where, query, value mappings) of each panel that shows one figure for several checks."""
    for file in sorted((repository / "deploy/grafana").glob("*.json")):
        for panel in json.loads(file.read_text())["panels"]:
            config = panel["fieldConfig"]
            mappings = config["defaults"].get("mappings", []) + [
                mapping for override in config["overrides"] for one in override["properties"] if one["id"] == "mappings" for mapping in one["value"]]
            for target in panel["targets"]:
                if "check_status" in target["expr"] and target["expr"].startswith("max"):
                    yield f"{file.name}, {panel['title']}", target["expr"].replace("$database", "shop"), mappings


def labels_of(query):
    if not query.startswith("max by"):
        return "{}"
    values = {"database": "shop", "set": "nightly"}
    names = query[query.index("(") + 1 : query.index(")")].split(", ")
    return "{" + ",".join(f'{name}="{values[name]}"' for name in names) + "}"


def critical_in(mappings):
    return next(int(value) for one in mappings if one["type"] == "value" for value, shown in one["options"].items() if shown["text"] == "critical")


def main():
    panels = list(worst_of(pathlib.Path(sys.argv[1])))
    if len(panels) < 3:
        sys.exit(f"only {len(panels)} panels show the worst check")
    test = {
        "interval": "1m",
        "input_series": [
            {"series": f'backupwatch_check_status{{database="shop",set="nightly",check="{check}"}}', "values": f"{value}x10"} for check, value in SERIES],
        "promql_expr_test": [
            {"expr": query, "eval_time": "5m", "exp_samples": [{"labels": labels_of(query), "value": critical_in(mappings)}]}
            for _, query, mappings in panels],
    }
    # JSON is YAML.
    print(json.dumps({"evaluation_interval": "1m", "tests": [test]}, indent=1))


if __name__ == "__main__":
    main()
