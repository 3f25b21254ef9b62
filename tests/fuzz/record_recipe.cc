#include "tests/fuzz/record_recipe.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/container/btree_map.h"
#include "engine/core/apply.h"
#include "engine/core/codec.h"
#include "schemas/record_generated.h"

namespace pawl::fuzz {
namespace {

using Log = std::vector<std::string>;

constexpr int kRecipeStepsMax = 24;

// Null when the record is damaged already.
std::unique_ptr<fb::RecordT> Decode(const std::string& bytes) {
  auto record = core::DecodeRecord(bytes);
  return record.ok() ? *std::move(record) : nullptr;
}

void Overwrite(std::string* bytes, ByteSource* recipe) {
  if (bytes->empty()) return;
  const size_t at = recipe->Below(bytes->size());
  const int count = 1 + recipe->Byte() % 8;
  uint64_t value = static_cast<uint64_t>(recipe->Number());
  for (size_t i = at; i < bytes->size() && i < at + count; ++i) {
    (*bytes)[i] = static_cast<char>(value & 0xff);
    value >>= 8;
  }
}

// An event of any record of the log, or none.
fb::EventUnion AnyEvent(const Log& log, ByteSource* recipe) {
  const auto record = Decode(log[recipe->Below(log.size())]);
  if (record == nullptr || record->events.empty()) return {};
  return record->events[recipe->Below(record->events.size())];
}

void ChangeEvents(Log* log, std::string* bytes, ByteSource* recipe) {
  const auto record = Decode(*bytes);
  if (record == nullptr) return;
  auto& events = record->events;
  const size_t at = recipe->Below(events.size() + 1);
  const auto place = events.begin() + static_cast<std::ptrdiff_t>(at);
  switch (recipe->Byte() % 4) {
    case 0:
      if (at < events.size()) events.erase(place);
      break;
    case 1: {
      fb::EventUnion event = AnyEvent(*log, recipe);
      if (event.type != fb::Event::NONE) events.insert(place, std::move(event));
      break;
    }
    case 2:
      if (!events.empty()) std::swap(*(place - (at > 0)), events.front());
      break;
    case 3:
      // Of another instance, which may not exist.
      record->event_instances.assign(events.size(), 0);
      if (at < events.size()) {
        record->event_instances[at] = static_cast<uint16_t>(recipe->Number());
      }
      break;
  }
  if (!record->event_instances.empty()) {
    record->event_instances.resize(events.size());
  }
  *bytes = core::EncodeRecord(*record);
}

void ChangeHeader(std::string* bytes, ByteSource* recipe) {
  const auto record = Decode(*bytes);
  if (record == nullptr) return;
  const auto number = static_cast<uint64_t>(recipe->Number());
  switch (recipe->Byte() % 5) {
    case 0:
      record->position = number;
      break;
    case 1:
      record->time_ms = static_cast<int64_t>(number);
      break;
    case 2:
      record->partition = static_cast<uint16_t>(number);
      break;
    case 3:
      for (auto& touched : record->touched) touched->instance = number;
      break;
    case 4:
      record->touched.push_back(std::make_unique<fb::TouchedT>());
      record->touched.back()->instance = number;
      break;
  }
  *bytes = core::EncodeRecord(*record);
}

// Positions, times and sequences as a writer would have made them.
void Mend(Log* log) {
  absl::btree_map<uint64_t, uint32_t> sequences;
  int64_t time_ms = 0;
  for (size_t i = 0; i < log->size(); ++i) {
    const auto record = Decode((*log)[i]);
    if (record == nullptr) continue;
    record->position = i + 1;
    record->partition = 0;
    time_ms = record->time_ms = std::max(record->time_ms, time_ms);
    absl::btree_map<uint64_t, uint32_t> counts;
    for (size_t e = 0; e < record->events.size(); ++e) {
      ++counts[core::InstanceOf(*record, e).value()];
    }
    for (auto& touched : record->touched) {
      uint32_t& last = sequences[touched->instance];
      touched->first_sequence = last + 1;
      touched->count = counts[touched->instance];
      last += touched->count;
    }
    (*log)[i] = core::EncodeRecord(*record);
  }
}

}  // namespace

std::vector<std::string> ApplyRecipe(Log log, ByteSource* recipe) {
  for (int step = 0; step < kRecipeStepsMax && !recipe->empty(); ++step) {
    if (log.empty()) return log;
    const uint8_t what = recipe->Byte();
    const size_t at = recipe->Below(log.size());
    std::string& bytes = log[at];
    switch (what % 8) {
      case 0:
      case 1:
        Overwrite(&bytes, recipe);
        break;
      case 2:
      case 3:
        ChangeEvents(&log, &bytes, recipe);
        break;
      case 4:
        ChangeHeader(&bytes, recipe);
        break;
      case 5:
        Mend(&log);
        break;
      case 6:
        if (recipe->Byte() % 2 == 0) {
          log.erase(log.begin() + static_cast<std::ptrdiff_t>(at));
        } else {
          log.insert(log.begin() + static_cast<std::ptrdiff_t>(at),
                     std::string(bytes));
        }
        break;
      case 7:
        if (recipe->Byte() % 2 == 0) {
          std::swap(bytes, log[recipe->Below(log.size())]);
        } else {
          bytes = recipe->Text();
        }
        break;
    }
  }
  return log;
}

}  // namespace pawl::fuzz
