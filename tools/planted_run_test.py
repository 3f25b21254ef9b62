"""The table of planted bugs must not say more than was seen: finding, counting and giving up, against programs that only pretend."""

import argparse
import contextlib
import io
import os
import stat
import tempfile
import time
import unittest
from unittest import mock

from tools import planted_run

# What each simulation is given by tools/planted_run.py, and says when a seed fails.
FAKES = {
    "tests/sim/sim": ('echo "FAILED: seed $1: a law broke"; echo "repeat with: tools/sim --seeds 1 --from $1"', "$2", "$4"),
    "tests/crash/crash": ('echo "FAILED lost"; echo "  repeat: tools/crash --seeds 1 --from $1"', "$2", "$4"),
    "tests/property/property_test": (
        'echo "x.cc:1: Failure"; echo "got 1, wanted 2"; echo "Repeat: bazel test --test_env=PAWL_SEED=$1 //t"',
        "${PAWL_SEEDS:-$PAWL_SEED}", "${PAWL_SEED:-1}"),
}


class Fakes(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.log = io.StringIO()
        for path in FAKES:
            self.fake(path, "")
        self.verify("")

    def fake(self, path, cases):
        """A simulation; `cases` are of a `case` on the name of the bug, and say `fail N`, `hang` or `refuse`."""
        says, seeds, first = FAKES[path]
        full = os.path.join(self.folder, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "w", encoding="utf-8") as file:
            file.write(f"""#!/bin/sh
seeds={seeds} first={first}
[ -z "$PAWL_SEED" ] || seeds=1
say() {{ {says}; }}
fail() {{ [ "$1" -lt "$first" ] || [ "$1" -ge $((first + seeds)) ] || {{ say "$1"; exit 1; }}; }}
hang() {{ sleep 600 & wait; }}
refuse() {{ echo "no such option"; exit 2; }}
case "${{PAWL_PLANTED_BUG-none}}" in
{cases}
*) ;;
esac
echo "all was well"
""")
        os.chmod(full, os.stat(full).st_mode | stat.S_IXUSR)

    def verify(self, cases):
        """What compares logs, of which there are two, `a` and `b`; `cases` say `found PARTS FOUND` or `end` for BUG.write or BUG.LOG."""
        full = os.path.join(self.folder, "tests/planted/verify")
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "w", encoding="utf-8") as file:
            file.write(f"""#!/bin/sh
found() {{ echo "$1 $2 other events"; exit; }}
end() {{ kill -ABRT $$; }}
hang() {{ exec sleep 600; }}
case "$1" in
list) echo a; echo b; exit ;;
write) name=write ;;
compare) name=${{2##*.}} ;;
esac
case "$PAWL_PLANTED_BUG.$name" in
{cases}
*.write) ;;
*) echo "0 0 agrees" ;;
esac
""")
        os.chmod(full, os.stat(full).st_mode | stat.S_IXUSR)

    def history(self, *bugs):
        """What verify misses, and what is said of it."""
        out = io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.closing(planted_run.History(self.folder, self.log)) as history:
            missed = planted_run.judge_history(history, bugs)
        return missed, out.getvalue()

    def hunt(self, bug, seeds=1000):
        return planted_run.hunt(bug, argparse.Namespace(bin=self.folder, seeds=seeds), self.log)


class Hunt(Fakes):
    def test_the_first_seed_that_fails_is_counted(self):
        self.fake("tests/sim/sim", "bug) fail 37 ;;")
        found = self.hunt("bug")
        self.assertEqual(("sim", 37, "FAILED: seed 37: a law broke"), (found.simulation, found.seeds, found.why))

    def test_the_other_simulations_are_asked_too(self):
        self.fake("tests/crash/crash", "bug) fail 8 ;;")
        found = self.hunt("bug")
        self.assertEqual(("crash", 8), (found.simulation, found.seeds))
        self.fake("tests/property/property_test", "bug) fail 5 ;;")
        found = self.hunt("bug")
        self.assertEqual(("property", 5, "got 1, wanted 2"), (found.simulation, found.seeds, found.why))

    def test_a_seed_that_was_not_asked_for_finds_nothing(self):
        self.fake("tests/sim/sim", "bug) fail 37 ;;")
        self.assertIsNone(self.hunt("bug", seeds=36))
        self.assertEqual(37, self.hunt("bug", seeds=37).seeds)

    def test_nothing_is_found(self):
        self.assertIsNone(self.hunt("bug"))
        self.assertEqual(3, self.log.getvalue().count("exit 0"))

    def test_other_bugs_are_not_this_one(self):
        self.fake("tests/sim/sim", "other) fail 1 ;;")
        self.assertIsNone(self.hunt("bug"))

    def test_a_late_seed_counts_only_if_it_is_fine_without_the_bug(self):
        self.fake("tests/sim/sim", "bug) fail 150 ;;")
        self.assertEqual(150, self.hunt("bug").seeds)
        self.assertIn("=== none sim: exit 0", self.log.getvalue())
        for path in ("tests/sim/sim", "tests/property/property_test", "tests/crash/crash"):
            self.fake("tests/sim/sim", "")
            self.fake("tests/property/property_test", "")
            self.fake(path, "bug | none) fail 150 ;;")
            with self.assertRaisesRegex(SystemExit, "fails at seed 150 without any bug"):
                self.hunt("bug")

    def test_what_does_not_run_is_no_find(self):
        self.fake("tests/sim/sim", "bug) refuse ;;")
        with self.assertRaisesRegex(SystemExit, "doesn't run"):
            self.hunt("bug")


class History(Fakes):
    def test_a_bug_that_changes_no_log_is_none_of_its_business(self):
        missed, text = self.history("bug")
        self.assertEqual([], missed)
        self.assertIn("0 of 0 bugs", text)

    def test_the_first_record_that_changes_is_named(self):
        self.verify("bug.a) found 7 7 ;;\nbug.b) found 3 3 ;;")
        missed, text = self.history("bug", "other")
        self.assertEqual([], missed)
        self.assertRegex(text, r"bug +2 +2  a at 7: other events")
        self.assertIn("1 of 1 bugs", text)

    def test_another_record_or_none_is_a_miss(self):
        for found in (0, 8):
            self.verify(f"bug.a) found 7 7 ;;\nbug.b) found 7 {found} ;;")
            missed, text = self.history("bug")
            self.assertEqual(["bug"], missed)
            self.assertRegex(text, r"bug +2 +1 .*parts at 7")
            self.assertIn("0 of 1 bugs", text)

    def test_what_decides_otherwise_each_time_is_not_asked_for(self):
        self.verify("hash_iteration.a) found 7 0 ;;")
        self.assertEqual([], self.history("hash_iteration")[0])

    def test_a_log_that_a_bug_never_finishes_is_left_out(self):
        self.verify("bug.a) end ;;\nbug.b) found 3 3 ;;\ndead.write) end ;;\nslow.write) hang ;;")
        with mock.patch.object(planted_run, "RUN_SECONDS_MAX", 0.5):
            missed, text = self.history("bug", "dead", "slow")
        self.assertEqual([], missed)
        self.assertRegex(text, r"bug +1 +1  b at 3")
        self.assertIn("1 of 1 bugs", text)

    def test_a_program_that_does_not_run_ends_it(self):
        self.verify("none.write) end ;;")
        with self.assertRaises(SystemExit):
            self.history("bug")


class GivingUp(Fakes):
    def setUp(self):
        super().setUp()
        patch = mock.patch.object(planted_run, "RUN_SECONDS_MAX", 0.5)
        patch.start()
        self.addCleanup(patch.stop)

    def test_a_run_that_hangs_is_no_find_and_no_pass(self):
        self.fake("tests/sim/sim", "bug) hang ;;")
        began = time.monotonic()
        found = self.hunt("bug")
        # Its children too: whoever waits for their output would wait ten minutes.
        self.assertLess(time.monotonic() - began, 60)
        self.assertEqual(("sim", None), (found.simulation, found.seeds))
        self.assertIn("gave up", found.why)

    def test_another_simulation_may_still_find_it(self):
        self.fake("tests/sim/sim", "bug) hang ;;")
        self.fake("tests/crash/crash", "bug) fail 3 ;;")
        found = self.hunt("bug")
        self.assertEqual(("crash", 3), (found.simulation, found.seeds))


class Main(Fakes):
    def run_main(self, *arguments):
        bugs = {"one": "the first", "two": "the second"}
        out = io.StringIO()
        with mock.patch.object(planted_run, "read_bugs", return_value=bugs), \
                mock.patch("sys.argv", ["planted_run.py", "--bin", self.folder, *arguments]), \
                contextlib.redirect_stdout(out):
            code = planted_run.main()
        return code, out.getvalue()

    def test_all_are_found(self):
        self.fake("tests/sim/sim", "one) fail 2 ;;\ntwo) fail 9 ;;")
        code, text = self.run_main()
        self.assertEqual(0, code)
        self.assertIn("2 of 2 planted bugs found within 1000 seeds", text)
        self.assertRegex(text, r"one +sim +2 ")
        self.assertRegex(text, r"two +sim +9 ")

    def test_one_that_verify_misses_fails_the_whole(self):
        self.fake("tests/sim/sim", "one) fail 2 ;;\ntwo) fail 9 ;;")
        self.verify("two.a) found 7 0 ;;")
        code, text = self.run_main()
        self.assertEqual(1, code)
        self.assertIn("2 of 2 planted bugs found", text)
        self.assertIn("0 of 1 bugs", text)

    def test_one_that_is_missed_fails_the_whole(self):
        self.fake("tests/sim/sim", "one) fail 2 ;;\ntwo) fail 9 ;;")
        code, text = self.run_main("--seeds", "8")
        self.assertEqual(1, code)
        self.assertIn("1 of 2 planted bugs found within 8 seeds", text)
        self.assertRegex(text, r"two +NOT FOUND")

    def test_one_that_was_not_run_to_its_end_fails_the_whole(self):
        self.fake("tests/sim/sim", "one) fail 2 ;;\ntwo) hang ;;")
        with mock.patch.object(planted_run, "RUN_SECONDS_MAX", 0.5):
            code, text = self.run_main()
        self.assertEqual(1, code)
        self.assertRegex(text, r"two +sim +not all seeds were run")
        self.assertIn("1 of 2", text)

    def test_a_bug_of_the_environment_is_none_of_ours(self):
        self.fake("tests/sim/sim", "one) fail 2 ;;\ntwo) fail 9 ;;")
        with mock.patch.dict(os.environ, {"PAWL_PLANTED_BUG": "one"}):
            code, text = self.run_main()
        self.assertEqual(0, code, text)

    def test_a_failure_without_a_bug_ends_it(self):
        self.fake("tests/crash/crash", "none) fail 4 ;;")
        code, text = self.run_main()
        self.assertEqual(1, code)
        self.assertIn("FAILED: crash fails without any bug, seed 4", text)
        self.assertNotIn("planted bugs found", text)


if __name__ == "__main__":
    unittest.main()
