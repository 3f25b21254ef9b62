// Answers to what a decision may ask beyond its instance, from the state as of
// that decision. Private to partition*.cc.
#ifndef PAWL_ENGINE_PARTITION_FACTS_H_
#define PAWL_ENGINE_PARTITION_FACTS_H_

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/planted.h"
#include "base/split_mix64.h"
#include "engine/core/lookups.h"
#include "engine/core/message_index.h"
#include "engine/expression/expression.h"
#include "engine/expression/script/lua.h"
#include "engine/partition.h"
#include "engine/partition_data.h"

namespace pawl {

class Partition::Facts final : public core::IndexedLookups {
 public:
  Facts(PartitionData* data, uint64_t seed)
      : data_(data), messages_(data), seed_(seed) {}

  // What went wrong in an answer; reset by this.
  absl::Status TakeError() { return std::exchange(error_, absl::OkStatus()); }

  uint64_t NextKey() override {
    return MakeKey(data_->partition(), data_->state().next_key);
  }

  core::DefinitionAnswer Definition(std::string_view process_id,
                                    uint32_t version) override {
    const auto it = data_->state().definitions.find(process_id);
    if (it == data_->state().definitions.end() || version > it->second.size()) {
      return {};
    }
    const core::Partition::Definition& definition =
        version == 0 && !PAWL_PLANTED(old_version_started)
            ? it->second.back()
            : it->second[std::max<uint32_t>(version, 1) - 1];
    return {definition.key, definition.version, definition.digest};
  }

  core::IdempotencyAnswer IdempotencySeen(std::string_view key) override {
    if (PAWL_PLANTED(idempotency_not_asked)) return {};
    const auto value =
        data_->cache().Get(eventstore::Table::kIndexIdempotency, key);
    if (!value.ok()) {
      error_ = value.status();
      return {};
    }
    if (!value->has_value()) return {};
    const auto seen = core::DecodeIdempotency(**value);
    if (!seen.has_value()) {
      error_ = absl::DataLossError(
          "index_idempotency: an entry that can't be read; `pawl rebuild` "
          "makes it anew");
      return {};
    }
    return {seen->instance, seen->definition, seen->version};
  }

  core::HandlerAnswer HandlerFor(std::string_view job_type) override {
    core::HandlerAnswer answer = core::HandlerIn(data_->state(), job_type);
    if (PAWL_PLANTED(fact_from_later_state) && answer.epoch != 0 &&
        !data_->state().handler_jobs.empty()) {
      ++answer.room;
    }
    return answer;
  }

  uint32_t Epoch() override { return data_->state().epoch; }

  uint64_t Seed() override { return NextSplitMix64(&seed_); }

  absl::StatusOr<expression::ScriptResult> RunScript(
      std::string_view, const expression::Expression& script,
      const expression::ScopeView& scope) override {
    if (script.language() == fb::Language::lua) {
      return expression::script::RunLua(script.text(), scope);
    }
    return absl::UnimplementedError(
        absl::StrCat("a script in ", fb::EnumNameLanguage(script.language()),
                     " doesn't run while a command is decided"));
  }

  std::shared_ptr<const model::ProcessDefinition> Model(
      DefinitionKey key) override {
    auto model = data_->Model(key);
    if (model.ok()) return *std::move(model);
    // A disk that can't be read says nothing about the model.
    if (absl::IsDataLoss(model.status()) ||
        absl::IsUnavailable(model.status())) {
      error_ = model.status();
    }
    return nullptr;
  }

 private:
  // The indexes of messages, as the cache has them.
  class CacheReader final : public core::IndexReader {
   public:
    explicit CacheReader(PartitionData* data) : data_(data) {}
    absl::Status ScanPrefix(core::Index index, std::string_view prefix,
                            const Visitor& visit) override {
      return data_->cache().Scan(TableOf(index),
                                 eventstore::KeyRange::Prefix(prefix), visit);
    }
    absl::StatusOr<std::optional<std::string>> Get(
        core::Index index, std::string_view key) override {
      return data_->cache().Get(TableOf(index), key);
    }

   private:
    PartitionData* const data_;
  };

  core::IndexReader* Messages() override { return &messages_; }
  const core::Instance* InstanceAt(InstanceKey key) override {
    // Loading would move the instance that is decided about.
    scratch_ = core::Instance();
    auto instance = data_->Peek(key, &scratch_);
    if (instance.ok()) return *instance;
    if (!absl::IsNotFound(instance.status())) error_ = instance.status();
    return nullptr;
  }
  const core::Partition& State() const override { return data_->state(); }
  void Failed(absl::Status status) override { error_ = std::move(status); }

  PartitionData* const data_;
  CacheReader messages_;
  core::Instance scratch_;
  uint64_t seed_;
  absl::Status error_;
};

}  // namespace pawl

#endif  // PAWL_ENGINE_PARTITION_FACTS_H_
