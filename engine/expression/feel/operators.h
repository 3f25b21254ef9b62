// Arithmetic of FEEL by kind of operand. Internal to FEEL.
// Source: DMN 1.4, 10.3.2.3 and tables 54 to 58.
#ifndef PAWL_ENGINE_EXPRESSION_FEEL_OPERATORS_H_
#define PAWL_ENGINE_EXPRESSION_FEEL_OPERATORS_H_

#include <optional>

#include "engine/expression/feel/arena.h"
#include "engine/expression/feel/item.h"

namespace pawl::expression::feel {

// Each: nothing when the kinds don't go together, or the result can't be.
std::optional<Item> Add(const Item& a, const Item& b, Arena* arena);
std::optional<Item> Subtract(const Item& a, const Item& b);
std::optional<Item> Multiply(const Item& a, const Item& b);
std::optional<Item> Divide(const Item& a, const Item& b);
std::optional<Item> Power(const Item& a, const Item& b);
std::optional<Item> Negate(const Item& a);

// The property `name` of a date, time, duration or range; nothing when that
// kind has no such property.
std::optional<Item> Property(const Item& item, std::string_view name,
                             Arena* arena);

}  // namespace pawl::expression::feel

#endif  // PAWL_ENGINE_EXPRESSION_FEEL_OPERATORS_H_
