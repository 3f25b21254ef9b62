// The two conversions between std::string_view and absl::string_view, and a
// map keyed by strings that looks up by std::string_view.
//
// Some distributions build Abseil with its own string_view, others alias it to
// the std one. Both conversions compile, and cost nothing, in either case.
#ifndef PAWL_BASE_STRINGS_H_
#define PAWL_BASE_STRINGS_H_

#include <string>
#include <string_view>

#include "absl/container/btree_map.h"
#include "absl/strings/string_view.h"

namespace pawl {

inline absl::string_view ToAbsl(std::string_view text) {
  return absl::string_view(text.data(), text.size());
}

inline std::string_view ToStd(absl::string_view text) {
  return std::string_view(text.data(), text.size());
}

// An ordered map with string keys; find() takes a std::string_view without
// making a string. Ordered, because engine/core may iterate it.
template <typename T>
using StringMap = absl::btree_map<std::string, T, std::less<>>;

}  // namespace pawl

#endif  // PAWL_BASE_STRINGS_H_
