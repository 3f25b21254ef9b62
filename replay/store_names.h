// Ids of elements and flows for DecodeForReading, by the instance's definition.
#ifndef PAWL_REPLAY_STORE_NAMES_H_
#define PAWL_REPLAY_STORE_NAMES_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/ids.h"
#include "engine/model/process_definition.h"
#include "engine/partition_data.h"
#include "replay/decoded_record.h"

namespace pawl::replay {

class StoreNames final : public ElementNames {
 public:
  // `data` outlives this.
  explicit StoreNames(PartitionData* data) : data_(data) {}

  std::optional<std::string> Element(InstanceKey instance,
                                     uint32_t index) override;
  std::optional<std::string> Flow(InstanceKey instance,
                                  uint32_t index) override;

 private:
  // Null when it can't be found: the log is then shown with numbers.
  const model::ProcessDefinition* ModelOf(InstanceKey instance);

  PartitionData* const data_;
  InstanceKey instance_;
  std::shared_ptr<const model::ProcessDefinition> model_;
};

}  // namespace pawl::replay

#endif  // PAWL_REPLAY_STORE_NAMES_H_
