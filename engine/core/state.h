// The state that the fold builds: instances, and what a partition knows beyond
// them. Plain data, changed by Apply (apply.h) alone.
//
// Ordered containers only: the core iterates them, and the order must be the
// same in every run (docs/adr/0005-one-pure-core.md).
#ifndef PAWL_ENGINE_CORE_STATE_H_
#define PAWL_ENGINE_CORE_STATE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/container/btree_set.h"
#include "base/ids.h"
#include "base/strings.h"
#include "schemas/command_generated.h"
#include "schemas/state_generated.h"

namespace pawl::core {

// Actors that Pawl itself writes into a record.
inline constexpr char kActorTimer[] = "timer";
inline constexpr char kActorEngine[] = "engine";

// Jobs of this type run a JavaScript of the model; the engine itself has the
// handler, where it can run JavaScript.
inline constexpr char kJavaScriptJobType[] = "pawl:javascript";

// One activation of a flow node, or of the process itself (element 0, whose
// key is the instance's).
struct ElementInstance {
  ElementKey key;
  ElementKey scope;
  // The record that it compensates (CompensationRecord); 0 for none.
  ElementKey compensates = {};
  uint32_t element = 0;
  // Of its mappings and listeners, in this state (fb::ElementStepDone).
  uint32_t steps_done = 0;
  // Which run of an activity that runs several times; 0: it as a whole.
  uint32_t loop_index = 0;
  fb::ElementState state = fb::ElementState::activating;
  // Of a complex gateway.
  fb::GatewayPhase phase = fb::GatewayPhase::none;
  // What it would wait for has come already.
  bool triggered = false;
};

// Variables and resting tokens of one scope.
struct Scope {
  // JSON text by name, as it was recorded.
  StringMap<std::string> variables;
  // Tokens that rest on sequence flows: at a join that misses others, or
  // stopped by an incident `limit`. Never holds a zero.
  absl::btree_map<uint32_t, uint32_t> tokens;
  // Complex gateways that have fired and wait for the rest of their round, with
  // the flows from which they took tokens then.
  absl::btree_map<uint32_t, std::vector<uint32_t>> rounds;
  // Activations inside that have not ended, and the sum of `tokens`.
  uint32_t active_children = 0;
  uint32_t token_count = 0;
};

struct Job {
  JobKey key;
  ElementKey element_key;
  std::string type;
  fb::JobState state = fb::JobState::ready;
  int32_t retries = 0;
  // Failed attempts so far: picks the backoff.
  uint32_t failures = 0;
  // Times it was handed out.
  uint32_t attempt = 0;
  // Who holds it while `locked`: a worker by name, or the handler of the engine
  // with this epoch.
  std::string worker;
  uint32_t epoch = 0;
  // End of the lock or of the backoff; 0 for none.
  int64_t due_ms = 0;
  // What the last failure said.
  std::string message;
};

struct Task {
  TaskKey key;
  ElementKey element_key;
  fb::TaskKind kind = fb::TaskKind::user;
  std::string assignee;
  std::vector<std::string> candidate_users;
  std::vector<std::string> candidate_groups;
  int64_t due_ms = 0;
  int64_t follow_up_ms = 0;
  int32_t priority = 0;
  int64_t created_ms = 0;
  // Gets it back from whom it is delegated to.
  std::string owner = {};
  fb::DelegationState delegation = fb::DelegationState::none;
  // Its listeners of this event run; so many have, and those of an assignment
  // come next. Until then nobody may do anything with it.
  fb::TaskEvent event = fb::TaskEvent::none;
  uint32_t listeners_done = 0;
  bool assigns = false;
  // Who completes it, while those of `complete` run.
  std::string completed_by = {};
};

// Of a timer that fires again; without a cycle it fires once.
struct Repetition {
  std::string cycle;
  // From here the cycle counts its times, and this is the one that is next.
  int64_t counts_from_ms = 0;
  int64_t number = 0;
};

struct Timer {
  TimerKey key;
  ElementKey element_key;
  int64_t due_ms = 0;
  // The boundary event of `element_key` that it triggers; 0: the element
  // itself.
  uint32_t boundary = 0;
  Repetition repetition = {};
};

// Of an activation that runs several times.
struct Loop {
  // Of a standard loop 0.
  uint32_t total = 0;
  uint32_t begun = 0;
  uint32_t done = 0;
  // JSON of what each run gets, and of what runs gave, by their index.
  std::vector<std::string> items;
  absl::btree_map<uint32_t, std::string> outputs;
  // Its completion condition has held.
  bool fulfilled = false;
};

// The activation waits for a message, a signal or a condition.
struct Subscription {
  SubscriptionKey key;
  ElementKey element_key;
  fb::SubscriptionKind kind = fb::SubscriptionKind::message;
  std::string name;
  std::string correlation_key;
  bool any_key = false;
  // The event that it triggers; 0: the element itself.
  uint32_t trigger = 0;
  // What the condition gave when it was last looked at.
  bool holds = false;
};

// A completed activity that can be compensated. Its key was that of its
// activation.
struct CompensationRecord {
  ElementKey key;
  uint32_t element = 0;
  // The scope that it stood in; when that has completed, too, the record of it,
  // which goes by the same key.
  ElementKey owner;
  // Number of the event that made it: the order of completion.
  uint32_t order = 0;
  // Its local variables, as they were.
  StringMap<std::string> variables;
  // The compensation that takes care of it; not valid: none yet.
  ElementKey claimed_by;
  // What compensates it has an incident.
  bool failed = false;
  // It was stopped before its end: only what is inside is compensated.
  bool partial = false;
};

// Compensation that goes on in a scope (fb::CompensationTriggered).
struct Compensation {
  ElementKey key;
  uint32_t element = 0;
  ElementKey scope;
  // What has the key goes on when all are done.
  bool waits = false;
  // Records that are still to be compensated, the next one last.
  std::vector<ElementKey> pending;
  // What compensates now; not valid: nothing, or it failed.
  ElementKey current;
  // What compensates now or failed.
  uint32_t open = 0;
};

// An ad-hoc sub-process that is active.
struct AdHoc {
  // Elements that are still to run, the next one first.
  std::vector<uint32_t> waiting;
  // Nothing more begins in it: its condition held, or it was interrupted.
  bool fulfilled = false;
};

// What has come of a parallel multiple event that waits for more.
struct EventPart {
  // The event, and that one of its definitions.
  uint32_t element = 0;
  uint32_t trigger = 0;
  StringMap<std::string> variables;
};

struct Incident {
  IncidentKey key;
  fb::IncidentType type = fb::IncidentType::unknown;
  ElementKey element_key;
  uint32_t element = 0;
  std::string message;
  JobKey job;
  int64_t created_ms = 0;
};

// Who called an instance (schemas/common.fbs).
struct Caller {
  InstanceKey instance;
  ElementKey element_key;
  DefinitionKey definition;
  uint32_t element = 0;
  InstanceKey root;
  uint32_t depth = 0;
  bool in_handler = false;
  bool in_saga = false;
};

// A process instance. `sequence` counts its events from 1.
struct Instance {
  // Out of line, because each is the code of a dozen maps.
  Instance();
  Instance(const Instance&);
  Instance(Instance&&) noexcept;
  Instance& operator=(const Instance&);
  Instance& operator=(Instance&&) noexcept;
  ~Instance();

  InstanceKey key;
  uint32_t sequence = 0;
  DefinitionKey definition;
  std::string process_id;
  uint32_t version = 0;
  std::string business_key;
  fb::InstanceState state = fb::InstanceState::active;
  int64_t started_ms = 0;
  int64_t ended_ms = 0;
  // Not valid unless a call activity started it.
  Caller caller;
  absl::btree_map<ElementKey, ElementInstance> elements;
  absl::btree_map<ElementKey, Scope> scopes;
  absl::btree_map<JobKey, Job> jobs;
  absl::btree_map<TaskKey, Task> tasks;
  absl::btree_map<TimerKey, Timer> timers;
  absl::btree_map<IncidentKey, Incident> incidents;
  absl::btree_map<SubscriptionKey, Subscription> subscriptions;
  absl::btree_map<ElementKey, Loop> loops;
  absl::btree_map<ElementKey, CompensationRecord> records;
  // The same by their owner, oldest first. Follows from `records`.
  absl::btree_set<std::tuple<ElementKey, uint32_t, ElementKey>>
      records_by_owner;
  absl::btree_map<ElementKey, Compensation> compensations;
  absl::btree_map<ElementKey, AdHoc> ad_hocs;
  // By the call activity that waits for it.
  absl::btree_map<ElementKey, InstanceKey> calls;
  // By the activation that waits, in the order in which they came.
  absl::btree_map<ElementKey, std::vector<EventPart>> event_parts;
  // Messages of this name and key start no other instance while this one runs;
  // no name: it was not started so.
  std::string held_message;
  std::string held_key;

  bool exists() const { return key.valid(); }
  bool called() const { return caller.instance.valid(); }
  bool ended() const {
    return state != fb::InstanceState::active &&
           state != fb::InstanceState::suspended;
  }
  ElementKey root() const { return ElementKey(key.value()); }
};

// Roughly the bytes that `instance` takes in memory.
size_t MemoryBytes(const Instance& instance);

// What a partition knows beyond its instances.
struct Partition {
  // Out of line, as Instance's.
  Partition();
  Partition(const Partition&);
  Partition(Partition&&) noexcept;
  Partition& operator=(const Partition&);
  Partition& operator=(Partition&&) noexcept;
  ~Partition();

  // A deployed version of a process.
  struct Definition {
    DefinitionKey key;
    uint32_t version = 0;
    uint64_t digest = 0;
    uint64_t resource = 0;
    // Record that holds its model and source.
    Position position = 0;
  };
  // Jobs of `type` go to an in-process handler of the present epoch.
  struct Handler {
    uint32_t capacity = 0;
    // Jobs in its hands. Kept after the handler is gone, until they are back.
    uint32_t in_flight = 0;
    bool registered = false;
  };
  struct HandlerJob {
    InstanceKey instance;
    uint32_t epoch = 0;
  };

  // A start event of the newest version of a process that waits for a message
  // or signal.
  struct Start {
    std::string process_id;
    DefinitionKey definition;
    uint32_t version = 0;
    uint32_t element = 0;
  };
  // A command that follows from a record and has none of its own yet.
  struct Request {
    Position position = 0;
    fb::CommandUnion command;
  };
  // A start event of the newest version of a process that waits for a time.
  struct StartTimer {
    std::string process_id;
    DefinitionKey definition;
    uint32_t version = 0;
    uint32_t element = 0;
    int64_t due_ms = 0;
    Repetition repetition;
  };
  using StartKey = std::pair<fb::SubscriptionKind, std::string>;

  // The last record folded, and its time.
  Position position = 0;
  int64_t time_ms = 0;
  // Counts the openings of the store by a writer.
  uint32_t epoch = 0;
  // Counter part of the next key.
  uint64_t next_key = 1;
  // Versions of each process id, oldest first; version n is at index n - 1.
  StringMap<std::vector<Definition>> definitions;
  StringMap<Handler> handlers;
  // Jobs that in-process handlers hold.
  absl::btree_map<JobKey, HandlerJob> handler_jobs;
  uint64_t instances_started = 0;
  uint64_t instances_ended = 0;
  // By kind and name, in the order of their deployment.
  absl::btree_map<StartKey, std::vector<Start>> starts;
  absl::btree_map<uint64_t, StartTimer> start_timers;
  absl::btree_map<uint64_t, Request> requests;
  // Their keys in the order in which they are to be taken: what the last record
  // asks for comes first, and of one record in its order, so that all that
  // follows from one thing is done before the next begins. Derived from
  // `requests`. Without those of long_requests.
  absl::btree_set<std::pair<Position, uint64_t>> request_order;
  // ContinueLoop: long work that others need not wait for. Oldest first.
  absl::btree_set<uint64_t> long_requests;

  // Where the trim that is under way began, 0 for none.
  Position trimming_from = 0;
  // Where the log begins, 0 if it was never trimmed.
  Position floor = 0;
  uint64_t instances_archived = 0;
  // Instances that must not be archived, with the reasons that were given.
  absl::btree_map<InstanceKey, std::string> holds;

  void AddRequest(uint64_t key, Request request);
  // False: there is no such request.
  bool RemoveRequest(uint64_t key);
  // The next one's key, 0 for none.
  uint64_t NextRequest() const {
    return request_order.empty() ? 0 : request_order.begin()->second;
  }
};

// Digest of a state: XXH64 over its canonical encoding (fields in the order of
// the structs, numbers little-endian, texts with their lengths). Equal states
// have equal digests in every build. Cost: O(size).
uint64_t Digest(const Instance& instance);
uint64_t Digest(const Partition& partition);

// The digest of a whole partition: its own, and the sum over all instances,
// ended ones too, in whatever order they come.
class DigestSum {
 public:
  void Add(const Instance& instance);
  // Takes back an Add of the instance `key` when it had `digest`.
  void Remove(InstanceKey key, uint64_t digest);
  // 16 hexadecimal digits.
  std::string Finish(const Partition& partition) const;
  uint64_t instances() const { return instances_; }

 private:
  uint64_t sum_ = 0;
  uint64_t instances_ = 0;
};

}  // namespace pawl::core

#endif  // PAWL_ENGINE_CORE_STATE_H_
