"""Who may include whom: the architecture of docs/ARCHITECTURE.md as tables, and the check of a tree against them.

One door: check(files) takes every C++ file as {path: text} and returns the violations as text. Bazel's visibility guards
targets; this guards what visibility can't see: single files of a package, system headers, and what a public header drags in.
"""

import collections
import fnmatch
import posixpath
import re

# A room is a name for files that share their rules. The first pattern that matches a path decides; `*` matches slashes too.
ROOM_OF_PATH = [
    ("base/*", "base"),
    ("schemas/*", "schemas"),
    ("eventstore/*", "eventstore"),
    # The value type is seen by callers and by expressions alike; it knows neither.
    ("engine/value*", "value"),
    ("engine/number_text*", "value"),
    ("engine/json_reader*", "value"),
    ("engine/model/*", "model"),
    # Other people's interpreters, bounded by the processor's clock and by processes: not pure.
    ("engine/expression/script/*", "script"),
    ("engine/expression/*", "expression"),
    ("engine/core/*", "core"),
    ("engine/*", "shell"),
    ("replay/*", "replay"),
    ("server/*", "server"),
    ("cli/*", "cli"),
    ("examples/*", "examples"),
    ("bench/*", "bench"),
    # Who says what must come out may not share a line with what is tested; the graph is all that both see.
    ("tests/property/process_graph*", "graph"),
    ("tests/reference/*", "reference"),
    ("tests/*", "tests"),
    ("tools/*", "tools"),
]

# What each room may include besides itself.
_CORE = ["base", "schemas", "value", "expression", "model"]
_SHELL = _CORE + ["core", "eventstore", "script"]
MAY_INCLUDE = {
    "base": [],
    "schemas": ["base"],
    # Sees bytes: neither records nor BPMN.
    "eventstore": ["base"],
    "value": ["base"],
    "expression": ["base", "schemas", "value"],
    "script": ["base", "value", "expression"],
    # Deployment parses every expression of a model; no expression knows models.
    "model": ["base", "schemas", "value", "expression"],
    "core": _CORE,
    "shell": _SHELL,
    "replay": _SHELL + ["shell"],
    "server": _SHELL + ["shell", "replay"],
    "cli": _SHELL + ["shell", "replay", "server"],
    # Examples are what a newcomer copies: the public door only.
    "examples": ["base", "value", "model", "shell"],
    "graph": [],
    "reference": ["graph"],
    "tests": _SHELL + ["shell", "replay", "server", "cli", "examples", "bench", "graph", "reference"],
    "bench": _SHELL + ["shell", "replay", "server", "tests"],
    "tools": _SHELL + ["shell", "replay"],
}
# A unit test beside its code may use the fakes, which live in tests/.
UNIT_TEST_MAY_INCLUDE = ["tests"]

PURE = ["base", "schemas", "value", "expression", "model", "core"]
LIBRARY = PURE + ["shell", "replay"]

THREADS = [
    "thread", "mutex", "shared_mutex", "condition_variable", "future", "stop_token", "semaphore", "latch", "barrier",
    "pthread.h",
]
CLOCKS = ["chrono", "ctime", "time.h", "sys/time.h", "absl/time/clock.h"]

Ban = collections.namedtuple("Ban", "name headers rooms except_files unit_tests_too reason")

# Headers that a room must not include, as patterns. `rooms` are those the ban holds for.
BANS = [
    Ban("threads", THREADS, LIBRARY, ["engine/driver*", "engine/executor*"], False,
        "threads live in engine/driver*, engine/executor* and eventstore/, so that tests drive the engine from a seed"),
    # base/planted.cc holds the mistake of a core that reads the clock, for a build that nobody ships.
    Ban("clocks", CLOCKS, LIBRARY, ["engine/driver*", "engine/executor*", "engine/clock*", "base/planted.cc"], False,
        "time is an input: it comes through engine/clock.h and is recorded"),
    Ban("randomness", ["random", "absl/random/*"], LIBRARY, ["engine/driver*", "engine/executor*"], False,
        "the same log must always give the same state"),
    Ban("hash-order", ["unordered_map", "unordered_set"], PURE, [], False,
        "iteration order differs from run to run; absl::flat_hash_map is for look-ups, absl::btree_map for iteration"),
    Ban("shared-state", ["atomic"], PURE, [], False, "the pure rooms run on one thread and share nothing"),
    Ban("io", ["fstream", "iostream", "filesystem", "unistd.h", "fcntl.h"], ["value", "expression", "model", "core"], [],
        False, "the pure rooms do no IO"),
    Ban("rocksdb", ["rocksdb/*"], [room for room in MAY_INCLUDE if room not in ("eventstore", "bench", "tests")], [], True,
        "only eventstore/ knows what the log is stored in"),
    Ban("expat", ["expat.h"], [room for room in MAY_INCLUDE if room not in ("model", "tests")], [], True,
        "XML is read in engine/model/ only"),
    Ban("absl-mutex", ["absl/synchronization/*"], list(MAY_INCLUDE), [], True,
        "ThreadSanitizer can't see into a prebuilt absl::Mutex; use std::mutex"),
    Ban("test-framework", ["gtest/*", "gmock/*"], [room for room in MAY_INCLUDE if room != "tests"], [], False,
        "shipped code has no test code in it"),
]

# Names that need no header of their own, looked for in code without its comments and strings.
NAMES_BANNED_IN = ["value", "expression", "model", "core"]
NAMES = re.compile(
    r"\b(getenv|setlocale|clock_gettime|gettimeofday|thread_local|absl::Now|absl::GetCurrentTimeNanos|std::time\b|std::rand\b|"
    r"std::chrono|std::unordered_\w+|std::thread|std::mutex)")
# (path, name): why it may.
NAMES_ALLOWED = {
    # A block of memory that the next evaluation on this thread uses again; no value outlives its evaluation in it.
    ("engine/expression/feel/arena.h", "thread_local"),
}

# What a user of the library compiles: engine.h and all it includes. Heavy headers and types of our own dependencies stay out.
PUBLIC_DOOR = "engine/engine.h"
PUBLIC_MAY_INCLUDE = ["base/*", "engine/*", "absl/status/status.h", "absl/status/statusor.h", "absl/time/time.h"]
PUBLIC_MUST_NOT_INCLUDE = ["engine/core/*"]

_INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(?:"([^"]+)"|<([^>]+)>)', re.MULTILINE)
_COMMENT_OR_STRING = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"', re.DOTALL)


def room_of(path):
    for pattern, room in ROOM_OF_PATH:
        if fnmatch.fnmatchcase(path, pattern):
            return room
    return None


def is_unit_test(path):
    return posixpath.splitext(path)[0].endswith(("_test", "_fuzz", "_benchmark"))


def includes(text):
    """Every (line, header, quoted) of a source text."""
    for match in _INCLUDE.finditer(text):
        quoted = match.group(1) is not None
        yield text.count("\n", 0, match.start()) + 1, match.group(1) or match.group(2), quoted


def _matches(name, patterns):
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)


def _check_file(path, text, problems):
    room = room_of(path)
    if room is None:
        problems.append(f"{path}: in no room; give it one in tests/layering/layering.py")
        return
    allowed = [room] + MAY_INCLUDE[room] + (UNIT_TEST_MAY_INCLUDE if is_unit_test(path) else [])
    for line, header, quoted in includes(text):
        where = f"{path}:{line}: includes {header}"
        other = room_of(header) if quoted else None
        if other is not None and other not in allowed:
            problems.append(f"{where}: [direction] {room} must not see {other}, only {', '.join(sorted(allowed))}")
        for ban in BANS:
            if (room in ban.rooms and _matches(header, ban.headers) and not _matches(path, ban.except_files) and
                    (ban.unit_tests_too or not is_unit_test(path))):
                problems.append(f"{where}: [{ban.name}] {ban.reason}")
    if room in NAMES_BANNED_IN and not is_unit_test(path):
        code = _COMMENT_OR_STRING.sub(lambda match: re.sub(r"[^\n]", " ", match.group()), text)
        for match in NAMES.finditer(code):
            if (path, match.group(1)) in NAMES_ALLOWED:
                continue
            line = code.count("\n", 0, match.start()) + 1
            problems.append(f"{path}:{line}: [names] {match.group()}: no clock, randomness, thread or environment in {room}")


def _check_public_door(files, problems):
    reached_from = {PUBLIC_DOOR: None}
    queue = collections.deque([PUBLIC_DOOR])
    while queue:
        path = queue.popleft()
        for line, header, quoted in includes(files.get(path, "")):
            ours = quoted or "/" in header
            if ours and (not _matches(header, PUBLIC_MAY_INCLUDE) and not header.startswith("sys/") or
                         _matches(header, PUBLIC_MUST_NOT_INCLUDE)):
                problems.append(f"{path}:{line}: includes {header}: [public-door] users of {PUBLIC_DOOR} would compile it too")
            if header in files and header not in reached_from:
                reached_from[header] = path
                queue.append(header)


def check(files):
    """Violations in a tree given as {path from the root: text of a .h or .cc file}, sorted; none when it is clean."""
    problems = []
    for path, text in files.items():
        _check_file(path, text, problems)
    if PUBLIC_DOOR in files:
        _check_public_door(files, problems)
    return sorted(problems)
