#include "engine/expression/feel/values.h"

#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/limits.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "engine/expression/feel/limits.h"

namespace pawl::expression::feel {

Item ToItem(const Value& value, Arena* arena, std::string_view* refused) {
  switch (value.kind()) {
    case Value::Kind::kNull:
      return Item::Null();
    case Value::Kind::kBool:
      return Item::Boolean(value.boolean());
    case Value::Kind::kNumber: {
      Decimal number;
      if (Decimal::FromNumberText(value.number_text(), &number)) {
        return Item::Number(number);
      }
      *refused = value.number_text();
      return Item::Null();
    }
    case Value::Kind::kString:
      return Item::String(value.string());
    case Value::Kind::kList: {
      const Value::List& list = value.list();
      if (list.empty()) return Item::List(nullptr, 0);
      Item* const items = arena->NewArray<Item>(list.size());
      if (items == nullptr) return Item::Null();
      for (size_t i = 0; i < list.size(); ++i) {
        if (list[i].is_number() &&
            Decimal::FromNumberText(list[i].number_text(), &items[i].number)) {
          items[i].kind = ItemKind::kNumber;
        } else {
          items[i] = ToItem(list[i], arena, refused);
        }
      }
      return Item::List(items, list.size());
    }
    case Value::Kind::kContext: {
      const Variables& context = value.context();
      if (context.empty()) return Item::Context(nullptr, 0);
      Entry* const entries = arena->NewArray<Entry>(context.size());
      if (entries == nullptr) return Item::Null();
      size_t i = 0;
      for (const auto& [name, member] : context) {
        entries[i++] = {name, ToItem(member, arena, refused)};
      }
      return Item::Context(entries, i);
    }
  }
  return Item::Null();
}

std::string RefusedNumber(std::string_view text) {
  return absl::StrCat("got the number ", ToAbsl(text.substr(0, 64)),
                      text.size() > 64 ? "..." : "",
                      ", wanted at most 34 significant digits and a size from "
                      "1e-6176 to 9.99e+6144");
}

namespace {

absl::StatusOr<Value> ToValueAt(const Item& item, OfNoVariable other, int depth,
                                int64_t* budget) {
  if (depth > kValueDepthMax) {
    return absl::ResourceExhaustedError(absl::StrCat(
        "value: nested too deeply, wanted at most kValueDepthMax (",
        kValueDepthMax, ")"));
  }
  // An entry of a list takes as much as a piece of a text.
  if ((*budget -= 4) < 0) {
    return absl::ResourceExhaustedError(absl::StrCat(
        "value: wanted no more entries and pieces of ", kBytesPerStep,
        " bytes than kExpressionStepsMax / 4 (", kExpressionStepsMax / 4, ")"));
  }
  switch (item.kind) {
    case ItemKind::kNull:
      return Value();
    case ItemKind::kBoolean:
      return Value(item.boolean);
    case ItemKind::kNumber:
      if (const auto whole = item.number.ToInt64()) return Value(*whole);
      return Value::Number(item.number.ToString());
    case ItemKind::kString:
      *budget -= static_cast<int64_t>(item.string.size() / kBytesPerStep);
      return Value(item.string);
    case ItemKind::kDate:
    case ItemKind::kTime:
    case ItemKind::kDateTime:
    case ItemKind::kDaysTime:
    case ItemKind::kYearsMonths:
      return Value(ToText(item, SIZE_MAX));
    case ItemKind::kList: {
      Value::List list;
      list.reserve(item.list_view.size);
      for (const Item& element : item.list()) {
        // Long lists are of numbers.
        if (element.is_number()) {
          if (const auto whole = element.number.ToInt64()) {
            *budget -= 4;
            list.emplace_back(*whole);
            continue;
          }
        }
        PAWL_ASSIGN_OR_RETURN(Value value,
                              ToValueAt(element, other, depth + 1, budget));
        list.push_back(std::move(value));
      }
      return Value(std::move(list));
    }
    case ItemKind::kContext: {
      Variables variables;
      for (const Entry& entry : item.context()) {
        PAWL_ASSIGN_OR_RETURN(Value value,
                              ToValueAt(entry.value, other, depth + 1, budget));
        variables[entry.name] = std::move(value);
      }
      return Value(std::move(variables));
    }
    case ItemKind::kRange:
    case ItemKind::kFunction:
      if (other == OfNoVariable::kText) return Value(ToText(item, SIZE_MAX));
      return absl::InvalidArgumentError(
          absl::StrCat("value: got ", ToAbsl(KindName(item.kind)),
                       ", wanted something that a variable can hold"));
  }
  return Value();
}

}  // namespace

absl::StatusOr<Value> ToValue(const Item& item, OfNoVariable other) {
  int64_t budget = kExpressionStepsMax;
  return ToValue(item, other, &budget);
}

absl::StatusOr<Value> ToValue(const Item& item, OfNoVariable other,
                              int64_t* steps) {
  return ToValueAt(item, other, 0, steps);
}

}  // namespace pawl::expression::feel
