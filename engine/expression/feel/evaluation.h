// Evaluation: one run of a compiled FEEL expression. Internal to evaluator*.cc,
// which are one class by concern: steps, tests, lists, calls.
//
// Recursion over the program's tree. Conditions on bound variables need no
// memory but the stack; everything else comes from the arena.
#ifndef PAWL_ENGINE_EXPRESSION_FEEL_EVALUATION_H_
#define PAWL_ENGINE_EXPRESSION_FEEL_EVALUATION_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "base/limits.h"
#include "base/strings.h"
#include "engine/expression/feel/arena.h"
#include "engine/expression/feel/builtins.h"
#include "engine/expression/feel/evaluator.h"
#include "engine/expression/feel/item.h"
#include "engine/expression/feel/program.h"

namespace pawl::expression::feel {

class Evaluation {
 public:
  Evaluation(const Program& program, VariableSource* variables, Arena* arena,
             Fault* fault)
      : program_(program),
        variables_(*variables),
        arena_(*arena),
        fault_(fault) {}
  Evaluation(const Evaluation&) = delete;
  Evaluation& operator=(const Evaluation&) = delete;

  absl::Status Run(Item* result);

 private:
  // A variable of the scope, looked up once.
  struct Bound {
    bool known = false;
    bool found = false;
    Item item;
  };
  class BuiltinCall;
  class Growing;

  // False: no room.
  bool Begin();

  // --- Faults and limits -----------------------------------------------------
  Item Wrong(uint32_t offset, std::string_view reason);
  // Nobody will read a reason: there is one already. Asked where null is made
  // in loops.
  bool silent() const { return fault_ == nullptr || fault_->any; }
  bool Spend(int64_t steps) {
    steps_left_ -= steps;
    if (steps_left_ < 0) stopped_ = true;
    return !stopped_;
  }
  absl::Status Stopped() const;
  Item TooDeep();
  template <typename T>
  T* NewArray(size_t count) {
    T* const made = arena_.NewArray<T>(count);
    if (made == nullptr) stopped_ = true;
    return made;
  }
  static absl::string_view Name(const Item& item) {
    return ToAbsl(KindName(item.kind));
  }

  // --- Steps -----------------------------------------------------------------
  Item Eval(uint32_t index);
  // The same without a copy where the value lies still until the step around
  // it has ended; else it is put into `*space`.
  const Item& Peek(uint32_t index, Item* space);
  Item EvalStep(const Step& step);
  Item ListOf(const std::vector<uint32_t>& steps);
  const Bound& Lookup(const Step& step) {
    Bound& bound = bound_[step.a];
    if (!bound.known) Find(step, &bound);
    return bound;
  }
  void Find(const Step& step, Bound* bound);
  Item Variable(const Step& step);
  // The entry of the filtered item, or what the name is outside.
  Item FilterName(const Step& step);
  Item Path(const Step& step, const Item& from);
  Item Arithmetic(const Step& step);
  Item NoArithmetic(const Step& step, const Item& a, const Item& b);
  Item Negated(const Step& step);
  Item If(const Step& step);

  // --- Comparison, logic, tests (evaluator_tests.cc) -------------------------
  Truth Compare(Op op, const Item& a, const Item& b);
  Item Tell(const Step& step, const char* what, const Item& a, const Item& b,
            Truth truth);
  Item Comparison(const Step& step);
  Item Between(const Step& step);
  // and: `decides` is false; or: true.
  Item Logic(const Step& step, Truth decides);
  Item In(const Step& step);
  // True when one of the tests holds; null when none does and one can't tell.
  Truth Any(const Step& step, const Item& value,
            const std::vector<uint32_t>& tests);
  Truth Holds(const Item& value, uint32_t test);
  Truth HoldsItem(const Item& value, const Item& tested, bool whole_list);
  // A test where a value is wanted: the range of what passes it.
  Item TestRange(const Step& step);
  Item RangeAt(const Step& step);
  Item MakeRange(const Step& step, const Range& range);

  // --- Filters and iterations (evaluator_lists.cc) ---------------------------
  Item Filter(const Step& step);
  Item FilterItems(const Step& step, std::span<const Item> items);
  Item At(const Step& step, std::span<const Item> items, const Item& position);
  // Calls `visit` once for each combination; it returns false to end.
  template <typename Visit>
  bool ForEach(const Step& step, const Loop& loop, size_t depth,
               const Visit& visit);
  // From `first` to `last`, up or down.
  template <typename Next>
  bool Count(const Step& step, const Item& first, const Item& last,
             bool low_closed, bool high_closed, const Next& next);
  Item For(const Step& step);
  // some: `decides` is true; every: false.
  Item Quantified(const Step& step, Truth decides);

  // --- Contexts, functions, calls (evaluator_calls.cc) -----------------------
  Item ContextAt(const ContextSite& site);
  Item FunctionAt(const FunctionBody& body);
  Item CallAt(const Step& step);
  // Whether the scope has a variable of the built-in function's name.
  bool IsVariable(uint32_t step);
  Item CallBuiltin(uint32_t offset, const Builtin& builtin,
                   std::span<const Item> arguments);
  Item CallWith(uint32_t offset, const Builtin& builtin,
                std::span<const Item> arguments, int signature);
  // The arguments as the parameters want them: a list of one as its element, a
  // single value as a list (10.3.2.9.4).
  std::span<const Item> Coerced(const Signature& signature,
                                std::span<const Item> arguments);
  Item CallNamed(const Step& step, const CallSite& site, const Builtin* builtin,
                 const Item& function, std::span<const Item> given);
  Item CallBuiltinNamed(const Step& step, const CallSite& site,
                        const Builtin& builtin, std::span<const Item> given);
  Item NoParameter(const Step& step, const std::string& name);
  Item Invoke(const Item& function, std::span<const Item> arguments,
              uint32_t offset);
  // A function that another expression has made.
  Item InvokeElsewhere(const Item& function, std::span<const Item> arguments,
                       uint32_t offset);

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

  // Frames and variables of usual expressions need no memory of their own. Raw:
  // only what is used is made.
  static constexpr size_t kInlineSlots = 8;
  alignas(Item) unsigned char inline_frame_[kInlineSlots * sizeof(Item)];
  alignas(Bound) unsigned char inline_bound_[kInlineSlots * sizeof(Bound)];
};

}  // namespace pawl::expression::feel

#endif  // PAWL_ENGINE_EXPRESSION_FEEL_EVALUATION_H_
