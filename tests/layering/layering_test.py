"""Checks the tree against layering.py, and that each of its rules can fail."""

import os
import unittest

from tests.layering import layering


def read_tree():
    # In the runfiles WORKSPACE is a link into the tree; the test runs outside the sandbox to follow it.
    root = os.path.dirname(os.path.realpath("WORKSPACE"))
    files = {}
    for folder, folders, names in os.walk(root):
        folders[:] = [name for name in folders if not name.startswith((".", "bazel-")) and name != "node_modules"]
        for name in names:
            if name.endswith((".h", ".cc")):
                path = os.path.join(folder, name)
                with open(path, encoding="utf-8") as file:
                    files[os.path.relpath(path, root)] = file.read()
    return files


class TreeTest(unittest.TestCase):
    def test_tree_is_clean(self):
        files = read_tree()
        # Against a walk that silently found another tree or none.
        self.assertIn("base/check.h", files)
        self.assertIn(layering.PUBLIC_DOOR, files)
        problems = layering.check(files)
        if problems:
            self.fail("\n" + "\n".join(problems))


class RuleTest(unittest.TestCase):
    def assert_fires(self, rule, path, text, others=None):
        problems = layering.check({path: text, **(others or {})})
        self.assertEqual(len(problems), 1, problems)
        self.assertIn(f"[{rule}]", problems[0])

    def assert_clean(self, path, text):
        self.assertEqual(layering.check({path: text}), [])

    def test_every_direction(self):
        sample = {
            "base": "base/x.h", "schemas": "schemas/x_generated.h", "eventstore": "eventstore/x.h",
            "value": "engine/value.h", "expression": "engine/expression/x.h", "model": "engine/model/x.h",
            "core": "engine/core/element/x.h", "shell": "engine/x.h", "replay": "replay/x.h", "server": "server/x.h",
            "cli": "cli/x.h", "examples": "examples/x.h", "bench": "bench/x.h", "tests": "tests/x.h", "tools": "tools/x.h",
            "graph": "tests/property/process_graph.h", "reference": "tests/reference/x.h",
            "script": "engine/expression/script/x.h",
        }
        self.assertEqual(set(sample), set(layering.MAY_INCLUDE))
        for room, path in sample.items():
            self.assertEqual(layering.room_of(path), room)
            for other, header in sample.items():
                text = f'#include "{header}"\n'
                source = path[:-2] + "_source.cc" if room != "value" else "engine/value.cc"
                if other == room or other in layering.MAY_INCLUDE[room]:
                    self.assert_clean(source, text)
                else:
                    self.assert_fires("direction", source, text)

    def test_no_room_sees_one_that_sees_it(self):
        # tests and bench lend each other their helpers; nothing else may be mutual, over any number of steps.
        def reach(room, seen):
            for other in layering.MAY_INCLUDE[room]:
                if other not in seen:
                    seen.add(other)
                    reach(other, seen)
            return seen

        for room in set(layering.MAY_INCLUDE) - {"tests", "bench"}:
            self.assertNotIn(room, reach(room, set()))

    def test_what_the_design_forbids(self):
        # Rows of the picture, spelled out: the tables above could be wrong as a whole.
        for path, header in [
            ("base/x.h", "engine/value.h"),
            ("eventstore/x.cc", "schemas/record_generated.h"),
            ("eventstore/x.cc", "engine/core/state.h"),
            ("engine/core/decide.cc", "eventstore/event_store.h"),
            ("engine/core/decide.cc", "engine/partition.h"),
            ("engine/model/x.cc", "engine/core/state.h"),
            ("engine/expression/x.cc", "engine/model/process_definition.h"),
            ("engine/partition.cc", "replay/recover.h"),
            ("replay/verify.cc", "cli/command.h"),
            ("engine/partition.cc", "tests/fakes/fake_clock.h"),
            ("cli/main.cc", "bench/harness.h"),
            ("tests/reference/reference_interpreter.cc", "engine/core/state.h"),
            ("tests/reference/reference_interpreter.cc", "tests/support/core_harness.h"),
        ]:
            self.assert_fires("direction", path, f'#include "{header}"\n')

    def test_every_ban(self):
        for ban in layering.BANS:
            for header in ban.headers:
                header = header.replace("*", "x.h")
                for room in ban.rooms:
                    path = next(p for p, r in layering.ROOM_OF_PATH if r == room).replace("*", "_x.cc")
                    self.assert_fires(ban.name, path, f"#include <{header}>\n")
        self.assertEqual({ban.name for ban in layering.BANS}, {
            "threads", "clocks", "randomness", "hash-order", "shared-state", "io", "rocksdb", "expat", "absl-mutex",
            "test-framework",
        })

    def test_threads_and_clocks_have_their_places(self):
        for path in ["engine/driver.cc", "engine/driver_queue.h", "engine/executor.h", "eventstore/sync_thread.cc"]:
            self.assert_clean(path, "#include <thread>\n#include <mutex>\n#include <condition_variable>\n")
        self.assert_clean("engine/clock.cc", "#include <chrono>\n")
        self.assert_fires("threads", "engine/clock.cc", "#include <mutex>\n")
        self.assert_clean("engine/core/decide_test.cc", '#include <random>\n#include "gtest/gtest.h"\n')
        self.assert_fires("rocksdb", "engine/core/decide_test.cc", '#include "rocksdb/db.h"\n')
        self.assert_clean("eventstore/rocksdb_event_store.cc", '#include "rocksdb/db.h"\n')

    def test_unit_tests_may_use_fakes(self):
        self.assert_clean("engine/partition_test.cc", '#include "tests/fakes/fake_clock.h"\n')
        self.assert_fires("direction", "eventstore/x_test.cc", '#include "engine/engine.h"\n')

    def test_names(self):
        self.assert_fires("names", "engine/core/x.cc", 'int f() { return getenv("TZ") != nullptr; }\n')
        self.assert_fires("names", "engine/model/x.cc", "static thread_local int calls;\n")
        self.assert_clean("engine/core/x.cc", '// getenv would read the environment\nconst char* s = "getenv";\n')
        self.assert_clean("engine/driver.cc", "thread_local int calls;\n")

    def test_public_door(self):
        door = layering.PUBLIC_DOOR
        through = {door: '#include "engine/job.h"\n#include "absl/time/time.h"\n#include <vector>\n'}
        for header in ["absl/strings/cord.h", "schemas/event_generated.h", "engine/core/state.h", "eventstore/event_store.h"]:
            self.assert_fires("public-door", "engine/job.h", f'#include "{header}"\n', through)
        self.assert_clean("engine/private.h", '#include "absl/strings/cord.h"\n')
        self.assertEqual(layering.check({**through, "engine/job.h": '#include "absl/status/statusor.h"\n'}), [])

    def test_unknown_room(self):
        self.assertIn("in no room", layering.check({"misc/x.cc": ""})[0])

    def test_spellings_of_include(self):
        self.assert_fires("threads", "base/x.h", "#  include\t<thread>  // why not\n")


if __name__ == "__main__":
    unittest.main()
