// What stands around the work of a flow node: mappings, listeners, scripts.
// Rules: SEMANTICS, Variables and scopes, and Expressions.
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/limits.h"
#include "engine/expression/expression.h"
#include "engine/expression/scope_view.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/core_harness.h"

namespace pawl::core {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using K = fb::ElementKind;
using fb::Language;

std::unique_ptr<fb::ExpressionT> Text(const std::string& text,
                                      Language language) {
  auto expression = std::make_unique<fb::ExpressionT>();
  expression->text = text;
  expression->language = language;
  return expression;
}

std::unique_ptr<fb::MappedValueT> Mapped(const std::string& feel) {
  auto value = std::make_unique<fb::MappedValueT>();
  value->expression = Text(feel, Language::feel);
  return value;
}

std::unique_ptr<fb::MappingT> Map(const std::string& feel,
                                  const std::string& target,
                                  std::vector<std::string> path = {}) {
  auto mapping = std::make_unique<fb::MappingT>();
  mapping->target = target;
  mapping->path = std::move(path);
  mapping->value = Mapped(feel);
  return mapping;
}

std::unique_ptr<fb::ListenerT> Listener(fb::ListenerEvent event,
                                        const std::string& text,
                                        Language language) {
  auto listener = std::make_unique<fb::ListenerT>();
  listener->event = event;
  listener->script = std::make_unique<fb::ScriptDefinitionT>();
  listener->script->script = Text(text, language);
  return listener;
}

std::unique_ptr<fb::ListenerT> JobListener(fb::ListenerEvent event,
                                           const std::string& type) {
  auto listener = std::make_unique<fb::ListenerT>();
  listener->event = event;
  listener->job = std::make_unique<fb::JobDefinitionT>();
  listener->job->type = Text(type, Language::literal);
  return listener;
}

// start -> work -> end, `work` a user task.
ModelSketch OneTask() {
  ModelSketch sketch("p");
  sketch.Node("start", K::start_event)
      .Node("work", K::user_task)
      .Node("end", K::end_event)
      .Flow("start", "work")
      .Flow("work", "end");
  return sketch;
}

const Incident& TheIncident(const Instance& instance) {
  EXPECT_EQ(instance.incidents.size(), 1u);
  return instance.incidents.begin()->second;
}

// The variable as the local scope of the element has it, or "absent".
std::string Local(const Instance& instance, const CoreHarness& h,
                  const std::string& element, const std::string& name) {
  for (const auto& [key, activation] : instance.elements) {
    if (h.ModelOf(instance.key).element(activation.element).id != element) {
      continue;
    }
    const auto scope = instance.scopes.find(key);
    if (scope == instance.scopes.end()) return "absent";
    const auto variable = scope->second.variables.find(name);
    return variable == scope->second.variables.end() ? "absent"
                                                     : variable->second;
  }
  return "no activation";
}

TEST(Mappings, InputsAreLocalAndSeeEachOther) {
  ModelSketch sketch = OneTask();
  sketch.element("work").inputs.push_back(Map("amount * 2", "amount"));
  sketch.element("work").inputs.push_back(Map("amount + 1", "more"));
  CoreHarness h;
  h.Deploy(sketch);
  const InstanceKey key = h.Start("p", R"({"amount":10})");
  EXPECT_EQ(Local(h.at(key), h, "work", "amount"), "20");
  EXPECT_EQ(Local(h.at(key), h, "work", "more"), "21");
  EXPECT_EQ(h.Variable(key, "amount"), "10");
  // Without outputs what a task gives goes to the nearest scope that has it.
  ASSERT_TRUE(h.CompleteTask(key, "work", R"({"amount":1,"other":2})").ok());
  EXPECT_EQ(h.Variable(key, "amount"), "10");
  EXPECT_EQ(h.Variable(key, "other"), "2");
  EXPECT_EQ(h.Variable(key, "more"), "absent");
  EXPECT_TRUE(h.at(key).ended());
}

TEST(Mappings, OnlyMappedOutputsGoOut) {
  ModelSketch sketch = OneTask();
  sketch.element("work").outputs.push_back(Map("result.total", "total"));
  CoreHarness h;
  h.Deploy(sketch);
  const InstanceKey key = h.Start("p", R"({"total":0,"result":"mine"})");
  ASSERT_TRUE(
      h.CompleteTask(key, "work", R"({"result":{"total":5},"extra":1})").ok());
  EXPECT_EQ(h.Variable(key, "total"), "5");
  EXPECT_EQ(h.Variable(key, "result"), "\"mine\"");
  EXPECT_EQ(h.Variable(key, "extra"), "absent");
}

TEST(Mappings, PathsChangeAnEntryOfWhatIsThere) {
  ModelSketch sketch = OneTask();
  sketch.element("work").inputs.push_back(Map("1", "order", {"a", "b"}));
  sketch.element("work").inputs.push_back(Map("2", "order", {"c"}));
  sketch.element("work").outputs.push_back(
      Map("order.a.b + 10", "order", {"sum"}));
  CoreHarness h;
  h.Deploy(sketch);
  const InstanceKey key = h.Start("p", R"({"order":{"id":7}})");
  EXPECT_EQ(Local(h.at(key), h, "work", "order"), R"({"a":{"b":1},"c":2})");
  ASSERT_TRUE(h.CompleteTask(key, "work").ok());
  EXPECT_EQ(h.Variable(key, "order"), R"({"id":7,"sum":11})");
}

TEST(Mappings, APathDestroysNothing) {
  ModelSketch sketch = OneTask();
  sketch.element("work").outputs.push_back(Map("1", "order", {"sum"}));
  CoreHarness h;
  h.Deploy(sketch);
  const InstanceKey key = h.Start("p", R"({"order":[1]})");
  ASSERT_TRUE(h.CompleteTask(key, "work").ok());
  EXPECT_EQ(TheIncident(h.at(key)).type, fb::IncidentType::mapping_error);
  EXPECT_THAT(TheIncident(h.at(key)).message, HasSubstr("wanted a context"));
  EXPECT_EQ(h.Variable(key, "order"), "[1]");
}

TEST(Mappings, TogetherTheyAreBounded) {
  ModelSketch sketch = OneTask();
  for (int i = 0; i < 5; ++i) {
    sketch.element("work").inputs.push_back(
        Map("s", "copy" + std::to_string(i)));
  }
  CoreHarness h;
  h.Deploy(sketch);
  const InstanceKey key =
      h.Start("p", "{\"s\":\"" + std::string(1'000'000, 'x') + "\"}");
  EXPECT_EQ(TheIncident(h.at(key)).type, fb::IncidentType::mapping_error);
  EXPECT_THAT(TheIncident(h.at(key)).message, HasSubstr("kVariablesBytesMax"));
}

TEST(Mappings, ListsAndContextsAreBuiltFromTheirParts) {
  ModelSketch sketch = OneTask();
  auto mapping = std::make_unique<fb::MappingT>();
  mapping->target = "all";
  mapping->value = std::make_unique<fb::MappedValueT>();
  mapping->value->kind = fb::MappedKind::context;
  auto list = std::make_unique<fb::MappedValueT>();
  list->kind = fb::MappedKind::list;
  for (const char* text : {"x", "x + 1"}) {
    list->entries.push_back(std::make_unique<fb::MappedEntryT>());
    list->entries.back()->value = Mapped(text);
  }
  mapping->value->entries.push_back(std::make_unique<fb::MappedEntryT>());
  mapping->value->entries.back()->name = "numbers";
  mapping->value->entries.back()->value = std::move(list);
  sketch.element("work").inputs.push_back(std::move(mapping));
  CoreHarness h;
  h.Deploy(sketch);
  const InstanceKey key = h.Start("p", R"({"x":1})");
  EXPECT_EQ(Local(h.at(key), h, "work", "all"), R"({"numbers":[1,2]})");
}

// SEMANTICS: the token stays, and resolving repeats exactly the failed step.
TEST(Mappings, AFaultWritesNothingAndIsRepeated) {
  ModelSketch sketch = OneTask();
  auto& element = sketch.element("work");
  element.inputs.push_back(Map("1", "first"));
  auto bad = Map("", "second");
  bad->value->expression = Text("${missing}", Language::el);
  element.inputs.push_back(std::move(bad));
  CoreHarness h;
  h.Deploy(sketch);
  const InstanceKey key = h.Start("p");
  EXPECT_EQ(TheIncident(h.at(key)).type, fb::IncidentType::mapping_error);
  EXPECT_THAT(TheIncident(h.at(key)).message, HasSubstr("input 'second'"));
  EXPECT_EQ(Local(h.at(key), h, "work", "first"), "absent");
  fb::SetVariablesT set;
  set.variables.push_back(std::make_unique<fb::VariableT>());
  set.variables.back()->name = "missing";
  set.variables.back()->json = "2";
  ASSERT_TRUE(h.Do(std::move(set), key).ok());
  ASSERT_TRUE(h.Resolve(key).ok());
  EXPECT_EQ(Local(h.at(key), h, "work", "second"), "2");
  EXPECT_THAT(h.Waiting(key), ElementsAre("work"));
}

TEST(Mappings, AFaultInOutputsKeepsTheWorkDone) {
  ModelSketch sketch = OneTask();
  auto output = Map("", "x");
  output->value->expression = Text("${missing}", Language::el);
  sketch.element("work").outputs.push_back(std::move(output));
  CoreHarness h;
  h.Deploy(sketch);
  const InstanceKey key = h.Start("p");
  ASSERT_TRUE(h.CompleteTask(key, "work", R"({"kept":1})").ok());
  EXPECT_EQ(TheIncident(h.at(key)).type, fb::IncidentType::mapping_error);
  EXPECT_THAT(TheIncident(h.at(key)).message, HasSubstr("output 'x'"));
  EXPECT_EQ(Local(h.at(key), h, "work", "kept"), "1");
  EXPECT_TRUE(h.at(key).tasks.empty());
}

// In FEEL a missing variable is null, and so is what is mapped from it.
TEST(Mappings, NullOfFeelIsMapped) {
  ModelSketch sketch = OneTask();
  sketch.element("work").inputs.push_back(Map("missing", "x"));
  CoreHarness h;
  h.Deploy(sketch);
  const InstanceKey key = h.Start("p");
  EXPECT_EQ(Local(h.at(key), h, "work", "x"), "null");
}

TEST(Listeners, RunAroundTheWorkInOrder) {
  ModelSketch sketch = OneTask();
  auto& element = sketch.element("work");
  element.inputs.push_back(Map("1", "n"));
  element.listeners.push_back(
      Listener(fb::ListenerEvent::end, "last", Language::lua));
  element.listeners.push_back(
      Listener(fb::ListenerEvent::start, "first", Language::lua));
  element.listeners.push_back(
      Listener(fb::ListenerEvent::start, "second", Language::lua));
  CoreHarness h;
  std::vector<std::string> ran;
  h.script_runner = [&](const expression::Expression& script,
                        const expression::ScopeView& scope)
      -> absl::StatusOr<expression::ScriptResult> {
    ran.push_back(absl::StrCat(script.text(), " n=",
                               scope.Find("n") == nullptr
                                   ? "absent"
                                   : scope.Find("n")->number_text()));
    return expression::ScriptResult{Value(), Variables{{"by", script.text()}},
                                    0};
  };
  h.Deploy(sketch);
  const InstanceKey key = h.Start("p");
  EXPECT_THAT(ran, ElementsAre("first n=1", "second n=1"));
  EXPECT_EQ(h.Variable(key, "by"), "\"second\"");
  ASSERT_TRUE(h.CompleteTask(key, "work").ok());
  EXPECT_EQ(ran.size(), 3u);
  EXPECT_EQ(h.Variable(key, "by"), "\"last\"");
  EXPECT_TRUE(h.at(key).ended());
}

TEST(Listeners, AFaultIsRepeatedAloneWhenResolved) {
  ModelSketch sketch = OneTask();
  auto& element = sketch.element("work");
  element.listeners.push_back(
      Listener(fb::ListenerEvent::start, "first", Language::lua));
  element.listeners.push_back(
      Listener(fb::ListenerEvent::start, "second", Language::lua));
  CoreHarness h;
  std::vector<std::string> ran;
  bool fails = true;
  h.script_runner = [&](const expression::Expression& script,
                        const expression::ScopeView&)
      -> absl::StatusOr<expression::ScriptResult> {
    ran.push_back(script.text());
    if (script.text() == "second" && fails) {
      return absl::ResourceExhaustedError("too many steps");
    }
    return expression::ScriptResult{};
  };
  h.Deploy(sketch);
  const InstanceKey key = h.Start("p");
  EXPECT_EQ(TheIncident(h.at(key)).type, fb::IncidentType::script_error);
  EXPECT_THAT(TheIncident(h.at(key)).message, HasSubstr("too many steps"));
  fails = false;
  ASSERT_TRUE(h.Resolve(key).ok());
  EXPECT_THAT(ran, ElementsAre("first", "second", "second"));
  EXPECT_THAT(h.Waiting(key), ElementsAre("work"));
}

TEST(Listeners, JobsAreWaitedForBeforeAndAfterTheWork) {
  ModelSketch sketch = OneTask();
  auto& element = sketch.element("work");
  element.listeners.push_back(JobListener(fb::ListenerEvent::start, "before"));
  element.listeners.push_back(JobListener(fb::ListenerEvent::end, "after"));
  CoreHarness h;
  h.Deploy(sketch);
  const InstanceKey key = h.Start("p");
  EXPECT_TRUE(h.at(key).tasks.empty());
  EXPECT_EQ(h.at(key).jobs.begin()->second.type, "before");
  ASSERT_TRUE(h.CompleteJob(key, "work", R"({"seen":1})").ok());
  EXPECT_EQ(h.Variable(key, "seen"), "1");
  ASSERT_EQ(h.at(key).tasks.size(), 1u);
  ASSERT_TRUE(h.CompleteTask(key, "work").ok());
  ASSERT_EQ(h.at(key).jobs.size(), 1u);
  EXPECT_EQ(h.at(key).jobs.begin()->second.type, "after");
  // A failed one is tried again, by its own retries.
  ASSERT_TRUE(h.FailJob(key, "work").ok());
  ASSERT_TRUE(h.CompleteJob(key, "work").ok());
  EXPECT_TRUE(h.at(key).ended());
}

TEST(Listeners, CancelEndsTheirJobs) {
  ModelSketch sketch = OneTask();
  sketch.element("work").listeners.push_back(
      JobListener(fb::ListenerEvent::start, "before"));
  CoreHarness h;
  h.Deploy(sketch);
  const InstanceKey key = h.Start("p");
  ASSERT_TRUE(h.Do(fb::CancelInstanceT(), key).ok());
  EXPECT_THAT(h.LastEvents(), Contains("JobCanceled"));
  EXPECT_TRUE(h.at(key).ended());
}

// Models without mappings and listeners give the events that they always gave.
TEST(Steps, AreCountedOnlyWhereThereAreSome) {
  CoreHarness h;
  h.Deploy(OneTask());
  h.Start("p");
  EXPECT_THAT(h.LastEvents(), Not(Contains("ElementStepDone")));
}

// --- Scripts ----------------------------------------------------------------

ModelSketch OneScript(const std::string& text, Language language) {
  ModelSketch sketch("p");
  sketch.Node("start", K::start_event)
      .Script("work", text, "result")
      .Node("end", K::end_event)
      .Flow("start", "work")
      .Flow("work", "end");
  sketch.element("work").script->script->language = language;
  return sketch;
}

TEST(Scripts, FeelWritesItsValue) {
  CoreHarness h;
  h.Deploy(OneScript("if amount > 100 then \"much\" else \"little\"",
                     Language::feel));
  const InstanceKey key = h.Start("p", R"({"amount":120})");
  EXPECT_EQ(h.Variable(key, "result"), "\"much\"");
  // It is evaluated again, not recorded.
  for (const auto& fact : h.LastRecord().facts) {
    EXPECT_NE(fact->lookup, fb::Lookup::script);
  }
}

// The harness decides each record again from its facts.
TEST(Scripts, ResultsAreRecorded) {
  CoreHarness h;
  int runs = 0;
  h.script_runner = [&](const expression::Expression&,
                        const expression::ScopeView&)
      -> absl::StatusOr<expression::ScriptResult> {
    ++runs;
    return expression::ScriptResult{Value(runs), Variables{{"set", runs}}, 0};
  };
  h.Deploy(OneScript("return 1", Language::lua));
  const InstanceKey key = h.Start("p");
  EXPECT_EQ(h.Variable(key, "result"), "1");
  EXPECT_EQ(h.Variable(key, "set"), "1");
  EXPECT_EQ(runs, 1);
}

TEST(Scripts, FailuresAreRecorded) {
  CoreHarness h;
  int runs = 0;
  h.script_runner = [&](const expression::Expression&,
                        const expression::ScopeView&)
      -> absl::StatusOr<expression::ScriptResult> {
    return absl::ResourceExhaustedError(absl::StrCat("run ", ++runs));
  };
  h.Deploy(OneScript("while true do end", Language::lua));
  const InstanceKey key = h.Start("p");
  EXPECT_EQ(TheIncident(h.at(key)).type, fb::IncidentType::script_error);
  EXPECT_THAT(TheIncident(h.at(key)).message, HasSubstr("run 1"));
  EXPECT_EQ(runs, 1);
}

TEST(Scripts, RandomNumbersComeFromARecordedSeed) {
  CoreHarness h;
  h.Deploy(OneScript("[random number(), random number()]", Language::feel));
  const InstanceKey first = h.Start("p");
  const InstanceKey second = h.Start("p");
  EXPECT_NE(h.Variable(first, "result"), h.Variable(second, "result"));
}

TEST(Scripts, NowIsTheTimeOfTheRecord) {
  CoreHarness h;
  h.Deploy(OneScript("string(now())", Language::feel));
  const InstanceKey key = h.Start("p");
  EXPECT_EQ(h.Variable(key, "result"), "\"1970-01-01T00:16:40Z\"");
}

TEST(Scripts, JavaScriptIsAJob) {
  CoreHarness h;
  h.Deploy(OneScript("1 + 1", Language::javascript));
  const InstanceKey key = h.Start("p");
  ASSERT_EQ(h.at(key).jobs.size(), 1u);
  EXPECT_EQ(h.at(key).jobs.begin()->second.type, kJavaScriptJobType);
  // One attempt: it would fail the same way again.
  ASSERT_TRUE(h.FailJob(key, "work").ok());
  EXPECT_EQ(TheIncident(h.at(key)).type, fb::IncidentType::script_error);
  ASSERT_TRUE(h.Resolve(key).ok());
  ASSERT_TRUE(h.CompleteJob(key, "work", R"({"result":2})").ok());
  EXPECT_TRUE(h.at(key).ended());
}

// Ten thousand activations with a script each would keep everybody else
// waiting; the edge is that of every limit on a command.
TEST(Scripts, TheirStepsOfOneCommandAreBounded) {
  ModelSketch sketch("p");
  sketch.Node("start", K::start_event)
      .Script("work", "return 1", "result")
      .Node("again", K::exclusive_gateway)
      .Flow("start", "work")
      .Flow("work", "again")
      .Flow("again", "work");
  sketch.element("work").script->script->language = Language::lua;
  CoreHarness h;
  int64_t runs = 0;
  h.script_runner = [&](const expression::Expression&,
                        const expression::ScopeView&)
      -> absl::StatusOr<expression::ScriptResult> {
    ++runs;
    return expression::ScriptResult{Value(), {}, kScriptStepsPerCommandMax / 4};
  };
  h.Deploy(sketch);
  const InstanceKey key = h.Start("p");
  EXPECT_EQ(runs, 4);
  EXPECT_EQ(TheIncident(h.at(key)).type, fb::IncidentType::limit);
  EXPECT_THAT(TheIncident(h.at(key)).message,
              HasSubstr("kScriptStepsPerCommandMax"));
  // Resolving grants as many again.
  ASSERT_TRUE(h.Resolve(key).ok());
  EXPECT_EQ(runs, 8);
}

TEST(Scripts, FailedOnesCountToo) {
  ModelSketch sketch("p");
  sketch.Node("start", K::start_event).Node("fork", K::parallel_gateway);
  sketch.Flow("start", "fork");
  for (int i = 0; i < 10; ++i) {
    const std::string id = absl::StrCat("work", i);
    sketch.Script(id, "error()", "").Flow("fork", id);
    sketch.element(id).script->script->language = Language::lua;
  }
  CoreHarness h;
  int64_t runs = 0;
  h.script_runner = [&](const expression::Expression&,
                        const expression::ScopeView&)
      -> absl::StatusOr<expression::ScriptResult> {
    ++runs;
    return expression::WithSteps(absl::InvalidArgumentError("no"),
                                 kScriptStepsPerCommandMax / 4);
  };
  h.Deploy(sketch);
  const InstanceKey key = h.Start("p");
  EXPECT_EQ(runs, 4);
  // Four that failed, and one for the tokens that were stopped.
  EXPECT_EQ(h.at(key).incidents.size(), 5u);
}

// Expressions that are legal each, and too much together.
constexpr char kHeavy[] = "count(for i in 1..300000 return 1) > 0";

TEST(Expressions, TheirStepsOfOneCommandAreBounded) {
  ModelSketch sketch("p");
  sketch.Node("start", K::start_event)
      .Script("work", kHeavy, "result")
      .Node("again", K::exclusive_gateway)
      .Flow("start", "work")
      .Flow("work", "again")
      .Flow("again", "work");
  sketch.element("work").script->script->language = Language::feel;
  CoreHarness h;
  h.Deploy(sketch);
  const InstanceKey key = h.Start("p");
  EXPECT_EQ(TheIncident(h.at(key)).type, fb::IncidentType::limit);
  EXPECT_THAT(TheIncident(h.at(key)).message,
              HasSubstr("kExpressionStepsPerCommandMax"));
  EXPECT_LT(h.Path(key).size(), 100u);
  EXPECT_TRUE(h.Resolve(key).ok());
}

TEST(Expressions, MappingsOfOneElementAreBoundedTogether) {
  ModelSketch sketch = OneTask();
  for (int i = 0; i < 100; ++i) {
    sketch.element("work").inputs.push_back(Map(kHeavy, absl::StrCat("v", i)));
  }
  CoreHarness h;
  h.Deploy(sketch);
  const InstanceKey key = h.Start("p");
  EXPECT_EQ(TheIncident(h.at(key)).type, fb::IncidentType::mapping_error);
  EXPECT_THAT(TheIncident(h.at(key)).message,
              HasSubstr("kExpressionStepsPerCommandMax"));
}

// A variable is parsed once and told anew once it is written.
TEST(Expressions, SeeWhatWasWrittenInTheSameCommand) {
  ModelSketch sketch("p");
  sketch.Node("start", K::start_event)
      .Script("one", "n + 1", "n")
      .Script("two", "n + 1", "n")
      .Node("end", K::user_task)
      .Flow("start", "one")
      .Flow("one", "two")
      .Flow("two", "end");
  for (const char* id : {"one", "two"}) {
    sketch.element(id).script->script->language = Language::feel;
  }
  CoreHarness h;
  h.Deploy(sketch);
  EXPECT_EQ(h.Variable(h.Start("p", R"({"n":1})"), "n"), "3");
}

// What a script draws is part of its result: it isn't drawn again, and what
// FEEL draws after it is still the same.
TEST(Scripts, SeedsThatAScriptDrawsAreNotThoseOfFeel) {
  ModelSketch sketch("p");
  sketch.Node("start", K::start_event)
      .Script("first", "return math.random()", "a")
      .Script("second", "random number()", "b")
      .Node("end", K::user_task)
      .Flow("start", "first")
      .Flow("first", "second")
      .Flow("second", "end");
  sketch.element("first").script->script->language = Language::lua;
  sketch.element("second").script->script->language = Language::feel;
  CoreHarness h;
  h.script_runner = [&](const expression::Expression&,
                        const expression::ScopeView& scope)
      -> absl::StatusOr<expression::ScriptResult> {
    return expression::ScriptResult{
        Value(static_cast<int64_t>(scope.Seed() & 0xff)), {}, 0};
  };
  h.Deploy(sketch);
  // The harness decides the record again, without running the script.
  EXPECT_EQ(h.at(h.Start("p")).incidents.size(), 0u);
}

// Neither dropped values nor messages make a record that can't be written.
TEST(Scripts, TheirResultsAreBoundedPerCommand) {
  ModelSketch sketch = OneTask();
  auto& element = sketch.element("work");
  for (int i = 0; i < 20; ++i) {
    element.listeners.push_back(
        Listener(fb::ListenerEvent::start, "return big", Language::lua));
  }
  CoreHarness h;
  h.script_runner = [&](const expression::Expression&,
                        const expression::ScopeView&)
      -> absl::StatusOr<expression::ScriptResult> {
    return expression::ScriptResult{Value(std::string(4'000'000, 'x')), {}, 0};
  };
  h.Deploy(sketch);
  const InstanceKey key = h.Start("p");
  EXPECT_EQ(TheIncident(h.at(key)).type, fb::IncidentType::limit);
  EXPECT_LT(h.log().back().size(), 2 * kWrittenBytesPerCommandMax);
  // It goes on with the next listener, and gets as far again.
  while (!h.at(key).incidents.empty()) ASSERT_TRUE(h.Resolve(key).ok());
  EXPECT_THAT(h.Waiting(key), ElementsAre("work"));
}

TEST(Scripts, MessagesAreTextsOfReadableLength) {
  CoreHarness h;
  h.script_runner = [&](const expression::Expression&,
                        const expression::ScopeView&)
      -> absl::StatusOr<expression::ScriptResult> {
    return absl::InvalidArgumentError("bad \xff" + std::string(100'000, '-'));
  };
  h.Deploy(OneScript("error()", Language::lua));
  const InstanceKey key = h.Start("p");
  EXPECT_LT(TheIncident(h.at(key)).message.size(), kScriptMessageBytesMax + 64);
  EXPECT_THAT(TheIncident(h.at(key)).message, HasSubstr("bad \xEF\xBF\xBD--"));
  EXPECT_THAT(TheIncident(h.at(key)).message, EndsWith("..."));
  // Just as long as it may be: whole.
  h.script_runner = [&](const expression::Expression&,
                        const expression::ScopeView&)
      -> absl::StatusOr<expression::ScriptResult> {
    return absl::InvalidArgumentError(
        std::string(kScriptMessageBytesMax - 1, '-') + "!");
  };
  EXPECT_THAT(TheIncident(h.at(h.Start("p"))).message, EndsWith("-!"));
}

// A condition has a value to give, and nothing else.
TEST(Scripts, AConditionMaySetNothing) {
  ModelSketch sketch("p");
  sketch.Node("start", K::start_event)
      .Node("choice", K::exclusive_gateway)
      .Node("end", K::end_event)
      .Flow("start", "choice")
      .Flow("choice", "end", "${true}");
  fb::ProcessT model = sketch.Build();
  model.flows.back()->condition->language = Language::lua;
  CoreHarness h;
  h.script_runner = [&](const expression::Expression&,
                        const expression::ScopeView&)
      -> absl::StatusOr<expression::ScriptResult> {
    return expression::ScriptResult{Value(true), Variables{{"x", 1}}, 0};
  };
  h.Deploy(model);
  const InstanceKey key = h.Start("p");
  EXPECT_EQ(TheIncident(h.at(key)).type, fb::IncidentType::expression_error);
  EXPECT_THAT(TheIncident(h.at(key)).message, HasSubstr("'x'"));
}

TEST(Conditions, FeelThatIsNullSaysWhy) {
  ModelSketch sketch("p");
  sketch.Node("start", K::start_event)
      .Node("choice", K::exclusive_gateway)
      .Node("end", K::end_event)
      .Flow("start", "choice")
      .Flow("choice", "end", "amount > 100");
  fb::ProcessT model = sketch.Build();
  model.flows.back()->condition->language = Language::feel;
  CoreHarness h;
  h.Deploy(model);
  const InstanceKey key = h.Start("p");
  EXPECT_EQ(TheIncident(h.at(key)).type, fb::IncidentType::expression_error);
  EXPECT_THAT(TheIncident(h.at(key)).message, HasSubstr("amount"));
  const InstanceKey other = h.Start("p", R"({"amount":101})");
  EXPECT_THAT(h.at(other).incidents, IsEmpty());
}

}  // namespace
}  // namespace pawl::core
