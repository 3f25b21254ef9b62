// CoreHarness: a partition made of the pure core and nothing else, for tests in
// the form "given events, when command, then events".
//
// After every command it checks the laws of the core, and fails the test when
// one is broken:
//  - the record survives encoding and decoding unchanged;
//  - deciding it again from its recorded facts gives the same events;
//  - the fold from empty over the whole log, a snapshot, and a snapshot at an
//    earlier position with the log after it, equal the live state;
//  - indexes rebuilt from the log equal the live ones, and they lead to the
//    work that the state says can be done: to none of an ended instance;
//  - a handler gets no more jobs than it has room for;
//  - no event follows a final state, and every token is somewhere legal
//    (lifecycle_law.h).
#ifndef PAWL_TESTS_SUPPORT_CORE_HARNESS_H_
#define PAWL_TESTS_SUPPORT_CORE_HARNESS_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "base/check.h"
#include "engine/core/decide.h"
#include "engine/core/message_index.h"
#include "engine/core/project.h"
#include "engine/core/state.h"
#include "engine/model/process_definition.h"
#include "schemas/record_generated.h"
#include "tests/support/lifecycle_law.h"

namespace pawl::core {

// Builds a compiled model without the XML parser.
class ModelSketch {
 public:
  explicit ModelSketch(std::string process_id);
  // Compiled for these rules (engine/model/model_rules.h), not the newest.
  ModelSketch& Rules(uint16_t rules) {
    model_.rules = rules;
    return *this;
  }
  // Adds a node; returns *this. Names are ids.
  ModelSketch& Node(const std::string& id, fb::ElementKind kind);
  ModelSketch& Terminate(const std::string& id);
  ModelSketch& TimerNode(const std::string& id, fb::TimerKind kind,
                         const std::string& text);
  // A link of that name: the throwing event jumps to the catching one, which
  // was added before.
  ModelSketch& LinkCatch(const std::string& id);
  ModelSketch& LinkThrow(const std::string& id, const std::string& target);
  ModelSketch& ErrorEnd(const std::string& id, const std::string& code);
  // At the activity `host`, which was added before. An empty code is any.
  ModelSketch& ErrorBoundary(const std::string& id, const std::string& host,
                             const std::string& code);
  ModelSketch& TimerBoundary(const std::string& id, const std::string& host,
                             const std::string& duration, bool interrupting);
  // A node for an event of this type; what follows fills the node added last.
  // A text with `${` is an expression.
  ModelSketch& Event(const std::string& id, fb::ElementKind kind,
                     fb::EventType type);
  ModelSketch& Boundary(const std::string& id, const std::string& host,
                        fb::EventType type);
  ModelSketch& Message(const std::string& name, const std::string& key = "");
  ModelSketch& Signal(const std::string& name);
  ModelSketch& Condition(const std::string& text);
  ModelSketch& Escalation(const std::string& code,
                          const std::string& code_variable = "");
  ModelSketch& NotInterrupting();
  // One of the definitions of `event`, which was added before and is multiple
  // or parallel multiple; filled by what follows.
  ModelSketch& Definition(const std::string& id, const std::string& event,
                          fb::EventType type);
  // What is put inside of it runs all at once or one after the other; texts as
  // above, empty for none.
  ModelSketch& AdHoc(const std::string& id, bool sequential,
                     const std::string& completion = "",
                     const std::string& active_elements = "");
  // The node added last runs several times; texts as above, empty for none.
  ModelSketch& Loop(fb::LoopKind kind, const std::string& cardinality,
                    const std::string& collection = "",
                    const std::string& variable = "");
  // Undoes the activity `host`, which was added before; its event is
  // "<id>_event".
  ModelSketch& Handler(const std::string& id, const std::string& host,
                       fb::ElementKind kind = fb::ElementKind::user_task);
  // Compensates; without an activity all of the scope.
  ModelSketch& Compensate(const std::string& id, fb::ElementKind kind,
                          const std::string& activity = "", bool wait = true);
  // What is added from here on stands in that sub-process; "": in the process.
  ModelSketch& Inside(const std::string& sub_process);
  ModelSketch& Script(const std::string& id, const std::string& expression,
                      const std::string& result_variable);
  // Adds a flow; an empty condition is none. Its id is "from->to", with a
  // number appended when that is taken.
  ModelSketch& Flow(const std::string& from, const std::string& to,
                    const std::string& condition = "");
  ModelSketch& DefaultFlow(const std::string& from, const std::string& to);
  // Of the node added last.
  fb::ElementT& last() { return *model_.elements.back(); }
  fb::ElementT& element(const std::string& id);

  fb::ProcessT Build() const { return model_; }

 private:
  uint32_t IndexOf(const std::string& id) const;

  fb::ProcessT model_;
  uint32_t scope_ = 0;
};

class CoreHarness : public IndexedLookups {
 public:
  using Indexes = std::map<Index, std::map<std::string, std::string>>;

  CoreHarness();

  // Deploys; CHECKs that it is accepted.
  void Deploy(const ModelSketch& sketch) { Deploy(sketch.Build()); }
  void Deploy(const fb::ProcessT& model);

  // Decides, applies, projects, records, and checks the laws.
  absl::Status Do(fb::CommandUnion command, InstanceKey instance = {});
  template <typename CommandT>
  absl::Status Do(CommandT command, InstanceKey instance = {}) {
    fb::CommandUnion entry;
    entry.Set(std::move(command));
    return Do(std::move(entry), instance);
  }

  // --- Short forms ----------------------------------------------------------
  // Starts the process; CHECKs OK. `variables` is a JSON object.
  InstanceKey Start(const std::string& process_id,
                    const std::string& variables = "{}");
  absl::Status CompleteTask(InstanceKey instance, const std::string& element,
                            const std::string& variables = "{}");
  // Locks the job for the command.
  absl::Status CompleteJob(InstanceKey instance, const std::string& element,
                           const std::string& variables = "{}");
  absl::Status FailJob(InstanceKey instance, const std::string& element,
                       int retries = -1, int64_t backoff_ms = -1);
  // An empty key is none. Decides all that follows.
  absl::Status Publish(const std::string& name, const std::string& key = "",
                       const std::string& variables = "{}",
                       int64_t live_ms = 0);
  absl::Status Signal(const std::string& name,
                      const std::string& variables = "{}");
  absl::Status Resolve(InstanceKey instance);
  // Moves time on and fires what is due, in order, as the shell does.
  void Advance(int64_t ms);
  // Moves time on while nobody looks at what is due.
  void Wait(int64_t ms) { now_ms_ += ms; }
  // Forgets the messages and ids of messages whose time is over.
  void ExpireMessages();

  // --- What is ---------------------------------------------------------------
  const Instance& at(InstanceKey key) const { return instances_.at(key); }
  const model::ProcessDefinition& ModelOf(InstanceKey key) const {
    return *models_.at(at(key).definition);
  }
  // Ids of elements with a task, job, timer or incident, sorted.
  std::vector<std::string> Waiting(InstanceKey key) const;
  // Ids of completed elements, in order.
  std::vector<std::string> Path(InstanceKey key) const;
  // JSON of a root variable, or "absent".
  std::string Variable(InstanceKey key, const std::string& name) const;
  JobKey JobAt(InstanceKey key, const std::string& element) const;
  TaskKey TaskAt(InstanceKey key, const std::string& element) const;
  // Names of the events of the last record.
  std::vector<std::string> LastEvents() const;
  const fb::RecordT& LastRecord() const { return *last_record_; }
  const Answer& last_answer() const { return answer_; }
  InstanceKey newest() const { return instances_.rbegin()->first; }
  InstanceKey oldest() const { return instances_.begin()->first; }
  const std::vector<std::string>& log() const { return log_; }
  const Indexes& indexes() const { return indexes_; }
  Partition& partition() { return partition_; }
  int64_t now_ms() const { return now_ms_; }
  void set_check_laws(bool check) { check_laws_ = check; }
  // Whether what a record asks for is decided behind it; TakeRequests() does
  // what was left.
  void set_takes_requests(bool takes) { takes_requests_ = takes; }
  void TakeRequests() { TakeFollowUps(); }

  // --- Lookups ---------------------------------------------------------------
  uint64_t NextKey() override;
  DefinitionAnswer Definition(std::string_view process_id,
                              uint32_t version) override;
  IdempotencyAnswer IdempotencySeen(std::string_view key) override;
  HandlerAnswer HandlerFor(std::string_view job_type) override;
  uint32_t Epoch() override { return partition_.epoch; }
  uint64_t Seed() override { return ++seeds_; }
  // Calls `script_runner`, which a test may set.
  absl::StatusOr<expression::ScriptResult> RunScript(
      std::string_view element, const expression::Expression& script,
      const expression::ScopeView& scope) override;
  std::function<absl::StatusOr<expression::ScriptResult>(
      const expression::Expression&, const expression::ScopeView&)>
      script_runner;
  std::shared_ptr<const model::ProcessDefinition> Model(
      DefinitionKey key) override;

 private:
  class MapReader final : public IndexReader {
   public:
    explicit MapReader(Indexes* indexes) : indexes_(*indexes) {}
    absl::Status ScanPrefix(Index index, std::string_view prefix,
                            const Visitor& visit) override;
    absl::StatusOr<std::optional<std::string>> Get(
        Index index, std::string_view key) override;

   private:
    Indexes& indexes_;
  };

  IndexReader* Messages() override { return &messages_; }
  const Instance* InstanceAt(InstanceKey key) override {
    const auto it = instances_.find(key);
    return it == instances_.end() ? nullptr : &it->second;
  }
  const Partition& State() const override { return partition_; }
  void Failed(absl::Status status) override { PAWL_CHECK_OK(status); }

  // Commands that follow from records, as the shell gives them.
  void TakeFollowUps();
  void Expire(const DueKey& due);
  void CheckLaws(const Instance& before, InstanceKey key);
  void CheckRecord(const Instance& before);
  void CheckFold();
  void CheckInstance(InstanceKey key);
  void CheckCapacity();
  const fb::ElementT& ElementOf(const Instance& instance, ElementKey key) const;

  Partition partition_;
  std::map<InstanceKey, Instance> instances_;
  std::map<DefinitionKey, std::shared_ptr<const model::ProcessDefinition>>
      models_;
  Indexes indexes_;
  MapReader messages_{&indexes_};
  bool following_ = false;
  size_t folded_ = 0;  // the length of the log that CheckFold last saw
  uint64_t deployments_ = 0;
  LifecycleLaw lifecycle_;
  std::vector<std::string> log_;
  std::unique_ptr<fb::RecordT> last_record_;
  Answer answer_;
  int64_t now_ms_ = 1'000'000;
  uint64_t seeds_ = 0;
  bool takes_requests_ = true;
  bool check_laws_ = true;
};

}  // namespace pawl::core

#endif  // PAWL_TESTS_SUPPORT_CORE_HARNESS_H_
