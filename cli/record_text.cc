#include "cli/record_text.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace pawl::cli {

std::string ShowFields(const Value& map,
                       const std::vector<std::string>& without) {
  std::string text;
  if (!map.is_context()) return text;
  for (const auto& [name, value] : map.context()) {
    if (std::find(without.begin(), without.end(), name) != without.end()) {
      continue;
    }
    if (value.is_null() || (value.is_string() && value.string().empty()) ||
        ((value.is_list() || value.is_context()) && value.size() == 0)) {
      continue;
    }
    absl::StrAppend(&text, " ", name, "=",
                    value.is_string() ? value.string() : value.ToJson());
  }
  return text;
}

}  // namespace pawl::cli
