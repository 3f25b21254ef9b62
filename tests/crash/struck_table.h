// Which elements, in which transition, the faults of the golden run struck: the
// table of tests/support/fault_table.h for a disk that breaks.
//
// A fault strikes the records that were on their way to the disk when it did:
// given to the store, not yet durable. A fault in an opening strikes the record
// that was in doubt when the life before ended, because the opening decides
// about it.
#ifndef PAWL_TESTS_CRASH_STRUCK_TABLE_H_
#define PAWL_TESTS_CRASH_STRUCK_TABLE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "tests/crash/fault_file_system.h"
#include "tests/support/fault_table.h"

namespace pawl::crash {

struct StruckTable {
  // One column each kind that was asked for.
  FaultTable table;
  uint64_t runs = 0;
  std::vector<std::string> failures;
};

// Runs with one fault after another, each at the first call with a record on
// its way that the column still misses, until nothing is missing or runs in
// vain.
StruckTable FillStruckTable(uint64_t seed, const std::vector<FaultKind>& kinds);

}  // namespace pawl::crash

#endif  // PAWL_TESTS_CRASH_STRUCK_TABLE_H_
