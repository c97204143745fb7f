#!/usr/bin/env python3
"""The Grafana dashboards, as code.

    dashboards.py           writes fleet.json and database.json beside this file
    dashboards.py --check   says whether what lies there is what it would write

Import the JSON in Grafana, or have it provisioned from this folder. Both ask for the Prometheus data source.
"""
import json
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
DAY = 86400
SOURCE = {"type": "prometheus", "uid": "${source}"}
SEVERITIES = [
    ("0", "ok", "green"),
    ("1", "warning", "yellow"),
    ("2", "critical", "red"),
    ("3", "unknown", "purple"),
]
# Of several checks the worst is shown, and critical is worse than unknown, whatever its number.
WORST = [("4" if text == "critical" else value, text, color) for value, text, color in SEVERITIES]
ONE = '{database="$database"}'
# Incidents and messages are counted together, since one may be of several databases.
OF_ALL = "Not counted by database: one may be of several."


def worst(maximum, selector=""):
    """As WORST has it; `maximum`: an aggregation without its argument."""
    status = "backupwatch_check_status" + selector
    return f"{maximum} (({status} == 2) * 2 or {status})"


def severities(values=SEVERITIES):
    options = {value: {"text": text, "color": color, "index": i} for i, (value, text, color) in enumerate(values)}
    nothing = {"type": "special", "options": {"match": "nan", "result": {"text": "nothing to judge", "color": "text"}}}
    return [{"type": "value", "options": options}, nothing]


def steps(*limits):
    """Colours from the first value that each begins with."""
    return {"mode": "absolute", "steps": [{"value": value, "color": color} for value, color in limits]}


RED_ABOVE_ZERO = steps((None, "green"), (1, "red"))


class Dashboard:
    """Panels are laid out in rows of 24 columns, in the order in which they are added."""

    def __init__(self, uid, title, variables):
        self.panels, self.x, self.y, self.height = [], 0, 0, 0
        self.document = {
            "uid": uid,
            "title": title,
            "tags": ["backupwatch"],
            "timezone": "utc",
            "schemaVersion": 38,
            "editable": True,
            "graphTooltip": 1,
            "refresh": "1m",
            "time": {"from": "now-7d", "to": "now"},
            "links": [{"type": "dashboards", "tags": ["backupwatch"], "title": "backupwatch", "asDropdown": True, "icon": "external link",
                       "includeVars": False, "keepTime": True, "targetBlank": False, "tooltip": ""}],
            "templating": {"list": [{"type": "datasource", "name": "source", "query": "prometheus", "label": "Prometheus"}] + variables},
            "panels": self.panels,
        }

    def add(self, kind, title, queries, width=6, height=5, unit="none", thresholds=None, **more):
        """`queries`: (expression, legend) each."""
        if self.x + width > 24:
            self.x, self.y, self.height = 0, self.y + self.height, 0
        defaults = {"unit": unit, "mappings": more.pop("mappings", [])}
        if thresholds:
            defaults["thresholds"] = thresholds
        if "draw" in more:
            defaults["custom"] = more.pop("draw")
        is_table = kind == "table"
        self.panels.append({
            "id": len(self.panels) + 1,
            "type": kind,
            "title": title,
            "description": more.pop("description", ""),
            "datasource": SOURCE,
            "gridPos": {"x": self.x, "y": self.y, "w": width, "h": height},
            "fieldConfig": {"defaults": defaults, "overrides": more.pop("overrides", [])},
            "targets": [
                {"refId": chr(ord("A") + i), "datasource": SOURCE, "expr": expr, "legendFormat": legend,
                 "instant": is_table or kind == "stat", "range": not (is_table or kind == "stat"),
                 "format": "table" if is_table else "time_series"}
                for i, (expr, legend) in enumerate(queries)
            ],
            **more,
        })
        self.x, self.height = self.x + width, max(self.height, height)

    def stat(self, title, expr, **more):
        self.add("stat", title, [(expr, "")], height=4, **more)

    def graph(self, title, queries, **more):
        self.add("timeseries", title, queries, **{"width": 12, "height": 8, **more})

    def timeline(self, title, expr, legend, **more):
        self.add("state-timeline", title, [(expr, legend)], width=24, **{"mappings": severities(), "height": 8, **more})

    def text(self):
        return json.dumps(self.document, indent=1, sort_keys=True) + "\n"


def by_set(column, unit, thresholds=None, mappings=None):
    """How one column of the table of sets is shown."""
    properties = [{"id": "unit", "value": unit}]
    if thresholds or mappings:
        properties.append({"id": "custom.cellOptions", "value": {"type": "color-text"}})
    if thresholds:
        properties.append({"id": "thresholds", "value": thresholds})
    if mappings:
        properties.append({"id": "mappings", "value": mappings})
    return {"matcher": {"id": "byName", "options": column}, "properties": properties}


def fleet():
    board = Dashboard("backupwatch-fleet", "backupwatch: fleet", [])
    board.stat("Sets with a failing check", 'count(max by (database, set) (backupwatch_check_status{database!="backupwatch"}) > 0) or vector(0)',
               thresholds=RED_ABOVE_ZERO)
    board.stat("Sets proven by a drill within 26 h", f"count(time() - backupwatch_drill_last_success_timestamp_seconds < {26 * 3600}) or vector(0)",
               description="Of those that are drilled at all.")
    board.stat("Sets that are drilled", "count(backupwatch_drill_last_success_timestamp_seconds)")
    board.stat("backupwatch can be relied upon", "min(backupwatch_self_audit_passed)", mappings=[
        {"type": "value", "options": {"1": {"text": "yes", "color": "green", "index": 0}, "0": {"text": "no", "color": "red", "index": 1}}}])
    columns = [
        (worst("max by (database, set)"), "Worst check"),
        ("time() - backupwatch_backup_last_success_timestamp_seconds", "Newest backup"),
        ("backupwatch_backup_last_size_bytes", "Size"),
        ("time() - backupwatch_drill_last_success_timestamp_seconds", "Last proof"),
        ("backupwatch_drill_last_duration_seconds", "Restored in"),
        ("backupwatch_drill_target_seconds", "Target"),
    ]
    names = {f"Value #{chr(ord('A') + i)}": name for i, (_, name) in enumerate(columns)}
    board.add(
        "table", "Sets", [(expr, "") for expr, _ in columns], width=24, height=10,
        overrides=[
            by_set("Worst check", "none", mappings=severities(WORST)),
            by_set("Newest backup", "s", steps((None, "green"), (26 * 3600, "orange"), (2 * DAY, "red"))),
            by_set("Size", "bytes"),
            by_set("Last proof", "s", steps((None, "green"), (26 * 3600, "orange"), (8 * DAY, "red"))),
            by_set("Restored in", "s"),
            by_set("Target", "s"),
        ],
        transformations=[
            {"id": "merge", "options": {}},
            {"id": "organize", "options": {
                "excludeByName": {"Time": True, "__name__": True, "instance": True, "job": True}, "renameByName": names}},
        ])
    board.timeline("Worst check of each database", worst("max by (database)"), "{{database}}", mappings=severities(WORST))
    board.graph("Open incidents", [("backupwatch_incidents_open", "{{severity}}")])
    board.graph("Fullest disks", [("topk(10, backupwatch_disk_used_ratio)", "{{database}}")], unit="percentunit")
    board.graph("Slots of a day, by result", [("sum by (kind, result) (increase(backupwatch_slots_total[1d]))", "{{kind}} {{result}}")])
    board.graph("Slots that began over ten minutes late, since backupwatch was started",
                [('backupwatch_slot_delay_seconds_count - ignoring(le) backupwatch_slot_delay_seconds_bucket{le="600"}', "{{kind}}")])
    board.graph("Messages of a day", [("sum by (notifier, result) (increase(backupwatch_notifications_total[1d]))", "{{notifier}} {{result}}")])
    board.graph("Messages that wait", [("backupwatch_notifications_pending", "{{notifier}}")])
    board.graph("Age of the oldest message that waits", [("backupwatch_notification_oldest_pending_seconds", "{{notifier}}")], unit="s")
    board.graph("backupwatch itself: memory", [('process_resident_memory_bytes{job="backupwatch"}', "{{instance}}")], unit="bytes")
    board.graph("backupwatch itself: processor", [('rate(process_cpu_seconds_total{job="backupwatch"}[$__rate_interval])', "{{instance}}")], unit="percentunit")
    board.graph("Versions", [("count by (version) (backupwatch_build_info)", "{{version}}")])
    return board


def database():
    variable = {
        "type": "query", "name": "database", "label": "Database", "datasource": SOURCE, "refresh": 2, "sort": 1,
        "query": {"query": 'label_values(backupwatch_check_status{database!="backupwatch"}, database)', "refId": "database"},
    }
    board = Dashboard("backupwatch-database", "backupwatch: one database", [variable])
    board.stat("Worst check", worst("max", ONE), mappings=severities(WORST))
    board.stat("Age of the newest backup", f"time() - max(backupwatch_backup_last_success_timestamp_seconds{ONE})", unit="s")
    board.stat("Age of the last proof", f"time() - max(backupwatch_drill_last_success_timestamp_seconds{ONE})", unit="s",
               description="Since a drill passed, every row verified.")
    board.stat("Disk", f"max(backupwatch_disk_used_ratio{ONE})", unit="percentunit",
               thresholds=steps((None, "green"), (0.8, "yellow"), (0.9, "red")))
    board.timeline("Checks", f"backupwatch_check_status{ONE}", "{{set}} {{check}}")
    board.graph("Age of the newest backup", [(f"time() - backupwatch_backup_last_success_timestamp_seconds{ONE}", "{{set}}")], unit="s")
    board.graph("Restorable back to", [(f"time() - backupwatch_backup_oldest_timestamp_seconds{ONE}", "{{set}}")], unit="s")
    board.graph("Size of the newest backup", [(f"backupwatch_backup_last_size_bytes{ONE}", "{{set}}")], unit="bytes")
    board.graph("How long the newest backup took", [(f"backupwatch_backup_last_duration_seconds{ONE}", "{{set}}")], unit="s")
    board.graph("Backups, by status", [(f"backupwatch_backups{ONE}", "{{set}} {{status}}")])
    board.graph("Failures in a row", [(f"backupwatch_backup_consecutive_failures{ONE}", "{{set}}")])
    board.graph("Restore time against its target", [
        (f"backupwatch_drill_last_duration_seconds{ONE}", "{{set}}"),
        (f"backupwatch_drill_target_seconds{ONE}", "{{set}} target"),
    ], unit="s")
    board.graph("Restore time, median of 30 days", [
        ('histogram_quantile(0.5, sum by (set, le) (increase(backupwatch_drill_duration_seconds_bucket{database="$database"}[30d])))', "{{set}}")], unit="s",
        description="Drills of the process that runs; there is nothing until the first.")
    board.graph("Last drill passed", [(f"backupwatch_drill_last_result{ONE}", "{{set}}")], description="1 passed, 0 failed, a gap: it could not be run.")
    board.graph("Rows that the newest drill compared", [(f"backupwatch_drill_verified_rows{ONE}", "{{set}}")])
    board.graph("Disk", [
        (f"backupwatch_disk_used_bytes{ONE}", "used"),
        (f"backupwatch_disk_capacity_bytes{ONE}", "capacity"),
    ], unit="bytes")
    board.graph("Disk: full in", [(f"backupwatch_disk_full_predicted_timestamp_seconds{ONE} - time()", "at its present pace")], unit="s",
                description="A gap: not in sight.")
    board.graph("Failing checks", [(f"count(backupwatch_check_status{ONE} > 0) or vector(0)", "failing")])
    board.graph("Open incidents, of all databases", [("backupwatch_incidents_open", "{{severity}}")], description=OF_ALL)
    board.graph("Messages of a day, of all databases",
                [("sum by (notifier, result) (increase(backupwatch_notifications_total[1d]))", "{{notifier}} {{result}}")], description=OF_ALL)
    board.graph("Messages that wait, of all databases", [("backupwatch_notifications_pending", "{{notifier}}")], description=OF_ALL)
    board.graph("Slots of a day, by result", [('sum by (set, kind, result) (increase(backupwatch_slots_total{database="$database"}[1d]))', "{{set}} {{kind}} {{result}}")])
    board.graph("When its checks last ran", [(f"time() - backupwatch_check_last_run_timestamp_seconds{ONE}", "{{set}} {{check}}")], unit="s")
    return board


def main():
    is_check = sys.argv[1:] == ["--check"]
    stale = []
    for name, board in (("fleet.json", fleet()), ("database.json", database())):
        file = HERE / name
        if is_check:
            if not file.exists() or file.read_text() != board.text():
                stale.append(name)
        else:
            file.write_text(board.text())
    if stale:
        sys.exit(f"not what dashboards.py writes: {', '.join(stale)}; run it")


if __name__ == "__main__":
    main()
