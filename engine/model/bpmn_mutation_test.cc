// Damaged files: a sound one cut at every byte, and with bytes changed at
// random. Whatever comes out, nothing crashes, each problem has a place, and
// what is called executable loads.
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <utility>

#include "engine/model/bpmn_xml.h"
#include "engine/model/process_builder.h"
#include "engine/model/process_definition.h"
#include "engine/model/test_xml.h"

namespace pawl::model {
namespace {

std::string Sample() {
  return ProcessBuilder("order")
      .StartEvent()
      .ServiceTask(
          "charge",
          {.retries = 5,
           .backoff = {.delay = "PT1S,PT2S", .factor = 2, .max = "PT1M"},
           .headers = {{"a", "b"}}})
      .ScriptTask("sum", "${a + 1}", {.result_variable = "a"})
      .ExclusiveGateway("large")
      .When("${amount > 100}")
      .UserTask("approve", {.assignee = "${boss}", .candidate_users = "a,b"})
      .ConnectTo("fork")
      .Default()
      .ParallelGateway("fork")
      .TimerCatch("wait", "PT2S")
      .ParallelGateway("join")
      .Branch("fork")
      .TimerCatchAt("until", "2030-01-01T00:00:00Z")
      .ConnectTo("join")
      .MoveTo("join")
      .ReceiveTask("answer", "answer ${id}", "${key}")
      .TerminateEnd()
      .BoundarySignal("alarm", "answer", "alarm", {.interrupting = false})
      .EscalationEnd("alarmed", "ALARM")
      .EventSubProcess("cancel", ProcessBuilder("")
                                     .MessageStart("cancelled", "cancel")
                                     .EventGateway("choice")
                                     .ConditionCatch("condition", "a > 1")
                                     .End("cancel_end")
                                     .Branch()
                                     .SignalCatch("signal", "alarm")
                                     .End("cancel_end"))
      .ToXml();
}

// True when the file was called executable.
bool Check(const std::string& xml) {
  ParsedModel parsed = ParseBpmn(xml, "damaged");
  EXPECT_EQ(parsed.ok(), parsed.ToStatus().ok());
  EXPECT_TRUE(parsed.ok() || !parsed.problems.empty());
  for (const Problem& problem : parsed.problems) {
    EXPECT_GT(problem.line, 0u) << problem.text;
    EXPECT_GT(problem.column, 0u) << problem.text;
    EXPECT_FALSE(problem.rule.empty());
  }
  for (ParsedProcess& process : parsed.processes) {
    EXPECT_TRUE(process.model != nullptr || !process.deployable);
    if (process.model == nullptr) continue;
    const auto loaded = ProcessDefinition::Create(std::move(process.model));
    EXPECT_TRUE(loaded.ok()) << loaded.status() << "\n" << xml;
  }
  return parsed.executable();
}

TEST(BpmnMutation, CutAtEveryByte) {
  const std::string xml = Sample();
  ASSERT_TRUE(Check(xml));
  // Behind the last element only white space is left to cut.
  const size_t end = xml.rfind('>') + 1;
  for (size_t size = 0; size < end; ++size) {
    ASSERT_FALSE(Check(xml.substr(0, size))) << size;
  }
}

TEST(BpmnMutation, BytesChanged) {
  const std::string xml = Sample();
  const unsigned seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  const std::string_view replacements = "<>/=\"'&; ${}a1x-\n\t\x01\xC3\xFF";
  int executable = 0;
  for (int round = 0; round < 3000; ++round) {
    std::string damaged = xml;
    for (unsigned i = random() % 4; i < 4; ++i) {
      damaged[random() % damaged.size()] =
          replacements[random() % replacements.size()];
    }
    if (Check(damaged)) ++executable;
    if (HasFailure()) return;
  }
  // Neither is trivial.
  EXPECT_GT(executable, 0);
  EXPECT_LT(executable, 3000);
}

// Ids swapped around: every graph that can be written.
TEST(BpmnMutation, ReferencesChanged) {
  const unsigned seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  const std::string ids[] = {"a", "b", "c", "d", "p", "f1", "zz", ""};
  const std::string tags[] = {
      "startEvent",       "endEvent",        "task",
      "exclusiveGateway", "parallelGateway", "subProcess",
      "dataObject",       "boundaryEvent",   "intermediateCatchEvent",
      "receiveTask",      "complexGateway",  "inclusiveGateway",
      "eventBasedGateway"};
  const auto pick = [&](const auto& from) {
    return from[random() % std::size(from)];
  };
  for (int round = 0; round < 3000; ++round) {
    std::string body;
    for (int i = 0; i < 5; ++i) {
      body += "<" + pick(tags) + " id='" + pick(ids) + "' default='" +
              pick(ids) + "'/>\n";
    }
    for (int i = 0; i < 4; ++i) {
      body += "<sequenceFlow id='f" + std::to_string(random() % 4) +
              "' sourceRef='" + pick(ids) + "' targetRef='" + pick(ids) +
              "'/>\n";
    }
    Check(Process(body));
    if (HasFailure()) return;
  }
}

// Events and what they refer to, event sub-processes and event gateways: what
// the parser lets pass always loads.
TEST(BpmnMutation, EventsChanged) {
  const unsigned seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  const std::string ids[] = {"a", "b", "c", "d", "e"};
  const std::string definitions[] = {
      "",
      "<messageEventDefinition messageRef='M'/>",
      "<messageEventDefinition/>",
      "<signalEventDefinition signalRef='S'/>",
      "<escalationEventDefinition escalationRef='C'/>",
      "<escalationEventDefinition/>",
      "<errorEventDefinition errorRef='E'/>",
      "<conditionalEventDefinition><condition>a</condition>"
      "</conditionalEventDefinition>",
      "<timerEventDefinition><timeDuration>PT1S</timeDuration>"
      "</timerEventDefinition>",
      "<terminateEventDefinition/>",
      "<linkEventDefinition name='L'/>"};
  const std::string events[] = {"startEvent", "endEvent", "boundaryEvent",
                                "intermediateCatchEvent",
                                "intermediateThrowEvent"};
  const std::string others[] = {"task", "receiveTask", "eventBasedGateway",
                                "inclusiveGateway", "complexGateway"};
  const auto pick = [&](const auto& from) {
    return from[random() % std::size(from)];
  };
  const auto nodes = [&](const std::string& suffix) {
    std::string body;
    for (const std::string& id : ids) {
      if (random() % 2 == 0) {
        const std::string tag = pick(events);
        body += "<" + tag + " id='" + id + suffix + "' attachedToRef='" +
                pick(ids) + suffix + "' isInterrupting='" +
                (random() % 2 == 0 ? "true" : "false") + "' cancelActivity='" +
                (random() % 2 == 0 ? "true" : "false") + "'>" +
                pick(definitions) + "</" + tag + ">";
      } else {
        body += "<" + pick(others) + " id='" + id + suffix + "'/>";
      }
    }
    for (unsigned i = random() % 4; i < 4; ++i) {
      body += "<sequenceFlow id='f" + std::to_string(i) + suffix +
              "' sourceRef='" + pick(ids) + suffix + "' targetRef='" +
              pick(ids) + suffix + "'/>";
    }
    return body;
  };
  int executable = 0;
  for (int round = 0; round < 10'000; ++round) {
    std::string inside;
    if (random() % 2 == 0) {
      inside = "<subProcess id='s' triggeredByEvent='" +
               std::string(random() % 4 == 0 ? "false" : "true") +
               "'><startEvent id='as'>" + pick(definitions) +
               "</startEvent></subProcess>";
    }
    const bool is_valid =
        Check(Definitions("<message id='M' name='m'/><signal id='S' name='s'/>"
                          "<escalation id='C' escalationCode='c'/>"
                          "<error id='E' errorCode='e'/><process id='p'>" +
                          nodes("") + inside + "</process>"));
    if (is_valid) ++executable;
    if (HasFailure()) return;
  }
  EXPECT_GT(executable, 0);
}

}  // namespace
}  // namespace pawl::model
