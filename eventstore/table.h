// The tables of the cache: what is kept beside the log so that nothing has to
// be folded from its start.
//
// One door for adding a table: a line in the enum and a line in kTableNames.
// The store sees bytes only; which key means what is the engine's business.
// Every table is a cache in the sense of ADR 0003: it can be thrown away and
// derived again from the log.
#ifndef PAWL_EVENTSTORE_TABLE_H_
#define PAWL_EVENTSTORE_TABLE_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace pawl::eventstore {

// Values are not stored (the name of the column family is), so the order here
// is free to change. The names are for ever.
enum class Table : uint8_t {
  kStream = 0,
  kSnapshot,
  kPartitionState,
  kIndexInstance,
  kIndexBusinessKey,
  kIndexIdempotency,
  kIndexJob,
  kIndexJobReady,
  kIndexTask,
  kIndexDue,
  kIndexIncident,
  kIndexDefinition,
  kIndexOutbox,
  kIndexSubscription,
  kIndexMessage,
};

inline constexpr std::array<std::string_view, 15> kTableNames = {
    "stream",         "snapshot",           "partition_state",
    "index_instance", "index_business_key", "index_idempotency",
    "index_job",      "index_job_ready",    "index_task",
    "index_due",      "index_incident",     "index_definition",
    "index_outbox",   "index_subscription", "index_message",
};
inline constexpr size_t kTableCount = kTableNames.size();
static_assert(static_cast<size_t>(Table::kIndexMessage) + 1 == kTableCount,
              "every table has a name");

constexpr size_t IndexOf(Table table) { return static_cast<size_t>(table); }
constexpr std::string_view NameOf(Table table) {
  return kTableNames[IndexOf(table)];
}

}  // namespace pawl::eventstore

#endif  // PAWL_EVENTSTORE_TABLE_H_
