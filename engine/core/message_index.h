// The indexes of subscriptions and messages, read: who waits for what, which
// messages wait. One reading for live execution, verify and tests, over
// whatever holds the entries that Project made.
//
// Who matches (docs/adr/0020): a message with a key reaches subscriptions of
// that key and those that take any; one without a key all of its name.
#ifndef PAWL_ENGINE_CORE_MESSAGE_INDEX_H_
#define PAWL_ENGINE_CORE_MESSAGE_INDEX_H_

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "engine/core/lookups.h"
#include "engine/core/project.h"

namespace pawl::core {

// Entries of kSubscription and kMessage, in the order of their bytes.
class IndexReader {
 public:
  // False stops the scan.
  using Visitor =
      std::function<bool(std::string_view key, std::string_view value)>;

  virtual ~IndexReader() = default;
  // Every entry whose key begins with `prefix`.
  virtual absl::Status ScanPrefix(Index index, std::string_view prefix,
                                  const Visitor& visit) = 0;
  virtual absl::StatusOr<std::optional<std::string>> Get(
      Index index, std::string_view key) = 0;
};

// In memory, from what Project says.
class MemoryMessageIndex final : public IndexSink, public IndexReader {
 public:
  void Put(Index index, std::string key, std::string value) override;
  void Delete(Index index, std::string key) override;
  absl::Status ScanPrefix(Index index, std::string_view prefix,
                          const Visitor& visit) override;
  absl::StatusOr<std::optional<std::string>> Get(Index index,
                                                 std::string_view key) override;

 private:
  using Map = std::map<std::string, std::string, std::less<>>;
  Map* MapOf(Index index);

  Map subscriptions_;
  Map messages_;
};

// Lookups whose answers about messages and calls come from the indexes and the
// partition's state.
class IndexedLookups : public Lookups {
 public:
  SubscriptionAnswer SubscriptionFor(const MessageAddress& to) final;
  std::vector<SubscriptionAnswer> Subscriptions(const MessageAddress& to) final;
  std::vector<SubscriptionAnswer> SignalSubscriptions(
      std::string_view name) final;
  std::vector<StartAnswer> StartEvents(fb::SubscriptionKind kind,
                                       std::string_view name) final;
  bool StartHeld(std::string_view name, std::string_view key) final;
  bool HasBuffered(const MessageAddress& of) final;
  std::unique_ptr<fb::MessageBufferedT> Buffered(const MessageAddress& of,
                                                 uint64_t after) final;
  bool MessageIdKept(std::string_view name, std::string_view id) final;
  // call_lookups.cc
  DefinitionAnswer DefinitionBeside(std::string_view process_id,
                                    std::string_view caller,
                                    uint32_t version) final;
  DefinitionAnswer DefinitionTagged(std::string_view process_id,
                                    std::string_view tag) final;
  AboveAnswer CatcherAbove(const Caller& caller, fb::EventType type,
                           std::string_view code) final;
  bool CallWaits(const Caller& caller, InstanceKey called) final;
  std::vector<StartTimerAnswer> StartTimers(DefinitionKey definition) final;

 protected:
  // An instance of this partition as of this decision, another than the one
  // decided about; null: there is none. Lives until this is asked again.
  virtual const Instance* InstanceAt(InstanceKey key) = 0;
  virtual IndexReader* Messages() = 0;
  virtual const Partition& State() const = 0;
  // An index can't be read, or an entry of it. The decision doesn't count then.
  virtual void Failed(absl::Status status) = 0;

 private:
  // The first that is greater than `after`. Cost: O(number of those up to it).
  std::optional<uint64_t> FirstKey(Index index, const std::string& prefix,
                                   std::string* value, uint64_t after = 0);
  std::optional<uint64_t> OldestBuffered(const MessageAddress& of,
                                         uint64_t after = 0);
  void Collect(const std::string& prefix,
               std::vector<SubscriptionAnswer>* answers);
};

}  // namespace pawl::core

#endif  // PAWL_ENGINE_CORE_MESSAGE_INDEX_H_
