"""The count that CI trusts: every way a run can fail must show in it."""

import unittest

from tools import test_report

GTEST = """<testsuites><testsuite name="A">
<testcase name="Pass" status="run" result="completed" classname="A"/>
<testcase name="Fail" status="run" result="completed" classname="A"><failure message="m"/></testcase>
<testcase name="Skip" status="run" result="skipped" classname="A"><skipped message="f.cc:1&#x0A;no disk"/></testcase>
<testcase name="DISABLED_D" status="notrun" result="suppressed" classname="A"/>
</testsuite></testsuites>"""
ONE_CASE = '<testsuites><testsuite><testcase name="t" status="run"></testcase></testsuite></testsuites>'
CRASHED = '<testsuites><testsuite><testcase name="t" status="run"><error message="exit 6"/></testcase></testsuite></testsuites>'
EMPTY = "<testsuites/>"


def ran(label, status, attempt=1, xml="xml"):
    return {
        "id": {"testResult": {"label": label, "run": 1, "shard": 1, "attempt": attempt}},
        "testResult": {
            "status": status,
            "testActionOutput": [{"name": "test.log", "uri": "log"}, {"name": "test.xml", "uri": xml}],
        },
    }


def completed(label, success):
    return {"id": {"targetCompleted": {"label": label}}, "completed": {"success": True} if success else {}}


def count(events, files, bazel_status=0):
    def read(uri):
        if uri not in files:
            raise OSError("no such file")
        return files[uri]

    return test_report.count_events(events, bazel_status, read)


class TestReportTest(unittest.TestCase):
    def test_counts_cases_not_targets(self):
        report = count([completed("//a", True), ran("//a", "FAILED")], {"xml": GTEST}, 3)
        self.assertEqual(report.passed, 1)
        self.assertEqual(report.failures, ["//a: A.Fail"])
        self.assertEqual(report.skipped, ["//a: A.Skip: f.cc:1 no disk", "//a: A.DISABLED_D: disabled or filtered out"])
        self.assertFalse(report.ok())

    def test_a_target_without_cases_of_its_own_counts_once(self):
        report = count([ran("//a", "PASSED"), ran("//b", "PASSED")], {"xml": ONE_CASE})
        self.assertEqual((report.passed, report.failures), (2, []))
        self.assertTrue(report.ok())

    def test_crash_fails(self):
        self.assertEqual(len(count([ran("//a", "FAILED")], {"xml": CRASHED}, 3).failures), 1)

    def test_timeout_after_passing_cases_fails(self):
        report = count([ran("//a", "TIMEOUT")], {"xml": ONE_CASE}, 3)
        self.assertEqual(report.failures, ["//a: TIMEOUT, no single case to blame"])

    def test_missing_or_damaged_xml_fails(self):
        self.assertEqual(len(count([ran("//a", "PASSED")], {}).failures), 1)
        self.assertEqual(len(count([ran("//a", "PASSED")], {"xml": "<testsui"}).failures), 1)

    def test_passing_without_any_case_fails(self):
        self.assertEqual(count([ran("//a", "PASSED")], {"xml": EMPTY}).failures, ["//a: has no test case"])

    def test_unbuilt_test_and_unbuilt_binary_fail(self):
        report = count([completed("//a", False), completed("//b", True), ran("//b", "PASSED")], {"xml": ONE_CASE}, 1)
        self.assertEqual((report.passed, report.failures), (1, ["//a: not built"]))

    def test_unknown_pattern_fails(self):
        event = {"id": {"pattern": {"pattern": ["//nowhere"]}}, "aborted": {"reason": "LOADING_FAILURE"}}
        self.assertEqual(count([event], {}, 1).failures, ["//nowhere: not built"])

    def test_built_but_never_run_fails(self):
        event = {"id": {"testSummary": {"label": "//a"}}, "testSummary": {"overallStatus": "NO_STATUS"}}
        self.assertEqual(count([completed("//a", True), event], {}).failures, ["//a: not run"])

    def test_the_last_attempt_counts(self):
        events = [ran("//a", "FAILED", 1, "first"), ran("//a", "PASSED", 2, "second")]
        self.assertEqual(count(events, {"first": CRASHED, "second": ONE_CASE}).failures, [])

    def test_bazel_that_fails_without_a_word_fails(self):
        self.assertEqual(count([], {}, 37).failures, ["bazel: exit code 37"])

    def test_nothing_tested_is_not_ok(self):
        self.assertFalse(count([], {}).ok())
        skips = '<testsuites><testcase name="s" result="skipped"><skipped message="x"/></testcase></testsuites>'
        self.assertFalse(count([ran("//a", "PASSED")], {"xml": skips}).ok())


if __name__ == "__main__":
    unittest.main()
