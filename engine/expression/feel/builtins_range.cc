// Functions of ranges and points (DMN 1.4, 10.3.4.9, table 78), and range().
#include <array>

#include "absl/strings/str_cat.h"
#include "base/strings.h"
#include "engine/expression/feel/builtins.h"
#include "engine/expression/feel/literals.h"
#include "engine/expression/feel/parser.h"

namespace pawl::expression::feel {
namespace {

Item Wanted(Call& call, std::string_view wanted) {
  return call.Fault(absl::StrCat("wanted ", ToAbsl(wanted)));
}

// A point is a closed range of itself. Which of the two a function takes, table
// 78 says.
Range ToRange(const Item& item) {
  if (item.is_range()) return *item.range;
  return {item, item, true, true};
}

// a before b, as truth; null when they don't compare.
using Relation = Truth (*)(const Range& a, const Range& b, int64_t* budget);

Truth And(Truth a, Truth b) {
  if (a == Truth::kFalse || b == Truth::kFalse) return Truth::kFalse;
  return a == Truth::kTrue && b == Truth::kTrue ? Truth::kTrue : Truth::kNull;
}
Truth Or(Truth a, Truth b) {
  if (a == Truth::kTrue || b == Truth::kTrue) return Truth::kTrue;
  return a == Truth::kFalse && b == Truth::kFalse ? Truth::kFalse
                                                  : Truth::kNull;
}
Truth Before(const Range& a, const Range& b, int64_t* budget) {
  const bool touch = a.high_closed && b.low_closed;
  return Or(Less(a.high, b.low, budget),
            touch ? Truth::kFalse : Equals(a.high, b.low, budget));
}
Truth After(const Range& a, const Range& b, int64_t* budget) {
  return Before(b, a, budget);
}
Truth Meets(const Range& a, const Range& b, int64_t* budget) {
  return And(ToTruth(a.high_closed && b.low_closed),
             Equals(a.high, b.low, budget));
}
Truth MetBy(const Range& a, const Range& b, int64_t* budget) {
  return Meets(b, a, budget);
}

// Where a's low end is not behind b's.
Truth LowNotAfter(const Range& a, const Range& b, int64_t* budget) {
  return Or(Less(a.low, b.low, budget),
            And(ToTruth(a.low_closed || !b.low_closed),
                Equals(a.low, b.low, budget)));
}
Truth HighNotBefore(const Range& a, const Range& b, int64_t* budget) {
  return Or(Less(b.high, a.high, budget),
            And(ToTruth(a.high_closed || !b.high_closed),
                Equals(a.high, b.high, budget)));
}
Truth Reaches(const Range& a, const Range& b, int64_t* budget) {
  return Or(Less(b.low, a.high, budget),
            And(ToTruth(a.high_closed && b.low_closed),
                Equals(a.high, b.low, budget)));
}
Truth Overlaps(const Range& a, const Range& b, int64_t* budget) {
  return And(Reaches(a, b, budget), Reaches(b, a, budget));
}
Truth OverlapsBefore(const Range& a, const Range& b, int64_t* budget) {
  const Truth low =
      Or(Less(a.low, b.low, budget), And(ToTruth(a.low_closed && !b.low_closed),
                                         Equals(a.low, b.low, budget)));
  const Truth high = Or(Less(a.high, b.high, budget),
                        And(ToTruth(!a.high_closed || b.high_closed),
                            Equals(a.high, b.high, budget)));
  return And(And(low, Reaches(a, b, budget)), high);
}
Truth OverlapsAfter(const Range& a, const Range& b, int64_t* budget) {
  return OverlapsBefore(b, a, budget);
}
Truth Includes(const Range& a, const Range& b, int64_t* budget) {
  return And(LowNotAfter(a, b, budget), HighNotBefore(a, b, budget));
}
Truth During(const Range& a, const Range& b, int64_t* budget) {
  return Includes(b, a, budget);
}
Truth Starts(const Range& a, const Range& b, int64_t* budget) {
  return And(
      And(ToTruth(a.low_closed == b.low_closed), Equals(a.low, b.low, budget)),
      HighNotBefore(b, a, budget));
}
Truth StartedBy(const Range& a, const Range& b, int64_t* budget) {
  return Starts(b, a, budget);
}
Truth Finishes(const Range& a, const Range& b, int64_t* budget) {
  return And(And(ToTruth(a.high_closed == b.high_closed),
                 Equals(a.high, b.high, budget)),
             LowNotAfter(b, a, budget));
}
Truth FinishedBy(const Range& a, const Range& b, int64_t* budget) {
  return Finishes(b, a, budget);
}
Truth Coincides(const Range& a, const Range& b, int64_t* budget) {
  return And(
      And(ToTruth(a.low_closed == b.low_closed), Equals(a.low, b.low, budget)),
      And(ToTruth(a.high_closed == b.high_closed),
          Equals(a.high, b.high, budget)));
}

// What table 78 has as first and second argument, in one of its columns.
enum class Sides : uint8_t {
  kRangeRange = 1,
  kPointRange = 2,
  kRangePoint = 4,
  kPointPoint = 8,
};
constexpr unsigned Bit(Sides sides) { return static_cast<unsigned>(sides); }
constexpr unsigned kRanges = Bit(Sides::kRangeRange);
constexpr unsigned kPointFirst = kRanges | Bit(Sides::kPointRange);
constexpr unsigned kRangeFirst = kRanges | Bit(Sides::kRangePoint);
constexpr unsigned kSame = kRanges | Bit(Sides::kPointPoint);
constexpr unsigned kEvery = kPointFirst | kRangeFirst | kSame;

template <Relation relation, unsigned allowed>
Item Relate(Call& call) {
  if (call[0].is_null() || call[1].is_null()) {
    return Wanted(call, "points or ranges");
  }
  const Sides sides =
      call[0].is_range()
          ? (call[1].is_range() ? Sides::kRangeRange : Sides::kRangePoint)
          : (call[1].is_range() ? Sides::kPointRange : Sides::kPointPoint);
  if ((allowed & Bit(sides)) == 0) {
    return Wanted(call, allowed == kRanges       ? "two ranges"
                        : allowed == kPointFirst ? "a point or range, a range"
                        : allowed == kRangeFirst ? "a range, a point or range"
                                                 : "two points or two ranges");
  }
  const Truth truth =
      relation(ToRange(call[0]), ToRange(call[1]), call.budget());
  if (truth == Truth::kNull) return Wanted(call, "values that have an order");
  return FromTruth(truth);
}

// An endpoint of range(): a literal, or one of a date, time or duration.
std::optional<Item> Literal(const Tree& tree, NodeIndex index, Arena* arena) {
  const Node& node = tree[index];
  switch (node.kind) {
    case NodeKind::kNumber:
      return Item::Number(node.number);
    case NodeKind::kString:
      return Item::String(arena->Copy(node.text));
    case NodeKind::kNegate: {
      const Node& child = tree[node.children[0]];
      if (child.kind != NodeKind::kNumber) return std::nullopt;
      return Item::Number(Decimal::Negate(child.number));
    }
    case NodeKind::kAt:
      return ParseAtLiteral(node.text, arena);
    case NodeKind::kCall: {
      const Node& function = tree[node.children[0]];
      if (function.kind != NodeKind::kName || node.children.size() != 2 ||
          tree[node.children[1]].kind != NodeKind::kString) {
        return std::nullopt;
      }
      const std::string& text = tree[node.children[1]].text;
      if (function.text == "date") {
        const auto date = ParseDate(text);
        return date.has_value() ? std::optional(Item::OfDate(*date))
                                : std::nullopt;
      }
      if (function.text == "time") {
        const auto time = ParseTime(text, arena);
        return time.has_value() ? std::optional(Item::OfTime(*time))
                                : std::nullopt;
      }
      if (function.text == "date and time") {
        const auto value = ParseDateTime(text, arena);
        return value.has_value() ? std::optional(Item::OfDateTime(*value))
                                 : std::nullopt;
      }
      if (function.text == "duration") return ParseDuration(text);
      return std::nullopt;
    }
    default:
      return std::nullopt;
  }
}

Item RangeOf(Call& call) {
  if (!call[0].is_string()) return Wanted(call, "a string");
  const auto tree = Parse(call[0].string, Form::kExpression, {});
  if (!tree.ok()) return Wanted(call, "a range like [1..10)");
  const Node& root = (*tree)[tree->root];
  if (root.kind != NodeKind::kRange)
    return Wanted(call, "a range like [1..10)");
  const auto low = Literal(*tree, root.children[0], &call.arena());
  const auto high = Literal(*tree, root.children[1], &call.arena());
  if (!low.has_value() || !high.has_value()) {
    return Wanted(call, "literal ends of a range");
  }
  const Range range{*low, *high, root.flag, root.flag2};
  if (!IsRange(range, call.budget()) ||
      Less(*high, *low, call.budget()) != Truth::kFalse) {
    return Wanted(call, "ends of one kind, in order");
  }
  const Range* const made = call.arena().New(range);
  return made == nullptr ? Item::Null() : Item::OfRange(made);
}

// Names of the parameters, as table 78 has them.
constexpr std::string_view kRangesNames = "range1, range2";
constexpr std::string_view kEveryNames =
    "point1, point2|point, range|range, point|range1, range2";
constexpr std::string_view kPointFirstNames = "point, range|range1, range2";
constexpr std::string_view kRangeFirstNames = "range, point|range1, range2";
constexpr std::string_view kSameNames = "point1, point2|range1, range2";

constexpr std::array kTable = {
    Builtin{"before", kEveryNames, &Relate<&Before, kEvery>},
    Builtin{"after", kEveryNames, &Relate<&After, kEvery>},
    Builtin{"meets", kRangesNames, &Relate<&Meets, kRanges>},
    Builtin{"met by", kRangesNames, &Relate<&MetBy, kRanges>},
    Builtin{"overlaps", kRangesNames, &Relate<&Overlaps, kRanges>},
    Builtin{"overlaps before", kRangesNames, &Relate<&OverlapsBefore, kRanges>},
    Builtin{"overlaps after", kRangesNames, &Relate<&OverlapsAfter, kRanges>},
    Builtin{"finishes", kPointFirstNames, &Relate<&Finishes, kPointFirst>},
    Builtin{"finished by", kRangeFirstNames, &Relate<&FinishedBy, kRangeFirst>},
    Builtin{"includes", kRangeFirstNames, &Relate<&Includes, kRangeFirst>},
    Builtin{"during", kPointFirstNames, &Relate<&During, kPointFirst>},
    Builtin{"starts", kPointFirstNames, &Relate<&Starts, kPointFirst>},
    Builtin{"started by", kRangeFirstNames, &Relate<&StartedBy, kRangeFirst>},
    Builtin{"coincides", kSameNames, &Relate<&Coincides, kSame>},
    Builtin{"range", "from", &RangeOf},
};

}  // namespace

std::span<const Builtin> RangeBuiltins() { return kTable; }

}  // namespace pawl::expression::feel
