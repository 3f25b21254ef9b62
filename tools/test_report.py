#!/usr/bin/env python3
"""Counts test cases in one `bazel test` run and prints `N passed, N failed`.

Reads the file that Bazel wrote for --build_event_json_file: one JSON object a line. A test target that wrote a
test.xml (GoogleTest does; for others Bazel writes one with a single case) counts by its cases. What did not get that
far counts as one failure: a target that was not built, a crash, a timeout, a test without any case. So does a Bazel
that failed without naming a target. Exit code 0 only if something passed and nothing failed.
"""

import argparse
import json
import sys
import urllib.parse
import xml.etree.ElementTree


class Report:
    """What one run came to."""

    def __init__(self):
        self.passed = 0
        self.failures = []  # "target: what"
        self.skipped = []  # "target: test: reason"

    def fail(self, target, what):
        self.failures.append(f"{target}: {what}")

    def ok(self):
        return self.passed > 0 and not self.failures


def count_cases(report, target, xml_text):
    """Adds the cases of one test.xml; returns (number of cases, number of failed ones), skipped ones included."""
    cases = failed = 0
    for case in xml.etree.ElementTree.fromstring(xml_text).iter("testcase"):
        cases += 1
        name = ".".join(filter(None, (case.get("classname"), case.get("name"))))
        skipped = case.find("skipped")
        if case.find("failure") is not None or case.find("error") is not None:
            failed += 1
            report.fail(target, name)
        elif skipped is not None or case.get("result") == "skipped":
            reason = (skipped.get("message") or skipped.text or "") if skipped is not None else ""
            report.skipped.append(f"{target}: {name}: {' '.join(reason.split()) or 'no reason given'}")
        elif case.get("status") == "notrun" or case.get("result") == "suppressed":
            report.skipped.append(f"{target}: {name}: disabled or filtered out")
        else:
            report.passed += 1
    return cases, failed


def read_file_uri(uri):
    with open(urllib.parse.unquote(urllib.parse.urlparse(uri).path), encoding="utf-8", errors="replace") as file:
        return file.read()


def count_run(report, target, result, read):
    """Adds one execution of a test target: `result` is the payload of Bazel's testResult event."""
    status = result.get("status", "NO_STATUS")
    uris = {output.get("name"): output.get("uri", "") for output in result.get("testActionOutput", [])}
    cases = failed = 0
    try:
        cases, failed = count_cases(report, target, read(uris["test.xml"]))
    except (KeyError, OSError, xml.etree.ElementTree.ParseError) as error:
        report.fail(target, f"{status}, without a readable test.xml ({error})")
        return
    if status not in ("PASSED", "FLAKY"):
        if failed == 0:
            report.fail(target, f"{status}, no single case to blame")
    elif cases == 0:
        report.fail(target, "has no test case")


def count_events(events, bazel_status, read=read_file_uri):
    """Returns the Report of a run from its build events and the exit code of Bazel."""
    report = Report()
    runs = {}  # (target, run, shard) -> (attempt, result)
    summarised = set()
    not_built = set()
    for event in events:
        for kind, identity in event.get("id", {}).items():
            label = identity.get("label", "")
            if kind == "testResult" and "testResult" in event:
                place = (label, identity.get("run", 1), identity.get("shard", 1))
                attempt = identity.get("attempt", 1)
                if attempt >= runs.get(place, (0, None))[0]:
                    runs[place] = (attempt, event["testResult"])
            elif kind == "testSummary" and "testSummary" in event:
                summarised.add(label)
            elif kind == "targetCompleted" and not event.get("completed", {}).get("success"):
                not_built.add(label)
            elif kind == "pattern" and "aborted" in event:
                for pattern in identity.get("pattern", []):
                    not_built.add(pattern)
    for (label, _, _), (_, result) in sorted(runs.items(), key=lambda run: run[0]):
        count_run(report, label, result, read)
    tested = {label for label, _, _ in runs}
    for label in sorted(not_built - tested):
        report.fail(label, "not built")
    for label in sorted(summarised - tested - not_built):
        report.fail(label, "not run")
    if bazel_status != 0 and not report.failures:
        report.fail("bazel", f"exit code {bazel_status}")
    return report


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bazel-status", type=int, default=0, help="exit code of the bazel that wrote the file")
    parser.add_argument("events", help="file of --build_event_json_file")
    arguments = parser.parse_args()
    with open(arguments.events, encoding="utf-8") as file:
        report = count_events((json.loads(line) for line in file if line.strip()), arguments.bazel_status)
    for line in report.skipped:
        print(f"skipped: {line}")
    for line in report.failures:
        print(f"FAILED: {line}")
    if not report.passed and not report.failures:
        print("nothing was tested")
    print(f"{report.passed} passed, {len(report.failures)} failed")
    return 0 if report.ok() else 1


if __name__ == "__main__":
    sys.exit(main())
