// Functions of lists (DMN 1.4, 10.3.4.4), and Camunda's.
#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/strings.h"
#include "engine/expression/feel/builtins.h"
#include "engine/expression/feel/limits.h"
#include "engine/expression/feel/operators.h"

namespace pawl::expression::feel {
namespace {

Item Wanted(Call& call, std::string_view wanted) {
  return call.Fault(absl::StrCat("wanted ", ToAbsl(wanted)));
}

// A list's elements; what is no list stands for a list of one.
std::span<const Item> Elements(const Item& item) {
  return item.is_list() ? item.list() : std::span<const Item>(&item, 1);
}

// For f(list) and f(a, b, c).
std::span<const Item> ListOrArguments(Call& call) {
  return call.count() == 1 ? Elements(call[0]) : call.arguments();
}

Item MakeList(Call& call, const std::vector<Item>& items) {
  if (items.empty()) return Item::List(nullptr, 0);
  Item* const copy = call.arena().NewArray<Item>(items.size());
  if (copy == nullptr) return Item::Null();
  std::copy(items.begin(), items.end(), copy);
  return Item::List(copy, items.size());
}

Item ListContains(Call& call) {
  if (!call[0].is_list()) return Wanted(call, "a list");
  for (const Item& element : call[0].list()) {
    if (Equals(element, call[1], call.budget()) == Truth::kTrue) {
      return Item::Boolean(true);
    }
  }
  return Item::Boolean(false);
}

Item Count(Call& call) {
  if (call[0].is_null()) return Wanted(call, "a list");
  return Item::Number(static_cast<int64_t>(Elements(call[0]).size()));
}

// The least, or with `sign` -1 the greatest.
Item Extreme(Call& call, bool greatest) {
  const std::span<const Item> items = ListOrArguments(call);
  if (items.empty()) return Wanted(call, "at least one value");
  const Item* best = &items[0];
  for (const Item& item : items) {
    if (!call.Spend(1)) return Item::Null();
    const Truth better = greatest ? Less(*best, item, call.budget())
                                  : Less(item, *best, call.budget());
    if (better == Truth::kNull) return Wanted(call, "values of one kind");
    if (better == Truth::kTrue) best = &item;
  }
  return *best;
}
Item Min(Call& call) { return Extreme(call, false); }
Item Max(Call& call) { return Extreme(call, true); }

// All numbers, or nothing.
std::optional<std::vector<Decimal>> Numbers(Call& call) {
  std::vector<Decimal> numbers;
  for (const Item& item : ListOrArguments(call)) {
    if (!item.is_number()) return std::nullopt;
    numbers.push_back(item.number);
  }
  if (!call.Spend(static_cast<int64_t>(numbers.size()))) return std::nullopt;
  return numbers;
}

absl::StatusOr<Decimal> SumOf(const std::vector<Decimal>& numbers) {
  absl::StatusOr<Decimal> sum = Decimal();
  for (const Decimal number : numbers) {
    sum = Decimal::Add(*sum, number);
    if (!sum.ok()) return sum;
  }
  return sum;
}

Item OfStatus(Call& call, const absl::StatusOr<Decimal>& result) {
  if (!result.ok()) return call.Fault(ToStd(result.status().message()));
  return Item::Number(*result);
}

// Of numbers, or of durations.
Item Sum(Call& call) {
  const std::span<const Item> items = ListOrArguments(call);
  if (items.empty()) return Wanted(call, "at least one number");
  Item sum = items[0];
  if (!sum.is_number() && sum.kind != ItemKind::kDaysTime &&
      sum.kind != ItemKind::kYearsMonths) {
    return Wanted(call, "numbers or durations");
  }
  for (const Item& item : items.subspan(1)) {
    if (item.kind != sum.kind) return Wanted(call, "values of one kind");
    const auto next = Add(sum, item, &call.arena());
    if (!next.has_value() || !call.Spend(1)) return Wanted(call, "less");
    sum = *next;
  }
  return sum;
}

Item Product(Call& call) {
  const auto numbers = Numbers(call);
  if (!numbers.has_value() || numbers->empty()) return Wanted(call, "numbers");
  absl::StatusOr<Decimal> product = Decimal::FromInt64(1);
  for (const Decimal number : *numbers) {
    product = Decimal::Multiply(*product, number);
    if (!product.ok()) break;
  }
  return OfStatus(call, product);
}

Item Mean(Call& call) {
  const auto numbers = Numbers(call);
  if (!numbers.has_value() || numbers->empty()) return Wanted(call, "numbers");
  const auto sum = SumOf(*numbers);
  if (!sum.ok()) return OfStatus(call, sum);
  return OfStatus(
      call, Decimal::Divide(*sum, Decimal::FromInt64(
                                      static_cast<int64_t>(numbers->size()))));
}

bool NumberLess(Decimal a, Decimal b) { return Decimal::Compare(a, b) < 0; }

Item Median(Call& call) {
  auto numbers = Numbers(call);
  if (!numbers.has_value() || numbers->empty()) return Wanted(call, "numbers");
  std::sort(numbers->begin(), numbers->end(), NumberLess);
  const size_t middle = numbers->size() / 2;
  if (numbers->size() % 2 == 1) return Item::Number((*numbers)[middle]);
  const auto sum = Decimal::Add((*numbers)[middle - 1], (*numbers)[middle]);
  if (!sum.ok()) return OfStatus(call, sum);
  return OfStatus(call, Decimal::Divide(*sum, Decimal::FromInt64(2)));
}

// Of the sample: divided by one less than the count.
Item StandardDeviation(Call& call) {
  const auto numbers = Numbers(call);
  if (!numbers.has_value() || numbers->size() < 2) {
    return Wanted(call, "at least two numbers");
  }
  const auto sum = SumOf(*numbers);
  if (!sum.ok()) return OfStatus(call, sum);
  const int64_t count = static_cast<int64_t>(numbers->size());
  const auto mean = Decimal::Divide(*sum, Decimal::FromInt64(count));
  absl::StatusOr<Decimal> squares = Decimal();
  for (const Decimal number : *numbers) {
    const auto distance = Decimal::Subtract(number, *mean);
    if (!distance.ok()) return OfStatus(call, distance);
    const auto square = Decimal::Multiply(*distance, *distance);
    if (!square.ok()) return OfStatus(call, square);
    squares = Decimal::Add(*squares, *square);
    if (!squares.ok()) return OfStatus(call, squares);
  }
  const auto variance =
      Decimal::Divide(*squares, Decimal::FromInt64(count - 1));
  if (!variance.ok()) return OfStatus(call, variance);
  return OfStatus(call, Decimal::SquareRoot(*variance));
}

// The most frequent numbers, ascending.
Item Mode(Call& call) {
  auto numbers = Numbers(call);
  if (!numbers.has_value()) return Wanted(call, "numbers");
  std::sort(numbers->begin(), numbers->end(), NumberLess);
  std::vector<Item> modes;
  size_t most = 0;
  for (size_t i = 0; i < numbers->size();) {
    size_t end = i;
    while (end < numbers->size() && (*numbers)[end] == (*numbers)[i]) ++end;
    if (end - i > most) modes.clear();
    most = std::max(most, end - i);
    if (end - i == most) modes.push_back(Item::Number((*numbers)[i]));
    i = end;
  }
  return MakeList(call, modes);
}

// all: `decides` is false, any: true.
Item Logic(Call& call, bool decides) {
  const std::span<const Item> items = ListOrArguments(call);
  if (call.count() == 1 && call[0].is_null()) {
    return Wanted(call, "a list of booleans");
  }
  bool unknown = false;
  for (const Item& item : items) {
    if (item.is_boolean() && item.boolean == decides) return item;
    unknown = unknown || !item.is_boolean();
    if (!item.is_boolean() && !item.is_null()) Wanted(call, "booleans");
  }
  return unknown ? Item::Null() : Item::Boolean(!decides);
}
Item All(Call& call) { return Logic(call, false); }
Item Any(Call& call) { return Logic(call, true); }

Item Sublist(Call& call) {
  if (!call[0].is_list() || !call[1].is_number()) {
    return Wanted(call, "a list and a position");
  }
  const auto items = call[0].list();
  const int64_t size = static_cast<int64_t>(items.size());
  const auto start = call[1].number.Truncated().ToInt64();
  if (!start.has_value() || *start == 0 || *start > size || *start < -size) {
    return Wanted(call, "a position in the list");
  }
  const int64_t first = *start > 0 ? *start - 1 : size + *start;
  int64_t length = size - first;
  if (call.count() > 2) {
    const auto given = call[2].is_number()
                           ? call[2].number.Truncated().ToInt64()
                           : std::nullopt;
    if (!given.has_value() || *given < 1 || *given > length) {
      return Wanted(call, "a length in the list");
    }
    length = *given;
  }
  return Item::List(items.data() + first, static_cast<size_t>(length));
}

Item Append(Call& call) {
  if (call[0].is_null()) return Wanted(call, "a list");
  const auto items = Elements(call[0]);
  std::vector<Item> out(items.begin(), items.end());
  out.insert(out.end(), call.arguments().begin() + 1, call.arguments().end());
  return MakeList(call, out);
}

// By name, `lists` is a list of them.
std::span<const Item> Lists(Call& call) {
  return call.signature() == 1 && call[0].is_list() ? call[0].list()
                                                    : call.arguments();
}

Item Concatenate(Call& call) {
  std::vector<Item> out;
  for (const Item& argument : Lists(call)) {
    if (argument.is_null()) return Wanted(call, "lists");
    const auto items = Elements(argument);
    out.insert(out.end(), items.begin(), items.end());
    if (!call.Spend(static_cast<int64_t>(items.size()))) return Item::Null();
  }
  return MakeList(call, out);
}

// An index into the list of `size` from a position that counts from 1, or from
// the end.
std::optional<size_t> IndexOfPosition(const Item& position, size_t size) {
  if (!position.is_number()) return std::nullopt;
  const auto given = position.number.Truncated().ToInt64();
  const int64_t count = static_cast<int64_t>(size);
  if (!given.has_value() || *given == 0 || *given > count || *given < -count) {
    return std::nullopt;
  }
  return static_cast<size_t>(*given > 0 ? *given - 1 : count + *given);
}

Item InsertBefore(Call& call) {
  if (!call[0].is_list()) return Wanted(call, "a list");
  const auto items = call[0].list();
  const auto at = IndexOfPosition(call[1], items.size());
  if (!at.has_value()) return Wanted(call, "a position in the list");
  std::vector<Item> out(items.begin(), items.end());
  out.insert(out.begin() + static_cast<std::ptrdiff_t>(*at), call[2]);
  return MakeList(call, out);
}

Item Remove(Call& call) {
  if (!call[0].is_list()) return Wanted(call, "a list");
  const auto items = call[0].list();
  const auto at = IndexOfPosition(call[1], items.size());
  if (!at.has_value()) return Wanted(call, "a position in the list");
  std::vector<Item> out(items.begin(), items.end());
  out.erase(out.begin() + static_cast<std::ptrdiff_t>(*at));
  return MakeList(call, out);
}

// By position, or by a function of the element and the new item.
Item ListReplace(Call& call) {
  if (call[0].is_null()) return Wanted(call, "a list");
  const auto items = Elements(call[0]);
  std::vector<Item> out(items.begin(), items.end());
  if (call[1].is_function()) {
    for (Item& item : out) {
      const std::array<Item, 2> arguments = {item, call[2]};
      const Item matches = call.Invoke(call[1], arguments);
      if (!matches.is_boolean()) {
        return Wanted(call, "a function that gives a boolean");
      }
      if (matches.boolean) item = call[2];
    }
    return MakeList(call, out);
  }
  const auto at = IndexOfPosition(call[1], items.size());
  if (!at.has_value()) return Wanted(call, "a position in the list");
  out[*at] = call[2];
  return MakeList(call, out);
}

Item Reverse(Call& call) {
  if (call[0].is_null()) return Wanted(call, "a list");
  const auto items = Elements(call[0]);
  return MakeList(call, std::vector<Item>(items.rbegin(), items.rend()));
}

Item IndexOf(Call& call) {
  if (!call[0].is_list()) return Wanted(call, "a list");
  std::vector<Item> out;
  int64_t position = 0;
  for (const Item& item : call[0].list()) {
    ++position;
    if (Equals(item, call[1], call.budget()) == Truth::kTrue) {
      out.push_back(Item::Number(position));
    }
  }
  return MakeList(call, out);
}

void AddDistinct(Call& call, const Item& item, std::vector<Item>* out) {
  for (const Item& there : *out) {
    if (Equals(there, item, call.budget()) == Truth::kTrue) return;
  }
  out->push_back(item);
}

Item Union(Call& call) {
  std::vector<Item> out;
  for (const Item& argument : Lists(call)) {
    if (argument.is_null()) return Wanted(call, "lists");
    for (const Item& item : Elements(argument)) {
      AddDistinct(call, item, &out);
      if (!call.Spend(1)) return Item::Null();
    }
  }
  return MakeList(call, out);
}

Item DistinctValues(Call& call) {
  if (call[0].is_null()) return Wanted(call, "a list");
  std::vector<Item> out;
  for (const Item& item : Elements(call[0])) {
    AddDistinct(call, item, &out);
    if (!call.Spend(1)) return Item::Null();
  }
  return MakeList(call, out);
}

// Those that are in the list more than once.
Item DuplicateValues(Call& call) {
  if (!call[0].is_list()) return Wanted(call, "a list");
  const auto items = call[0].list();
  std::vector<Item> out;
  for (size_t i = 0; i < items.size(); ++i) {
    for (size_t k = i + 1; k < items.size(); ++k) {
      if (Equals(items[i], items[k], call.budget()) != Truth::kTrue) continue;
      AddDistinct(call, items[i], &out);
      break;
    }
    if (!call.Spend(1)) return Item::Null();
  }
  return MakeList(call, out);
}

bool FlattenInto(Call& call, const Item& item, int depth,
                 std::vector<Item>* out) {
  if (depth > kFeelNestingMax || !call.Spend(1)) return false;
  if (!item.is_list()) {
    out->push_back(item);
    return true;
  }
  return std::all_of(item.list().begin(), item.list().end(),
                     [&](const Item& element) {
                       return FlattenInto(call, element, depth + 1, out);
                     });
}

Item Flatten(Call& call) {
  if (call[0].is_null()) return Wanted(call, "a list");
  std::vector<Item> out;
  if (!FlattenInto(call, call[0], 0, &out)) {
    return Wanted(call, "lists within each other at most kFeelNestingMax deep");
  }
  return MakeList(call, out);
}

// Merge sort, by hand: a function of a user need not be an order, with which
// std::sort may do anything at all.
bool SortRange(Call& call, const Item& precedes, std::span<Item> items,
               std::span<Item> space) {
  for (size_t width = 1; width < items.size(); width *= 2) {
    for (size_t from = 0; from < items.size(); from += 2 * width) {
      const size_t middle = std::min(from + width, items.size());
      const size_t to = std::min(from + 2 * width, items.size());
      size_t a = from, b = middle, out = from;
      while (a < middle && b < to) {
        if (!call.Spend(1)) return false;
        Truth second_first = Truth::kFalse;
        if (precedes.is_function()) {
          const std::array<Item, 2> arguments = {items[b], items[a]};
          const Item result = call.Invoke(precedes, arguments);
          if (!result.is_boolean()) return false;
          second_first = ToTruth(result.boolean);
        } else {
          second_first = Less(items[b], items[a], call.budget());
          if (second_first == Truth::kNull) return false;
        }
        space[out++] = second_first == Truth::kTrue ? items[b++] : items[a++];
      }
      while (a < middle) space[out++] = items[a++];
      while (b < to) space[out++] = items[b++];
    }
    std::copy(space.begin(), space.end(), items.begin());
  }
  return true;
}

Item Sort(Call& call) {
  if (call[0].is_null()) return Wanted(call, "a list");
  const auto items = Elements(call[0]);
  if (call.count() > 1 && !call[1].is_function()) {
    return Wanted(call, "a function");
  }
  std::vector<Item> sorted(items.begin(), items.end());
  std::vector<Item> space(sorted.size());
  const Item precedes = call.count() > 1 ? call[1] : Item::Null();
  if (!SortRange(call, precedes, sorted, space)) {
    return Wanted(call,
                  "a function that gives a boolean, or values that "
                  "have an order");
  }
  return MakeList(call, sorted);
}

Item IsEmpty(Call& call) {
  if (!call[0].is_list()) return Wanted(call, "a list");
  return Item::Boolean(call[0].list().empty());
}

// Lists of `size` elements each, the last maybe shorter.
Item Partition(Call& call) {
  const auto size = call[1].is_number() ? call[1].number.Truncated().ToInt64()
                                        : std::optional<int64_t>();
  if (!call[0].is_list() || !size.has_value() || *size < 1) {
    return Wanted(call, "a list and a size");
  }
  std::vector<Item> out;
  const auto items = call[0].list();
  for (size_t from = 0; from < items.size();) {
    const size_t count =
        std::min(items.size() - from, static_cast<size_t>(*size));
    out.push_back(Item::List(items.data() + from, count));
    from += count;
  }
  return MakeList(call, out);
}

constexpr std::array kTable = {
    Builtin{"list contains", "list: list, element: any", &ListContains},
    Builtin{"count", "list: list", &Count},
    Builtin{"min", "list: any|c: any...", &Min},
    Builtin{"max", "list: any|c: any...", &Max},
    Builtin{"sum", "list: any|n: any...", &Sum},
    Builtin{"product", "list: any|n: any...", &Product},
    Builtin{"mean", "list: any|n: any...", &Mean},
    Builtin{"median", "list: any|n: any...", &Median},
    Builtin{"stddev", "list: any|n: any...", &StandardDeviation},
    Builtin{"mode", "list: any|n: any...", &Mode},
    Builtin{"all", "list: any|b: any...", &All},
    Builtin{"any", "list: any|b: any...", &Any},
    Builtin{"and", "list: any|b: any...", &All},
    Builtin{"or", "list: any|b: any...", &Any},
    Builtin{"sublist", "list: list, start position, [length]", &Sublist},
    Builtin{"append", "list: list, item: any...", &Append},
    Builtin{"concatenate", "list: any...|lists: any", &Concatenate},
    Builtin{"insert before", "list: list, position, newItem: any",
            &InsertBefore},
    Builtin{"remove", "list: list, position", &Remove},
    Builtin{
        "list replace",
        "list: list, position, newItem: any|list: list, match, newItem: any",
        &ListReplace},
    Builtin{"reverse", "list: list", &Reverse},
    Builtin{"index of", "list: list, match: any", &IndexOf},
    Builtin{"union", "list: any...|lists: any", &Union},
    Builtin{"distinct values", "list: list", &DistinctValues},
    Builtin{"duplicate values", "list: list", &DuplicateValues},
    Builtin{"flatten", "list: list", &Flatten},
    Builtin{"sort", "list: list, [precedes]", &Sort},
    Builtin{"is empty", "list: list", &IsEmpty},
    Builtin{"partition", "list: list, size", &Partition},
};

}  // namespace

std::span<const Builtin> ListBuiltins() { return kTable; }

}  // namespace pawl::expression::feel
