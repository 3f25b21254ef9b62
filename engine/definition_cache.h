// DefinitionCache: deployed models ready to be executed, and their sources.
//
// A deployment event holds both, so the log is where they come from; what is
// kept here is what was used lately. Thread-compatible; the models that it
// gives are immutable and safe to share.
#ifndef PAWL_ENGINE_DEFINITION_CACHE_H_
#define PAWL_ENGINE_DEFINITION_CACHE_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "base/ids.h"
#include "engine/core/state.h"
#include "engine/model/process_definition.h"
#include "schemas/record_generated.h"

namespace pawl {

class DefinitionCache {
 public:
  // Reads the bytes of the record at a position.
  using ReadRecord = std::function<absl::StatusOr<std::string>(Position)>;

  // `bytes_max` bounds what the models take, but the one used last stays.
  DefinitionCache(size_t bytes_max, ReadRecord read)
      : bytes_max_(bytes_max), read_(std::move(read)) {}

  // Knows a deployed version from now on. O(1).
  void Add(const core::Partition::Definition& definition);
  void Clear();

  // The model behind `key`. NotFound: never deployed. DataLoss: its record is
  // missing or damaged. Reads the log when the model isn't in memory.
  absl::StatusOr<std::shared_ptr<const model::ProcessDefinition>> Model(
      DefinitionKey key);

  // The source it was deployed from, byte for byte, and its name. Reads the
  // log. Codes as above.
  struct Source {
    std::string name;
    std::string xml;
  };
  absl::StatusOr<Source> SourceOf(DefinitionKey key);

 private:
  struct Known {
    uint64_t resource = 0;
    Position position = 0;
  };
  struct Entry {
    std::shared_ptr<const model::ProcessDefinition> model;
    size_t bytes = 0;
    uint64_t used = 0;
  };

  absl::StatusOr<Known> Find(DefinitionKey key) const;
  void Evict(DefinitionKey keep);

  const size_t bytes_max_;
  const ReadRecord read_;
  absl::flat_hash_map<DefinitionKey, Known> known_;
  absl::flat_hash_map<DefinitionKey, Entry> models_;
  size_t bytes_ = 0;
  uint64_t uses_ = 0;
};

}  // namespace pawl

#endif  // PAWL_ENGINE_DEFINITION_CACHE_H_
