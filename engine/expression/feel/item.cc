#include "engine/expression/feel/item.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/strings.h"
#include "engine/expression/feel/builtins.h"
#include "engine/expression/feel/function.h"
#include "engine/expression/feel/limits.h"
#include "engine/expression/feel/program.h"

namespace pawl::expression::feel {
namespace {

using Kind = ItemKind;

Truth CompareNanos(Nanos a, Nanos b) { return ToTruth(a < b); }

// Of a day, in UTC; nothing for a named zone.
std::optional<Nanos> TimeNanos(const Time& time) {
  const auto offset = OffsetOf(time);
  if (!offset.has_value()) return std::nullopt;
  return (static_cast<Nanos>(time.second) - *offset) * kNanosPerSecond +
         time.nano;
}

bool SameDate(Date a, Date b) {
  return a.year == b.year && a.month == b.month && a.day == b.day;
}

// What differs by less than a millisecond is the same time.
Nanos Millis(Nanos nanos) {
  constexpr Nanos kMilli = kNanosPerSecond / 1000;
  return nanos / kMilli - (nanos % kMilli < 0 ? 1 : 0);
}

// Local ones equal local ones; zones are the same moment of the day.
Truth TimesEqual(const Time& a, const Time& b) {
  if ((a.zone == nullptr) != (b.zone == nullptr)) return Truth::kFalse;
  const auto x = TimeNanos(a);
  const auto y = TimeNanos(b);
  if (!x.has_value() || !y.has_value()) {
    return ToTruth(a.second == b.second && Millis(a.nano) == Millis(b.nano) &&
                   a.zone->named && b.zone->named &&
                   a.zone->name == b.zone->name);
  }
  return ToTruth(Millis(*x) == Millis(*y));
}

Truth DateTimesEqual(const DateTime& a, const DateTime& b) {
  if ((a.time.zone == nullptr) != (b.time.zone == nullptr)) {
    return Truth::kFalse;
  }
  return ToTruth(Millis(ToNanos(a)) == Millis(ToNanos(b)));
}

Truth And(Truth a, Truth b) {
  if (a == Truth::kFalse || b == Truth::kFalse) return Truth::kFalse;
  return a == Truth::kTrue && b == Truth::kTrue ? Truth::kTrue : Truth::kNull;
}

// One of two lists or contexts within each other.
Truth EqualAt(const Item& a, const Item& b, int depth, int64_t* budget);

Truth ListsEqual(std::span<const Item> a, std::span<const Item> b, int depth,
                 int64_t* budget) {
  if (a.size() != b.size()) return Truth::kFalse;
  for (size_t i = 0; i < a.size(); ++i) {
    const Truth equal = EqualAt(a[i], b[i], depth, budget);
    if (equal != Truth::kTrue) return equal;
  }
  return Truth::kTrue;
}

Truth ContextsEqual(const Item& a, const Item& b, int depth, int64_t* budget) {
  if (a.context_view.size != b.context_view.size) return Truth::kFalse;
  for (const Entry& entry : a.context()) {
    const Item* const other = FindEntry(b, entry.name);
    if (other == nullptr) return Truth::kFalse;
    *budget -= static_cast<int64_t>(b.context_view.size);
    const Truth equal = EqualAt(entry.value, *other, depth, budget);
    if (equal != Truth::kTrue) return equal;
  }
  return Truth::kTrue;
}

Truth EqualAt(const Item& a, const Item& b, int depth, int64_t* budget) {
  if (--*budget < 0 || depth > kFeelNestingMax) return Truth::kNull;
  if (a.is_null() || b.is_null()) return ToTruth(a.is_null() && b.is_null());
  if (a.kind != b.kind) return Truth::kNull;
  switch (a.kind) {
    case Kind::kNull:
      return Truth::kTrue;
    case Kind::kBoolean:
      return ToTruth(a.boolean == b.boolean);
    case Kind::kNumber:
      return ToTruth(a.number == b.number);
    case Kind::kString:
      if (a.string.size() != b.string.size()) return Truth::kFalse;
      *budget -= static_cast<int64_t>(a.string.size() / kBytesPerStep);
      return ToTruth(a.string == b.string);
    case Kind::kDate:
      return ToTruth(SameDate(a.date_time.date, b.date_time.date));
    case Kind::kTime:
      return TimesEqual(a.date_time.time, b.date_time.time);
    case Kind::kDateTime:
      return DateTimesEqual(a.date_time, b.date_time);
    case Kind::kDaysTime:
      return ToTruth(TotalNanos(a.days_time) == TotalNanos(b.days_time));
    case Kind::kYearsMonths:
      return ToTruth(a.months == b.months);
    case Kind::kList:
      return ListsEqual(a.list(), b.list(), depth + 1, budget);
    case Kind::kContext:
      return ContextsEqual(a, b, depth + 1, budget);
    case Kind::kRange: {
      if (a.range->low_closed != b.range->low_closed ||
          a.range->high_closed != b.range->high_closed ||
          a.range->endless != b.range->endless) {
        return Truth::kFalse;
      }
      return And(EqualAt(a.range->low, b.range->low, depth + 1, budget),
                 EqualAt(a.range->high, b.range->high, depth + 1, budget));
    }
    case Kind::kFunction:
      return Truth::kNull;
  }
  return Truth::kNull;
}

// "function(a, b)".
void AppendFunction(const Function& function, std::string* out) {
  absl::StrAppend(out, "function(");
  if (function.builtin != nullptr) {
    const std::string_view all = function.builtin->parameters;
    absl::StrAppend(out, ToAbsl(all.substr(0, all.find('|'))));
  } else {
    absl::StrAppend(out, absl::StrJoin(function.body->names, ", "));
  }
  *out += ')';
}

// `depth`: 0, or how many lists and contexts it is in.
void AppendText(const Item& item, int depth, size_t bytes_max,
                std::string* out) {
  if (out->size() > bytes_max) return;
  if (depth > kFeelNestingMax) {
    out->append("...");
    return;
  }
  const bool nested = depth > 0;
  switch (item.kind) {
    case Kind::kNull:
      absl::StrAppend(out, "null");
      return;
    case Kind::kBoolean:
      absl::StrAppend(out, item.boolean ? "true" : "false");
      return;
    case Kind::kNumber:
      absl::StrAppend(out, item.number.ToPlainString());
      return;
    case Kind::kString:
      if (nested) *out += '"';
      out->append(item.string);
      if (nested) *out += '"';
      return;
    case Kind::kDate:
      absl::StrAppend(out, ToText(item.date_time.date));
      return;
    case Kind::kTime:
      absl::StrAppend(out, ToText(item.date_time.time));
      return;
    case Kind::kDateTime:
      absl::StrAppend(out, ToText(item.date_time));
      return;
    case Kind::kDaysTime:
      absl::StrAppend(out, ToText(item.days_time));
      return;
    case Kind::kYearsMonths:
      absl::StrAppend(out, YearsMonthsText(item.months));
      return;
    case Kind::kList: {
      *out += '[';
      const char* separator = "";
      for (const Item& element : item.list()) {
        absl::StrAppend(out, separator);
        AppendText(element, depth + 1, bytes_max, out);
        separator = ", ";
      }
      *out += ']';
      return;
    }
    case Kind::kContext: {
      *out += '{';
      const char* separator = "";
      for (const Entry& entry : item.context()) {
        absl::StrAppend(out, separator, ToAbsl(entry.name), ": ");
        AppendText(entry.value, depth + 1, bytes_max, out);
        separator = ", ";
      }
      *out += '}';
      return;
    }
    case Kind::kRange:
      *out += item.range->low_closed ? '[' : '(';
      if (!item.range->low.is_null()) {
        AppendText(item.range->low, depth + 1, bytes_max, out);
      }
      absl::StrAppend(out, "..");
      if (!item.range->high.is_null()) {
        AppendText(item.range->high, depth + 1, bytes_max, out);
      }
      *out += item.range->high_closed ? ']' : ')';
      return;
    case Kind::kFunction:
      AppendFunction(*item.function, out);
      return;
  }
}

// Of a date, in UTC.
Item Midnight(const Item& date) {
  DateTime value;
  value.date = date.date_time.date;
  value.time.zone = kUtc;
  return Item::OfDateTime(value);
}

bool HasOrder(Kind kind) {
  switch (kind) {
    case Kind::kNumber:
    case Kind::kString:
    case Kind::kDate:
    case Kind::kTime:
    case Kind::kDateTime:
    case Kind::kDaysTime:
    case Kind::kYearsMonths:
      return true;
    default:
      return false;
  }
}

// Whether each value of type `a` is one of type `b` (10.3.2.9.3).
bool Conforms(const Type& a, const Type& b) {
  using T = Type::Kind;
  if (b.kind == T::kAny || a.kind == T::kNull) return true;
  if (a.kind != b.kind) return false;
  switch (a.kind) {
    case T::kList:
    case T::kRange:
      return Conforms(a.types[0], b.types[0]);
    case T::kContext:
      for (size_t i = 0; i < b.names.size(); ++i) {
        const auto it = std::find(a.names.begin(), a.names.end(), b.names[i]);
        if (it == a.names.end() ||
            !Conforms(a.types[static_cast<size_t>(it - a.names.begin())],
                      b.types[i])) {
          return false;
        }
      }
      return true;
    case T::kFunction: {
      if (b.types.empty()) return true;
      if (a.types.size() != b.types.size()) return false;
      for (size_t i = 0; i + 1 < a.types.size(); ++i) {
        if (!Conforms(b.types[i], a.types[i])) return false;
      }
      return Conforms(a.types.back(), b.types.back());
    }
    default:
      return true;
  }
}

bool FunctionConforms(const Function& function, const Type& type) {
  if (type.types.empty()) return true;
  const size_t parameters = type.types.size() - 1;
  // Of a built-in function nobody wrote types down.
  if (function.builtin != nullptr) return true;
  if (function.body->names.size() != parameters) return false;
  // What may be handed to the type may be handed to the function.
  for (size_t i = 0; i < parameters; ++i) {
    if (!Conforms(type.types[i], function.body->types[i])) return false;
  }
  return true;
}

}  // namespace

const Item* FindEntry(const Item& context, std::string_view name) {
  for (const Entry& entry : context.context()) {
    if (entry.name == name) return &entry.value;
  }
  return nullptr;
}

bool IsRange(const Range& range, int64_t* budget) {
  if (range.low.is_null() && range.high.is_null()) return false;
  if (range.low.is_null()) return HasOrder(range.high.kind);
  if (range.high.is_null()) return HasOrder(range.low.kind);
  return range.low.kind == range.high.kind && HasOrder(range.low.kind) &&
         Less(range.high, range.low, budget) != Truth::kTrue;
}

Truth Equals(const Item& a, const Item& b, int64_t* budget) {
  return EqualAt(a, b, 0, budget);
}

Truth Less(const Item& a, const Item& b, int64_t* budget) {
  if (a.kind != b.kind) {
    if (a.kind == Kind::kDate && b.kind == Kind::kDateTime) {
      return Less(Midnight(a), b, budget);
    }
    if (a.kind == Kind::kDateTime && b.kind == Kind::kDate) {
      return Less(a, Midnight(b), budget);
    }
    return Truth::kNull;
  }
  switch (a.kind) {
    case Kind::kNumber:
      return ToTruth(Decimal::Compare(a.number, b.number) < 0);
    case Kind::kString:
      *budget -= static_cast<int64_t>(
          std::min(a.string.size(), b.string.size()) / kBytesPerStep);
      // UTF-8 keeps the order of code points.
      return ToTruth(a.string < b.string);
    case Kind::kDate:
      return CompareNanos(ToDays(a.date_time.date), ToDays(b.date_time.date));
    case Kind::kTime: {
      const Time& x = a.date_time.time;
      const Time& y = b.date_time.time;
      const auto x_nanos = TimeNanos(x);
      const auto y_nanos = TimeNanos(y);
      if ((x.zone == nullptr) != (y.zone == nullptr) || !x_nanos.has_value() ||
          !y_nanos.has_value()) {
        return Truth::kNull;
      }
      return CompareNanos(*x_nanos, *y_nanos);
    }
    case Kind::kDateTime:
      if ((a.date_time.time.zone == nullptr) !=
          (b.date_time.time.zone == nullptr)) {
        return Truth::kNull;
      }
      return CompareNanos(ToNanos(a.date_time), ToNanos(b.date_time));
    case Kind::kDaysTime:
      return CompareNanos(TotalNanos(a.days_time), TotalNanos(b.days_time));
    case Kind::kYearsMonths:
      return ToTruth(a.months < b.months);
    default:
      return Truth::kNull;
  }
}

Truth Contains(const Range& range, const Item& value, int64_t* budget) {
  if (!range.endless && (range.low.is_null() || range.high.is_null())) {
    return Truth::kNull;
  }
  const auto not_truth = [](Truth truth) {
    return truth == Truth::kNull ? truth : ToTruth(truth == Truth::kFalse);
  };
  Truth low = Truth::kTrue;
  if (!range.low.is_null()) {
    low = range.low_closed ? not_truth(Less(value, range.low, budget))
                           : Less(range.low, value, budget);
  }
  Truth high = Truth::kTrue;
  if (!range.high.is_null()) {
    high = range.high_closed ? not_truth(Less(range.high, value, budget))
                             : Less(value, range.high, budget);
  }
  return And(low, high);
}

std::string_view KindName(ItemKind kind) {
  switch (kind) {
    case Kind::kNull:
      return "null";
    case Kind::kBoolean:
      return "a boolean";
    case Kind::kNumber:
      return "a number";
    case Kind::kString:
      return "a string";
    case Kind::kDate:
      return "a date";
    case Kind::kTime:
      return "a time";
    case Kind::kDateTime:
      return "a date and time";
    case Kind::kDaysTime:
      return "a days and time duration";
    case Kind::kYearsMonths:
      return "a years and months duration";
    case Kind::kList:
      return "a list";
    case Kind::kContext:
      return "a context";
    case Kind::kRange:
      return "a range";
    case Kind::kFunction:
      return "a function";
  }
  return "";
}

bool Conforms(const Item& item, const Type& type, int64_t* budget) {
  using T = Type::Kind;
  if (--*budget < 0) return false;
  if (type.kind == T::kAny) return true;
  switch (item.kind) {
    case Kind::kNull:
      return type.kind == T::kNull;
    case Kind::kBoolean:
      return type.kind == T::kBoolean;
    case Kind::kNumber:
      return type.kind == T::kNumber;
    case Kind::kString:
      return type.kind == T::kString;
    case Kind::kDate:
      return type.kind == T::kDate;
    case Kind::kTime:
      return type.kind == T::kTime;
    case Kind::kDateTime:
      return type.kind == T::kDateTime;
    case Kind::kDaysTime:
      return type.kind == T::kDaysTime;
    case Kind::kYearsMonths:
      return type.kind == T::kYearsMonths;
    case Kind::kList:
      return type.kind == T::kList &&
             std::all_of(item.list().begin(), item.list().end(),
                         [&](const Item& element) {
                           return element.is_null() ||
                                  Conforms(element, type.types[0], budget);
                         });
    case Kind::kContext:
      if (type.kind != T::kContext) return false;
      for (size_t i = 0; i < type.names.size(); ++i) {
        const Item* const member = FindEntry(item, type.names[i]);
        if (member == nullptr ||
            (!member->is_null() && !Conforms(*member, type.types[i], budget))) {
          return false;
        }
      }
      return true;
    case Kind::kRange:
      if (type.kind != T::kRange) return false;
      return Conforms(
          item.range->low.is_null() ? item.range->high : item.range->low,
          type.types[0], budget);
    case Kind::kFunction:
      return type.kind == T::kFunction &&
             FunctionConforms(*item.function, type);
  }
  return false;
}

bool IsInstance(const Item& item, const Type& type, int64_t* budget) {
  return item.is_null() ? type.kind == Type::Kind::kNull
                        : Conforms(item, type, budget);
}

bool CoerceItem(const Type& type, Item* item, Arena* arena, int64_t* budget) {
  if (item->is_null() || Conforms(*item, type, budget)) return true;
  if (type.kind == Type::Kind::kDateTime && item->kind == Kind::kDate) {
    *item = Midnight(*item);
    return true;
  }
  if (item->is_list() && item->list_view.size == 1 &&
      Conforms(item->list()[0], type, budget)) {
    *item = item->list()[0];
    return true;
  }
  if (type.kind == Type::Kind::kList && !item->is_list() &&
      Conforms(*item, type.types[0], budget)) {
    const Item* const one = arena->New(*item);
    if (one == nullptr) return false;
    *item = Item::List(one, 1);
    return true;
  }
  return false;
}

std::string ToText(const Item& item, size_t bytes_max) {
  std::string text;
  AppendText(item, 0, bytes_max, &text);
  if (text.size() > bytes_max) text.clear();
  return text;
}

}  // namespace pawl::expression::feel
