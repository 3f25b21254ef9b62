#include "engine/expression/feel/evaluator.h"

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/limits.h"
#include "base/strings.h"
#include "engine/expression/feel/builtins.h"
#include "engine/expression/feel/lexer.h"
#include "engine/expression/feel/limits.h"
#include "engine/expression/feel/operators.h"
#include "engine/expression/feel/values.h"

namespace pawl::expression::feel {
namespace {

// Frames and variables of usual expressions need no memory of their own.
constexpr size_t kInlineSlots = 16;

class Evaluator {
 public:
  Evaluator(const Program& program, VariableSource* variables, Arena* arena,
            Fault* fault)
      : program_(program),
        variables_(*variables),
        arena_(*arena),
        fault_(fault) {}

  absl::Status Run(Item* result) {
    if (!Begin()) return Stopped();
    *result = Eval(program_.root);
    return stopped_ || arena_.exhausted() ? Stopped() : absl::OkStatus();
  }

 private:
  struct Bound {
    bool known = false;
    bool found = false;
    Item item;
  };

  bool Begin() {
    if (program_.frame <= kInlineSlots) {
      frame_ = inline_frame_.data();
    } else {
      frame_ = arena_.NewArray<Item>(program_.frame);
      if (frame_ == nullptr) return false;
    }
    if (program_.names.size() <= kInlineSlots) {
      bound_ = inline_bound_.data();
    } else {
      bound_ = arena_.NewArray<Bound>(program_.names.size());
      if (bound_ == nullptr) return false;
    }
    return true;
  }

  // What a built-in function sees.
  class BuiltinCall final : public Call {
   public:
    BuiltinCall(Evaluator* evaluator, uint32_t offset,
                std::span<const Item> arguments, int signature = kPositional)
        : evaluator_(*evaluator),
          offset_(offset),
          arguments_(arguments),
          signature_(signature) {}

    int signature() const override { return signature_; }

    std::span<const Item> arguments() const override { return arguments_; }
    Arena& arena() override { return evaluator_.arena_; }
    Item Fault(std::string_view reason) override {
      return evaluator_.Wrong(offset_, reason);
    }
    bool Spend(int64_t steps) override { return evaluator_.Spend(steps); }
    int64_t* budget() override { return &evaluator_.steps_left_; }
    Item Invoke(const Item& function, std::span<const Item> args) override {
      return evaluator_.Invoke(function, args, offset_);
    }
    uint64_t NextRandom() override {
      // SplitMix64.
      std::optional<uint64_t>& state = evaluator_.random_state_;
      if (!state.has_value()) state = evaluator_.variables_.Seed();
      uint64_t z = (*state += 0x9e3779b97f4a7c15u);
      z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
      z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
      return z ^ (z >> 31);
    }
    int64_t now_ms() const override { return evaluator_.variables_.now_ms(); }

   private:
    Evaluator& evaluator_;
    const uint32_t offset_;
    const std::span<const Item> arguments_;
    const int signature_;
  };

  // --- Faults and limits -----------------------------------------------------
  Item Wrong(uint32_t offset, std::string_view reason) {
    if (fault_ != nullptr && !fault_->any) {
      fault_->any = true;
      fault_->offset = offset;
      fault_->reason = std::string(reason);
    }
    return Item::Null();
  }

  bool Spend(int64_t steps) {
    steps_left_ -= steps;
    if (steps_left_ < 0) stopped_ = true;
    return !stopped_;
  }

  absl::Status Stopped() const {
    if (arena_.exhausted()) {
      return absl::ResourceExhaustedError(absl::StrCat(
          "expression '", program_.text.substr(0, 80), "': needs more than ",
          arena_.bytes_max(), " bytes (kFeelMemoryMax)"));
    }
    if (too_deep_) {
      return absl::ResourceExhaustedError(absl::StrCat(
          "expression '", program_.text.substr(0, 80),
          "': functions call each other too deeply, wanted at most "
          "kFeelDepthMax (",
          kFeelDepthMax, ") steps within each other"));
    }
    return absl::ResourceExhaustedError(absl::StrCat(
        "expression '", program_.text.substr(0, 80), "': more than ",
        kExpressionStepsMax, " steps (kExpressionStepsMax)"));
  }

  template <typename T>
  T* NewArray(size_t count) {
    T* const made = arena_.NewArray<T>(count);
    if (made == nullptr) stopped_ = true;
    return made;
  }

  // A list or the like that grows: what was handed out of it stays as it is.
  class Growing {
   public:
    explicit Growing(Evaluator* evaluator) : evaluator_(*evaluator) {}
    bool Push(const Item& item) {
      if (size_ == capacity_) {
        const size_t capacity = capacity_ == 0 ? 8 : capacity_ * 2;
        Item* const items = evaluator_.NewArray<Item>(capacity);
        if (items == nullptr) return false;
        std::copy_n(items_, size_, items);
        items_ = items;
        capacity_ = capacity;
      }
      items_[size_++] = item;
      return true;
    }
    Item list() const { return Item::List(items_, size_); }

   private:
    Evaluator& evaluator_;
    Item* items_ = nullptr;
    size_t size_ = 0;
    size_t capacity_ = 0;
  };

  // --- Steps -----------------------------------------------------------------
  Item Eval(uint32_t index) {
    if (!Spend(1)) return Item::Null();
    if (depth_ >= kFeelDepthMax) {
      too_deep_ = true;
      stopped_ = true;
      return Item::Null();
    }
    ++depth_;
    const Item result = EvalStep(index);
    --depth_;
    return result;
  }

  Item EvalStep(uint32_t index) {
    const Step& step = program_.steps[index];
    switch (step.op) {
      case Op::kConstant:
        return program_.constants[step.a];
      case Op::kLocal:
        return frame_[step.a];
      case Op::kVariable:
        return Variable(step);
      case Op::kFilterName: {
        const Item& item = frame_[step.c];
        if (item.is_context()) {
          const Item* const entry = FindEntry(item, program_.names[step.a]);
          if (entry != nullptr) return *entry;
        }
        return Eval(step.b);
      }
      case Op::kPath:
        return Path(step, Eval(step.a));
      case Op::kFilter:
        return Filter(step);
      case Op::kCall:
        return CallAt(step);
      case Op::kNegate: {
        const Item a = Eval(step.a);
        const auto result = Negate(a);
        if (result.has_value()) return *result;
        return Wrong(step.offset,
                     absl::StrCat("got - and ", Name(a),
                                  ", wanted a number or duration"));
      }
      case Op::kAdd: {
        const Item a = Eval(step.a);
        const Item b = Eval(step.b);
        return Arithmetic(step, "+", a, b, Add(a, b, &arena_));
      }
      case Op::kSubtract: {
        const Item a = Eval(step.a);
        const Item b = Eval(step.b);
        return Arithmetic(step, "-", a, b, Subtract(a, b));
      }
      case Op::kMultiply: {
        const Item a = Eval(step.a);
        const Item b = Eval(step.b);
        return Arithmetic(step, "*", a, b, Multiply(a, b));
      }
      case Op::kDivide: {
        const Item a = Eval(step.a);
        const Item b = Eval(step.b);
        return Arithmetic(step, "/", a, b, Divide(a, b));
      }
      case Op::kPower: {
        const Item a = Eval(step.a);
        const Item b = Eval(step.b);
        return Arithmetic(step, "**", a, b, Power(a, b));
      }
      case Op::kEqual:
      case Op::kNotEqual:
      case Op::kLess:
      case Op::kLessEqual:
      case Op::kGreater:
      case Op::kGreaterEqual:
        return Comparison(step);
      case Op::kAnd:
        return Logic(step, Truth::kFalse);
      case Op::kOr:
        return Logic(step, Truth::kTrue);
      case Op::kBetween: {
        const Item value = Eval(step.a);
        Range range;
        range.low = Eval(step.b);
        range.high = Eval(step.c);
        range.low_closed = range.high_closed = true;
        if (range.low.is_null() || range.high.is_null()) {
          return Wrong(step.offset, "between: got null");
        }
        return Tell(step, "between", value, range.low, Contains(range, value));
      }
      case Op::kIn:
        return In(step);
      case Op::kTest:
        return TestRange(step);
      case Op::kNotIn: {
        const Item any = In(step);
        return any.is_null() ? any : Item::Boolean(any.is_false());
      }
      case Op::kAnswer:
        return Eval(step.a);
      case Op::kIf: {
        const Item condition = Eval(step.a);
        if (!condition.is_boolean() && !condition.is_null()) {
          Wrong(step.offset, absl::StrCat("if: got ", Name(condition),
                                          ", wanted a boolean"));
        }
        return Eval(condition.is_true() ? step.b : step.c);
      }
      case Op::kFor:
        return For(step);
      case Op::kSome:
        return Quantified(step, Truth::kTrue);
      case Op::kEvery:
        return Quantified(step, Truth::kFalse);
      case Op::kList: {
        const std::vector<uint32_t>& steps = program_.lists[step.a];
        return ListOf(steps);
      }
      case Op::kContext:
        return ContextAt(program_.contexts[step.a]);
      case Op::kRange:
        return RangeAt(step);
      case Op::kFunction:
        return FunctionAt(program_.functions[step.a]);
      case Op::kInstanceOf:
        return Item::Boolean(Conforms(Eval(step.a), program_.types[step.b]));
    }
    return Item::Null();
  }

  static absl::string_view Name(const Item& item) {
    return ToAbsl(KindName(item.kind));
  }

  Item ListOf(const std::vector<uint32_t>& steps) {
    if (steps.empty()) return Item::List(nullptr, 0);
    Item* const items = NewArray<Item>(steps.size());
    if (items == nullptr) return Item::Null();
    for (size_t i = 0; i < steps.size(); ++i) items[i] = Eval(steps[i]);
    return Item::List(items, steps.size());
  }

  // The variable of a step, looked up once.
  const Bound& Lookup(const Step& step) {
    Bound& bound = bound_[step.a];
    if (bound.known) return bound;
    bound.known = true;
    std::string_view refused;
    bound.found =
        variables_.Find(program_.names[step.a], &arena_, &bound.item, &refused);
    if (!refused.empty()) Wrong(step.offset, RefusedNumber(refused));
    return bound;
  }

  Item Variable(const Step& step) {
    const Bound& bound = Lookup(step);
    if (bound.found) return bound.item;
    const std::string& name = program_.names[step.a];
    if (const Builtin* builtin = FindBuiltin(name); builtin != nullptr) {
      Function function;
      function.builtin = builtin;
      const Function* const made = arena_.New(function);
      return made == nullptr ? Item::Null() : Item::OfFunction(made);
    }
    return Wrong(step.offset, absl::StrCat("no variable '", name, "'"));
  }

  Item Path(const Step& step, const Item& from) {
    const std::string& name = program_.names[step.b];
    if (from.is_list()) {
      // Of each element.
      Item* const items = NewArray<Item>(from.list_view.size);
      if (items == nullptr) return Item::Null();
      for (size_t i = 0; i < from.list_view.size; ++i) {
        if (!Spend(1)) return Item::Null();
        items[i] = Path(step, from.list()[i]);
      }
      return Item::List(items, from.list_view.size);
    }
    if (from.is_context()) {
      if (!Spend(static_cast<int64_t>(from.context_view.size) / 8)) {
        return Item::Null();
      }
      const Item* const entry = FindEntry(from, name);
      if (entry != nullptr) return *entry;
      return Wrong(step.offset,
                   absl::StrCat("the context has no '", name, "'"));
    }
    const auto property = Property(from, name, &arena_);
    if (property.has_value()) return *property;
    return Wrong(step.offset, absl::StrCat(Name(from), " has no '", name, "'"));
  }

  Item Arithmetic(const Step& step, const char* sign, const Item& a,
                  const Item& b, const std::optional<Item>& result) {
    if (result.has_value()) return *result;
    if (a.is_number() && b.is_number()) {
      return Wrong(step.offset,
                   absl::StrCat(a.number.ToString(), " ", sign, " ",
                                b.number.ToString(), " is no number"));
    }
    return Wrong(step.offset,
                 absl::StrCat("got ", Name(a), " ", sign, " ", Name(b)));
  }

  // --- Comparison ------------------------------------------------------------
  Truth Compare(Op op, const Item& a, const Item& b) {
    const auto inverse = [](Truth truth) {
      if (truth == Truth::kNull) return truth;
      return ToTruth(truth == Truth::kFalse);
    };
    switch (op) {
      case Op::kEqual:
        return Equals(a, b, &steps_left_);
      case Op::kNotEqual:
        return inverse(Equals(a, b, &steps_left_));
      case Op::kLess:
        return Less(a, b);
      case Op::kLessEqual:
        return inverse(Less(b, a));
      case Op::kGreater:
        return Less(b, a);
      default:
        return inverse(Less(a, b));
    }
  }

  Item Tell(const Step& step, const char* what, const Item& a, const Item& b,
            Truth truth) {
    if (truth == Truth::kNull) {
      return Wrong(step.offset, absl::StrCat(what, ": ", Name(a), " and ",
                                             Name(b), " don't compare"));
    }
    return FromTruth(truth);
  }

  Item Comparison(const Step& step) {
    const Item a = Eval(step.a);
    const Item b = Eval(step.b);
    return Tell(step, "comparison", a, b, Compare(step.op, a, b));
  }

  static Op OfComparison(NodeKind kind) {
    switch (kind) {
      case NodeKind::kEqual:
        return Op::kEqual;
      case NodeKind::kNotEqual:
        return Op::kNotEqual;
      case NodeKind::kLess:
        return Op::kLess;
      case NodeKind::kLessEqual:
        return Op::kLessEqual;
      case NodeKind::kGreater:
        return Op::kGreater;
      default:
        return Op::kGreaterEqual;
    }
  }

  // and: `decides` is false; or: true.
  Item Logic(const Step& step, Truth decides) {
    Truth truth = decides == Truth::kTrue ? Truth::kFalse : Truth::kTrue;
    for (const uint32_t operand : program_.lists[step.a]) {
      const Item item = Eval(operand);
      if (item.is_boolean()) {
        if (ToTruth(item.boolean) == decides) return item;
        continue;
      }
      if (!item.is_null()) {
        Wrong(step.offset,
              absl::StrCat("and, or: got ", Name(item), ", wanted a boolean"));
      }
      truth = Truth::kNull;
    }
    return FromTruth(truth);
  }

  // --- in --------------------------------------------------------------------
  Item In(const Step& step) {
    const Item value = Eval(step.a);
    const Item saved = std::exchange(frame_[step.c], value);
    const Truth any = Any(step, value, program_.lists[step.b]);
    frame_[step.c] = saved;
    return FromTruth(any);
  }

  // True when one of the tests holds; null when none does and one can't tell.
  Truth Any(const Step& step, const Item& value,
            const std::vector<uint32_t>& tests) {
    Truth any = Truth::kFalse;
    for (const uint32_t test : tests) {
      const Truth truth = Holds(value, test);
      if (truth == Truth::kTrue) return truth;
      if (truth == Truth::kNull) any = Truth::kNull;
    }
    if (any == Truth::kNull) {
      Wrong(step.offset, absl::StrCat("in: ", Name(value),
                                      " doesn't compare with what is tested"));
    }
    return any;
  }

  Truth Holds(const Item& value, uint32_t test) {
    const Step& step = program_.steps[test];
    if (step.op == Op::kTest) {
      if (!Spend(1)) return Truth::kNull;
      return Compare(OfComparison(static_cast<NodeKind>(step.b)), value,
                     Eval(step.a));
    }
    const Item tested = Eval(test);
    if (step.op == Op::kAnswer && tested.is_boolean()) {
      return ToTruth(tested.boolean);
    }
    return HoldsItem(value, tested, /*whole_list=*/true);
  }

  Truth HoldsItem(const Item& value, const Item& tested, bool whole_list) {
    if (!Spend(1)) return Truth::kNull;
    if (tested.is_range() && !value.is_range()) {
      return Contains(*tested.range, value);
    }
    if (tested.is_list() && whole_list) {
      if (value.is_list() &&
          Equals(value, tested, &steps_left_) == Truth::kTrue) {
        return Truth::kTrue;
      }
      Truth any = Truth::kFalse;
      for (const Item& element : tested.list()) {
        const Truth truth = HoldsItem(value, element, /*whole_list=*/false);
        if (truth == Truth::kTrue) return truth;
        // Of another kind: not that one.
        if (truth == Truth::kNull && element.is_range()) any = Truth::kNull;
      }
      return any;
    }
    return Equals(value, tested, &steps_left_);
  }

  // A test where a value is wanted: the range of what passes it.
  Item TestRange(const Step& step) {
    Range range;
    const Item end = Eval(step.a);
    switch (static_cast<NodeKind>(step.b)) {
      case NodeKind::kEqual:
        range.low = range.high = end;
        range.low_closed = range.high_closed = true;
        break;
      case NodeKind::kLess:
      case NodeKind::kLessEqual:
        range.endless = true;
        range.high = end;
        range.high_closed =
            static_cast<NodeKind>(step.b) == NodeKind::kLessEqual;
        break;
      case NodeKind::kGreater:
      case NodeKind::kGreaterEqual:
        range.endless = true;
        range.low = end;
        range.low_closed =
            static_cast<NodeKind>(step.b) == NodeKind::kGreaterEqual;
        break;
      default:
        return Wrong(step.offset, "!= is no range");
    }
    return MakeRange(step, range);
  }

  Item RangeAt(const Step& step) {
    Range range;
    range.low = Eval(step.a);
    range.high = Eval(step.b);
    range.low_closed = (step.c & 1) != 0;
    range.high_closed = (step.c & 2) != 0;
    return MakeRange(step, range);
  }

  Item MakeRange(const Step& step, const Range& range) {
    if (!IsRange(range)) {
      return Wrong(step.offset, absl::StrCat("a range from ", Name(range.low),
                                             " to ", Name(range.high)));
    }
    const Range* const made = arena_.New(range);
    return made == nullptr ? Item::Null() : Item::OfRange(made);
  }

  // --- Filters ---------------------------------------------------------------
  Item Filter(const Step& step) {
    const Item source = Eval(step.a);
    // What is no list is a list of one; null is an empty one.
    Item one = source;
    std::span<const Item> items = source.is_list() ? source.list()
                                  : source.is_null()
                                      ? std::span<const Item>()
                                      : std::span<const Item>(&one, 1);
    const Item saved = frame_[step.c];
    const Item result = FilterItems(step, items);
    frame_[step.c] = saved;
    return result;
  }

  Item FilterItems(const Step& step, std::span<const Item> items) {
    if (program_.steps[step.b].op == Op::kConstant) {
      const Item& index = program_.constants[program_.steps[step.b].a];
      if (index.is_number()) return At(step, items, index);
    }
    Growing kept(this);
    for (size_t i = 0; i < items.size(); ++i) {
      frame_[step.c] = items[i];
      const Item condition = Eval(step.b);
      if (stopped_) return Item::Null();
      // The same for every item: the position of one.
      if (condition.is_number() && i == 0) return At(step, items, condition);
      if (condition.is_true() && !kept.Push(items[i])) return Item::Null();
      if (!condition.is_boolean() && !condition.is_null()) {
        return Wrong(step.offset,
                     absl::StrCat("filter: got ", Name(condition),
                                  ", wanted a boolean or a position"));
      }
    }
    if (items.empty()) {
      frame_[step.c] = Item::Null();
      const Item condition = Eval(step.b);
      if (condition.is_number()) return At(step, items, condition);
    }
    return kept.list();
  }

  Item At(const Step& step, std::span<const Item> items, const Item& position) {
    const auto index = position.number.ToInt64();
    if (index.has_value()) {
      const int64_t size = static_cast<int64_t>(items.size());
      if (*index > 0 && *index <= size) {
        return items[static_cast<size_t>(*index - 1)];
      }
      if (*index < 0 && -*index <= size) {
        return items[static_cast<size_t>(size + *index)];
      }
    }
    return Wrong(step.offset, absl::StrCat("filter: got position ",
                                           position.number.ToString(), " of ",
                                           items.size()));
  }

  // --- Iteration -------------------------------------------------------------
  // Calls `visit` once for each combination; it returns false to end.
  template <typename Visit>
  bool ForEach(const Step& step, const Loop& loop, size_t depth,
               const Visit& visit) {
    if (depth == loop.iterators.size()) return visit();
    const Loop::Iterator& iterator = loop.iterators[depth];
    const auto next = [&](const Item& item) {
      frame_[iterator.slot] = item;
      return Spend(1) && ForEach(step, loop, depth + 1, visit);
    };
    const Item first = Eval(iterator.first);
    if (iterator.counted) {
      return Count(step, first, Eval(iterator.last), true, true, next);
    }
    if (first.is_range()) {
      return Count(step, first.range->low, first.range->high,
                   first.range->low_closed, first.range->high_closed, next);
    }
    if (first.is_list()) {
      for (const Item& item : first.list()) {
        if (!next(item)) return false;
      }
      return true;
    }
    if (first.is_null()) {
      Wrong(step.offset, "iteration: got null, wanted a list");
      wrong_domain_ = true;
      return false;
    }
    return next(first);
  }

  // From `first` to `last`, up or down.
  template <typename Next>
  bool Count(const Step& step, const Item& first, const Item& last,
             bool low_closed, bool high_closed, const Next& next) {
    const bool dates =
        first.kind == ItemKind::kDate && last.kind == ItemKind::kDate;
    std::optional<int64_t> low, high;
    if (dates) {
      low = ToDays(first.date_time.date);
      high = ToDays(last.date_time.date);
    } else if (first.is_number() && last.is_number()) {
      low = first.number.ToInt64();
      high = last.number.ToInt64();
    }
    if (!low.has_value() || !high.has_value()) {
      Wrong(step.offset,
            absl::StrCat("iteration: got ", Name(first), " .. ", Name(last),
                         ", wanted whole numbers or dates"));
      wrong_domain_ = true;
      return false;
    }
    const int64_t by = *low <= *high ? 1 : -1;
    if (!low_closed) *low += by;
    if (!high_closed) *high -= by;
    if (by > 0 ? *low > *high : *low < *high) return true;
    // Refused before the first is made.
    const __int128 count = static_cast<__int128>(*high - *low) * by + 1;
    if (count > steps_left_) {
      steps_left_ = 0;
      stopped_ = true;
      return false;
    }
    for (int64_t i = *low;; i += by) {
      if (!next(dates ? Item::OfDate(*FromDays(i)) : Item::Number(i))) {
        return false;
      }
      if (i == *high) return true;
    }
  }

  Item For(const Step& step) {
    const Loop& loop = program_.loops[step.a];
    Growing results(this);
    frame_[loop.partial] = Item::List(nullptr, 0);
    const bool saved = std::exchange(wrong_domain_, false);
    ForEach(step, loop, 0, [&] {
      const bool pushed = results.Push(Eval(loop.body));
      frame_[loop.partial] = results.list();
      return pushed && !stopped_;
    });
    const bool wrong = std::exchange(wrong_domain_, saved);
    return wrong || stopped_ ? Item::Null() : results.list();
  }

  // some: `decides` is true; every: false.
  Item Quantified(const Step& step, Truth decides) {
    const Loop& loop = program_.loops[step.a];
    Truth truth = decides == Truth::kTrue ? Truth::kFalse : Truth::kTrue;
    const bool saved = std::exchange(wrong_domain_, false);
    ForEach(step, loop, 0, [&] {
      const Item item = Eval(loop.body);
      if (item.is_boolean()) {
        if (ToTruth(item.boolean) == decides) {
          truth = decides;
          return false;
        }
        return !stopped_;
      }
      if (!item.is_null()) {
        Wrong(step.offset, absl::StrCat("satisfies: got ", Name(item),
                                        ", wanted a boolean"));
      }
      truth = Truth::kNull;
      return !stopped_;
    });
    const bool wrong = std::exchange(wrong_domain_, saved);
    return wrong || stopped_ ? Item::Null() : FromTruth(truth);
  }

  // --- Contexts and functions ------------------------------------------------
  Item ContextAt(const ContextSite& site) {
    const size_t size = site.names.size();
    if (size == 0) return Item::Context(nullptr, 0);
    Entry* const entries = NewArray<Entry>(size);
    if (entries == nullptr) return Item::Null();
    for (size_t i = 0; i < size; ++i) {
      entries[i] = {site.names[i], Eval(site.values[i])};
      frame_[site.slots[i]] = entries[i].value;
    }
    return Item::Context(entries, size);
  }

  Item FunctionAt(const FunctionBody& body) {
    Function function;
    function.body = &body;
    function.program = &program_;
    if (body.captured > 0) {
      Item* const captured = NewArray<Item>(body.captured);
      if (captured == nullptr) return Item::Null();
      std::copy_n(frame_, body.captured, captured);
      function.captured = captured;
    }
    const Function* const made = arena_.New(function);
    return made == nullptr ? Item::Null() : Item::OfFunction(made);
  }

  Item CallAt(const Step& step) {
    const CallSite& site = program_.calls[step.a];
    const Builtin* builtin = site.builtin;
    Item function;
    if (builtin == nullptr || IsVariable(site.function)) {
      builtin = nullptr;
      function = Eval(site.function);
      if (!function.is_function()) {
        return Wrong(step.offset, absl::StrCat("call: got ", Name(function),
                                               ", wanted a function"));
      }
      builtin = function.function->builtin;
    }
    std::array<Item, 4> few;
    std::span<Item> arguments(few.data(), site.arguments.size());
    if (site.arguments.size() > few.size()) {
      Item* const many = NewArray<Item>(site.arguments.size());
      if (many == nullptr) return Item::Null();
      arguments = {many, site.arguments.size()};
    }
    for (size_t i = 0; i < arguments.size(); ++i) {
      arguments[i] = Eval(site.arguments[i]);
    }
    if (stopped_) return Item::Null();
    if (!site.names.empty()) {
      return CallNamed(step, site, builtin, function, arguments);
    }
    return builtin != nullptr ? CallBuiltin(step.offset, *builtin, arguments)
                              : Invoke(function, arguments, step.offset);
  }

  // Whether the scope has a variable of the built-in function's name.
  bool IsVariable(uint32_t step) {
    const Step& name = program_.steps[step];
    if (name.op != Op::kVariable) return true;
    return Lookup(name).found;
  }

  Item CallBuiltin(uint32_t offset, const Builtin& builtin,
                   std::span<const Item> arguments) {
    const std::vector<Signature>& signatures = SignaturesOf(builtin);
    const bool fits = std::any_of(
        signatures.begin(), signatures.end(), [&](const Signature& signature) {
          return arguments.size() >= signature.required &&
                 (signature.repeats ||
                  arguments.size() <= signature.names.size());
        });
    if (!fits) {
      return Wrong(offset, absl::StrCat(ToAbsl(builtin.name), "(): got ",
                                        arguments.size(), " arguments, wanted ",
                                        ToAbsl(builtin.parameters)));
    }
    BuiltinCall call(this, offset, arguments);
    return builtin.call(call);
  }

  Item CallNamed(const Step& step, const CallSite& site, const Builtin* builtin,
                 const Item& function, std::span<const Item> given) {
    if (builtin == nullptr) {
      const FunctionBody& body = *function.function->body;
      const auto index = [&](const std::string& name) {
        return static_cast<size_t>(
            std::find(body.names.begin(), body.names.end(), name) -
            body.names.begin());
      };
      Item* const ordered = NewArray<Item>(body.names.size());
      if (ordered == nullptr) return Item::Null();
      for (size_t i = 0; i < site.names.size(); ++i) {
        const size_t at = index(site.names[i]);
        if (at == body.names.size()) return NoParameter(step, site.names[i]);
        ordered[at] = given[i];
      }
      if (site.names.size() != body.names.size()) {
        return Wrong(step.offset, "call: an argument is missing");
      }
      return Invoke(function, {ordered, body.names.size()}, step.offset);
    }
    int number = -1;
    // Of before(point, range) and before(range, point) the one meant is the one
    // in whose order the names are.
    std::vector<const Signature*> signatures;
    for (const Signature& signature : SignaturesOf(*builtin)) {
      signatures.push_back(&signature);
    }
    const auto* const begin = &SignaturesOf(*builtin)[0];
    std::stable_partition(
        signatures.begin(), signatures.end(), [&](const Signature* signature) {
          return std::equal(
              site.names.begin(), site.names.end(), signature->names.begin(),
              signature->names.begin() +
                  static_cast<std::ptrdiff_t>(
                      std::min(signature->names.size(), site.names.size())));
        });
    for (const Signature* const chosen : signatures) {
      const Signature& signature = *chosen;
      number = static_cast<int>(chosen - begin);
      Item* const ordered = NewArray<Item>(signature.names.size());
      if (ordered == nullptr) return Item::Null();
      size_t count = 0;
      bool fits = true;
      std::vector<bool> has(signature.names.size());
      for (size_t i = 0; i < site.names.size() && fits; ++i) {
        const auto it = std::find(signature.names.begin(),
                                  signature.names.end(), site.names[i]);
        fits = it != signature.names.end();
        if (!fits) break;
        const size_t at = static_cast<size_t>(it - signature.names.begin());
        ordered[at] = given[i];
        has[at] = true;
        count = std::max(count, at + 1);
      }
      for (size_t i = 0; i < signature.required; ++i) fits = fits && has[i];
      if (fits) {
        BuiltinCall call(this, step.offset, {ordered, count}, number);
        return builtin->call(call);
      }
    }
    return NoParameter(step, site.names[0]);
  }

  Item NoParameter(const Step& step, const std::string& name) {
    return Wrong(step.offset,
                 absl::StrCat("call: no parameters with '", name, "'"));
  }

  Item Invoke(const Item& function, std::span<const Item> arguments,
              uint32_t offset) {
    if (!function.is_function()) {
      return Wrong(offset, absl::StrCat("call: got ", Name(function),
                                        ", wanted a function"));
    }
    if (function.function->builtin != nullptr) {
      return CallBuiltin(offset, *function.function->builtin, arguments);
    }
    if (function.function->program != &program_) {
      return InvokeElsewhere(function, arguments, offset);
    }
    const FunctionBody& body = *function.function->body;
    if (arguments.size() != body.names.size()) {
      return Wrong(offset,
                   absl::StrCat("call: got ", arguments.size(),
                                " arguments, wanted ", body.names.size()));
    }
    Item* const frame = stopped_ ? nullptr : NewArray<Item>(body.frame);
    Item result;
    if (frame != nullptr) {
      std::copy_n(function.function->captured, body.captured, frame);
      bool fits = true;
      for (size_t i = 0; i < arguments.size(); ++i) {
        frame[body.captured + i] = arguments[i];
        fits = fits && CoerceItem(body.types[i], &frame[body.captured + i]);
      }
      if (fits) {
        Item* const outer = std::exchange(frame_, frame);
        result = Eval(body.body);
        frame_ = outer;
      } else {
        Wrong(offset, "call: an argument isn't of its parameter's type");
      }
    }
    return result;
  }

  // A function that another expression has made.
  Item InvokeElsewhere(const Item& function, std::span<const Item> arguments,
                       uint32_t offset) {
    Evaluator there(*function.function->program, &variables_, &arena_, fault_);
    there.steps_left_ = steps_left_;
    there.random_state_ = random_state_;
    there.depth_ = depth_ + 1;
    there.stopped_ = stopped_ || !there.Begin();
    if (there.depth_ >= kFeelDepthMax) there.stopped_ = there.too_deep_ = true;
    Item result;
    if (!there.stopped_) result = there.Invoke(function, arguments, offset);
    steps_left_ = there.steps_left_;
    random_state_ = there.random_state_;
    stopped_ = there.stopped_;
    too_deep_ = there.too_deep_;
    return result;
  }

  const Program& program_;
  VariableSource& variables_;
  Arena& arena_;
  Fault* const fault_;

  std::optional<uint64_t> random_state_;
  int64_t steps_left_ = kExpressionStepsMax;
  bool stopped_ = false;
  bool too_deep_ = false;
  // The list of an iteration was none.
  bool wrong_domain_ = false;
  int depth_ = 0;
  Item* frame_ = nullptr;
  Bound* bound_ = nullptr;
  std::array<Item, kInlineSlots> inline_frame_;
  std::array<Bound, kInlineSlots> inline_bound_;
};

}  // namespace

absl::Status Evaluate(const Program& program, VariableSource* variables,
                      Arena* arena, Item* result, Fault* fault) {
  return Evaluator(program, variables, arena, fault).Run(result);
}

}  // namespace pawl::expression::feel
