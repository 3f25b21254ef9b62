// Values of processes as FEEL sees them, and back. Internal to FEEL.
#ifndef PAWL_ENGINE_EXPRESSION_FEEL_VALUES_H_
#define PAWL_ENGINE_EXPRESSION_FEEL_VALUES_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "engine/expression/feel/arena.h"
#include "engine/expression/feel/item.h"
#include "engine/value.h"

namespace pawl::expression::feel {

// Shows `value`, which must outlive what is shown. Nothing is rounded: for a
// number that decimal128 can't hold there is null, and `*refused` shows its
// text. Null when the arena has no room.
Item ToItem(const Value& value, Arena* arena, std::string_view* refused);
// The reason to tell then.
std::string RefusedNumber(std::string_view text);

// What to do with functions and ranges, which no variable can hold.
enum class OfNoVariable { kRefuse, kText };

// Dates, times and durations become their texts. InvalidArgument: a function
// or a range, and those are refused. ResourceExhausted: nested deeper than
// kValueDepthMax, or larger than kExpressionStepsMax entries.
absl::StatusOr<Value> ToValue(const Item& item,
                              OfNoVariable other = OfNoVariable::kRefuse);
// The same within an evaluation: takes what it looks at from `*steps`, which is
// less than none if that weren't enough.
absl::StatusOr<Value> ToValue(const Item& item, OfNoVariable other,
                              int64_t* steps);

}  // namespace pawl::expression::feel

#endif  // PAWL_ENGINE_EXPRESSION_FEEL_VALUES_H_
