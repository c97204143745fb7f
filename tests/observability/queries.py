#!/usr/bin/env python3
"""Asks a Prometheus that scrapes a daemon every query of every rule and dashboard, and holds the names of metrics against each other.

    queries.py PROMETHEUS METRICS REPOSITORY

Fails where a query has no data or an error, where a rule or a dashboard names a metric that does not exist, where a metric is exposed
and not documented, or documented and not exposed, and where a check may fail without an alert.
"""
import json
import pathlib
import re
import sys
import time
import urllib.parse
import urllib.request

PATIENCE = 60
NAME = r"\b(?:backupwatch|process)_[a-z_]+|\bup\b"
SELECTOR = rf"(?:{NAME})(?:\{{[^}}]*\}})?"


def fetch(url):
    with urllib.request.urlopen(url, timeout=10) as answer:
        return answer.read().decode()


class Prometheus:
    def __init__(self, url):
        self.url = url

    def get(self, path, **parameters):
        query = urllib.parse.urlencode(parameters)
        return json.loads(fetch(f"{self.url}/api/v1/{path}?{query}"))["data"]

    def has_data(self, expression):
        return bool(self.get("query", query=expression)["result"])

    def rules(self):
        return [rule for group in self.get("rules")["groups"] for rule in group["rules"]]


def dashboard_queries(repository):
    """(where, query) of each panel and each variable, as Grafana would send it."""
    for file in sorted((repository / "deploy/grafana").glob("*.json")):
        document = json.loads(file.read_text())
        for variable in document["templating"]["list"]:
            if variable["type"] == "query":
                yield f"{file.name}, variable {variable['name']}", variable["query"]["query"]
        for panel in document["panels"]:
            for target in panel["targets"]:
                query = target["expr"].replace("$__rate_interval", "2m").replace("$database", "shop")
                yield f"{file.name}, {panel['title']}", query


def exposed_names(metrics):
    return set(re.findall(r"^# TYPE (\S+)", metrics, re.MULTILINE))


def unalerted_checks(prometheus, rules):
    """Checks that no rule looks at. Rules about deliveries ask for those themselves."""
    checks = {(series["metric"]["database"], series["metric"]["check"])
              for series in prometheus.get("query", query="backupwatch_check_status")["result"]}
    selectors = [selector for rule in rules for selector in re.findall(SELECTOR, rule["query"])]
    looked_at = set()
    for selector in selectors:
        if selector.startswith("backupwatch_check_status{"):
            looked_at |= {(series["metric"]["database"], series["metric"]["check"])
                          for series in prometheus.get("query", query=selector)["result"]}
    return sorted(checks - looked_at - {("backupwatch", "delivery")})


def alert_names(repository):
    rules = (repository / "deploy" / "prometheus").glob("*.rules.yaml")
    return {name for file in rules for name in re.findall(r"- alert: (\w+)", file.read_text())}


def documented_alerts(repository):
    text = (repository / "docs" / "operations.md").read_text()
    table = text[text.index("| alert | means |") :].split("\n\n")[0]
    return set(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE))


def documented_names(repository):
    text = (repository / "docs/operations.md").read_text()
    section = text.split("\n## Metrics\n", 1)[1].split("\n## ", 1)[0].split("\n### ", 1)[0]
    names = set(re.findall(r"`(process_[a-z_]+)`", section))
    for row in re.findall(r"^\| (`[^|]*) \|", section, re.MULTILINE):
        names |= {"backupwatch_" + name for name in re.findall(r"`([a-z_]+)`", row)}
    return names


def family_of(name, exposed):
    """Of a histogram, what its series belong to."""
    base = re.sub(r"_(bucket|count|sum)$", "", name)
    return base if name not in exposed and base in exposed else name


def without_data(prometheus, queries):
    """Those that have none even after a while: rates need two scrapes, and disks a poll."""
    deadline = time.monotonic() + PATIENCE
    missing = list(queries)
    while missing and time.monotonic() < deadline:
        missing = [(where, query) for where, query in missing if not prometheus.has_data(query)]
        if missing:
            time.sleep(0.5)
    return missing


def main():
    prometheus, repository = Prometheus(sys.argv[1]), pathlib.Path(sys.argv[3])
    exposed, documented = exposed_names(fetch(sys.argv[2])), documented_names(repository)
    faults = [f"exposed, and documented nowhere: {name}" for name in sorted(exposed - documented)]
    faults += [f"documented, and not exposed: {name}" for name in sorted(documented - exposed)]
    alerts, told = alert_names(repository), documented_alerts(repository)
    faults += [f"an alert, and documented nowhere: {name}" for name in sorted(alerts - told)]
    faults += [f"documented, and no alert: {name}" for name in sorted(told - alerts)]

    rules = prometheus.rules()
    named = [(f"rule {rule['name']}", rule["query"]) for rule in rules] + list(dashboard_queries(repository))
    if len(rules) < 20 or len(named) < 60:
        faults.append(f"only {len(rules)} rules and {len(named)} queries were found")
    for where, query in named:
        for name in re.findall(NAME, query):
            if name != "up" and family_of(name, exposed) not in exposed:
                faults.append(f"{where}: there is no metric {name}")

    queries = []
    for rule in rules:
        # A rule that does not fire has no data, what it looks at has.
        queries += [(f"rule {rule['name']}", selector) for selector in re.findall(SELECTOR, rule["query"])]
    for where, query in dashboard_queries(repository):
        # What a variable offers is a label of series, which must be there.
        queries.append((where, re.sub(r"^label_values\((.*), \w+\)$", r"\1", query)))
    faults += [f"{where}: no data for {query}" for where, query in without_data(prometheus, queries)]
    for database, check in unalerted_checks(prometheus, rules):
        faults.append(f"no rule looks at the check {check} of {database}")
    for rule in prometheus.rules():
        if rule["health"] != "ok":
            faults.append(f"rule {rule['name']}: {rule.get('lastError', rule['health'])}")

    for fault in faults:
        print(fault)
    print(f"{len(exposed)} metrics, {len(rules)} rules, {len(queries)} queries, {len(faults)} faults")
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
