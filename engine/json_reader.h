// JSON text -> Value. Internal to value.cc, which is its only user: keeps
// RapidJSON out of every header.
#ifndef PAWL_ENGINE_JSON_READER_H_
#define PAWL_ENGINE_JSON_READER_H_

#include <string_view>

#include "absl/status/statusor.h"
#include "engine/value.h"

namespace pawl {

// Reads all of `json`, which may nest `depth_max` lists and contexts. Errors as
// Value::FromJson. O(n), without recursion.
absl::StatusOr<Value> ReadJson(std::string_view json, int depth_max);

}  // namespace pawl

#endif  // PAWL_ENGINE_JSON_READER_H_
