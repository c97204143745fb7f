#!/usr/bin/env python3
"""Whether the dashboards can be imported as they are, and show what they are to show. No Grafana is at hand; these are its rules.

    dashboard_rules.py REPOSITORY [--faults]

With --faults each rule is broken once, and has to be noticed.
"""
import copy
import json
import pathlib
import re
import sys

SOURCE = {"type": "prometheus", "uid": "${source}"}
KINDS = {"stat", "table", "timeseries", "state-timeline"}
UNITS = {"none", "s", "bytes", "percentunit", "dateTimeAsIso"}
OF_GRAFANA = {"__rate_interval", "__interval", "__range"}
# What a dashboard is there for: each of these is in a query of it.
SUBJECTS = {
    "backupwatch-fleet": [
        "check_status", "backup_last_success_timestamp_seconds", "backup_last_size_bytes", "drill_last_duration_seconds",
        "drill_target_seconds", "disk_used_ratio", "incidents_open", "notifications_total", "notifications_pending"],
    "backupwatch-database": [
        "check_status", "backup_last_success_timestamp_seconds", "backup_last_size_bytes", "drill_last_duration_seconds",
        "drill_target_seconds", "disk_used_bytes", "disk_capacity_bytes", "disk_full_predicted_timestamp_seconds",
        "incidents_open", "notifications_total", "notifications_pending"],
}


def variables_in(text):
    return set(re.findall(r"\$\{?(\w+)", text))


def faults_of_panel(panel, variables):
    targets = panel.get("targets", [])
    if panel["type"] not in KINDS:
        yield f"nobody knows the kind {panel['type']}"
    if not targets:
        yield "it asks nothing"
    if panel.get("datasource") != SOURCE or any(target.get("datasource") != SOURCE for target in targets):
        yield "it does not ask the data source that was chosen"
    if len({target["refId"] for target in targets}) != len(targets):
        yield "two queries have one refId"
    for target in targets:
        if not target.get("expr", "").strip():
            yield "a query is empty"
        for name in variables_in(target.get("expr", "")) - variables - OF_GRAFANA:
            yield f"there is no variable {name}"
        if panel["type"] == "table" and target.get("format") != "table":
            yield "a table that is given series"
    if panel["fieldConfig"]["defaults"].get("unit") not in UNITS:
        yield f"nobody knows the unit {panel['fieldConfig']['defaults'].get('unit')}"
    columns = {name for one in panel.get("transformations", []) for name in one["options"].get("renameByName", {}).values()}
    for override in panel["fieldConfig"]["overrides"]:
        if override["matcher"]["id"] == "byName" and override["matcher"]["options"] not in columns:
            yield f"there is no column {override['matcher']['options']}"
        for one in override["properties"]:
            if one["id"] == "unit" and one["value"] not in UNITS:
                yield f"nobody knows the unit {one['value']}"
    place = panel["gridPos"]
    if place["w"] < 1 or place["h"] < 1 or place["x"] + place["w"] > 24:
        yield "it does not fit into 24 columns"


def squares_of(panel):
    place = panel["gridPos"]
    return {(x, y) for x in range(place["x"], place["x"] + place["w"]) for y in range(place["y"], place["y"] + place["h"])}


def faults_of(board):
    variables = {one["name"] for one in board["templating"]["list"]}
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,40}", board.get("uid", "")):
        yield "its uid is none"
    if board.get("timezone") != "utc":
        yield "its times are not UTC"
    if not isinstance(board.get("schemaVersion"), int):
        yield "it has no schemaVersion"
    if board.get("id") is not None:
        yield "it has the id of one Grafana"
    sources = [one for one in board["templating"]["list"] if one["type"] == "datasource"]
    if [(one["name"], one["query"]) for one in sources] != [("source", "prometheus")]:
        yield "it does not ask which Prometheus"
    for one in board["templating"]["list"]:
        if one["type"] == "query" and one.get("datasource") != SOURCE:
            yield f"the variable {one['name']} does not ask the data source that was chosen"
    ids = [panel["id"] for panel in board["panels"]]
    if len(set(ids)) != len(ids):
        yield "two panels have one id"
    taken = set()
    for panel in board["panels"]:
        if taken & squares_of(panel):
            yield f"{panel['title']}: it lies on another"
        taken |= squares_of(panel)
        for fault in faults_of_panel(panel, variables):
            yield f"{panel['title']}: {fault}"
    asked = " ".join(target.get("expr", "") for panel in board["panels"] for target in panel.get("targets", []))
    for subject in SUBJECTS.get(board.get("uid"), []):
        if f"backupwatch_{subject}" not in asked:
            yield f"nothing of it shows {subject}"


def faults_in(boards):
    faults = []
    for name, board in boards.items():
        faults += [f"{name}: {fault}" for fault in faults_of(board)]
    for key in ("uid", "title"):
        if len({board.get(key) for board in boards.values()}) != len(boards):
            faults.append(f"two dashboards have one {key}")
    if {board.get("uid") for board in boards.values()} != set(SUBJECTS):
        faults.append("it is not known what they are to show")
    return faults


def breakages():
    """Of the fleet's: what is noticed, and what brings it about."""
    def panel(change):
        return lambda board: change(board["panels"][0])

    def table(change):
        return lambda board: change(next(one for one in board["panels"] if one["type"] == "table"))

    return [
        ("uid is none", lambda board: board.update(uid="backupwatch fleet")),
        ("not UTC", lambda board: board.update(timezone="browser")),
        ("schemaVersion", lambda board: board.pop("schemaVersion")),
        ("id of one Grafana", lambda board: board.update(id=7)),
        ("which Prometheus", lambda board: board["templating"]["list"].clear()),
        ("one id", lambda board: board["panels"][1].update(id=board["panels"][0]["id"])),
        ("lies on another", lambda board: board["panels"][1].update(gridPos=board["panels"][0]["gridPos"])),
        ("nothing of it shows incidents_open",
         lambda board: board.update(panels=[one for one in board["panels"] if "incidents" not in str(one["targets"])])),
        ("one title", lambda board: board.update(title="backupwatch: one database")),
        ("knows the kind", panel(lambda one: one.update(type="graph"))),
        ("asks nothing", panel(lambda one: one.update(targets=[]))),
        ("data source that was chosen", panel(lambda one: one["targets"][0].update(datasource={"type": "prometheus", "uid": "mine"}))),
        ("one refId", table(lambda one: one["targets"][1].update(refId="A"))),
        ("a query is empty", panel(lambda one: one["targets"][0].update(expr=" "))),
        ("no variable instance", panel(lambda one: one["targets"][0].update(expr='up{instance="$instance"}'))),
        ("given series", table(lambda one: one["targets"][0].update(format="time_series"))),
        ("knows the unit", panel(lambda one: one["fieldConfig"]["defaults"].update(unit="seconds"))),
        ("no column Size", table(lambda one: one.update(transformations=[]))),
        ("24 columns", panel(lambda one: one["gridPos"].update(x=20))),
    ]


def main():
    folder = pathlib.Path(sys.argv[1]) / "deploy" / "grafana"
    boards = {file.name: json.loads(file.read_text()) for file in sorted(folder.glob("*.json"))}
    if "--faults" not in sys.argv:
        faults = faults_in(boards)
        for fault in faults:
            print(fault)
        print(f"{len(boards)} dashboards, {sum(len(board['panels']) for board in boards.values())} panels, {len(faults)} faults")
        sys.exit(1 if faults else 0)
    unseen = []
    for noticed, bring_about in breakages():
        broken = copy.deepcopy(boards)
        bring_about(broken["fleet.json"])
        if not any(noticed in fault for fault in faults_in(broken)):
            unseen.append(noticed)
    for noticed in unseen:
        print(f"nobody noticed: {noticed}")
    print(f"{len(breakages())} faults, {len(unseen)} unseen")
    sys.exit(1 if unseen else 0)


if __name__ == "__main__":
    main()
