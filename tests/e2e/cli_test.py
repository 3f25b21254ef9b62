"""Drives the `pawl` binary through stores of its own, as a shell script would: outputs, JSON shapes, exit codes."""

import csv
import glob
import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
import unittest
from xml.etree import ElementTree

PAWL = os.path.abspath("cli/pawl")
MODELS = os.path.abspath("tests/e2e/models")
DONE, REFUSED, USAGE, DATA_LOSS = 0, 1, 2, 3
TIME = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
POSITION = re.compile(r"^0:\d+$")
# Long enough for a slow machine; nothing waits for it when all is well.
PATIENCE_S = 60


def model(name):
    return os.path.join(MODELS, name)


class CliTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="pawl-cli-test-")
        self.addCleanup(shutil.rmtree, self.folder)
        self.store = os.path.join(self.folder, "store")

    def command(self, *args, store=None):
        return [PAWL, "--data", store or self.store, *map(str, args)]

    def run_pawl(self, *args, code=DONE, store=None):
        """The outcome of a command that must end with this exit code."""
        result = subprocess.run(self.command(*args, store=store), capture_output=True, text=True, timeout=PATIENCE_S, check=False)
        self.assertEqual(result.returncode, code, "%s\n%s\n%s" % (args, result.stdout, result.stderr))
        if code != DONE and result.stderr:
            self.assertTrue(result.stderr.startswith("pawl: "), result.stderr)
        self.assertNotIn("\033", result.stdout + result.stderr)
        return result

    def json_lines(self, *args, code=DONE, store=None):
        return [json.loads(line) for line in self.run_pawl("--json", *args, code=code, store=store).stdout.splitlines()]

    def json_one(self, *args, code=DONE, store=None):
        lines = self.json_lines(*args, code=code, store=store)
        self.assertEqual(len(lines), 1, lines)
        return lines[0]

    def start(self, process, **variables):
        return self.run_pawl("start", process, "--vars", json.dumps(variables)).stdout.strip()

    def wait_for(self, what, condition):
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            value = condition()
            if value:
                return value
            time.sleep(0.05)
        self.fail("waited in vain for " + what)


class XmlTest(CliTest):
    def test_compiled_pools_are_written_together(self):
        """Only together do they say who gets what; another process of the file stays out."""
        path = os.path.join(self.folder, "pools.bpmn")
        with open(path, "w", encoding="utf-8") as file:
            file.write('<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="t">'
                       '<collaboration id="c"><participant id="pa" processRef="a"/><participant id="pb" processRef="b"/>'
                       '<messageFlow id="m" sourceRef="ask" targetRef="asked"/></collaboration>'
                       '<process id="a"><sendTask id="ask"/></process>'
                       '<process id="b"><startEvent id="asked"><messageEventDefinition/></startEvent>'
                       '<userTask id="answer"/><sequenceFlow sourceRef="asked" targetRef="answer"/></process>'
                       '<process id="alone"><task id="t"/></process></definitions>')
        keys = {d["process"]: d["key"] for d in self.json_lines("deploy", path)}
        written = self.run_pawl("xml", keys["b"], "--compiled").stdout
        self.assertIn('<messageFlow id="m" sourceRef="ask" targetRef="asked"/>', written)
        self.assertNotIn('"alone"', written)
        self.assertNotIn("participant", self.run_pawl("xml", keys["alone"], "--compiled").stdout)

        again = os.path.join(self.folder, "again.bpmn")
        with open(again, "w", encoding="utf-8") as file:
            file.write(written)
        self.store = os.path.join(self.folder, "other")
        self.assertEqual([d["process"] for d in self.json_lines("deploy", again)], ["b", "a"])
        self.start("a")
        self.assertEqual([t["element"] for t in self.json_lines("tasks")], ["answer"])


    def test_json_is_utf8_whatever_the_source_is_in(self):
        source = ('<?xml version="1.0" encoding="ISO-8859-1"?>'
                  '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="t">'
                  '<process id="p"><userTask id="t" name="\u00e4"/></process></definitions>')
        path = os.path.join(os.fsencode(self.folder), b"latin\xe4.bpmn")
        with open(path, "w", encoding="latin-1") as file:
            file.write(source)
        path = os.fsdecode(path)
        self.assertEqual(os.path.basename(self.json_one("validate", path)["file"]), "latin\ufffd.bpmn")
        deployed = self.json_one("deploy", path)
        self.assertEqual(self.json_one("xml", deployed["key"])["xml"], source.replace("ISO-8859-1", "UTF-8"))
        raw = subprocess.run(self.command("xml", deployed["key"]), capture_output=True, timeout=PATIENCE_S, check=True)
        self.assertEqual(raw.stdout, source.encode("latin-1"))

    def test_json_is_utf8_where_a_message_is_cut_in_a_character(self):
        days = "\u65e5" * 40
        timer = ('<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="t"><process id="p">'
                 '<intermediateCatchEvent id="c"><timerEventDefinition><timeDuration>%s</timeDuration>'
                 '</timerEventDefinition></intermediateCatchEvent></process></definitions>')
        path = os.path.join(self.folder, "timer.bpmn")
        with open(path, "w", encoding="utf-8") as file:
            file.write(timer % days)
        self.assertIn(days[:20], self.json_one("validate", path, code=REFUSED)["problems"][0]["text"])
        with open(path, "w", encoding="utf-8") as file:
            file.write(timer % "${x}")
        self.json_one("deploy", path)
        instance = self.start("p", x=days)
        self.assertIn(days[:20], self.json_one("incidents")["message"])
        self.assertTrue(self.json_lines("log"))
        self.assertTrue(self.json_lines("history", instance))
        self.assertTrue(json.loads(self.run_pawl("export").stdout.splitlines()[-1]))
        into = os.path.join(self.folder, "exported")
        self.run_pawl("export", "--into", into)
        for name in os.listdir(into):
            with open(os.path.join(into, name), encoding="utf-8") as file:
                self.assertIn(days[:20], file.read())
        self.run_pawl("verify")


class LifeTest(CliTest):
    def test_from_deployment_to_the_end(self):
        deployed = self.json_one("deploy", model("order.bpmn"))
        self.assertEqual((deployed["process"], deployed["version"], deployed["new"]), ("order", 1, True))
        again = self.json_one("deploy", model("order.bpmn"))
        self.assertEqual((again["key"], again["version"], again["new"]), (deployed["key"], 1, False))
        with open(model("order.bpmn"), encoding="utf-8") as source:
            xml = source.read()
        self.assertEqual(self.run_pawl("xml", deployed["key"]).stdout, xml)
        drawn = self.run_pawl("xml", deployed["key"], "--diagram").stdout
        self.assertIn("BPMNDiagram", drawn)
        self.assertNotIn("BPMNDiagram", xml)
        compiled = self.json_one("xml", deployed["key"], "--compiled")["xml"]
        self.assertIn('<bpmndi:BPMNPlane id="order_plane_di" bpmnElement="order">', compiled)
        self.run_pawl("xml", deployed["key"], "--compiled", "--diagram", code=USAGE)

        started = self.json_one("start", "order", "--vars", '{"amount": 1.10}', "--business-key", "A-17")
        self.assertEqual((started["process"], started["version"]), ("order", 1))
        instance = started["instance"]

        task = self.json_one("tasks")
        self.run_pawl("claim", task["key"], "--user", "ada")
        self.assertEqual(self.json_one("tasks")["assignee"], "ada")
        details = self.json_one("tasks", "--details")
        self.assertEqual((details["assignee"], details["owner"], details["delegation"], details["priority"],
                          details["form"]), ("ada", None, None, 50, None))
        self.assertIn("priority", self.run_pawl("tasks", "--details").stdout)
        self.assertNotIn("priority", self.json_one("tasks"))
        self.assertIn("ada", self.run_pawl("claim", task["key"], "--user", "bob", code=REFUSED).stderr)
        self.run_pawl("unclaim", task["key"])
        self.assertIsNone(self.json_one("tasks")["assignee"])
        self.run_pawl("complete", task["key"], "--vars", '{"ok": true}')
        self.assertEqual(self.json_lines("tasks"), [])

        job = self.json_one("job", "fetch", "charge-card", "--worker", "w1", "--lock", "PT1M", "--max", "5")
        self.assertEqual((job["state"], job["worker"], job["attempt"]), ("locked", "w1", 1))
        self.assertEqual(job["variables"], {"amount": 1.10, "ok": True})
        refusal = self.run_pawl("job", "complete", job["key"], "--worker", "w2", code=REFUSED).stderr
        self.assertIn("w1", refusal)
        self.assertIn(job["lock_until"], refusal)
        self.run_pawl("job", "extend", job["key"], "--worker", "w1", "--lock", "5m")
        self.assertGreater(self.json_one("jobs")["lock_until"], job["lock_until"])
        self.run_pawl("job", "complete", job["key"], "--worker", "w1", "--vars", '{"paid": true}')

        ended = self.json_one("instances", "--business-key", "A-17")
        self.assertEqual((ended["key"], ended["state"]), (instance, "completed"))
        self.assertRegex(ended["ended"], TIME)
        details = self.json_one("inspect", instance)
        self.assertEqual(details["scopes"][0]["variables"], {"amount": 1.10, "ok": True, "paid": True})
        history = self.run_pawl("history", instance).stdout
        for text in ("instance %s of order version 1 started, business key A-17" % instance,
                     "review: task %s completed" % task["key"], "job %s completed" % job["key"],
                     "parallel gateway join completed", "instance completed"):
            self.assertIn(text, history)

    def test_failures_incidents_and_resolve(self):
        self.run_pawl("deploy", model("order.bpmn"))
        self.start("order")
        job = self.json_one("jobs")["key"]
        self.run_pawl("job", "fail", job, "--worker", "w", "--message", "no route", "--backoff", "1h")
        failed = self.json_one("jobs")
        self.assertEqual((failed["state"], failed["retries"]), ("backoff", 1))
        self.assertRegex(failed["due"], TIME)
        self.assertIn(failed["due"], self.run_pawl("job", "complete", job, "--worker", "w", code=REFUSED).stderr)
        self.start("order")
        other = self.json_lines("jobs")[1]["key"]
        self.run_pawl("job", "fail", other, "--worker", "w", "--retries", "0", "--message", "declined")
        incident = self.json_one("incidents")
        self.assertEqual((incident["type"], incident["message"], incident["job"], incident["element"]),
                         ("job_no_retries", "declined", other, "charge"))
        self.assertEqual([i["incidents"] for i in self.json_lines("instances")], [0, 1])
        self.run_pawl("resolve", incident["key"])
        self.assertEqual(self.json_lines("incidents"), [])
        self.run_pawl("resolve", incident["key"], code=REFUSED)
        self.run_pawl("job", "error", other, "--worker", "w", "--code", "DECLINED")
        self.assertEqual(self.json_one("incidents")["type"], "unhandled_error")

    def test_suspend_resume_set_cancel(self):
        self.run_pawl("deploy", model("order.bpmn"))
        instance = self.start("order")
        self.run_pawl("suspend", instance)
        self.assertEqual(self.json_lines("job", "fetch", "charge-card", "--worker", "w"), [])
        self.run_pawl("complete", self.json_one("tasks")["key"], code=REFUSED)
        self.assertEqual(self.json_one("instances", "--state", "suspended")["key"], instance)
        self.run_pawl("resume", instance)
        self.run_pawl("resume", instance, code=REFUSED)
        self.run_pawl("set", instance, "--vars", '{"x": [1, {"y": null}]}')
        self.assertEqual(self.json_one("inspect", instance)["scopes"][0]["variables"], {"x": [1, {"y": None}]})
        self.run_pawl("cancel", instance, "--reason", "withdrawn")
        self.run_pawl("cancel", instance, code=REFUSED)
        self.assertEqual(self.json_one("instances")["state"], "cancelled")
        self.assertIn("withdrawn", self.run_pawl("history", instance).stdout)

    def test_idempotent_start_and_versions(self):
        self.run_pawl("deploy", model("order.bpmn"))
        first = self.run_pawl("start", "order", "--idempotency-key", "k").stdout
        self.assertEqual(self.run_pawl("start", "order", "--idempotency-key", "k").stdout, first)
        changed = os.path.join(self.folder, "order.bpmn")
        with open(model("order.bpmn"), encoding="utf-8") as source, open(changed, "w", encoding="utf-8") as target:
            target.write(source.read().replace("Review it", "Look at it"))
        self.assertEqual(self.json_one("deploy", changed)["version"], 2)
        self.assertEqual(self.json_one("start", "order")["version"], 2)
        self.assertEqual(self.json_one("start", "order", "--version", "1")["version"], 1)
        self.run_pawl("start", "order", "--version", "3", code=REFUSED)
        self.assertEqual([d["version"] for d in self.json_lines("definitions")], [1, 2])
        self.assertEqual([i["version"] for i in self.json_lines("instances")], [1, 2, 1])

    def test_timers_fire_when_somebody_writes(self):
        self.run_pawl("deploy", model("pause.bpmn"))
        instance = self.start("pause", delay="PT0.2S")
        due = self.json_one("timers")["due"]
        time.sleep(0.4)
        # Reading fires nothing, even when it is due.
        self.assertEqual(self.json_one("timers")["due"], due)
        self.assertEqual(self.json_lines("tasks"), [])
        self.run_pawl("work", "--until-idle")
        self.assertEqual(self.json_lines("timers"), [])
        self.assertEqual(self.json_one("tasks")["element"], "after")
        self.start("pause", delay="P1D")
        self.run_pawl("work", "--until-idle")
        self.assertEqual(len(self.json_lines("timers")), 1)
        self.assertEqual(self.json_one("inspect", instance)["active"][0]["kind"], "userTask")


class ShapesTest(CliTest):
    def keys(self, line, *names):
        self.assertEqual(list(line), list(names))

    def test_shapes(self):
        self.run_pawl("deploy", model("order.bpmn"), model("pause.bpmn"))
        self.keys(self.json_one("start", "order"), "instance", "process", "version")
        instance = self.start("pause", delay="P1D")
        self.run_pawl("start", "order", "--vars", "{}")
        job = self.json_lines("jobs")[0]
        self.keys(job, "key", "instance", "element", "type", "state", "retries", "attempt", "worker", "lock_until",
                  "due", "variables")
        self.assertEqual((job["worker"], job["lock_until"], job["due"]), (None, None, None))
        self.run_pawl("job", "fail", job["key"], "--worker", "w", "--retries", "0")
        line = self.json_lines("instances")[0]
        self.keys(line, "key", "process", "version", "business_key", "state", "parent", "started", "ended",
                  "incidents")
        self.assertEqual((line["business_key"], line["parent"], line["ended"]), (None, None, None))
        self.assertRegex(line["started"], TIME)
        self.assertIsInstance(line["key"], str)
        task = self.json_lines("tasks")[0]
        self.keys(task, "key", "instance", "process", "element", "name", "kind", "assignee", "candidate_users",
                  "candidate_groups", "due", "created")
        self.assertEqual((task["name"], task["kind"], task["assignee"], task["candidate_users"],
                          task["candidate_groups"], task["due"]),
                         ("Review it", "user", None, [], ["sales", "support"], None))
        self.keys(self.json_one("timers"), "key", "instance", "element", "due")
        self.keys(self.json_one("incidents"), "key", "instance", "element", "type", "message", "job")
        details = self.json_one("inspect", instance)
        self.keys(details, "key", "process", "version", "state", "position", "time", "scopes", "active", "joins",
                  "jobs", "tasks", "timers", "messages", "signals", "conditions", "incidents")
        self.keys(details["scopes"][0], "key", "element", "parent", "variables")
        self.keys(details["active"][0], "key", "element", "kind", "scope", "lanes")
        self.assertRegex(details["position"], POSITION)
        self.assertRegex(details["time"], TIME)
        replay = self.json_one("replay")
        self.keys(replay, "digest", "records", "events", "instances")
        self.assertRegex(replay["digest"], "^[0-9a-f]{16}$")
        self.assertEqual(replay["instances"], 3)

    def test_join_shows_what_has_arrived(self):
        self.run_pawl("deploy", model("order.bpmn"))
        instance = self.start("order")
        self.run_pawl("complete", self.json_one("tasks")["key"])
        self.assertEqual(self.json_one("inspect", instance)["joins"], [{"element": "join", "arrived": {"f5": 1}}])

    def test_lists_are_filtered_and_oldest_first(self):
        self.run_pawl("deploy", model("order.bpmn"), model("pause.bpmn"))
        keys = [self.start("order"), self.start("pause", delay="P1D"), self.start("order")]
        self.assertEqual([i["key"] for i in self.json_lines("instances")], keys)
        self.assertEqual([i["key"] for i in self.json_lines("instances", "--limit", "2")], keys[:2])
        self.assertEqual([i["key"] for i in self.json_lines("instances", "--process", "order")], [keys[0], keys[2]])
        self.assertEqual(self.json_lines("instances", "--state", "completed"), [])
        self.assertEqual(self.json_lines("instances", "--to", "2001-01-01T00:00:00Z"), [])
        self.assertEqual(len(self.json_lines("instances", "--from", "2001-01-01")), 3)
        self.assertEqual([j["instance"] for j in self.json_lines("jobs", "--type", "charge-card")],
                         [keys[0], keys[2]])
        self.assertEqual(len(self.json_lines("tasks", "--instance", keys[2])), 1)

    def test_inspect_in_the_past(self):
        self.run_pawl("deploy", model("order.bpmn"))
        instance = self.start("order", x=1)
        before = self.json_one("inspect", instance)
        time.sleep(0.01)
        self.run_pawl("set", instance, "--vars", '{"x": 2}')
        for at in (before["position"], before["time"]):
            past = self.json_one("inspect", instance, "--at", at)
            self.assertEqual(past["scopes"][0]["variables"], {"x": 1})
            self.assertEqual(past["position"], before["position"])
        self.assertEqual(self.json_one("inspect", instance)["scopes"][0]["variables"], {"x": 2})
        self.run_pawl("inspect", instance, "--at", "0:1", code=REFUSED)
        self.run_pawl("inspect", instance, "--at", "2001-01-01T00:00:00Z", code=REFUSED)
        self.run_pawl("inspect", instance, "--at", "then", code=USAGE)

    def test_why_and_who(self):
        self.run_pawl("deploy", model("order.bpmn"))
        instance = self.json_one("start", "order", "--actor", "ada")["instance"]
        said = self.json_lines("why", instance)
        for sentence in said:
            self.keys(sentence, "kind", "instance", "element", "key", "since", "position", "text", "details")
            self.assertRegex(sentence["since"], TIME)
            self.assertRegex(sentence["position"], POSITION)
        self.assertEqual([s["kind"] for s in said], ["instance", "task", "job"])
        self.assertEqual((said[0]["details"]["by"], said[0]["details"]["command"]), ("ada", "StartInstance"))
        task = self.json_one("tasks")["key"]
        self.assertIn("waits for one of sales, support", said[1]["text"])
        self.assertIn("`pawl complete %s`" % task, said[1]["text"])
        # The advice is a command that does it.
        self.run_pawl("complete", task, "--actor", "bob")
        after = self.run_pawl("why", instance).stdout
        self.assertIn("parallel gateway join waits", after)
        self.assertIn("misses one on f4 from charge, which can come from service task charge", after)
        started = said[0]["position"]
        self.assertEqual([s["text"] for s in self.json_lines("why", instance, "--at", started)][1], said[1]["text"])
        self.run_pawl("cancel", instance, "--reason", "withdrawn", "--actor", "carol")
        self.assertIn("cancelled by carol (CancelInstance): withdrawn", self.run_pawl("why", instance).stdout)
        self.run_pawl("why", "99", code=REFUSED)
        self.run_pawl("why", instance, "--at", "then", code=USAGE)

        audit = self.json_lines("history", instance, "--audit")
        self.assertEqual([(a["actor"], a["command"]) for a in audit],
                         [("ada", "StartInstance"), ("bob", "CompleteTask"), ("carol", "CancelInstance")])
        self.assertEqual(audit[1]["arguments"]["task"], task)
        self.assertIn("TaskCompleted", audit[1]["events"])
        self.assertIsNone(audit[1]["origin"])
        self.assertIn("bob CompleteTask task=" + task, self.run_pawl("history", instance, "--audit").stdout)
        self.assertEqual(len(self.json_lines("history", instance, "--audit", "--at", started)), 1)
        # Without a name it is whoever runs the command.
        other = self.start("order")
        self.assertTrue(self.json_one("history", other, "--audit")["actor"])

        # --actor comes before the user that a command names, who is in it anyway.
        task = next(task["key"] for task in self.json_lines("tasks") if task["instance"] == other)
        self.run_pawl("claim", task, "--user", "dora", "--actor", "ops")
        self.run_pawl("unclaim", task, "--user", "dora")
        self.run_pawl("complete", task, "--user", "dora", "--actor", "ops")
        audit = self.json_lines("history", other, "--audit")[1:]
        self.assertEqual([(a["actor"], a["command"]) for a in audit], [("ops", "ClaimTask"), ("dora", "UnclaimTask"), ("ops", "CompleteTask")])
        self.assertEqual(audit[2]["arguments"]["user"], "dora")
        # An instance that never was is no empty answer.
        for args in (["log", "--instance", "99"], ["diff", "99", "0:1", "0:2"], ["fork", "99", "--at", "0:1", "--into", os.path.join(self.folder, "x")]):
            self.assertIn("instance 99: no such instance", self.run_pawl(*args, code=REFUSED).stderr)
        inside = os.path.join(self.store, "inside")
        for args in (["fork", other, "--at", "0:9", "--into", inside], ["backup", inside], ["backup", self.store]):
            self.assertIn("outside of it", self.run_pawl(*args, code=REFUSED).stderr)
        self.assertFalse(os.path.exists(inside))

    def test_diff_and_fork(self):
        self.run_pawl("deploy", model("order.bpmn"), model("pause.bpmn"))
        instance = self.start("pause", delay="PT1H")
        self.start("order")
        at = self.json_one("inspect", instance)["position"]
        self.run_pawl("set", instance, "--vars", '{"delay": "PT2H", "x": 1}')
        end = self.json_one("inspect", instance)["position"]
        diff = self.json_one("diff", instance, at, end)
        self.assertEqual((diff["from"]["position"], diff["to"]["position"]), (at, end))
        self.assertEqual([(c["change"], c["what"], c["name"]) for c in diff["changes"]],
                         [("changed", "variable", "delay"), ("added", "variable", "x")])
        self.assertEqual(diff["changes"][0]["fields"], [{"field": "value", "from": "PT1H", "to": "PT2H"}])
        self.assertIn("~ variable delay of pause", self.run_pawl("diff", instance, at, end).stdout)
        self.assertIn("nothing changed", self.run_pawl("diff", instance, at, at).stdout)
        self.run_pawl("diff", instance, at, "0:999", code=REFUSED)

        fork = os.path.join(self.folder, "what-if")
        made = self.json_one("fork", instance, "--at", at, "--vars", '{"y": 3}', "--into", fork, "--actor", "carol")
        self.assertEqual((made["at"], made["end"]), (at, "0:%d" % (int(at[2:]) + 1)))
        self.run_pawl("fork", instance, "--at", at, "--into", fork, code=REFUSED)
        apart = self.json_one("diff", instance, at, made["end"], "--with", fork)
        self.assertEqual([(c["change"], c["name"]) for c in apart["changes"]], [("added", "y")])
        original = self.json_one("replay")["digest"]

        self.store, store = fork, self.store
        self.assertEqual(self.json_one("inspect", instance)["state"], "active")
        early = self.json_one("advance", "59m")["time"]
        self.assertEqual(len(self.json_one("inspect", instance)["timers"]), 1)
        self.assertRegex(early, TIME)
        self.run_pawl("advance", "2m")
        # What fell due on the way was done at its time.
        after = self.json_one("tasks", "--instance", instance)
        self.assertEqual(after["element"], "after")
        self.assertLess(after["created"], self.json_one("advance", "0s")["time"])
        self.assertEqual([a["actor"] for a in self.json_lines("history", instance, "--audit")][1:], ["carol", "timer"])
        self.run_pawl("verify")
        self.run_pawl("advance", early, code=REFUSED)
        self.run_pawl("advance", "soon", code=USAGE)
        self.store = store
        self.assertEqual(self.json_one("replay")["digest"], original)
        self.run_pawl("verify")
        self.run_pawl("advance", "1h", code=REFUSED)

    def test_validate(self):
        line = self.json_one("validate", model("order.bpmn"))
        self.keys(line, "file", "ok", "executable", "problems", "counts")
        self.assertEqual((line["ok"], line["executable"], line["problems"]), (True, True, []))
        self.assertEqual((line["counts"]["tasks"], line["counts"]["gateways"], line["counts"]["el:sequenceFlow"]),
                         (2, 2, 6))
        faulty = self.run_pawl("validate", model("faulty.bpmn"), code=REFUSED).stdout
        self.assertRegex(faulty, r"faulty\.bpmn:5:\d+: error: .*nowhere.* \[[a-z-]+\]")
        line = self.json_one("validate", model("faulty.bpmn"), code=REFUSED)
        self.assertEqual((line["ok"], line["executable"]), (False, False))
        self.keys(line["problems"][0], "severity", "line", "column", "text", "rule")
        self.run_pawl("validate", os.path.join(self.folder, "absent.bpmn"), code=REFUSED)
        self.assertEqual(len(self.json_lines("validate", model("order.bpmn"), model("faulty.bpmn"), code=REFUSED)), 2)

    def test_log_and_history(self):
        self.run_pawl("deploy", model("order.bpmn"))
        instance = self.start("order", amount=5)
        records = self.json_lines("log")
        self.assertEqual([r["position"] for r in records], ["0:%d" % (i + 1) for i in range(len(records))])
        start = [r for r in records if r["command"] == "StartInstance"][0]
        self.assertEqual(start["arguments"]["variables"], {"amount": 5})
        self.assertEqual(start["events"][0]["event"], "InstanceStarted")
        self.assertIn("charge", [e.get("element") for e in start["events"]])
        self.assertEqual(self.json_lines("log", "--instance", instance), [start])
        self.assertEqual(self.json_lines("log", "--from", start["position"], "--to", start["position"]), [start])
        events = self.json_lines("history", instance)
        self.assertEqual([e["sequence"] for e in events], list(range(1, len(events) + 1)))
        self.assertEqual({e["position"] for e in events}, {start["position"]})
        self.assertEqual(len(events), len(start["events"]))
        stats = self.json_one("stats")
        self.assertEqual((stats["instances"]["active"], stats["jobs"], stats["tasks"], stats["records"]),
                         (1, 1, 1, len(records)))
        self.assertEqual(stats["events"], sum(len(r["events"]) for r in records))
        self.assertEqual(stats["instances"]["completed"], 0)
        self.assertEqual(stats["indexes"]["index_task"], {"entries": 1, "bytes": 16, "exact": True,
                                                          "file_bytes": stats["indexes"]["index_task"]["file_bytes"]})
        oldest = stats["oldest"]
        self.assertEqual((oldest["instance"]["key"], oldest["instance"]["since"]), (instance, start["time"]))
        self.assertEqual((oldest["job"]["instance"], oldest["job"]["since"]), (instance, start["time"]))
        self.assertEqual(oldest["task"]["process"], "order")
        self.assertIsNone(oldest["incident"])
        # Every command so far ended with a checkpoint.
        self.assertGreater(stats["write_amplification"], 1)
        self.assertGreater(stats["written"]["flush_bytes"], 0)
        files = sum(os.path.getsize(os.path.join(at, name)) for at, _, names in os.walk(self.store) for name in names)
        self.assertEqual(stats["directory_bytes"], files)
        self.assertAlmostEqual(stats["space_amplification"], files / stats["log_bytes"])
        text = self.run_pawl("stats").stdout
        self.assertRegex(text, r"instances active +1\n")
        self.assertRegex(text, r"job +\d+ +%s +order +%s" % (instance, start["time"]))
        self.run_pawl("rebuild")
        rebuilt = self.json_one("stats")
        for key in ("instances", "jobs", "tasks", "timers", "records", "events", "log_bytes", "oldest", "next_due"):
            self.assertEqual(rebuilt[key], stats[key], key)


class RenderTest(CliTest):
    def groups(self, svg, attribute="data-element-id"):
        return {g.get(attribute) for g in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}g")
                if g.get(attribute)}

    def test_a_file_needs_no_store(self):
        svg = self.run_pawl("render", model("order.bpmn")).stdout
        self.assertIn("review", self.groups(svg))
        self.assertEqual(self.groups(svg, "data-overlay-of"), set())
        self.assertEqual(self.run_pawl("render", model("order.bpmn"), "-o", "-").stdout, svg)
        out = os.path.join(self.folder, "order.svg")
        self.assertEqual(self.run_pawl("render", model("order.bpmn"), "-o", out).stdout, "")
        with open(out, encoding="utf-8") as file:
            self.assertEqual(file.read(), svg)
        drawn = self.json_one("render", model("order.bpmn"), "-o", out)
        self.assertEqual((drawn["output"], drawn["bytes"]), (out, len(svg.encode())))
        diagram = drawn["diagrams"][0]
        self.assertEqual(diagram["shapes"] + diagram["edges"], len(self.groups(svg)))
        self.assertNotIn("svg", drawn)
        self.assertEqual(self.json_one("render", model("order.bpmn"))["svg"], svg)
        self.assertEqual(self.json_one("render", model("order.bpmn"), "--diagram", "1")["svg"], svg)
        self.assertIn("order_diagram", self.run_pawl("render", model("order.bpmn"), "--diagram", "x",
                                                     code=REFUSED).stderr)
        self.assertFalse(os.path.exists(self.store))

    def test_an_instance_at_any_moment(self):
        self.run_pawl("deploy", model("order.bpmn"))
        instance = self.start("order")
        before = self.json_one("inspect", instance)
        time.sleep(0.01)
        self.run_pawl("complete", self.json_one("tasks")["key"])
        now = self.json_one("render", instance)
        self.assertEqual((now["instance"], now["process"], now["version"], now["state"]),
                         (instance, "order", 1, "active"))
        self.assertRegex(now["position"], POSITION)
        self.assertRegex(now["time"], TIME)
        self.assertIn("completed 1 time", now["svg"])
        for at in (before["position"], before["time"]):
            then = self.json_one("render", instance, "--at", at)
            self.assertEqual(then["position"], before["position"])
            self.assertLess(self.groups(then["svg"], "data-overlay-of"), self.groups(now["svg"], "data-overlay-of"))
        self.assertNotEqual(self.run_pawl("render", instance, "--no-heat").stdout, now["svg"])
        page = self.run_pawl("render", instance, "--animate").stdout
        self.assertIn("Content-Security-Policy", page)
        frames = self.json_one("render", instance, "--animate", "-o", os.path.join(self.folder, "order.html"))
        self.assertEqual(frames["frames"], len({e["position"] for e in self.json_lines("history", instance)}))

    def test_refusals(self):
        for args in (["render"], ["render", model("order.bpmn"), "--at", "0:1"],
                     ["render", model("order.bpmn"), "--animate"], ["render", "1", "--at", "then"]):
            self.run_pawl(*args, code=USAGE)
        self.run_pawl("render", os.path.join(self.folder, "none.bpmn"), code=REFUSED)
        self.run_pawl("render", model("order.bpmn"), "-o", os.path.join(self.folder, "none", "x.svg"), code=REFUSED)
        self.run_pawl("render", "7", code=REFUSED)
        self.run_pawl("deploy", model("order.bpmn"))
        instance = self.start("order")
        self.run_pawl("render", instance, "--at", "0:1", code=REFUSED)
        self.run_pawl("render", instance, "--at", "0:9999", code=REFUSED)
        self.run_pawl("render", str(int(instance) + 1), code=REFUSED)


class RunTest(CliTest):
    def last_line(self, *args, code=DONE):
        result = subprocess.run([PAWL, "run", *args], capture_output=True, text=True, timeout=PATIENCE_S,
                                check=False, cwd=self.folder)
        self.assertEqual(result.returncode, code, result.stdout + result.stderr)
        # In memory: nothing is left behind.
        self.assertEqual([f for f in os.listdir(self.folder) if f.startswith("pawl-data")], [])
        return result.stdout.splitlines()[-1]

    def test_outcomes(self):
        self.assertEqual(self.last_line(model("work.bpmn"), "--auto"), "ended")
        self.assertRegex(self.last_line(model("work.bpmn")), r"^waits: job one of type one \(job \d+\)$")
        self.assertRegex(self.last_line(model("order.bpmn"), "--auto"), r"^waits: user task review \(task \d+\), join")
        self.assertRegex(self.last_line(model("pause.bpmn"), "--vars", '{"delay": "PT1H"}', "--auto"),
                         r"^waits: timer wait until ")
        self.assertRegex(self.last_line(model("pause.bpmn"), code=REFUSED), r"^incident \d+: expression_error at wait")

    def test_workers(self):
        # Fails at first, then says what it got.
        script = os.path.join(self.folder, "one.sh")
        with open(script, "w", encoding="utf-8") as file:
            file.write('[ "$PAWL_ATTEMPT" = 2 ] || { echo "not yet" >&2; exit 1; }\ncat\n')
        result = subprocess.run([PAWL, "--json", "run", model("work.bpmn"), "--vars", '{"a": 1}',
                                 "--worker", "one=sh " + script, "--worker", "two=echo '{\"b\": 2}'"],
                                capture_output=True, text=True, timeout=PATIENCE_S, check=True)
        lines = [json.loads(line) for line in result.stdout.splitlines()]
        self.assertEqual((lines[-1]["ended"], lines[-1]["state"]), (True, "completed"))
        self.assertEqual(lines[-1]["scopes"][0]["variables"], {"a": 1, "b": 2})
        failed = [line for line in lines if line.get("event") == "JobFailed"]
        self.assertEqual(len(failed), 1)
        self.assertIn("not yet", failed[0]["text"])
        self.assertRegex(self.last_line(model("work.bpmn"), "--worker", "one=true", "--worker", "two=exit 7",
                                        code=REFUSED), "job_no_retries at two: exit status 7")

    def test_in_a_store(self):
        self.assertIn("waits:", self.run_pawl("run", model("order.bpmn"), "--auto").stdout)
        self.assertEqual(self.json_one("instances")["state"], "active")
        self.run_pawl("complete", self.json_one("tasks")["key"])
        self.assertEqual(self.json_one("instances")["state"], "completed")
        self.run_pawl("verify")

    def test_choice_of_process(self):
        both = os.path.join(self.folder, "both.bpmn")
        with open(both, "w", encoding="utf-8") as file:
            file.write('<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="t">'
                       '<process id="a" isExecutable="true"><startEvent id="s1"/></process>'
                       '<process id="b" isExecutable="true"><startEvent id="s2"/></process></definitions>')
        self.run_pawl("run", both, code=REFUSED)
        self.assertEqual(self.last_line(both, "--process", "b"), "ended")

    def test_what_is_not_executable_is_kept_and_not_started(self):
        drawn = os.path.join(self.folder, "drawn.bpmn")
        with open(drawn, "w", encoding="utf-8") as file:
            file.write('<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="t">'
                       '<process id="drawn" isExecutable="false"><startEvent id="s"/></process></definitions>')
        self.run_pawl("deploy", drawn)
        self.assertEqual(self.json_one("definitions")["process"], "drawn")
        self.assertIn("is not executable", self.run_pawl("start", "drawn", code=REFUSED).stderr)
        self.assertIn("is not executable", self.run_pawl("run", drawn, code=REFUSED).stderr)
        self.run_pawl("verify")


class StoreTest(CliTest):
    def fill(self):
        self.run_pawl("deploy", model("order.bpmn"))
        for n in range(5):
            self.start("order", n=n)
        for task in self.json_lines("tasks")[:2]:
            self.run_pawl("complete", task["key"])
        self.run_pawl("job", "complete", self.json_lines("jobs")[0]["key"], "--worker", "w")

    def test_verify_rebuild_replay(self):
        self.fill()
        digest = self.json_one("replay")["digest"]
        report = self.json_one("verify")
        self.assertEqual((report["ok"], report["digest"], report["difference"]), (True, digest, None))
        self.assertEqual(report["decisions"], report["records"])
        self.assertEqual(self.json_one("rebuild")["digest"], digest)
        self.assertEqual(self.json_one("replay")["digest"], digest)
        self.assertTrue(self.json_one("verify")["ok"])
        instances = self.json_lines("instances")
        self.assertEqual([i["state"] for i in instances].count("completed"), 1)
        past = self.json_one("replay", "--to", "0:2")
        self.assertEqual((past["records"], past["instances"]), (2, 0))
        one = self.json_one("replay", "--instance", instances[0]["key"], "--speed")
        self.assertEqual(one["instances"], 1)
        self.assertGreater(one["events_per_s"], 0)

    def test_verify_as_a_gate(self):
        self.fill()
        whole = self.json_one("verify")
        progress = os.path.join(self.folder, "progress")
        self.assertEqual(self.json_one("verify", "--resume", progress), whole)
        self.assertEqual(self.json_one("verify", "--resume", progress), dict(whole, decisions=0, facts=0))
        with open(progress, "w", encoding="utf-8") as file:
            file.write("nonsense")
        again = self.run_pawl("verify", "--json", "--resume", progress)
        self.assertEqual(json.loads(again.stdout), whole)
        self.assertIn("from the beginning", again.stderr)
        last = self.json_lines("log")[-1]["position"]
        self.assertEqual(self.json_one("verify", "--since", last)["decisions"], 1)
        self.run_pawl("verify", "--since", "0:99999", code=REFUSED)
        self.run_pawl("verify", "--since", last, "--resume", progress, code=USAGE)
        self.run_pawl("verify", "--sample", "0", code=USAGE)

    def test_damage_is_exit_code_3(self):
        self.fill()
        for path in glob.glob(os.path.join(self.store, "**", "*.sst"), recursive=True) + glob.glob(
                os.path.join(self.store, "**", "*.log"), recursive=True):
            with open(path, "r+b") as file:
                size = os.fstat(file.fileno()).st_size
                for offset in range(64, max(size - 64, 0), 256):
                    file.seek(offset)
                    byte = file.read(1)
                    file.seek(offset)
                    file.write(bytes([byte[0] ^ 0x40]))
        self.assertNotEqual(self.run_pawl("verify", code=DATA_LOSS).stderr, "")
        self.run_pawl("start", "order", code=DATA_LOSS)

    def test_lost_log_is_exit_code_3(self):
        self.fill()
        logs = glob.glob(os.path.join(self.store, "**", "*.sst"), recursive=True) + glob.glob(
            os.path.join(self.store, "**", "*.log"), recursive=True)
        for path in logs:
            os.remove(path)
        self.run_pawl("instances", code=DATA_LOSS)

    def test_no_store(self):
        for args in (["instances"], ["tasks"], ["start", "order"], ["complete", "1"], ["verify"], ["rebuild"],
                     ["work", "--until-idle"], ["log"], ["stats"], ["top"]):
            self.assertIn(self.store, self.run_pawl(*args, code=REFUSED).stderr)
        self.assertFalse(os.path.exists(self.store))
        self.run_pawl("deploy", model("faulty.bpmn"), code=REFUSED)
        self.assertFalse(os.path.exists(self.store))

    def test_readers_beside_a_writer(self):
        self.run_pawl("deploy", model("work.bpmn"))
        instances = [self.start("work") for _ in range(5)]
        with subprocess.Popen(self.command("work", "--worker", "one=sleep 0.2", "--worker", "two=true"),
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE) as worker:
            try:
                states = set()

                def all_done():
                    lines = self.json_lines("instances")
                    self.assertEqual([line["key"] for line in lines], instances)
                    states.update(line["state"] for line in lines)
                    self.json_one("replay")
                    return all(line["state"] == "completed" for line in lines)

                self.wait_for("the worker", all_done)
                # They were seen on their way, and nobody else can write.
                self.assertEqual(states, {"active", "completed"})
                self.assertIn("open", self.run_pawl("start", "work", code=REFUSED).stderr)
                self.assertTrue(self.json_one("verify")["ok"])
            finally:
                worker.send_signal(signal.SIGTERM)
            self.assertEqual(worker.wait(PATIENCE_S), 0, worker.stderr.read())
        self.start("work")
        self.assertTrue(self.json_one("verify")["ok"])

    def test_killed_writer_loses_nothing(self):
        self.run_pawl("deploy", model("work.bpmn"))
        instance = self.start("work")
        with subprocess.Popen(self.command("work", "--worker", "one=sleep 60")) as worker:
            self.wait_for("the job", lambda: self.json_one("jobs")["state"] == "locked")
            worker.kill()
            worker.wait(PATIENCE_S)
        # The job counts as not done: it is handed out again.
        self.run_pawl("work", "--until-idle", "--worker", "one=true", "--worker", "two=true")
        self.assertEqual(self.json_one("instances")["state"], "completed")
        attempts = [line["text"] for line in self.json_lines("history", instance) if line["event"] == "JobLocked"]
        self.assertIn("attempt 2", attempts[-1])
        self.assertTrue(self.json_one("verify")["ok"])

    def test_log_follow(self):
        self.run_pawl("deploy", model("work.bpmn"))
        with subprocess.Popen(self.command("log", "--follow", "--json"), stdout=subprocess.PIPE, text=True) as follower:
            try:
                self.assertEqual(json.loads(follower.stdout.readline())["command"], "OpenPartition")
                instance = self.start("work")
                while True:
                    record = json.loads(follower.stdout.readline())
                    if record["command"] == "StartInstance":
                        break
                self.assertEqual(record["touched"][0]["instance"], instance)
            finally:
                follower.kill()


    def test_top_beside_a_writer(self):
        self.run_pawl("deploy", model("work.bpmn"))
        instances = [self.start("work") for _ in range(3)]
        with subprocess.Popen(self.command("top", "--interval", "200ms", "--json"), stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True) as top:
            try:
                first = json.loads(top.stdout.readline())
                self.assertEqual((first["instances"]["active"], first["jobs"], first["rates"]["records"]), (3, 3, 0))
                self.assertEqual(first["oldest"]["instance"]["key"], instances[0])
                self.assertIsNone(first["latency"]["job"])
                self.run_pawl("work", "--until-idle", "--worker", "one=true", "--worker", "two=true")
                ended = jobs = 0
                while True:
                    line = json.loads(top.stdout.readline())
                    ended += line["rates"]["ended"] * line["seconds"]
                    if line["latency"]["job"]:
                        jobs += line["latency"]["job"]["count"]
                        self.assertLessEqual(line["latency"]["job"]["p50_ms"], line["latency"]["job"]["max_ms"])
                    if line["instances"]["completed"] == 3:
                        break
                self.assertAlmostEqual(ended, 3, places=3)
                self.assertEqual(jobs, 6)
                self.assertIsNone(line["oldest"]["instance"])
                top.send_signal(signal.SIGINT)
                self.assertEqual(top.wait(PATIENCE_S), 0, top.stderr.read())
            finally:
                top.kill()
        lines = self.run_pawl("top", "--count", "2", "--interval", "100ms").stdout.splitlines()
        self.assertEqual(len(lines), 3, lines)
        self.assertIn("records/s", lines[0])
        self.run_pawl("top", "--interval", "1ms", code=USAGE)
        self.run_pawl("top", "--count", "0", code=USAGE)


class BackupTest(CliTest):
    def setUp(self):
        super().setUp()
        self.backup = os.path.join(self.folder, "backup")

    def fill(self, instances):
        for i in range(instances):
            self.start("order", amount=i)

    def digest(self, store):
        return self.json_one("verify", store=store)["digest"]

    def test_backup_and_restore(self):
        self.run_pawl("deploy", model("order.bpmn"))
        self.fill(3)
        first = self.json_one("backup", self.backup)
        self.assertEqual(first["copied"], first["records"])
        self.assertEqual(self.json_one("replay")["digest"], first["digest"])
        self.fill(2)
        second = self.json_one("backup", self.backup)
        self.assertEqual(second["records"], first["records"] + second["copied"])
        self.assertEqual(self.digest(self.backup), self.json_one("replay")["digest"])
        restored = os.path.join(self.folder, "restored")
        then = self.json_one("restore", self.backup, "--to", first["ends"][0], store=restored)
        self.assertEqual((then["digest"], then["ends"]), (first["digest"], first["ends"]))
        self.assertEqual(self.digest(restored), first["digest"])
        self.assertIn("got a folder", self.run_pawl("restore", self.backup, code=REFUSED, store=restored).stderr)
        self.run_pawl("restore", self.backup, "--to", "yesterday", code=USAGE, store=restored + "2")
        self.run_pawl("backup", self.store, code=REFUSED)
        # It is a store, and goes on; then it is no backup any more.
        self.run_pawl("start", "order", "--vars", '{"amount": 1}', store=self.backup)
        self.fill(1)
        self.assertIn("wanted a copy", self.run_pawl("backup", self.backup, code=REFUSED).stderr)

    def test_killed_backup_and_restore_lose_nothing(self):
        kills = int(os.environ.get("PAWL_KILLS", "6"))
        self.run_pawl("deploy", model("order.bpmn"))
        self.fill(25)
        digest = self.json_one("replay")["digest"]
        restored = os.path.join(self.folder, "restored")

        def kill(wait_s, *args, store=None):
            process = subprocess.Popen(self.command(*args, store=store), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(wait_s)
            process.kill()
            process.wait()

        began = time.monotonic()
        self.run_pawl("backup", self.backup + ".timed")
        took = time.monotonic() - began
        for i in range(kills):
            shutil.rmtree(self.backup, ignore_errors=True)
            kill(took * (i + 1) / (kills + 1), "backup", self.backup)
            # Whatever is there, the next one goes on.
            self.assertEqual(self.json_one("backup", self.backup)["digest"], digest)
            self.assertEqual(self.digest(self.backup), digest)
            shutil.rmtree(restored, ignore_errors=True)
            shutil.rmtree(restored + ".restoring", ignore_errors=True)
            kill(took * (i + 1) / (kills + 1), "restore", self.backup, store=restored)
            if not os.path.isdir(restored):
                self.run_pawl("restore", self.backup, store=restored)
            self.assertEqual(self.digest(restored), digest)
        self.assertEqual(self.digest(self.store), digest)


class RetainTest(CliTest):
    """The archive and the trimmed log. Half of the orders have ended, the others wait for their task."""

    def fill(self, instances):
        keys = [self.start("order", amount=i) for i in range(instances)]
        self.run_pawl("work", "--worker", "charge-card=true", "--until-idle")
        waiting = {task["instance"]: task["key"] for task in self.json_lines("tasks")}
        for key in keys[::2]:
            if key in waiting:
                self.run_pawl("complete", waiting[key])
        return keys

    def seen(self, keys, store=None):
        """What anybody can see of the instances, without what retention itself adds to their history."""
        out = {}
        for key in keys:
            history = [entry for entry in self.json_lines("history", key, store=store) if entry["event"] != "CarriedForward"]
            for entry in history:
                del entry["sequence"]
            state = self.json_one("inspect", key, store=store)
            for moment in ("position", "time"):
                del state[moment]
            out[key] = (history, state)
        return out

    def test_archived_instances_can_be_read(self):
        self.run_pawl("deploy", model("order.bpmn"))
        keys = self.fill(6)
        before = self.seen(keys)
        ended = [key for key in keys if before[key][1]["state"] == "completed"]
        self.assertTrue(ended)
        then = self.json_lines("log")[-1]["position"]
        self.run_pawl("hold", ended[0], "--reason", "case 17")
        self.assertEqual(self.json_lines("holds"), [{"key": ended[0], "reason": "case 17"}])
        result = self.json_one("retain", "--keep", "0")
        self.assertEqual((result["archived"], result["held"]), (len(ended) - 1, 1))
        self.assertEqual(result["carried"], len(keys) - result["archived"])
        self.assertEqual(self.seen(keys), before)
        self.assertNotIn(ended[1], [instance["key"] for instance in self.json_lines("instances")])
        archived = self.json_lines("instances", "--archived")
        self.assertEqual(sorted(instance["key"] for instance in archived), sorted(ended[1:]))
        self.assertEqual({instance["state"] for instance in archived}, {"completed"})
        self.assertEqual(len(self.json_lines("instances", "--archived", "--limit", "1")), 1)
        self.assertEqual(self.json_lines("instances", "--archived", "--state", "terminated"), [])
        # Ids, not numbers, of elements.
        self.assertIn('"element":"', self.run_pawl("--json", "log", "--instance", ended[1]).stdout)
        self.assertEqual(self.json_one("inspect", ended[1], "--at", then)["state"], "completed")
        self.run_pawl("render", ended[1], "-o", os.path.join(self.folder, "archived.svg"))
        self.assertIn("was trimmed", self.run_pawl("log", "--from", "0:1", code=REFUSED).stderr)
        digest = self.json_one("verify")["digest"]
        whole = self.json_one("verify", "--archived")
        self.assertEqual((whole["ok"], whole["digest"]), (True, digest))
        self.assertEqual(f"0:{whole['records']}", self.json_lines("log")[-1]["position"])
        self.assertEqual(self.json_one("rebuild")["digest"], digest)
        # Copies have the archive too.
        backup = os.path.join(self.folder, "backup")
        second = os.path.join(self.folder, "second")
        self.run_pawl("backup", backup)
        self.run_pawl("backup", second, store=backup)
        self.assertEqual(self.json_one("verify", store=second)["digest"], digest)
        self.assertEqual(self.seen(keys, store=second), before)
        self.run_pawl("release", ended[0])
        self.run_pawl("release", ended[0], code=REFUSED)
        self.assertEqual(self.json_one("retain", "--archive-after", "P1D")["archived"], 0)
        self.assertEqual(self.json_one("retain", "--archive-after", "0")["archived"], 1)
        self.assertEqual(self.seen(keys), before)

    def test_forks_and_restores_of_any_moment_of_a_trimmed_log(self):
        self.run_pawl("deploy", model("order.bpmn"))
        keys = self.fill(3)
        end = int(self.json_lines("log")[-1]["position"].split(":")[1])
        started = int(self.json_lines("history", keys[0])[0]["position"].split(":")[1])
        sound = os.path.join(self.folder, "sound")
        shutil.copytree(self.store, sound)
        self.run_pawl("retain", "--keep", "0")
        first_trim = [record["position"] for record in self.json_lines("log")]
        self.fill(2)
        self.run_pawl("retain", "--keep", "0")
        again = [record["position"] for record in self.json_lines("log")]

        def restored(store, position):
            target = os.path.join(self.folder, "restored")
            shutil.rmtree(target, ignore_errors=True)
            digest = self.json_one("restore", store, "--to", position, store=target)["digest"]
            self.assertEqual(self.json_one("verify", store=target)["digest"], digest)
            return digest

        for position in range(1, end + 1, 11):
            position = f"0:{position}"
            self.assertEqual(restored(self.store, position), restored(sound, position))
            fork = os.path.join(self.folder, "fork")
            shutil.rmtree(fork, ignore_errors=True)
            code = DONE if int(position.split(":")[1]) >= started else REFUSED
            done = self.run_pawl("--json", "fork", keys[0], "--at", position, "--into", fork, code=code)
            if code == DONE:
                self.assertEqual(json.loads(done.stdout)["digest"], restored(sound, position))
        # In the middle of a trim some instances are in the archive only; the log before has them.
        for position in first_trim[:-1:4] + again[::5]:
            restored(self.store, position)
        time = self.json_lines("log", store=sound)[end // 2]["time"]
        target = os.path.join(self.folder, "by time")
        other = os.path.join(self.folder, "by time, sound")
        self.assertEqual(
            self.json_one("restore", self.store, "--to", time, store=target)["digest"],
            self.json_one("restore", sound, "--to", time, store=other)["digest"],
        )

    def test_retention_in_a_copy_loses_nothing(self):
        self.run_pawl("deploy", model("order.bpmn"))
        keys = self.fill(3)
        before = self.seen(keys)

        def copies(source, *to):
            """A backup and a restore of `source`, and what is left of each after retention."""
            backup = os.path.join(self.folder, "copy of " + os.path.basename(source))
            self.run_pawl("backup", backup, store=source)
            restored = os.path.join(self.folder, "restored from " + os.path.basename(source))
            self.run_pawl("restore", source, *to, store=restored)
            for copy in (backup, restored):
                listed = self.json_lines("instances", "--archived", store=copy)
                self.run_pawl("retain", "--keep", "0", store=copy)
                self.assertEqual(self.seen(keys, store=copy), before)
                self.assertTrue(self.json_one("verify", "--archived", store=copy)["ok"])
                self.assertGreaterEqual(len(self.json_lines("instances", "--archived", store=copy)), len(listed))
                self.assertTrue(listed)
                shutil.rmtree(copy)

        # Archived, but not trimmed.
        self.run_pawl("retain", "--keep", "0", "--no-trim")
        copies(self.store)
        # Trimmed, and in the middle of that.
        self.run_pawl("retain", "--keep", "0")
        copies(self.store)
        keys += self.fill(1)
        before = self.seen(keys)
        self.run_pawl("retain", "--keep", "0")
        log = self.json_lines("log")
        archived = next(record for record in log if any(event["event"] == "InstancesArchived" for event in record["events"]))
        copies(self.store, "--to", archived["position"])
        fork = os.path.join(self.folder, "fork")
        self.run_pawl("fork", keys[0], "--at", archived["position"], "--into", fork)
        self.run_pawl("retain", "--keep", "0", store=fork)
        self.assertEqual(self.seen(keys, store=fork), before)
        # By time, a fork is of the store, as a restore.
        time = log[0]["time"]
        by_time = os.path.join(self.folder, "by time")
        made = self.json_one("fork", keys[0], "--at", time, "--into", by_time)
        restored = os.path.join(self.folder, "restored by time")
        self.assertEqual(self.json_one("restore", self.store, "--to", time, store=restored)["digest"], made["digest"])
        # The state inside of a trim, or before it, needs what the archive has.
        for position in ("0:9", archived["position"]):
            there = os.path.join(self.folder, "there")
            digest = self.json_one("restore", self.store, "--to", position, store=there)["digest"]
            self.assertEqual(self.json_one("replay", "--to", position)["digest"], digest)
            shutil.rmtree(there)
        self.assertIn("--archived", self.run_pawl("verify", "--since", "0:2", code=REFUSED).stderr)

    def test_a_stopped_restore_from_before_a_trim_goes_on(self):
        self.run_pawl("deploy", model("order.bpmn"))
        self.fill(6)
        self.run_pawl("retain", "--keep", "0")
        part = os.path.join(self.folder, "r")
        self.run_pawl("restore", self.store, "--to", "0:12", store=part)
        # As a killed one leaves it.
        os.rename(part, os.path.join(self.folder, "whole.restoring"))
        whole = os.path.join(self.folder, "whole")
        digest = self.json_one("restore", self.store, "--to", "0:30", store=whole)["digest"]
        self.assertEqual(self.json_one("replay", "--to", "0:30")["digest"], digest)
        self.assertEqual(self.json_one("verify", store=whole)["digest"], digest)

    def test_a_trim_waits_for_exporters(self):
        self.run_pawl("deploy", model("order.bpmn"))
        self.fill(2)
        folder = os.path.join(self.folder, "out")
        self.run_pawl("export", "--into", folder, "--name", "lake")
        self.start("order", amount=1)
        self.assertEqual(self.json_one("retain", "--keep", "0")["waits_for"], "lake")
        self.assertEqual(self.json_one("retain", "--when-behind", "drop")["waits_for"], "lake")
        self.run_pawl("export", "--into", folder, "--name", "lake")
        self.assertIsNone(self.json_one("retain")["waits_for"])
        # What was archived is out of the log now; a trim more would bring nothing.
        again = self.json_one("retain")
        self.assertEqual((again["archived"], again["carried"]), (0, 0))
        self.fill(2)
        result = self.json_one("retain", "--keep", "0", "--when-behind", "drop", "--behind-megabytes", "0")
        self.assertEqual(result["overtaken"], ["lake"])
        self.assertIn("was trimmed", self.run_pawl("export", "--into", folder, "--name", "lake", code=REFUSED).stderr)

    def test_killed_retention_loses_nothing(self):
        kills = int(os.environ.get("PAWL_KILLS", "6"))
        self.run_pawl("deploy", model("order.bpmn"))
        keys = self.fill(10)
        sound = os.path.join(self.folder, "sound")
        shutil.copytree(self.store, sound)
        before = self.seen(keys)
        began = time.monotonic()
        self.run_pawl("retain", "--keep", "0")
        took = time.monotonic() - began
        for i in range(kills):
            if i % 2 == 0:
                shutil.rmtree(self.store)
                shutil.copytree(sound, self.store)
            process = subprocess.Popen(self.command("retain", "--keep", "0"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(took * (i + 1) / (kills + 1))
            process.kill()
            process.wait()
            # As it is, after an engine opened it, and after the next retention.
            self.run_pawl("verify")
            self.assertEqual(self.seen(keys), before)
            self.run_pawl("work", "--until-idle")
            self.run_pawl("retain", "--keep", "0")
            self.run_pawl("verify")
            self.assertEqual(self.seen(keys), before)


class ExportTest(CliTest):
    def test_export(self):
        self.run_pawl("deploy", model("order.bpmn"))
        self.start("order", amount=1)
        lines = self.json_lines("export")
        self.assertEqual(lines, self.json_lines("log"))
        table = os.path.join(self.folder, "events.csv")
        self.run_pawl("export", "--format", "csv", "-o", table)
        with open(table, encoding="utf-8", newline="") as source:
            rows = list(csv.DictReader(source))
        history = self.json_lines("history", rows[0]["instance"])
        self.assertEqual([row["text"] for row in rows], [entry["text"] for entry in history])
        self.assertEqual([row["position"] for row in rows], [entry["position"] for entry in history])
        self.run_pawl("export", "--format", "xml", code=USAGE)
        self.run_pawl("export", "--follow", code=USAGE)

    def test_export_follows_a_running_store(self):
        self.run_pawl("deploy", model("order.bpmn"))
        folder = os.path.join(self.folder, "out")

        def exported():
            lines = []
            for path in sorted(glob.glob(os.path.join(folder, "*.jsonl"))):
                with open(path, encoding="utf-8") as source:
                    lines += [json.loads(line) for line in source]
            return lines

        self.run_pawl("export", "--into", folder)
        count = len(exported())
        self.assertGreater(count, 0)
        follower = subprocess.Popen(self.command("export", "--into", folder, "--follow"), stdout=subprocess.DEVNULL)
        try:
            self.start("order", amount=1)
            self.wait_for("the new records", lambda: len(exported()) > count)
        finally:
            follower.kill()
            follower.wait()
        self.run_pawl("export", "--into", folder)
        # Killed behind a record and before its cursor it writes that one again.
        by_position = {line["position"]: line for line in exported()}
        self.assertEqual(list(by_position.values())[: len(self.json_lines("log"))], self.json_lines("log"))


class UsageTest(CliTest):
    def test_usage_errors(self):
        for args in ([], ["nothing"], ["start"], ["start", "p", "--unknown"], ["complete", "x"], ["complete"],
                     ["complete", "-1"], ["start", "p", "--vars", "{bad"], ["start", "p", "--vars", "[1]"],
                     ["instances", "--state", "asleep"], ["instances", "--limit", "many"],
                     ["job", "fetch", "t", "--worker", "w", "--lock", "soon"], ["job", "complete", "1"], ["job"],
                     ["run", model("work.bpmn"), "--worker", "one"], ["log", "--from", "x"], ["test"], ["validate"]):
            self.assertEqual(self.run_pawl(*args, code=USAGE).stdout, "", args)
        self.assertFalse(os.path.exists(self.store))

    def test_unknown_keys(self):
        self.run_pawl("deploy", model("work.bpmn"))
        for args in (["complete", "99"], ["claim", "99", "--user", "u"], ["unclaim", "99"], ["cancel", "99"],
                     ["suspend", "99"], ["resume", "99"], ["set", "99", "--vars", "{}"], ["resolve", "99"],
                     ["job", "complete", "99", "--worker", "w"], ["job", "fail", "99", "--worker", "w"],
                     ["job", "extend", "99", "--worker", "w"], ["inspect", "99"], ["history", "99"], ["xml", "99"],
                     ["replay", "--instance", "99"], ["start", "nobody"], ["inspect", str(2**63)]):
            self.assertNotEqual(self.run_pawl(*args, code=REFUSED).stderr, "", args)

    def test_a_folder_without_a_store_stays_one(self):
        os.mkdir(self.store)
        for args in (["resolve", "5"], ["cancel", "5"], ["inspect", "5"], ["retain", "--keep", "0"], ["verify"], ["work", "--until-idle"]):
            self.assertIn("without a store", self.run_pawl(*args, code=REFUSED).stderr, args)
        self.assertEqual(os.listdir(self.store), [])

    def test_output_that_is_cut_short_is_an_error(self):
        with open("/dev/full", "w", encoding="utf-8") as full:
            result = subprocess.run(self.command("help"), stdout=full, stderr=subprocess.PIPE, text=True, check=False)
        self.assertEqual(result.returncode, REFUSED)
        self.assertIn("standard output", result.stderr)

    def test_help(self):
        overview = self.run_pawl("help").stdout
        commands = re.findall(r"^  ([a-z]+)  ", overview, re.MULTILINE)
        self.assertGreaterEqual(len(commands), 29)
        for command in commands:
            self.assertIn("Example:\n  pawl ", self.run_pawl("help", command).stdout if command != "help" else overview)
            self.assertIn("--help", self.run_pawl(command, "--help").stdout)

    def test_scenarios(self):
        self.assertEqual(self.run_pawl("test", model("passes.yaml")).stdout, "1 passed, 0 failed\n")
        verbose = self.run_pawl("test", "--verbose", model("passes.yaml")).stdout.splitlines()
        self.assertEqual(len(verbose), 5)
        lines = self.run_pawl("test", model("passes.yaml"), model("fails.yaml"), code=REFUSED).stdout.splitlines()
        self.assertEqual(lines[-1], "2 passed, 1 failed")
        self.assertEqual(len(lines), 3, lines)
        self.assertIn("fails.yaml:5: order-fails: expect_active (step 2): got [review], wanted [charge]", lines[0])
        self.run_pawl("test", os.path.join(self.folder, "absent.yaml"), code=REFUSED)
        outcome = self.json_lines("test", model("fails.yaml"), code=REFUSED)
        self.assertEqual([line.get("passed") for line in outcome], [False, True, 1])


if __name__ == "__main__":
    unittest.main()
