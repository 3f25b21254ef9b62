#include "bench/report.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"

namespace pawl::bench {
namespace {

// The value below which `share` of `values` lie; 0 without values.
double Quantile(std::vector<double> values, double share) {
  if (values.empty()) return 0;
  auto at =
      values.begin() + static_cast<std::ptrdiff_t>(
                           share * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), at, values.end());
  return *at;
}

double Rate(double count, double seconds) {
  return seconds > 0 ? count / seconds : 0;
}

using Fields = std::vector<std::pair<std::string, std::string>>;

Fields FieldsOf(const Report& r) {
  auto number = [](double value) { return absl::StrFormat("%.0f", value); };
  double records_per_s = Rate(static_cast<double>(r.records), r.seconds);
  Fields fields = {
      {"workload", "\"" + r.workload + "\""},
      {"durability", "\"" + r.durability + "\""},
      {"partitions", std::to_string(r.partitions)},
      {"instances", std::to_string(r.instances)},
      {"instances_per_s",
       number(Rate(static_cast<double>(r.instances), r.seconds))},
      {"steps_per_s", number(Rate(static_cast<double>(r.steps), r.seconds))},
      {"events_per_s", number(Rate(static_cast<double>(r.events), r.seconds))},
      {"records_per_s", number(records_per_s)},
      {"raw_records_per_s", number(r.raw_records_per_s)},
      {"ratio_to_raw",
       absl::StrFormat("%.4f", Rate(records_per_s, r.raw_records_per_s))},
      {"bytes_per_event",
       absl::StrFormat("%.1f", Rate(static_cast<double>(r.event_bytes),
                                    static_cast<double>(r.events)))},
      {"fsyncs", std::to_string(r.fsyncs)},
      {"cpu_s", absl::StrFormat("%.2f", r.cpu_s)},
      {"step_p50_us", number(Quantile(r.step_us, 0.50))},
      {"step_p99_us", number(Quantile(r.step_us, 0.99))},
      {"rss_mb", absl::StrFormat("%.1f", r.rss_mb)},
  };
  if (r.kill.has_value()) {
    fields.emplace_back("open_ms", absl::StrFormat("%.1f", r.kill->open_ms));
    fields.emplace_back("first_ms", absl::StrFormat("%.1f", r.kill->first_ms));
    fields.emplace_back("all_ms", absl::StrFormat("%.1f", r.kill->all_ms));
    fields.emplace_back("wal_mb", absl::StrFormat("%.1f", r.kill->wal_mb));
  }
  return fields;
}

}  // namespace

std::string Report::ToJson() const {
  std::string out = "{";
  for (const auto& [name, value] : FieldsOf(*this)) {
    if (out.size() > 1) out += ", ";
    out += "\"" + name + "\": " + value;
  }
  return out + "}";
}

std::string Report::ToText() const {
  std::string out;
  for (const auto& [name, value] : FieldsOf(*this)) {
    out += absl::StrFormat("%-18s %s\n", name, value);
  }
  out += absl::StrFormat("%-18s %.2f s\n", "measured", seconds);
  out += absl::StrFormat("%-18s %d batches, %d syncs\n", "raw loop",
                         raw_batches, raw_syncs);
  return out;
}

}  // namespace pawl::bench
