// What a decision may ask beyond its own tree, by name. The shell answers from
// the indexes as of the decision; question and answer become the record's
// facts, so that the decision can be repeated later without those indexes.
#ifndef PAWL_ENGINE_CORE_LOOKUPS_H_
#define PAWL_ENGINE_CORE_LOOKUPS_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/ids.h"
#include "engine/core/state.h"
#include "engine/expression/scope_view.h"
#include "engine/model/process_definition.h"
#include "schemas/record_generated.h"

namespace pawl::core {

struct DefinitionAnswer {
  DefinitionKey key;  // not valid: no such definition
  uint32_t version = 0;
  uint64_t digest = 0;
};

struct IdempotencyAnswer {
  InstanceKey instance;  // not valid: never seen
  DefinitionKey definition;
  uint32_t version = 0;
};

// Who takes jobs of a type, and how many more.
struct HandlerAnswer {
  // Epoch of the engine whose handler takes them; 0: none does, a job waits to
  // be fetched.
  uint32_t epoch = 0;
  uint32_t room = 0;
};

// Whom a message reaches, or whose messages a subscription takes: a name, and a
// key or none.
struct MessageAddress {
  std::string name;
  bool has_key = false;
  std::string key;
};

struct SubscriptionAnswer {
  SubscriptionKey subscription;  // not valid: none
  InstanceKey instance;
};

// A start event that waits for a message or a signal.
struct StartAnswer {
  fb::SubscriptionKind kind = fb::SubscriptionKind::message;
  std::string name;
  std::string process_id;
  DefinitionKey definition;
  uint32_t version = 0;
  uint32_t element = 0;
};

// A start event that waits for a time.
struct StartTimerAnswer {
  uint64_t key = 0;
  StartAnswer start;
  int64_t due_ms = 0;
  Repetition repetition;
};

// Who catches above a called instance what is thrown in it.
struct AboveAnswer {
  bool caught = false;
  // It ends the call activity, so the called instance as well.
  bool interrupting = false;
};

// The answer to HandlerFor as `partition` gives it.
HandlerAnswer HandlerIn(const Partition& partition, std::string_view job_type);

// Answers questions. Called on one thread, during one decision.
class Lookups {
 public:
  virtual ~Lookups() = default;

  // The first key that this decision may use; it uses consecutive ones.
  virtual uint64_t NextKey() = 0;
  // Version 0 is the newest.
  virtual DefinitionAnswer Definition(std::string_view process_id,
                                      uint32_t version) = 0;
  virtual IdempotencyAnswer IdempotencySeen(std::string_view key) = 0;
  virtual HandlerAnswer HandlerFor(std::string_view job_type) = 0;
  virtual uint32_t Epoch() = 0;
  // What random functions start from: another each time it is asked.
  virtual uint64_t Seed() = 0;
  // Runs a script of `element` (its id): another run each time it is asked.
  virtual absl::StatusOr<expression::ScriptResult> RunScript(
      std::string_view element, const expression::Expression& script,
      const expression::ScopeView& scope) = 0;

  // The oldest open subscription that a message reaches.
  virtual SubscriptionAnswer SubscriptionFor(const MessageAddress& to) = 0;
  // All of them, and all of a signal, oldest first.
  virtual std::vector<SubscriptionAnswer> Subscriptions(
      const MessageAddress& to) = 0;
  virtual std::vector<SubscriptionAnswer> SignalSubscriptions(
      std::string_view name) = 0;
  // Start events of this name, of newest versions only.
  virtual std::vector<StartAnswer> StartEvents(fb::SubscriptionKind kind,
                                               std::string_view name) = 0;
  // Does an instance run that such a message started, where one of each key
  // runs at a time?
  virtual bool StartHeld(std::string_view name, std::string_view key) = 0;
  // The oldest buffered message that a subscription takes; null: there is none.
  virtual bool HasBuffered(const MessageAddress& of) = 0;
  // `after`: of those of a name behind this one, 0 for all.
  virtual std::unique_ptr<fb::MessageBufferedT> Buffered(
      const MessageAddress& of, uint64_t after) = 0;
  // Was a message of this name and id published lately?
  virtual bool MessageIdKept(std::string_view name, std::string_view id) = 0;

  // The version of `process_id` that was the newest after the deployment of
  // `version` of `caller`, and the newest with this version tag.
  virtual DefinitionAnswer DefinitionBeside(std::string_view process_id,
                                            std::string_view caller,
                                            uint32_t version) = 0;
  virtual DefinitionAnswer DefinitionTagged(std::string_view process_id,
                                            std::string_view tag) = 0;
  // Does the instance that called this one, or one above it, catch the error or
  // escalation at its call activity?
  virtual AboveAnswer CatcherAbove(const Caller& caller, fb::EventType type,
                                   std::string_view code) = 0;
  // Does the call activity still wait for `called`, which is to start?
  virtual bool CallWaits(const Caller& caller, InstanceKey called) = 0;

  // The timers of the start events of a definition, oldest first.
  virtual std::vector<StartTimerAnswer> StartTimers(
      DefinitionKey definition) = 0;

  // What all scripts took so far in this decision: steps, and bytes of recorded
  // results.
  virtual int64_t ScriptSteps() const { return 0; }
  virtual size_t ScriptBytes() const { return 0; }

  // Not a fact, because it never changes: the model behind a key that the log
  // gave. Null when its record can't be read; the decision is then refused.
  virtual std::shared_ptr<const model::ProcessDefinition> Model(
      DefinitionKey key) = 0;
};

// Asks `source` each question once (seeds and scripts each time), and writes
// down question and answer.
class RecordingLookups final : public Lookups {
 public:
  explicit RecordingLookups(Lookups* source) : source_(source) {}

  uint64_t NextKey() override;
  DefinitionAnswer Definition(std::string_view process_id,
                              uint32_t version) override;
  IdempotencyAnswer IdempotencySeen(std::string_view key) override;
  HandlerAnswer HandlerFor(std::string_view job_type) override;
  uint32_t Epoch() override;
  uint64_t Seed() override;
  absl::StatusOr<expression::ScriptResult> RunScript(
      std::string_view element, const expression::Expression& script,
      const expression::ScopeView& scope) override;
  SubscriptionAnswer SubscriptionFor(const MessageAddress& to) override;
  std::vector<SubscriptionAnswer> Subscriptions(
      const MessageAddress& to) override;
  std::vector<SubscriptionAnswer> SignalSubscriptions(
      std::string_view name) override;
  std::vector<StartAnswer> StartEvents(fb::SubscriptionKind kind,
                                       std::string_view name) override;
  bool StartHeld(std::string_view name, std::string_view key) override;
  bool HasBuffered(const MessageAddress& of) override;
  std::unique_ptr<fb::MessageBufferedT> Buffered(const MessageAddress& of,
                                                 uint64_t after) override;
  bool MessageIdKept(std::string_view name, std::string_view id) override;
  DefinitionAnswer DefinitionBeside(std::string_view process_id,
                                    std::string_view caller,
                                    uint32_t version) override;
  DefinitionAnswer DefinitionTagged(std::string_view process_id,
                                    std::string_view tag) override;
  AboveAnswer CatcherAbove(const Caller& caller, fb::EventType type,
                           std::string_view code) override;
  bool CallWaits(const Caller& caller, InstanceKey called) override;
  std::vector<StartTimerAnswer> StartTimers(DefinitionKey definition) override;
  int64_t ScriptSteps() const override { return script_steps_; }
  size_t ScriptBytes() const override { return script_bytes_; }
  std::shared_ptr<const model::ProcessDefinition> Model(
      DefinitionKey key) override;

  std::vector<std::unique_ptr<fb::FactT>> TakeFacts() {
    return std::move(facts_);
  }

 private:
  fb::FactT* Find(fb::Lookup lookup, std::string_view question, uint64_t number,
                  std::string_view question2 = {});
  fb::FactT* Add(fb::Lookup lookup, std::string_view question, uint64_t number,
                 std::string_view question2 = {});
  // The fact, and whether it is new and wants its answer.
  std::pair<fb::FactT*, bool> Ask(fb::Lookup lookup, std::string_view question,
                                  uint64_t number,
                                  std::string_view question2 = {});

  Lookups* source_;
  std::vector<std::unique_ptr<fb::FactT>> facts_;
  uint64_t seeds_ = 0;
  uint64_t scripts_ = 0;
  int64_t script_steps_ = 0;
  size_t script_bytes_ = 0;
  // The seeds that a script draws are no facts: its result is recorded, and it
  // never draws again.
  bool in_script_ = false;
};

// Answers from a record's facts. A question that isn't among them answers
// "nothing" and is remembered in missing(): this build asks what the build that
// wrote the record did not.
class RecordedLookups final : public Lookups {
 public:
  // `models` answers Model(); both must outlive this.
  RecordedLookups(const fb::RecordT* record, Lookups* models)
      : record_(record), models_(models) {}

  uint64_t NextKey() override;
  DefinitionAnswer Definition(std::string_view process_id,
                              uint32_t version) override;
  IdempotencyAnswer IdempotencySeen(std::string_view key) override;
  HandlerAnswer HandlerFor(std::string_view job_type) override;
  uint32_t Epoch() override;
  uint64_t Seed() override;
  absl::StatusOr<expression::ScriptResult> RunScript(
      std::string_view element, const expression::Expression& script,
      const expression::ScopeView& scope) override;
  SubscriptionAnswer SubscriptionFor(const MessageAddress& to) override;
  std::vector<SubscriptionAnswer> Subscriptions(
      const MessageAddress& to) override;
  std::vector<SubscriptionAnswer> SignalSubscriptions(
      std::string_view name) override;
  std::vector<StartAnswer> StartEvents(fb::SubscriptionKind kind,
                                       std::string_view name) override;
  bool StartHeld(std::string_view name, std::string_view key) override;
  bool HasBuffered(const MessageAddress& of) override;
  std::unique_ptr<fb::MessageBufferedT> Buffered(const MessageAddress& of,
                                                 uint64_t after) override;
  bool MessageIdKept(std::string_view name, std::string_view id) override;
  DefinitionAnswer DefinitionBeside(std::string_view process_id,
                                    std::string_view caller,
                                    uint32_t version) override;
  DefinitionAnswer DefinitionTagged(std::string_view process_id,
                                    std::string_view tag) override;
  AboveAnswer CatcherAbove(const Caller& caller, fb::EventType type,
                           std::string_view code) override;
  bool CallWaits(const Caller& caller, InstanceKey called) override;
  std::vector<StartTimerAnswer> StartTimers(DefinitionKey definition) override;
  int64_t ScriptSteps() const override { return script_steps_; }
  size_t ScriptBytes() const override { return script_bytes_; }
  std::shared_ptr<const model::ProcessDefinition> Model(
      DefinitionKey key) override;

  // Empty, or the first question that the record has no answer for.
  const std::string& missing() const { return missing_; }

 private:
  const fb::FactT* Find(fb::Lookup lookup, std::string_view question,
                        uint64_t number, std::string_view question2 = {});

  const fb::RecordT* record_;
  Lookups* models_;
  std::string missing_;
  uint64_t seeds_ = 0;
  uint64_t scripts_ = 0;
  int64_t script_steps_ = 0;
  size_t script_bytes_ = 0;
};

}  // namespace pawl::core

#endif  // PAWL_ENGINE_CORE_LOOKUPS_H_
