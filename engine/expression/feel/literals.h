// Dates, times and durations from their texts. Internal to FEEL.
#ifndef PAWL_ENGINE_EXPRESSION_FEEL_LITERALS_H_
#define PAWL_ENGINE_EXPRESSION_FEEL_LITERALS_H_

#include <optional>
#include <string_view>

#include "engine/expression/feel/arena.h"
#include "engine/expression/feel/item.h"

namespace pawl::expression::feel {

// Either kind of duration; nothing when the text is none.
inline std::optional<Item> ParseDuration(std::string_view text) {
  if (const auto value = ParseDaysTime(text)) return Item::OfDaysTime(*value);
  if (const auto value = ParseYearsMonths(text)) return Item::OfMonths(*value);
  return std::nullopt;
}

// What stands in @"...". Nothing when it is none of them.
inline std::optional<Item> ParseAtLiteral(std::string_view text, Arena* arena) {
  if (const auto value = ParseDate(text)) return Item::OfDate(*value);
  if (const auto value = ParseTime(text, arena)) return Item::OfTime(*value);
  if (const auto value = ParseDateTime(text, arena)) {
    return Item::OfDateTime(*value);
  }
  return ParseDuration(text);
}

}  // namespace pawl::expression::feel

#endif  // PAWL_ENGINE_EXPRESSION_FEEL_LITERALS_H_
