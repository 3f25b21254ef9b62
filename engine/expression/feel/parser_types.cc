// Rules of types.
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/limits.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "engine/expression/feel/expression_parser.h"

namespace pawl::expression::feel {

absl::StatusOr<Type> ExpressionParser::ParseOneType() {
  const Deeper deeper(&depth_);
  if (depth_ > kExpressionDepthMax) return Wrong("less nesting");
  Type type;
  const auto simple = [&](std::initializer_list<std::string_view> words,
                          Type::Kind kind) {
    size_t i = 0;
    for (const std::string_view word : words) {
      if (!ahead(i).IsWord(word)) return false;
      ++i;
    }
    at_ += i;
    type.kind = kind;
    return true;
  };
  using T = Type::Kind;
  if (simple({"date", "and", "time"}, T::kDateTime) ||
      simple({"days", "and", "time", "duration"}, T::kDaysTime) ||
      simple({"day", "and", "time", "duration"}, T::kDaysTime) ||
      simple({"dayTimeDuration"}, T::kDaysTime) ||
      simple({"days", "time", "duration"}, T::kDaysTime) ||
      simple({"years", "and", "months", "duration"}, T::kYearsMonths) ||
      simple({"year", "and", "month", "duration"}, T::kYearsMonths) ||
      simple({"yearMonthDuration"}, T::kYearsMonths) ||
      simple({"dateTime"}, T::kDateTime) || simple({"date"}, T::kDate) ||
      simple({"time"}, T::kTime) || simple({"number"}, T::kNumber) ||
      simple({"string"}, T::kString) || simple({"boolean"}, T::kBoolean) ||
      simple({"Any"}, T::kAny) || simple({"any"}, T::kAny) ||
      simple({"Null"}, T::kNull) || simple({"null"}, T::kNull)) {
    return type;
  }
  if (simple({"list"}, T::kList) || simple({"range"}, T::kRange)) {
    if (!TakeSign("<")) {
      type.types.emplace_back();
      return type;
    }
    PAWL_ASSIGN_OR_RETURN(Type element, ParseOneType());
    type.types.push_back(std::move(element));
    PAWL_RETURN_IF_ERROR(CloseType());
    return type;
  }
  if (simple({"context"}, T::kContext)) return ContextType(std::move(type));
  if (simple({"function"}, T::kFunction)) return FunctionType(std::move(type));
  for (const auto& [name, known] : known_.types) {
    if (here().IsWord(name)) {
      ++at_;
      return known;
    }
  }
  return Wrong("a type");
}

absl::StatusOr<Type> ExpressionParser::ContextType(Type type) {
  if (!TakeSign("<")) return type;
  do {
    PAWL_ASSIGN_OR_RETURN(std::string name, KeyHere("an entry's name"));
    PAWL_ASSIGN_OR_RETURN(Type member, ParseOneType());
    type.names.push_back(std::move(name));
    type.types.push_back(std::move(member));
  } while (TakeSign(","));
  PAWL_RETURN_IF_ERROR(CloseType());
  return type;
}

absl::StatusOr<Type> ExpressionParser::FunctionType(Type type) {
  if (TakeSign("<")) {
    while (!here().Is(">")) {
      PAWL_ASSIGN_OR_RETURN(Type parameter, ParseOneType());
      type.types.push_back(std::move(parameter));
      if (!TakeSign(",")) break;
    }
    PAWL_RETURN_IF_ERROR(CloseType());
    PAWL_RETURN_IF_ERROR(Expect("->", "'->' of a function's type"));
    PAWL_ASSIGN_OR_RETURN(Type result, ParseOneType());
    type.types.push_back(std::move(result));
  }
  return type;
}

}  // namespace pawl::expression::feel
