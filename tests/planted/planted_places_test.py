"""Holds that every planted bug has its place in the code, that no place is without a bug, and that only one build has them."""

import os
import re
import unittest

LIST = "base/planted_bugs.inc"
_BUG = re.compile(r"^PAWL_PLANTED_BUG\((\w+),", re.MULTILINE)
_PLACE = re.compile(r"\bPAWL_PLANTED\((\w+)\)")
# The smallest number of bugs that the simulations have to find.
BUGS_MIN = 20


def read_tree():
    # In the runfiles WORKSPACE is a link into the tree; the test runs outside the sandbox to follow it.
    root = os.path.dirname(os.path.realpath("WORKSPACE"))
    files = {}
    for room in ("base", "engine", "eventstore", "replay"):
        for folder, _, names in os.walk(os.path.join(root, room)):
            for name in names:
                path = os.path.join(folder, name)
                if name.endswith((".h", ".cc", ".inc", ".bazel")):
                    with open(path, encoding="utf-8") as file:
                        files[os.path.relpath(path, root)] = file.read()
    with open(os.path.join(root, ".bazelrc"), encoding="utf-8") as file:
        files[".bazelrc"] = file.read()
    return files


def places(files):
    """Names that the code asks for, with the files that do."""
    found = {}
    for path, text in files.items():
        if path.startswith("base/planted"):
            continue
        for name in _PLACE.findall(text):
            found.setdefault(name, set()).add(path)
    return found


class PlantedPlaces(unittest.TestCase):
    def setUp(self):
        self.files = read_tree()

    def test_each_bug_has_a_place_and_each_place_a_bug(self):
        bugs = _BUG.findall(self.files[LIST])
        self.assertEqual(sorted(bugs), sorted(set(bugs)))
        self.assertEqual(sorted(bugs), sorted(places(self.files)))
        self.assertGreaterEqual(len(bugs), BUGS_MIN)

    def test_only_the_planted_build_has_them(self):
        lines = [line for path in self.files if path.endswith((".bazelrc", ".bazel"))
                 for line in self.files[path].splitlines() if "PAWL_PLANTED_BUGS" in line]
        self.assertEqual(len(lines), 1, lines)
        self.assertTrue(lines[0].startswith("build:planted "), lines[0])


if __name__ == "__main__":
    unittest.main()
