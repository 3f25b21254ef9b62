#include "replay/audit.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "engine/core/apply.h"
#include "engine/core/codec.h"

namespace pawl::replay {
namespace {

CommandAt CommandIn(const fb::RecordT& record) {
  return {record.position, record.time_ms, record.actor,
          fb::EnumNameCommand(record.command.type)};
}

}  // namespace

std::string ToString(const CommandAt& command) {
  return absl::StrCat(command.actor.empty() ? "somebody" : command.actor, " (",
                      command.command, ")");
}

absl::StatusOr<CommandAt> OriginOf(const PartitionData& data,
                                   const fb::RecordT& record) {
  CommandAt origin = CommandIn(record);
  Position caused_by = record.caused_by;
  for (int steps = 0; caused_by != 0 && steps < kOriginStepsMax; ++steps) {
    // What lies below the floor can't be looked up by its position.
    if (caused_by < data.store().Floor(data.partition())) break;
    PAWL_ASSIGN_OR_RETURN(const std::string bytes,
                          data.store().ReadOne(data.partition(), caused_by));
    PAWL_ASSIGN_OR_RETURN(const auto cause, core::DecodeRecord(bytes));
    origin = CommandIn(*cause);
    // Damage must not lead in a circle.
    if (cause->caused_by >= caused_by) break;
    caused_by = cause->caused_by;
  }
  return origin;
}

absl::StatusOr<std::vector<AuditEntry>> ReadAudit(PartitionData* data,
                                                  InstanceKey instance,
                                                  ElementNames* names) {
  std::vector<AuditEntry> entries;
  const auto add = [&](std::string_view bytes) -> absl::Status {
    PAWL_ASSIGN_OR_RETURN(const auto record, core::DecodeRecord(bytes));
    PAWL_ASSIGN_OR_RETURN(const Variables decoded,
                          DecodeForReading(bytes, names));
    AuditEntry entry;
    entry.partition = record->partition;
    entry.command = CommandIn(*record);
    entry.caused_by = record->caused_by;
    entry.arguments = decoded["arguments"];
    for (size_t i = 0; i < record->events.size(); ++i) {
      if (core::InstanceOf(*record, i) != instance) continue;
      entry.events.push_back(fb::EnumNameEvent(record->events[i].type));
    }
    PAWL_ASSIGN_OR_RETURN(entry.origin, OriginOf(*data, *record));
    entries.push_back(std::move(entry));
    return absl::OkStatus();
  };
  absl::Status added;
  PAWL_RETURN_IF_ERROR(
      data->ReadInstance(instance, [&](Position, std::string_view bytes) {
        added = add(bytes);
        return added.ok();
      }));
  PAWL_RETURN_IF_ERROR(added);
  if (entries.empty()) {
    return absl::NotFoundError(
        absl::StrCat("instance ", instance.value(), ": no such instance"));
  }
  return entries;
}

}  // namespace pawl::replay
