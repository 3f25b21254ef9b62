"""Runs the simulations with each planted bug and prints the table of what found it. See tools/planted, which builds what this runs."""

import argparse
import collections
import concurrent.futures
import contextlib
import os
import re
import resource
import signal
import subprocess
import sys
import tempfile
import time

LIST = "base/planted_bugs.inc"
_BUG = re.compile(r'^PAWL_PLANTED_BUG\((\w+),\s*((?:"[^"]*"\s*)+)\)', re.MULTILINE)
# How a simulation names the seed that failed: in the line that repeats it.
_SEED = re.compile(r"(?:--from[ =]|PAWL_SEED=)(\d+)")
# A seed takes milliseconds, with a disk up to a second; a run that takes longer than this is given up, and the table says so.
RUN_SECONDS_MAX = 1200
# For one golden log, which takes 20 MB.
HISTORY_BYTES_MAX = 1 << 30
# With no bug nothing may fail; some seeds of each simulation are enough here, the others have their own tests.
SOUND_SEEDS = 100

# Bugs that verify needn't see in a golden log, and why.
NOT_DECIDED = {
    "event_dropped": "it decides the same and records less",
    "hash_iteration": "it decides otherwise each time",
}

Found = collections.namedtuple("Found", "simulation seeds seconds why")
# Of a sound log: the first record that a build with a bug writes otherwise, where verify finds a difference (0: none), and which.
Log = collections.namedtuple("Log", "name parts found what")
Simulation = collections.namedtuple("Simulation", "name command environment")


def simulations(bin_folder, seeds):
    return [
        Simulation("sim", [os.path.join(bin_folder, "tests/sim/sim"), "--seeds", str(seeds), "--from", "1", "--jobs", "1"], {}),
        Simulation("property", [os.path.join(bin_folder, "tests/property/property_test")], {"PAWL_SEEDS": str(seeds)}),
        Simulation("crash", [os.path.join(bin_folder, "tests/crash/crash"), "--seeds", str(seeds), "--from", "1"], {}),
    ]


def read_bugs():
    with open(LIST, encoding="utf-8") as file:
        return {name: "".join(re.findall(r'"([^"]*)"', what)) for name, what in _BUG.findall(file.read())}


def reason(output):
    """The line that says what went wrong: the first that speaks of a failure, without its decoration."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    for mark in ("CHECK failed", "FAILED:", "failure:", "failed:", "Failure", "FAILED"):
        for number, line in enumerate(lines):
            if mark in line:
                if mark == "Failure" and number + 1 < len(lines):
                    line = lines[number + 1]
                return line
    return lines[-1] if lines else "no output"


def run(simulation, bug, log):
    """Found, or None when the simulation saw nothing."""
    began = time.monotonic()
    environment = dict(os.environ, **simulation.environment)
    environment.pop("PAWL_PLANTED_BUG", None)
    if bug != "none":
        environment["PAWL_PLANTED_BUG"] = bug
    with tempfile.TemporaryDirectory() as folder:
        environment["TEST_TMPDIR"] = folder
        process = subprocess.Popen(simulation.command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                   start_new_session=True, text=True, errors="replace")
        try:
            output, _ = process.communicate(timeout=RUN_SECONDS_MAX)
            code = process.returncode
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            output, _ = process.communicate()
            code = None
    log.write(f"=== {bug} {simulation.name}: exit {code}\n{output}\n")
    log.flush()
    if code == 0:
        return None
    if code is None:
        return Found(simulation.name, None, time.monotonic() - began, f"gave up after {RUN_SECONDS_MAX} s")
    if code == 2:
        sys.exit(f"tools/planted: {' '.join(simulation.command)} doesn't run:\n{output}")
    seeds = _SEED.findall(output)
    return Found(simulation.name, int(seeds[-1]) if seeds else None, time.monotonic() - began, reason(output))


def single(simulation, seed):
    """The same simulation, that one seed only."""
    command = list(simulation.command)
    environment = dict(simulation.environment)
    if "--from" in command:
        command[command.index("--seeds") + 1] = "1"
        command[command.index("--from") + 1] = str(seed)
    else:
        environment = {"PAWL_SEED": str(seed)}
    return Simulation(simulation.name, command, environment)


def hunt(bug, arguments, log):
    """Found with a seed; Found without one: a simulation was given up; None: all seeds were run, nothing was seen."""
    gave_up = None
    for simulation in simulations(arguments.bin, arguments.seeds):
        found = run(simulation, bug, log)
        if found is None:
            continue
        if found.seeds is None:
            gave_up = found
            continue
        # It was the bug only if the seed is fine without it; the first ones are known to be.
        if found.seeds > SOUND_SEEDS and run(single(simulation, found.seeds), "none", log) is not None:
            sys.exit(f"tools/planted: {simulation.name} fails at seed {found.seeds} without any bug")
        return found
    return gave_up


class History:
    """Logs that the sound build wrote, and what a build with a bug says of them: `pawl verify` must name the first record that it would
    write otherwise."""

    GOLDEN = "tests/golden"

    def __init__(self, bin_folder, log):
        self.program = os.path.join(bin_folder, "tests/planted/verify")
        self.log = log
        self.folder = tempfile.TemporaryDirectory()
        self.names = self.call("none", "list", self.GOLDEN).split()
        for name in self.names:
            self.call("none", "write", self.GOLDEN, name, self.path("none", name))

    def close(self):
        self.folder.cleanup()

    def path(self, bug, name):
        return os.path.join(self.folder.name, f"{bug}.{name}")

    def call(self, bug, *arguments):
        """What the program says; None: the bug made it end itself, or never end."""
        command = [self.program, *arguments]
        # With some bugs an instance goes round for ever.
        limit = lambda: resource.setrlimit(resource.RLIMIT_AS, (HISTORY_BYTES_MAX, HISTORY_BYTES_MAX))
        try:
            done = subprocess.run(command, env=dict(os.environ, PAWL_PLANTED_BUG=bug), stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                  text=True, errors="replace", timeout=RUN_SECONDS_MAX, preexec_fn=limit)
        except subprocess.TimeoutExpired:
            self.log.write(f"=== {bug} {' '.join(command)}: gave up after {RUN_SECONDS_MAX} s\n")
            return None
        if done.returncode < 0 and bug != "none":
            self.log.write(f"=== {bug} {' '.join(command)}: exit {done.returncode}\n{done.stdout}\n")
            return None
        if done.returncode != 0:
            sys.exit(f"tools/planted: {' '.join(command)} with {bug}: exit {done.returncode}\n{done.stdout}")
        return done.stdout

    def compare(self, bug):
        """Each sound log that the bug would have made another."""
        for name in self.names:
            own = self.path(bug, name)
            if self.call(bug, "write", self.GOLDEN, name, own) is None:
                continue
            said = self.call(bug, "compare", self.path("none", name), own)
            if said is None:
                continue
            parts, found, what = said.rstrip().split(" ", 2)
            if parts != "0":
                yield Log(name, int(parts), int(found), what)


def judge_history(history, bugs):
    """Prints what verify says of old logs in a build with each bug. Returns the bugs that it misses or blames on another record."""
    print(f"\n{'bug':32}{'logs':>5}{'found':>6}  what `pawl verify` says first")
    wrong = []
    silent = 0
    for bug in bugs:
        logs = list(history.compare(bug))
        if not logs:
            silent += 1
            continue
        missed = [log for log in logs if log.found != log.parts]
        if bug in NOT_DECIDED:
            print(f"{bug:32}{len(logs):5}{len(logs) - len(missed):6}  {NOT_DECIDED[bug]}", flush=True)
            silent += 1
            continue
        if missed:
            wrong.append(bug)
        shown = (missed or logs)[0]
        print(f"{bug:32}{len(logs):5}{len(logs) - len(missed):6}  {shown.name} at {shown.found}: {shown.what[:100]}"
              + (f" (parts at {shown.parts})" if missed else ""), flush=True)
    print(f"\n{len(bugs) - silent - len(wrong)} of {len(bugs) - silent} bugs that change a golden log are found by verify at the first record "
          f"that changes; {silent} change none, or no decision")
    return wrong


def main():
    parser = argparse.ArgumentParser(prog="tools/planted")
    parser.add_argument("--bin", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--seeds", type=int, default=1000)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--list", action="store_true")
    parser.add_argument("bugs", nargs="*")
    arguments = parser.parse_args()
    bugs = read_bugs()
    if arguments.list:
        for name, what in bugs.items():
            print(f"{name:32}{what}")
        return 0
    unknown = [name for name in arguments.bugs if name not in bugs]
    if unknown:
        parser.error(f"no such bug: {', '.join(unknown)}; see tools/planted --list")
    wanted = arguments.bugs or list(bugs)
    log_path = os.path.join(tempfile.gettempdir(), f"pawl-planted-{os.getpid()}.log")
    print(f"what the simulations say: {log_path}", flush=True)
    with open(log_path, "w", encoding="utf-8") as log:
        for simulation in simulations(arguments.bin, SOUND_SEEDS):
            found = run(simulation, "none", log)
            if found is not None:
                print(f"FAILED: {simulation.name} fails without any bug, seed {found.seeds}: {found.why}")
                return 1
        print(f"without a bug: {SOUND_SEEDS} seeds of each simulation, nothing found\n")
        print(f"{'bug':32}{'found by':10}{'seeds':>6}{'seconds':>9}  what gave it away", flush=True)
        missed = []
        with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
            hunts = [(bug, pool.submit(hunt, bug, arguments, log)) for bug in wanted]
            for bug, running in hunts:
                found = running.result()
                if found is None:
                    missed.append(bug)
                    print(f"{bug:32}NOT FOUND  ({bugs[bug]})", flush=True)
                elif found.seeds is None:
                    missed.append(bug)
                    print(f"{bug:32}{found.simulation:10}not all seeds were run: {found.why}", flush=True)
                else:
                    print(f"{bug:32}{found.simulation:10}{found.seeds:6}{found.seconds:9.1f}  {found.why[:110]}", flush=True)
        print(f"\n{len(wanted) - len(missed)} of {len(wanted)} planted bugs found within {arguments.seeds} seeds")
        with contextlib.closing(History(arguments.bin, log)) as history:
            unseen = judge_history(history, wanted)
    return 1 if missed or unseen else 0


if __name__ == "__main__":
    sys.exit(main())
