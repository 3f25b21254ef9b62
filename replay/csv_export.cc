#include "replay/csv_export.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "engine/core/apply.h"
#include "engine/core/codec.h"
#include "replay/decoded_record.h"

namespace pawl::replay {

std::string CsvField(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) {
    return std::string(text);
  }
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + '"';
}

std::string CsvExport::Header() {
  return "position,time,instance,sequence,event,element,name,kind,key,actor,"
         "caused_by,text\n";
}

absl::StatusOr<std::string> CsvExport::Rows(std::string_view bytes) {
  PAWL_ASSIGN_OR_RETURN(const auto record, core::DecodeRecord(bytes));
  std::string rows;
  for (const auto& touched : record->touched) {
    const InstanceKey instance(touched->instance);
    auto [timeline, is_new] = timelines_.try_emplace(
        instance, instance,
        [data = data_](DefinitionKey key) { return data->Model(key); });
    std::vector<TimelineEntry> entries;
    PAWL_RETURN_IF_ERROR(timeline->second.Add(*record, &entries));
    bool ended = false;
    for (const TimelineEntry& entry : entries) {
      ended = ended || entry.event == "InstanceEnded";
      absl::StrAppend(
          &rows, PositionText(entry.partition, entry.position), ",",
          TimeText(entry.time_ms), ",", instance.value(), ",", entry.sequence,
          ",", entry.event, ",", CsvField(entry.element_id), ",",
          CsvField(entry.element_name), ",", entry.element_kind, ",",
          entry.key == 0 ? "" : absl::StrCat(entry.key), ",",
          CsvField(entry.actor), ",",
          entry.caused_by == 0 ? ""
                               : PositionText(entry.partition, entry.caused_by),
          ",", CsvField(entry.text), "\n");
    }
    if (ended) timelines_.erase(instance);
  }
  return rows;
}

}  // namespace pawl::replay
