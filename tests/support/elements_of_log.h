// ElementsOfLog: which row of the fault table each element instance of a log
// is. Records name an element instance when it activates, and only by its key
// from then on.
#ifndef PAWL_TESTS_SUPPORT_ELEMENTS_OF_LOG_H_
#define PAWL_TESTS_SUPPORT_ELEMENTS_OF_LOG_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

#include "base/ids.h"
#include "schemas/record_generated.h"

namespace pawl {

class ElementsOfLog {
 public:
  // The next record. One that was lost may be followed by another in its place,
  // which uses its keys again.
  void Add(const fb::RecordT& record);

  // Of an element instance, by its key; CHECKs that it was activated.
  size_t RowOf(uint64_t element) const;
  // Of element `index` of a definition; CHECKs that it was deployed.
  size_t RowOf(DefinitionKey definition, uint32_t index) const;

 private:
  std::map<DefinitionKey, std::vector<size_t>> rows_of_definition_;
  std::map<InstanceKey, DefinitionKey> definition_of_;
  std::map<uint64_t, size_t> row_of_;
};

}  // namespace pawl

#endif  // PAWL_TESTS_SUPPORT_ELEMENTS_OF_LOG_H_
