// Clients: everybody outside the engine. Callers who start, cancel and ask,
// people with tasks, workers that fetch, handlers in the process. They know
// what is durable (a client may know no more), draw what to do from the
// run's source of chance, and hold every answer against the oracle.
//
// Thread-compatible.
#ifndef PAWL_TESTS_SIM_CLIENTS_H_
#define PAWL_TESTS_SIM_CLIENTS_H_

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "tests/property/process_graph.h"
#include "tests/sim/failure.h"
#include "tests/sim/oracle.h"
#include "tests/sim/world.h"
#include "tests/support/random.h"

namespace pawl::sim {

// A process that clients know of.
struct KnownProcess {
  std::string id;
  std::vector<std::string> job_types;
  // Ids of what stands in its ad-hoc sub-processes.
  std::vector<std::string> ad_hoc;
};

// A job that a worker has fetched.
struct HeldJob {
  JobKey job;
  InstanceKey instance;
  std::string type;
  std::string worker;
  int64_t lock_until_ms = 0;
};

class Clients final : public Effects {
 public:
  Clients(World* world, Random random, Failure* failure);

  // --- Drawing ---------------------------------------------------------------
  // A version of process number `process`, new if that number has been deployed
  // before.
  void Deploy(size_t process);
  // Cancels instances whose tokens multiply: forks that lead back to themselves
  // double them in each round.
  void CancelBreeders();
  // One thing that somebody outside does.
  void Act();
  // A command that is likely to be accepted and to move tokens.
  fb::CommandUnion DrawMove();
  fb::CommandUnion DrawStart();
  // For whoever waits, or not.
  fb::CommandUnion DrawMessage();
  fb::CommandUnion DrawSignal();
  // Starts instances whose start event has such a condition, or none.
  fb::CommandUnion DrawConditions();
  // Nothing when no instance runs.
  std::optional<fb::CommandUnion> DrawCancel();
  std::optional<fb::CommandUnion> DrawSuspend();
  // Every process deployed so far is structured: it can always end.
  bool Structured(const core::Instance& instance) const;

  // --- Sending ---------------------------------------------------------------
  // Sends a command; its number.
  uint64_t Post(fb::CommandUnion command);
  // As Post, but the reply will be lost, and the caller asks again.
  uint64_t PostAndLoseReply(fb::CommandUnion command);
  void Fetch(const std::string& type, const std::string& worker,
             int64_t lock_ms, int max);
  // Workers fetch jobs of every type.
  void FetchEverything();
  void RegisterHandler(const std::string& type, uint32_t capacity);
  // The status of command `number`, once its reply is there.
  const absl::Status* StatusOf(uint64_t number) const;
  // Of a start that was answered.
  InstanceKey InstanceOf(uint64_t number) const;
  size_t unanswered() const { return pending_.size(); }

  // --- Workers and handlers --------------------------------------------------
  std::vector<HeldJob>& held() { return held_; }
  std::vector<HandlerCallPtr>& calls() { return calls_; }
  // Whether a handler was called for `job` and hasn't answered.
  bool Has(JobKey job) const;
  // A worker's answer: done, failed or a BPMN error.
  fb::CommandUnion DrawAnswer(const HeldJob& job);
  void FinishCall(size_t which);

  // --- The end of a run ------------------------------------------------------
  // Does what is open, as far as it is open to clients; false: nothing was.
  bool FinishOpenWork();

  uint64_t sent() const { return last_number_; }
  uint64_t random_state() const { return random_.state(); }

  // Effects:
  void OnReply(uint64_t token, const Reply& reply) override;
  void OnCall(HandlerCallPtr call) override;
  void OnDown() override;

 private:
  struct Pending {
    Sent sent;
    bool lose_reply = false;
  };
  using WireVariables = std::vector<std::unique_ptr<fb::VariableT>>;

  // clients_draw.cc
  const core::Instance* DrawInstance();
  WireVariables DrawVariables(bool all);
  void Know(const property::ProcessGraph& graph, bool structured,
            KnownProcess* process);
  std::vector<KnownProcess> AllProcesses() const;
  const KnownProcess& DrawProcess();
  std::optional<fb::CommandUnion> DrawTask();
  std::optional<fb::CommandUnion> DrawJob();
  std::optional<fb::CommandUnion> DrawIncident();
  std::optional<fb::CommandUnion> DrawActivation();
  std::optional<fb::CommandUnion> DrawOnInstance();
  void ActOnWork();
  void ActOnCalls();
  void Ask();
  // clients.cc
  uint64_t Post(Pending pending);
  void AskAgain(Sent sent);
  void FinishInstance(const core::Instance& instance, bool* posted);

  World* const world_;
  Random random_;
  Failure* const failure_;
  // The first process may have no none start event.
  const bool only_event_starts_;
  std::vector<KnownProcess> processes_;
  // The other pools of their files; without an id: none.
  std::vector<KnownProcess> pools_;
  std::map<std::pair<std::string, uint32_t>, bool> structured_;
  std::map<std::string, bool> last_structured_;
  uint64_t last_number_ = 0;
  uint64_t starts_ = 0;
  std::map<uint64_t, Pending> pending_;
  std::map<uint64_t, InstanceKey> awaiting_;
  std::map<uint64_t, std::shared_ptr<Position>> querying_;
  std::map<uint64_t, std::string> fetching_;  // worker
  struct Answered {
    absl::Status status;
    InstanceKey instance;
  };
  std::map<uint64_t, Answered> answered_;
  // Commands whose outcome nobody knows.
  std::deque<Sent> unknown_;
  absl::btree_set<InstanceKey> breeders_;
  // What was published and broadcast in this round of FinishOpenWork(). Once is
  // enough: many who wait for what starts instances as well would start many.
  std::set<std::tuple<fb::SubscriptionKind, std::string, std::string>> said_;
  std::vector<HeldJob> held_;
  std::vector<HandlerCallPtr> calls_;
};

}  // namespace pawl::sim

#endif  // PAWL_TESTS_SIM_CLIENTS_H_
