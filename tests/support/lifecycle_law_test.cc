// The law notices each thing that it forbids.
#include "tests/support/lifecycle_law.h"

#include <initializer_list>
#include <memory>
#include <string>
#include <utility>

#include "gtest/gtest.h"

namespace pawl {
namespace {

constexpr uint64_t kInstance = 1;

class Log {
 public:
  template <typename EventT>
  Log& Add(EventT event) {
    record_.events.emplace_back();
    record_.events.back().Set(std::move(event));
    return *this;
  }
  // An event that names nothing but its key.
  template <typename EventT>
  Log& Of(uint64_t key) {
    EventT event;
    event.key = key;
    return Add(std::move(event));
  }
  Log& Activating(uint64_t key, uint64_t scope = 0) {
    fb::ElementActivatingT event;
    event.key = key;
    event.scope = scope;
    return Add(std::move(event));
  }
  Log& Task(uint64_t key, uint64_t element) {
    fb::TaskCreatedT event;
    event.key = key;
    event.element_key = element;
    return Add(std::move(event));
  }
  std::string Law() {
    record_.touched.push_back(std::make_unique<fb::TouchedT>());
    record_.touched.back()->instance = kInstance;
    record_.touched.back()->count =
        static_cast<uint32_t>(record_.events.size());
    return LifecycleLaw().Observe(record_);
  }

 private:
  fb::RecordT record_;
};

// The process, with one user task in it.
Log Running() {
  Log log;
  log.Activating(1).Of<fb::ElementActivatedT>(1);
  log.Activating(2, 1).Task(3, 2).Of<fb::ElementActivatedT>(2);
  return log;
}

Log Completed() {
  Log log = Running();
  log.Of<fb::TaskCompletedT>(3).Of<fb::ElementCompletingT>(2);
  log.Of<fb::ElementCompletedT>(2);
  return log;
}

TEST(LifecycleLaw, LetsAnInstanceRunAndEnd) {
  EXPECT_EQ(Completed()
                .Of<fb::ElementCompletingT>(1)
                .Of<fb::ElementCompletedT>(1)
                .Add(fb::InstanceEndedT())
                .Law(),
            "");
}

TEST(LifecycleLaw, NoEventFollowsAFinalState) {
  EXPECT_NE(Completed().Of<fb::ElementTerminatingT>(2).Law(), "");
  EXPECT_NE(Completed().Of<fb::TaskCanceledT>(3).Law(), "");
  EXPECT_NE(Completed().Task(4, 2).Law(), "");
  EXPECT_EQ(Completed()
                .Of<fb::ElementCompletingT>(1)
                .Of<fb::ElementCompletedT>(1)
                .Add(fb::InstanceEndedT())
                .Add(fb::InstanceSuspendedT())
                .Law(),
            "InstanceSuspended: its instance has ended\n");
}

TEST(LifecycleLaw, NothingIsLeftOpenAtTheEnd) {
  EXPECT_EQ(Running().Add(fb::InstanceEndedT()).Law(),
            "InstanceEnded: element 1 has not ended\n"
            "InstanceEnded: element 2 has not ended\n"
            "InstanceEnded: work 3 is not done with\n");
}

TEST(LifecycleLaw, StatesComeInTheirOrder) {
  EXPECT_NE(Running().Of<fb::ElementCompletedT>(2).Law(), "");
  EXPECT_NE(Running().Of<fb::ElementActivatedT>(2).Law(), "");
  EXPECT_NE(Running().Of<fb::ElementTerminatedT>(2).Law(), "");
  EXPECT_NE(Running().Activating(2, 1).Law(), "") << "a key is used once";
  EXPECT_NE(Log().Activating(2, 1).Law(), "") << "its scope isn't there";
}

TEST(LifecycleLaw, EveryHandOutIsTheNextAttempt) {
  const auto law = [](uint32_t attempt) {
    fb::JobCreatedT created;
    created.key = 4;
    created.element_key = 2;
    created.epoch = 1;
    fb::JobLockedT locked;
    locked.key = 4;
    locked.attempt = attempt;
    return Running().Add(std::move(created)).Add(std::move(locked)).Law();
  };
  EXPECT_EQ(law(2), "");
  EXPECT_EQ(law(1), "JobLocked: attempt 1 after 1\n");
  EXPECT_EQ(law(3), "JobLocked: attempt 3 after 1\n");
}

// --- Where tokens rest -------------------------------------------------------

// process 0: fork 1 -> join 2 (two flows), then task 3.
std::shared_ptr<const model::ProcessDefinition> Model() {
  auto model = std::make_unique<fb::ProcessT>();
  model->id = "p";
  const std::pair<const char*, fb::ElementKind> elements[] = {
      {"p", fb::ElementKind::process},
      {"fork", fb::ElementKind::parallel_gateway},
      {"join", fb::ElementKind::parallel_gateway},
      {"task", fb::ElementKind::user_task}};
  for (const auto& [id, kind] : elements) {
    model->elements.push_back(std::make_unique<fb::ElementT>());
    model->elements.back()->id = id;
    model->elements.back()->kind = kind;
  }
  model->elements[3]->user_task = std::make_unique<fb::UserTaskDefinitionT>();
  const std::pair<uint32_t, uint32_t> flows[] = {{1, 2}, {1, 2}, {2, 3}};
  for (const auto& [source, target] : flows) {
    const auto index = static_cast<uint32_t>(model->flows.size());
    model->flows.push_back(std::make_unique<fb::SequenceFlowT>());
    model->flows.back()->id = "f" + std::to_string(index);
    model->flows.back()->source = source;
    model->flows.back()->target = target;
    model->elements[source]->outgoing.push_back(index);
    model->elements[target]->incoming.push_back(index);
  }
  return *model::ProcessDefinition::Create(std::move(model));
}

// The task waits.
core::Instance Waiting() {
  core::Instance i;
  i.key = InstanceKey(kInstance);
  const ElementKey root(kInstance);
  const ElementKey task(2);
  core::ElementInstance process;
  process.key = root;
  process.state = fb::ElementState::activated;
  i.elements[root] = process;
  core::ElementInstance work = process;
  work.key = task;
  work.scope = root;
  work.element = 3;
  i.elements[task] = work;
  i.scopes[root].active_children = 1;
  i.tasks[TaskKey(3)].key = TaskKey(3);
  i.tasks[TaskKey(3)].element_key = task;
  return i;
}

std::string Tokens(const core::Instance& instance) {
  return LifecycleLaw::CheckTokens(instance, *Model());
}

void Rest(core::Instance* instance, uint32_t flow) {
  core::Scope& scope = instance->scopes[instance->root()];
  ++scope.tokens[flow];
  ++scope.token_count;
}

TEST(LifecycleLaw, AWaitingElementHasItsWork) {
  EXPECT_EQ(Tokens(Waiting()), "");
  core::Instance no_task = Waiting();
  no_task.tasks.clear();
  EXPECT_NE(Tokens(no_task), "");
  core::Instance two = Waiting();
  two.timers[TimerKey(4)].element_key = ElementKey(2);
  EXPECT_NE(Tokens(two), "");
  core::Instance nowhere = Waiting();
  nowhere.timers[TimerKey(4)].element_key = ElementKey(9);
  EXPECT_NE(Tokens(nowhere), "");
}

TEST(LifecycleLaw, AStoppedElementHasItsIncident) {
  core::Instance i = Waiting();
  i.tasks.clear();
  i.elements[ElementKey(2)].state = fb::ElementState::completing;
  EXPECT_NE(Tokens(i), "");
  core::Incident& incident = i.incidents[IncidentKey(4)];
  incident.type = fb::IncidentType::no_outgoing_flow;
  incident.element_key = ElementKey(2);
  incident.element = i.elements[ElementKey(2)].element;
  EXPECT_EQ(Tokens(i), "");
  incident.job = JobKey(5);
  EXPECT_NE(Tokens(i), "") << "of a job that isn't there";
}

TEST(LifecycleLaw, TokensRestOnlyBeforeAJoinThatMissesOne) {
  core::Instance i = Waiting();
  Rest(&i, 0);
  EXPECT_EQ(Tokens(i), "");
  core::Instance both = i;
  Rest(&both, 1);
  EXPECT_NE(Tokens(both), "") << "the join should have fired";
  core::Instance elsewhere = i;
  Rest(&elsewhere, 2);
  EXPECT_NE(Tokens(elsewhere), "") << "a task doesn't join";
  elsewhere.incidents[IncidentKey(4)].type = fb::IncidentType::limit;
  EXPECT_EQ(Tokens(elsewhere), "");
}

TEST(LifecycleLaw, CountsFitAndSomethingIsLeft) {
  core::Instance i = Waiting();
  i.scopes[i.root()].active_children = 2;
  EXPECT_NE(Tokens(i), "");
  core::Instance miscounted = Waiting();
  Rest(&miscounted, 0);
  miscounted.scopes[miscounted.root()].token_count = 2;
  EXPECT_NE(Tokens(miscounted), "");
  core::Instance empty = Waiting();
  empty.tasks.clear();
  empty.elements.erase(ElementKey(2));
  empty.scopes[empty.root()].active_children = 0;
  EXPECT_NE(Tokens(empty), "");
}

}  // namespace
}  // namespace pawl
