// Item: a value while a FEEL expression is evaluated. Internal to FEEL.
//
// A view: it owns nothing. What it shows lies in the evaluation's arena, in the
// compiled expression or in the variables of the scope. Value is what comes in
// and goes out.
#ifndef PAWL_ENGINE_EXPRESSION_FEEL_ITEM_H_
#define PAWL_ENGINE_EXPRESSION_FEEL_ITEM_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "engine/expression/decimal.h"
#include "engine/expression/feel/temporal.h"
#include "engine/expression/feel/type.h"

namespace pawl::expression::feel {

class Arena;
struct Item;
struct Entry;
struct Range;
struct Function;

enum class ItemKind : uint8_t {
  kNull,
  kBoolean,
  kNumber,
  kString,
  kDate,
  kTime,
  kDateTime,
  kDaysTime,
  kYearsMonths,
  kList,
  kContext,
  kRange,
  kFunction,
};

struct ListView {
  const Item* items = nullptr;
  size_t size = 0;
};
struct ContextView {
  const Entry* entries = nullptr;
  size_t size = 0;
};

struct Item {
  Item() : boolean(false) {}

  static Item Null() { return Item(); }
  static Item Boolean(bool value) {
    Item item;
    item.kind = ItemKind::kBoolean;
    item.boolean = value;
    return item;
  }
  static Item Number(Decimal value) {
    Item item;
    item.kind = ItemKind::kNumber;
    item.number = value;
    return item;
  }
  static Item Number(int64_t value) {
    return Number(Decimal::FromInt64(value));
  }
  static Item String(std::string_view value) {
    Item item;
    item.kind = ItemKind::kString;
    item.string = value;
    return item;
  }
  static Item OfDate(Date value) {
    Item item;
    item.kind = ItemKind::kDate;
    item.date_time.date = value;
    return item;
  }
  static Item OfTime(const Time& value) {
    Item item;
    item.kind = ItemKind::kTime;
    item.date_time.time = value;
    return item;
  }
  static Item OfDateTime(const DateTime& value) {
    Item item;
    item.kind = ItemKind::kDateTime;
    item.date_time = value;
    return item;
  }
  static Item OfDaysTime(DaysTime value) {
    Item item;
    item.kind = ItemKind::kDaysTime;
    item.days_time = value;
    return item;
  }
  static Item OfMonths(int64_t value) {
    Item item;
    item.kind = ItemKind::kYearsMonths;
    item.months = value;
    return item;
  }
  static Item List(const Item* items, size_t size) {
    Item item;
    item.kind = ItemKind::kList;
    item.list_view = {items, size};
    return item;
  }
  static Item Context(const Entry* entries, size_t size) {
    Item item;
    item.kind = ItemKind::kContext;
    item.context_view = {entries, size};
    return item;
  }
  static Item OfRange(const Range* value) {
    Item item;
    item.kind = ItemKind::kRange;
    item.range = value;
    return item;
  }
  static Item OfFunction(const Function* value) {
    Item item;
    item.kind = ItemKind::kFunction;
    item.function = value;
    return item;
  }

  bool is_null() const { return kind == ItemKind::kNull; }
  bool is_boolean() const { return kind == ItemKind::kBoolean; }
  bool is_true() const { return is_boolean() && boolean; }
  bool is_false() const { return is_boolean() && !boolean; }
  bool is_number() const { return kind == ItemKind::kNumber; }
  bool is_string() const { return kind == ItemKind::kString; }
  bool is_list() const { return kind == ItemKind::kList; }
  bool is_context() const { return kind == ItemKind::kContext; }
  bool is_range() const { return kind == ItemKind::kRange; }
  bool is_function() const { return kind == ItemKind::kFunction; }
  std::span<const Item> list() const {
    return {list_view.items, list_view.size};
  }
  std::span<const Entry> context() const;

  ItemKind kind = ItemKind::kNull;
  union {
    bool boolean;
    Decimal number;
    std::string_view string;
    DateTime date_time;  // also of kDate and kTime
    DaysTime days_time;
    int64_t months;
    ListView list_view;
    ContextView context_view;
    const Range* range;
    const Function* function;
  };
};

// Of a context, in the order in which they were written.
struct Entry {
  std::string_view name;
  Item value;
};
inline std::span<const Entry> Item::context() const {
  return {context_view.entries, context_view.size};
}
// The entry `name`, or null. O(n).
const Item* FindEntry(const Item& context, std::string_view name);

struct Range {
  Item low;
  Item high;
  bool low_closed = false;
  bool high_closed = false;
  // The end that is null is none, as of `(< 5)`; otherwise it is unknown, and
  // so is what lies in the range.
  bool endless = false;
};

// Whether a range is one: ends of one kind that have an order, and in order.
// `*budget` as in Equals().
bool IsRange(const Range& range, int64_t* budget);

// Three values of logic: true, false, or null.
enum class Truth : uint8_t { kFalse, kTrue, kNull };
inline Truth ToTruth(bool value) {
  return value ? Truth::kTrue : Truth::kFalse;
}
inline Item FromTruth(Truth truth) {
  return truth == Truth::kNull ? Item::Null()
                               : Item::Boolean(truth == Truth::kTrue);
}

// Equality (10.3.2.13, table 55): null for kinds that don't compare. `*budget`
// counts what was looked at; with none left, or deeper than kFeelNestingMax,
// the answer is null.
Truth Equals(const Item& a, const Item& b, int64_t* budget);
// a < b: null for kinds that have no order, or differ. Against a date and time
// a date is its midnight in UTC (10.3.2.3.6). `*budget` as in Equals().
Truth Less(const Item& a, const Item& b, int64_t* budget);
// Whether `value` lies in `range`.
Truth Contains(const Range& range, const Item& value, int64_t* budget);

// "a number", "a list", for messages.
std::string_view KindName(ItemKind kind);
// `*budget` as in Equals(); with none left the answer is false.
bool Conforms(const Item& item, const Type& type, int64_t* budget);
// instance of: that, but null is an instance of Null alone, not of Any.
bool IsInstance(const Item& item, const Type& type, int64_t* budget);
// Makes `*item` conform to `type` where the standard does so by itself
// (10.3.2.9.4): a list of one stands for its element and the other way round, a
// date for its midnight. False when that can't be. Null conforms.
bool CoerceItem(const Type& type, Item* item, Arena* arena, int64_t* budget);

// As string() has it: no quotes around a string by itself, quotes inside of
// lists and contexts. Empty when it would be longer than `bytes_max`; "..." for
// what is deeper than kFeelNestingMax.
std::string ToText(const Item& item, size_t bytes_max);

}  // namespace pawl::expression::feel

#endif  // PAWL_ENGINE_EXPRESSION_FEEL_ITEM_H_
