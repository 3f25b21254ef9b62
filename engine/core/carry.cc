#include "engine/core/carry.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "engine/core/codec.h"

namespace pawl::core {
namespace {

std::vector<uint8_t> ToBytes(const std::string& text) {
  return std::vector<uint8_t>(text.begin(), text.end());
}

std::string_view ToText(const std::vector<uint8_t>& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

template <typename EventT>
fb::EventUnion Union(EventT event) {
  fb::EventUnion out;
  out.Set(std::move(event));
  return out;
}

absl::Status Misfit(const char* event, std::string_view what, uint64_t number) {
  return absl::DataLossError(
      absl::StrCat("event ", event,
                   " doesn't fit its state: ", std::string(what), " ", number));
}

// Nothing was ever folded into it but the header of its first record.
bool IsEmpty(const Partition& partition) {
  return partition.epoch == 0 && partition.next_key == 1 &&
         partition.definitions.empty();
}

absl::Status On(Partition* p, const fb::TrimBegunT& e, Position position) {
  PAWL_ASSIGN_OR_RETURN(Partition carried, StateIn(e));
  if (carried.position != position) {
    return Misfit("TrimBegun", "state is as of position", carried.position);
  }
  if (IsEmpty(*p)) {
    *p = std::move(carried);
  } else if (Digest(carried) != Digest(*p)) {
    return Misfit("TrimBegun", "it holds another state of the partition at",
                  position);
  }
  p->trimming_from = position;
  return absl::OkStatus();
}

absl::Status On(Partition* p, const fb::DefinitionsCarriedForwardT& e,
                Position position) {
  for (const auto& definition : e.definitions) {
    const auto it = p->definitions.find(definition->process_id);
    if (it == p->definitions.end() || definition->version == 0 ||
        definition->version > it->second.size()) {
      return Misfit("DefinitionsCarriedForward", "no definition",
                    definition->key);
    }
    Partition::Definition& known = it->second[definition->version - 1];
    if (known.key.value() != definition->key || e.resource == nullptr ||
        known.resource != e.resource->key ||
        known.digest != definition->digest) {
      return Misfit("DefinitionsCarriedForward", "another definition",
                    definition->key);
    }
    known.position = position;
  }
  return absl::OkStatus();
}

absl::Status On(Partition* p, const fb::LogTrimmedT& e) {
  if (e.floor == 0 || e.floor != p->trimming_from) {
    return Misfit("LogTrimmed", "no trim began at", e.floor);
  }
  for (const auto& [process_id, versions] : p->definitions) {
    for (const Partition::Definition& definition : versions) {
      if (definition.position < e.floor) {
        return Misfit("LogTrimmed", "below its floor lies definition",
                      definition.key.value());
      }
    }
  }
  p->floor = e.floor;
  p->trimming_from = 0;
  return absl::OkStatus();
}

}  // namespace

bool IsMaintenance(fb::Command type) {
  return type == fb::Command::TrimLog || type == fb::Command::CarryForward;
}

fb::EventUnion MakeTrimBegun(const Partition& partition,
                             const std::string& tally) {
  fb::TrimBegunT event;
  event.state = ToBytes(EncodePartition(partition));
  event.tally = ToBytes(tally);
  return Union(std::move(event));
}

fb::EventUnion MakeCarriedForward(const Instance& instance) {
  fb::CarriedForwardT event;
  // The position says nothing here that the record doesn't.
  event.state = ToBytes(EncodeSnapshot(instance, 0));
  return Union(std::move(event));
}

absl::StatusOr<Partition> StateIn(const fb::TrimBegunT& event) {
  return DecodePartition(ToText(event.state));
}

absl::StatusOr<Instance> StateIn(const fb::CarriedForwardT& event) {
  PAWL_ASSIGN_OR_RETURN(InstanceSnapshot snapshot,
                        DecodeSnapshot(ToText(event.state)));
  return std::move(snapshot.instance);
}

bool BeginsLog(const fb::EventUnion& event) {
  return event.type == fb::Event::TrimBegun;
}

absl::Status ApplyCarried(Instance* instance,
                          const fb::CarriedForwardT& event) {
  PAWL_ASSIGN_OR_RETURN(Instance carried, StateIn(event));
  if (!carried.exists()) {
    return Misfit("CarriedForward", "it holds no instance", 0);
  }
  if (!instance->exists()) {
    *instance = std::move(carried);
  } else if (Digest(carried) != Digest(*instance)) {
    return Misfit("CarriedForward", "it holds another state of instance",
                  instance->key.value());
  }
  return absl::OkStatus();
}

absl::Status ApplyRetention(Partition* p, const fb::EventUnion& event,
                            Position position) {
  switch (event.type) {
    case fb::Event::TrimBegun:
      return On(p, *event.AsTrimBegun(), position);
    case fb::Event::DefinitionsCarriedForward:
      return On(p, *event.AsDefinitionsCarriedForward(), position);
    case fb::Event::InstancesArchived:
      p->instances_archived += event.AsInstancesArchived()->instances.size();
      return absl::OkStatus();
    case fb::Event::LogTrimmed:
      return On(p, *event.AsLogTrimmed());
    case fb::Event::HoldSet:
      p->holds[InstanceKey(event.AsHoldSet()->instance)] =
          event.AsHoldSet()->reason;
      return absl::OkStatus();
    case fb::Event::HoldReleased:
      if (p->holds.erase(InstanceKey(event.AsHoldReleased()->instance)) == 0) {
        return Misfit("HoldReleased", "no hold on instance",
                      event.AsHoldReleased()->instance);
      }
      return absl::OkStatus();
    default:
      return absl::OkStatus();
  }
}

}  // namespace pawl::core
