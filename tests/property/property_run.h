// PropertyRun: one seed. A random process, deployed as BPMN text; up to three
// instances of it, and those that messages and signals start; random acts on
// them and on all of them, sensible and not. After each act
// CoreHarness checks the laws of the core, and the instances are compared with
// a reference world that got the same acts.
#ifndef PAWL_TESTS_PROPERTY_PROPERTY_RUN_H_
#define PAWL_TESTS_PROPERTY_PROPERTY_RUN_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/property/engine_view.h"
#include "tests/property/kind_coverage.h"
#include "tests/property/process_generator.h"
#include "tests/reference/reference_world.h"
#include "tests/support/core_harness.h"
#include "tests/support/random.h"

namespace pawl::property {

class PropertyRun {
 public:
  // Even seeds give structured processes, odd ones unstructured. `coverage` is
  // not owned.
  PropertyRun(uint64_t seed, KindCoverage* coverage);

  // Fails the present test where the engine is wrong, and stops there.
  void Go();

  // Everything that was done, and the process: for whoever reads the failure.
  std::string Story() const;
  size_t acts() const { return story_.size(); }
  // Times that a command ended at the limit of activations.
  size_t limits() const { return limits_; }
  uint64_t delivered() const { return world_.delivered(); }
  uint64_t started_by_events() const { return world_.started_by_events(); }
  uint64_t called() const { return world_.called(); }
  uint64_t along_flows() const { return world_.along_flows(); }
  // Copies of data associations that moved something, and that didn't.
  size_t data_moved() const;
  size_t data_missing() const;
  // Runs that were done of activities that run several times; compensations
  // that ended, and records whose handler failed.
  size_t loop_runs() const { return loop_runs_; }
  size_t compensations() const { return compensations_; }
  size_t sagas() const { return sagas_; }
  size_t failed_compensations() const { return failed_compensations_; }

 private:
  struct Case {
    InstanceKey key;
    // In the reference's world.
    size_t number = 0;
    reference::ReferenceInterpreter* reference = nullptr;
  };
  // Something of `instance` that an act can be about.
  struct Target {
    uint64_t key = 0;
    std::string node;
    // Which activation of the node, oldest first.
    size_t which = 0;
  };

  std::string DrawBusinessKey();
  void StartSome();
  void StartOne(size_t process, const std::string& business_key);
  void RegisterHandlers();
  // One act on a random instance. False: there was nothing to do it to.
  bool Act();
  bool CompleteTask(Case& c);
  bool ChangeTask(Case& c);
  bool CompleteJob(Case& c);
  bool FailJob(Case& c);
  bool ThrowError(Case& c);
  bool HoldJob(Case& c);
  bool EndWait(Case& c);
  bool FireTimer(Case& c);
  bool Resolve(Case& c);
  bool Activate(Case& c);
  bool SetVariables(Case& c);
  bool Publish();
  bool Broadcast();
  bool FireStartTimer();
  bool Evaluate();
  bool ActOnStarts();
  bool Redeploy();
  bool SuspendOrResume(Case& c);
  bool Cancel(Case& c);
  bool ActOnNothing(Case& c);
  bool Crash();

  std::string FileText() const;
  const ProcessGraph& GraphNamed(const std::string& process_id) const;
  // Sends `command`; `expected` is whether the reference accepted it.
  template <typename CommandT>
  void Do(Case& c, CommandT command, bool expected);
  template <typename CommandT>
  void DoForAll(CommandT command, bool expected);
  // What records tell since the last time: new instances, coverage.
  void TakeRecords();
  // Of all instances, each with the reference's, and what is between them.
  void Compare();
  void Tell(const Case& c, const std::string& what);
  void TellAll(const std::string& what);

  const core::Instance& at(const Case& c) const { return h_.at(c.key); }
  const ProcessGraph& GraphOf(const Case& c) const {
    return world_.GraphOf(c.number);
  }
  Target TargetAt(const Case& c, uint64_t key, ElementKey element) const;
  // Somebody who asks for a job: mostly one who may have it.
  struct Asker {
    std::unique_ptr<fb::JobOwnerT> owner;
    // Takes the job for this one command if nobody has it.
    bool lock_first = true;
    bool may = false;
  };
  Asker DrawAsker(const core::Job& job);
  reference::Variables DrawVariables(bool often);
  // Waits for `due_ms`, mostly.
  void DrawWait(int64_t due_ms);
  template <typename Map>
  const typename Map::mapped_type* DrawEntry(const Map& map);
  // Every law reads the whole log after every act. A token that goes round
  // until the limit writes some megabytes; a few of those are let go on.
  bool IsSmall() const { return log_bytes_ < log_bytes_max_; }

  Random random_;
  KindCoverage& coverage_;
  const bool structured_;
  // What instances of `graph_` may call; nothing in some.
  std::optional<ProcessGraph> called_;
  const bool has_pool_;
  ProcessGraph graph_;
  // Another pool of its file, with message flows between the two; in some.
  std::optional<ProcessGraph> pool_;
  std::vector<MessageFlow> flows_;
  fb::ProcessT model_;
  reference::ReferenceWorld world_{&graph_};
  core::CoreHarness h_;
  EngineView view_;
  // By start, as the world numbers them. New ones leave the others in place.
  std::deque<Case> cases_;
  std::vector<std::string> story_;
  size_t log_bytes_ = 0;
  const size_t log_bytes_max_;
  size_t records_seen_ = 0;
  size_t limits_ = 0;
  size_t loop_runs_ = 0;
  size_t compensations_ = 0;
  size_t sagas_ = 0;
  size_t failed_compensations_ = 0;
};

}  // namespace pawl::property

#endif  // PAWL_TESTS_PROPERTY_PROPERTY_RUN_H_
