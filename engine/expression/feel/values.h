// Values of processes as FEEL sees them, and back. Internal to FEEL.
#ifndef PAWL_ENGINE_EXPRESSION_FEEL_VALUES_H_
#define PAWL_ENGINE_EXPRESSION_FEEL_VALUES_H_

#include "absl/status/statusor.h"
#include "engine/expression/feel/arena.h"
#include "engine/expression/feel/item.h"
#include "engine/value.h"

namespace pawl::expression::feel {

// Shows `value`, which must outlive what is shown. Numbers of more than 34
// digits are rounded. Null when the arena has no room.
Item ToItem(const Value& value, Arena* arena);

// Dates, times and durations become their texts. InvalidArgument: a function
// or a range, which no variable can hold.
absl::StatusOr<Value> ToValue(const Item& item);

}  // namespace pawl::expression::feel

#endif  // PAWL_ENGINE_EXPRESSION_FEEL_VALUES_H_
