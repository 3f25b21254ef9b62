// FoldLookups: answers a decision's questions from the fold so far, without
// the engine's indexes. The second opinion of `verify`.
#ifndef PAWL_REPLAY_FOLD_LOOKUPS_H_
#define PAWL_REPLAY_FOLD_LOOKUPS_H_

#include <cstdint>
#include <memory>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "base/check.h"
#include "base/ids.h"
#include "base/strings.h"
#include "engine/core/lookups.h"
#include "engine/core/message_index.h"
#include "engine/model/process_definition.h"
#include "replay/log_fold.h"
#include "schemas/record_generated.h"

namespace pawl::replay {

class FoldLookups : public core::IndexedLookups {
 public:
  // `fold` must outlive this.
  explicit FoldLookups(const LogFold* fold) : fold_(*fold) {}

  // Learns what `record` deploys, which idempotency keys it uses, and who waits
  // for which messages after it. Call it
  // once `fold` has taken the record. Codes of ProcessDefinition::Create.
  absl::Status Learn(const fb::RecordT& record);

  uint64_t NextKey() override;
  core::DefinitionAnswer Definition(std::string_view process_id,
                                    uint32_t version) override;
  core::IdempotencyAnswer IdempotencySeen(std::string_view key) override;
  core::HandlerAnswer HandlerFor(std::string_view job_type) override;
  uint32_t Epoch() override;
  // Nothing in a log says what these were: their recorded answers count.
  uint64_t Seed() override { return 0; }
  absl::StatusOr<expression::ScriptResult> RunScript(
      std::string_view, const expression::Expression&,
      const expression::ScopeView&) override {
    return absl::UnimplementedError("scripts don't run in a replay");
  }
  std::shared_ptr<const model::ProcessDefinition> Model(
      DefinitionKey key) override;

 private:
  core::IndexReader* Messages() override { return &messages_; }
  const core::Instance* InstanceAt(InstanceKey key) override {
    return fold_.Running(key);
  }
  const core::Partition& State() const override { return fold_.partition(); }
  // Nothing in memory can't be read.
  void Failed(absl::Status status) override { PAWL_CHECK_OK(status); }

  absl::Status LearnModel(const fb::RecordT& record,
                          const fb::DefinitionDeployedT& deployed);

  const LogFold& fold_;
  core::MemoryMessageIndex messages_;
  StringMap<core::IdempotencyAnswer> idempotency_;
  absl::flat_hash_map<DefinitionKey,
                      std::shared_ptr<const model::ProcessDefinition>>
      models_;
};

}  // namespace pawl::replay

#endif  // PAWL_REPLAY_FOLD_LOOKUPS_H_
