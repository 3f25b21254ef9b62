// Project: what an event changes in the indexes. One function for live
// execution, recovery and rebuild, so that an index can always be rebuilt from
// the log and compared.
//
// An index only leads to an instance; what a task or a job is, its instance's
// state says.
#ifndef PAWL_ENGINE_CORE_PROJECT_H_
#define PAWL_ENGINE_CORE_PROJECT_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/ids.h"
#include "engine/core/state.h"
#include "schemas/event_generated.h"

namespace pawl::core {

// Indexes, by number: they are table names in the store (docs/log_format.md).
enum class Index : uint8_t {
  kInstance,     // instance -> state, definition; kept after the end
  kBusinessKey,  // business key, instance -> nothing; kept after the end
  kIdempotency,  // idempotency key -> instance, definition, version
  kJob,          // job -> instance
  kJobReady,     // type, job -> instance: jobs that may be fetched
  kTask,         // task -> instance
  kDue,          // due time, kind, key -> instance
  kIncident,     // incident -> instance
  // Who waits for messages and signals: see SubscriptionKeys -> instance.
  kSubscription,
  // Messages that wait, and ids that are kept: see MessageKeys.
  kMessage,
};

// What stands in the due index.
enum class DueKind : uint8_t {
  kTimer = 1,
  kJob = 2,
  // The time to live of a buffered message, and of an id that is kept; of no
  // instance.
  kMessage = 3,
  kMessageId = 4,
  // A start event; of no instance.
  kStartTimer = 5,
};

class IndexSink {
 public:
  virtual ~IndexSink() = default;
  virtual void Put(Index index, std::string key, std::string value) = 0;
  virtual void Delete(Index index, std::string key) = 0;
};

// `instance` is the event's instance (not valid for partition events).
void Project(const fb::EventUnion& event, InstanceKey instance,
             IndexSink* sink);

// All entries that are there because of `instance` as it stands; what its
// events have put and not taken away again. But for its idempotency key, which
// its state doesn't have.
void ProjectState(const Instance& instance, IndexSink* sink);
// The same of what the partition's own state says.
void ProjectState(const Partition& partition, IndexSink* sink);

// --- Keys and values: big-endian, so that bytes sort as numbers do ----------

std::string EncodeU64(uint64_t value);
std::optional<uint64_t> DecodeU64(std::string_view bytes);

struct InstanceIndexValue {
  fb::InstanceState state = fb::InstanceState::active;
  DefinitionKey definition;
};
std::string EncodeInstanceValue(const InstanceIndexValue& value);
std::optional<InstanceIndexValue> DecodeInstanceValue(std::string_view bytes);

// Text keys end with a zero byte before the number; a text with a zero byte in
// it is refused at the door.
std::string BusinessKeyPrefix(std::string_view business_key);
std::string JobReadyPrefix(std::string_view type);
// Last 8 bytes of a key, as BusinessKey and JobReady have them.
std::optional<uint64_t> DecodeLastU64(std::string_view key);

// Prefixes of the subscription index; the subscription's key follows.
// Of messages of this name and key; of those that take any key; all of the
// name.
std::string MessageKeyPrefix(std::string_view name, std::string_view key);
std::string MessageAnyPrefix(std::string_view name);
std::string MessageNamePrefix(std::string_view name);
std::string SignalPrefix(std::string_view name);
// A whole entry: who runs, started by this message, and keeps it from starting
// another of this key. The value is the instance.
std::string HeldEntry(std::string_view name, std::string_view key);

// Prefixes of the message index; the message's key follows; the values are
// empty. Of this name and key; without a key; all of the name.
std::string BufferedKeyPrefix(std::string_view name, std::string_view key);
std::string BufferedNoKeyPrefix(std::string_view name);
std::string BufferedNamePrefix(std::string_view name);
// -> the event MessageBuffered.
std::string BufferedEntry(uint64_t message);
// -> nothing.
std::string MessageIdEntry(std::string_view name, std::string_view id);
// -> the event MessageIdKept.
std::string MessageIdByKey(uint64_t key);

std::string EncodeBuffered(const fb::MessageBufferedT& message);
// Null: not such an entry.
std::unique_ptr<fb::MessageBufferedT> DecodeBuffered(std::string_view bytes);
std::string EncodeMessageId(const fb::MessageIdKeptT& id);
std::unique_ptr<fb::MessageIdKeptT> DecodeMessageId(std::string_view bytes);

struct DueKey {
  int64_t due_ms = 0;
  DueKind kind = DueKind::kTimer;
  uint64_t key = 0;
};
std::string EncodeDue(const DueKey& due);
std::optional<DueKey> DecodeDue(std::string_view bytes);

std::string EncodeIdempotency(InstanceKey instance, DefinitionKey definition,
                              uint32_t version);
struct IdempotencyValue {
  InstanceKey instance;
  DefinitionKey definition;
  uint32_t version = 0;
};
std::optional<IdempotencyValue> DecodeIdempotency(std::string_view bytes);

}  // namespace pawl::core

#endif  // PAWL_ENGINE_CORE_PROJECT_H_
