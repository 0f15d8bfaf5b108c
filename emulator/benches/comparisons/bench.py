"""Runs the same queries over the same findings in the program, moto, DuckDB and SQLite; started by `run`."""

import argparse
import json
import platform
import sqlite3
import time

import duckdb
import moto

import servers
import stores
from figures import ROUNDS, SAMPLES, in_turn, latency, line, median, percentile_99, ratio, summary
from servers import account, call

# The accounts whose findings the administrator sees.
MEMBERS = 10
TEAMS = ["payments", "data-science", "storefront", "finance", "search", "platform"]
PAGE = 100
# Maximum ratio of the program's 99th percentile to the other's.
MOST_OF_DUCKDB, MOST_OF_SQLITE = 0.05, 1
MOTO_COUNTS = (1_000, 10_000)


def main():
    parser = argparse.ArgumentParser(prog="run", description=__doc__)
    parser.add_argument("binary", help=argparse.SUPPRESS)
    parser.add_argument("--count", type=int, default=100_000, help="findings in the program, DuckDB and SQLite")
    arguments = parser.parse_args()
    with_moto(arguments.binary, [count for count in MOTO_COUNTS if count <= arguments.count])
    with_stores(arguments.binary, arguments.count)


def with_moto(binary, counts):
    print(f"program and moto {moto.__version__}, both over HTTP/1.1 from one connection, on one machine")
    print("moto neither filters nor sorts, so only a page of arbitrary findings is compared; there is no goal")
    for count in counts:
        bodies = [servers.call_of(owner, body) for owner, body in servers.bodies(binary, 0, 0, count)]
        with servers.program(binary, 0) as ours, servers.moto() as theirs:
            theirs.ask(call("POST", "/accounts", account(0), EnableDefaultStandards=False))
            print(f"\n{count} findings, imported by BatchImportFindings, {PAGE} per call")
            rates = {}
            for name, server in [("program", ours), ("moto", theirs)]:
                times, rates[name] = imported(server, bodies, count)
                measured = f"{rates[name]:.0f} /s; calls p50 {median(times):.2f} ms, p99 {percentile_99(times):.2f} ms"
                line(f"import into {name}", measured)
            line("  program to moto, findings a second", f"{rates['program'] / rates['moto']:.0f}")
            page = call("POST", "/findings", account(0), MaxResults=PAGE)
            rounds = in_turn({"program": lambda _: ours.ask(page), "moto": lambda _: theirs.ask(page)})
            for name, server in [("program", ours), ("moto", theirs)]:
                size = len(server.ask_json(page)["Findings"])
                latency(f"GetFindings, a page of {size}, {name}", rounds[name])
            ratio("moto's", rounds["program"], rounds["moto"])


def imported(server, requests, count):
    """The milliseconds of each call in ascending order, and the number of findings per second."""
    times, begin = [], time.perf_counter()
    for request in requests:
        start = time.perf_counter()
        answer = server.ask_json(request)
        times.append((time.perf_counter() - start) * 1000)
        assert answer["FailedCount"] == 0, answer
    return sorted(times), count / (time.perf_counter() - begin)


def with_stores(binary, count):
    print(f"\nprogram, DuckDB {duckdb.__version__} and SQLite {sqlite3.sqlite_version}, {count} findings")
    print("The program answers over HTTP/1.1 on one connection, from a separate process, with one administrator's view of")
    print(f"{MEMBERS} members. DuckDB and SQLite are called in the client's process by Python {platform.python_version()}, in memory, without")
    print("HTTP, accounts or permissions; SQLite has a matching index for each query; DuckDB needs none.")
    print("A page is 100 complete documents; the client does not parse responses.")
    print(f"Each line: median (minimum … maximum) of {ROUNDS} rounds of {SAMPLES} queries, in turn.\n")
    with servers.program(binary, MEMBERS) as ours:
        for owner, body in servers.bodies(binary, 1, MEMBERS, count):
            assert ours.ask_json(servers.call_of(owner, body))["FailedCount"] == 0
        documents = list(read_back(ours))
        assert len(documents) == count, f"{len(documents)} findings of {count}"
        kinds = [("DuckDB", stores.DuckDb(documents), MOST_OF_DUCKDB), ("SQLite", stores.Sqlite(documents), MOST_OF_SQLITE)]
        del documents
        insight = insight_of(ours)
        check(ours, insight, kinds)
        five, first = list(questions()), newest()
        requests = [five_filters(question) for question in five]
        of = lambda items, number: items[number % len(items)]
        # The time of an HTTP call that reads no findings.
        hub = call("GET", "/accounts", account(0))
        latency("DescribeHub, program", in_turn({"program": lambda _: ours.ask(hub)})["program"])
        compare("five filters", lambda n: ours.ask(of(requests, n)), kinds, lambda store, n: store.five(of(five, n)))
        compare("newest first", lambda _: ours.ask(first), kinds, lambda store, _: store.newest())
        compare("active findings by severity", lambda _: ours.ask(insight), kinds, lambda store, _: store.groups())


def compare(what, ask_ours, kinds, ask_store):
    """Measures one query on all sides and prints the result."""
    sides = {"program": ask_ours}
    for name, store, _ in kinds:
        sides[name] = lambda number, store=store: ask_store(store, number)
    rounds = in_turn(sides)
    for name in sides:
        latency(f"{what}, {name}", rounds[name])
    for name, _, most in kinds:
        ratio(f"{name}'s", rounds["program"], rounds[name], most)


def read_back(server):
    """The documents as the program stores them, for the other stores."""
    token = None
    while True:
        more = {"NextToken": token} if token else {}
        page = server.ask_json(call("POST", "/findings", account(0), MaxResults=PAGE, **more))
        for finding in page["Findings"]:
            yield json.dumps(finding, separators=(",", ":"), ensure_ascii=False)
        token = page.get("NextToken")
        if not token:
            return


def questions():
    """The filters besides severities: an account, a title prefix, three days and a tag."""
    for number, team in enumerate(TEAMS):
        start, end = (f"2026-01-{day:02}T00:00:00.000Z" for day in (number + 20, number + 23))
        yield {"account": account(number + 1), "title": "CVE-20", "start": start, "end": end, "key": "Team", "value": team}


def five_filters(question):
    filters = {
        "SeverityLabel": [{"Value": label, "Comparison": "EQUALS"} for label in ("HIGH", "CRITICAL")],
        "AwsAccountId": [{"Value": question["account"], "Comparison": "EQUALS"}],
        "Title": [{"Value": question["title"], "Comparison": "PREFIX"}],
        "UpdatedAt": [{"Start": question["start"], "End": question["end"]}],
        "ResourceTags": [{"Key": question["key"], "Value": question["value"], "Comparison": "EQUALS"}],
    }
    return call("POST", "/findings", account(0), Filters=filters, MaxResults=PAGE)


def newest():
    order = [{"Field": "UpdatedAt", "SortOrder": "desc"}]
    return call("POST", "/findings", account(0), SortCriteria=order, MaxResults=PAGE)


def insight_of(server):
    """The request for the results of an insight: active findings by severity."""
    active = {"RecordState": [{"Value": "ACTIVE", "Comparison": "EQUALS"}]}
    insight = call("POST", "/insights", account(0), Name="Active", Filters=active, GroupByAttribute="SeverityLabel")
    arn = server.ask_json(insight)["InsightArn"].replace(":", "%3A").replace("/", "%2F")
    return call("GET", f"/insights/results/{arn}", account(0))


def check(server, insight, kinds):
    """Checks that all sides give the same results, and prints the number of findings that match each query."""
    found = []
    for question in questions():
        ids = sorted(finding["Id"] for finding in server.ask_json(five_filters(question))["Findings"])
        found.append(len(ids))
        for name, store, _ in kinds:
            theirs = sorted(json.loads(document)["Id"] for (document,) in store.five(question))
            assert theirs == ids, f"five filters: {name} finds {len(theirs)}, the program {len(ids)}"
    times = [finding["UpdatedAt"] for finding in server.ask_json(newest())["Findings"]]
    results = server.ask_json(insight)["InsightResults"]["ResultValues"]
    groups = {result["GroupByAttributeValue"]: result["Count"] for result in results}
    for name, store, _ in kinds:
        theirs = [json.loads(document)["UpdatedAt"] for (document,) in store.newest()]
        assert theirs == times, f"newest first: {name} and the program differ"
        assert dict(store.groups()) == groups, f"by severity: {name} and the program differ"
    print(f"All three return the same findings; the five filters match {min(found)} to {max(found)} findings.\n")


if __name__ == "__main__":
    main()
