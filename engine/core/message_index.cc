#include "engine/core/message_index.h"

#include <algorithm>

#include "base/check.h"
#include "base/planted.h"

namespace pawl::core {
namespace {

absl::Status Damaged(const char* index) {
  return absl::DataLossError(
      std::string("index_") + index +
      ": an entry that can't be read; `pawl rebuild` makes it anew");
}

}  // namespace

// --- In memory ---------------------------------------------------------------

MemoryMessageIndex::Map* MemoryMessageIndex::MapOf(Index index) {
  if (index == Index::kSubscription) return &subscriptions_;
  return index == Index::kMessage ? &messages_ : nullptr;
}

void MemoryMessageIndex::Put(Index index, std::string key, std::string value) {
  if (Map* map = MapOf(index)) (*map)[std::move(key)] = std::move(value);
}

void MemoryMessageIndex::Delete(Index index, std::string key) {
  if (Map* map = MapOf(index)) map->erase(key);
}

absl::Status MemoryMessageIndex::ScanPrefix(Index index,
                                            std::string_view prefix,
                                            const Visitor& visit) {
  Map* const map = MapOf(index);
  PAWL_CHECK(map != nullptr);
  for (auto it = map->lower_bound(prefix);
       it != map->end() && it->first.starts_with(prefix); ++it) {
    if (!visit(it->first, it->second)) break;
  }
  return absl::OkStatus();
}

absl::StatusOr<std::optional<std::string>> MemoryMessageIndex::Get(
    Index index, std::string_view key) {
  Map* const map = MapOf(index);
  PAWL_CHECK(map != nullptr);
  const auto it = map->find(key);
  if (it == map->end()) return std::optional<std::string>();
  return std::optional<std::string>(it->second);
}

// --- Answers -----------------------------------------------------------------

// The number at the end of the first key with this prefix.
std::optional<uint64_t> IndexedLookups::FirstKey(Index index,
                                                 const std::string& prefix,
                                                 std::string* value,
                                                 uint64_t after) {
  std::optional<uint64_t> found;
  bool damaged = false;
  const absl::Status status = Messages()->ScanPrefix(
      index, prefix, [&](std::string_view key, std::string_view entry) {
        damaged = key.size() != prefix.size() + 8;
        if (!damaged && DecodeLastU64(key) <= after) return true;
        if (!damaged) found = DecodeLastU64(key);
        if (value != nullptr) *value = std::string(entry);
        return PAWL_PLANTED(newest_message_first) && index == Index::kMessage;
      });
  if (!status.ok()) {
    Failed(status);
  } else if (damaged) {
    Failed(Damaged(index == Index::kMessage ? "message" : "subscription"));
  }
  return found;
}

SubscriptionAnswer IndexedLookups::SubscriptionFor(const MessageAddress& to) {
  std::optional<uint64_t> oldest;
  std::string instance;
  const auto consider = [&](const std::string& prefix) {
    std::string value;
    const auto found = FirstKey(Index::kSubscription, prefix, &value);
    if (!found.has_value() || (oldest.has_value() && *oldest < *found)) return;
    oldest = found;
    instance = std::move(value);
  };
  if (to.has_key) {
    consider(MessageKeyPrefix(to.name, to.key));
    consider(MessageAnyPrefix(to.name));
  } else {
    consider(MessageNamePrefix(to.name));
  }
  if (!oldest.has_value()) return {};
  const std::optional<uint64_t> key = DecodeU64(instance);
  if (!key.has_value()) {
    Failed(Damaged("subscription"));
    return {};
  }
  return {SubscriptionKey(*oldest), InstanceKey(*key)};
}

void IndexedLookups::Collect(const std::string& prefix,
                             std::vector<SubscriptionAnswer>* answers) {
  bool damaged = false;
  const absl::Status status = Messages()->ScanPrefix(
      Index::kSubscription, prefix,
      [&](std::string_view key, std::string_view value) {
        const std::optional<uint64_t> subscription = DecodeLastU64(key);
        const std::optional<uint64_t> instance = DecodeU64(value);
        damaged = !subscription.has_value() || !instance.has_value() ||
                  key.size() != prefix.size() + 8;
        if (damaged) return false;
        answers->push_back(
            {SubscriptionKey(*subscription), InstanceKey(*instance)});
        return true;
      });
  if (!status.ok()) {
    Failed(status);
  } else if (damaged) {
    Failed(Damaged("subscription"));
  }
}

std::vector<SubscriptionAnswer> IndexedLookups::Subscriptions(
    const MessageAddress& to) {
  std::vector<SubscriptionAnswer> answers;
  if (to.has_key) {
    Collect(MessageKeyPrefix(to.name, to.key), &answers);
    Collect(MessageAnyPrefix(to.name), &answers);
    std::sort(answers.begin(), answers.end(), [](const auto& a, const auto& b) {
      return a.subscription < b.subscription;
    });
  } else {
    Collect(MessageNamePrefix(to.name), &answers);
  }
  return answers;
}

std::vector<SubscriptionAnswer> IndexedLookups::SignalSubscriptions(
    std::string_view name) {
  std::vector<SubscriptionAnswer> answers;
  Collect(SignalPrefix(name), &answers);
  return answers;
}

std::vector<StartAnswer> IndexedLookups::StartEvents(fb::SubscriptionKind kind,
                                                     std::string_view name) {
  std::vector<StartAnswer> answers;
  const auto it = State().starts.find({kind, std::string(name)});
  if (it == State().starts.end()) return answers;
  for (const Partition::Start& start : it->second) {
    answers.push_back({kind, std::string(name), start.process_id,
                       start.definition, start.version, start.element});
  }
  return answers;
}

bool IndexedLookups::StartHeld(std::string_view name, std::string_view key) {
  const auto holder =
      Messages()->Get(Index::kSubscription, HeldEntry(name, key));
  if (!holder.ok()) {
    Failed(holder.status());
    return false;
  }
  return holder->has_value();
}

std::vector<StartTimerAnswer> IndexedLookups::StartTimers(
    DefinitionKey definition) {
  std::vector<StartTimerAnswer> answers;
  for (const auto& [key, timer] : State().start_timers) {
    if (timer.definition != definition) continue;
    StartTimerAnswer answer;
    answer.key = key;
    answer.start.process_id = timer.process_id;
    answer.start.definition = definition;
    answer.start.version = timer.version;
    answer.start.element = timer.element;
    answer.due_ms = timer.due_ms;
    answer.repetition = timer.repetition;
    answers.push_back(std::move(answer));
  }
  return answers;
}

std::optional<uint64_t> IndexedLookups::OldestBuffered(const MessageAddress& of,
                                                       uint64_t after) {
  if (!of.has_key) {
    return FirstKey(Index::kMessage, BufferedNamePrefix(of.name), nullptr,
                    after);
  }
  const auto with_key =
      FirstKey(Index::kMessage, BufferedKeyPrefix(of.name, of.key), nullptr);
  const auto without =
      FirstKey(Index::kMessage, BufferedNoKeyPrefix(of.name), nullptr);
  if (!with_key.has_value()) return without;
  return without.has_value() ? std::min(*with_key, *without) : with_key;
}

bool IndexedLookups::HasBuffered(const MessageAddress& of) {
  return OldestBuffered(of).has_value();
}

std::unique_ptr<fb::MessageBufferedT> IndexedLookups::Buffered(
    const MessageAddress& of, uint64_t after) {
  const std::optional<uint64_t> key = OldestBuffered(of, after);
  if (!key.has_value()) return nullptr;
  const auto bytes = Messages()->Get(Index::kMessage, BufferedEntry(*key));
  if (!bytes.ok()) {
    Failed(bytes.status());
    return nullptr;
  }
  auto message = bytes->has_value() ? DecodeBuffered(**bytes) : nullptr;
  if (message == nullptr) Failed(Damaged("message"));
  return message;
}

bool IndexedLookups::MessageIdKept(std::string_view name, std::string_view id) {
  const auto found = Messages()->Get(Index::kMessage, MessageIdEntry(name, id));
  if (!found.ok()) {
    Failed(found.status());
    return false;
  }
  return found->has_value();
}

}  // namespace pawl::core
