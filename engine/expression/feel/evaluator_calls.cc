// Contexts, functions and calls.
#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/split_mix64.h"
#include "base/strings.h"
#include "engine/expression/feel/builtins.h"
#include "engine/expression/feel/evaluation.h"
#include "engine/expression/feel/limits.h"

namespace pawl::expression::feel {
namespace {

// Steps that a look at all of them costs.
int64_t Cost(std::span<const Item> arguments) {
  size_t bytes = 0;
  for (const Item& item : arguments) {
    if (item.is_string()) bytes += item.string.size();
    if (item.is_list()) bytes += item.list_view.size * 4;
    if (item.is_context()) bytes += item.context_view.size * 4;
  }
  return static_cast<int64_t>(bytes / kBytesPerStep);
}

}  // namespace

// What a built-in function sees.
class Evaluation::BuiltinCall final : public Call {
 public:
  BuiltinCall(Evaluation* evaluation, uint32_t offset,
              std::span<const Item> arguments, int signature = kPositional)
      : evaluation_(*evaluation),
        offset_(offset),
        arguments_(arguments),
        signature_(signature) {}

  int signature() const override { return signature_; }

  std::span<const Item> arguments() const override { return arguments_; }
  Arena& arena() override { return evaluation_.arena_; }
  Item Fault(std::string_view reason) override {
    return evaluation_.Wrong(offset_, reason);
  }
  bool Spend(int64_t steps) override { return evaluation_.Spend(steps); }
  int64_t* budget() override { return &evaluation_.steps_left_; }
  Item Invoke(const Item& function, std::span<const Item> args) override {
    return evaluation_.Invoke(function, args, offset_);
  }
  uint64_t NextRandom() override {
    std::optional<uint64_t>& state = evaluation_.random_state_;
    if (!state.has_value()) state = evaluation_.variables_.Seed();
    return NextSplitMix64(&*state);
  }
  int64_t now_ms() const override { return evaluation_.variables_.now_ms(); }

 private:
  Evaluation& evaluation_;
  const uint32_t offset_;
  const std::span<const Item> arguments_;
  const int signature_;
};

Item Evaluation::ContextAt(const ContextSite& site) {
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

Item Evaluation::FunctionAt(const FunctionBody& body) {
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

Item Evaluation::CallAt(const Step& step) {
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

bool Evaluation::IsVariable(uint32_t step) {
  const Step& name = program_.steps[step];
  if (name.op != Op::kVariable) return true;
  return Lookup(name).found;
}

Item Evaluation::CallBuiltin(uint32_t offset, const Builtin& builtin,
                             std::span<const Item> arguments) {
  const std::vector<Signature>& signatures = SignaturesOf(builtin);
  const auto signature = std::find_if(
      signatures.begin(), signatures.end(), [&](const Signature& one) {
        return arguments.size() >= one.required &&
               (one.repeats || arguments.size() <= one.names.size());
      });
  if (signature == signatures.end()) {
    return Wrong(offset, absl::StrCat(ToAbsl(builtin.name), "(): got ",
                                      arguments.size(), " arguments, wanted ",
                                      ToAbsl(builtin.parameters)));
  }
  if (!Spend(Cost(arguments))) return Item::Null();
  arguments = Coerced(*signature, arguments);
  return CallWith(offset, builtin, arguments, Call::kPositional);
}

Item Evaluation::CallWith(uint32_t offset, const Builtin& builtin,
                          std::span<const Item> arguments, int signature) {
  if (stopped_) return Item::Null();
  BuiltinCall call(this, offset, arguments, signature);
  const Item result = builtin.call(call);
  // What had no room would be made again by the next call.
  if (arena_.exhausted()) stopped_ = true;
  return result;
}

std::span<const Item> Evaluation::Coerced(const Signature& signature,
                                          std::span<const Item> arguments) {
  const auto misfit = [&](size_t i) {
    const Domain domain =
        signature.domains[std::min(i, signature.domains.size() - 1)];
    const Item& item = arguments[i];
    return (domain == Domain::kSingle && item.is_list() &&
            item.list_view.size == 1) ||
           (domain == Domain::kList && !item.is_list() && !item.is_null());
  };
  size_t i = 0;
  while (i < arguments.size() && !misfit(i)) ++i;
  if (i == arguments.size()) return arguments;
  Item* const made = NewArray<Item>(arguments.size());
  if (made == nullptr) return arguments;
  std::copy(arguments.begin(), arguments.end(), made);
  for (; i < arguments.size(); ++i) {
    if (!misfit(i)) continue;
    if (arguments[i].is_list()) {
      made[i] = arguments[i].list()[0];
    } else if (Item* const one = NewArray<Item>(1); one != nullptr) {
      *one = arguments[i];
      made[i] = Item::List(one, 1);
    }
  }
  return {made, arguments.size()};
}

Item Evaluation::CallNamed(const Step& step, const CallSite& site,
                           const Builtin* builtin, const Item& function,
                           std::span<const Item> given) {
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
  return CallBuiltinNamed(step, site, *builtin, given);
}

Item Evaluation::CallBuiltinNamed(const Step& step, const CallSite& site,
                                  const Builtin& builtin,
                                  std::span<const Item> given) {
  int number = -1;
  // Of before(point, range) and before(range, point) the one meant is the one
  // in whose order the names are.
  std::vector<const Signature*> signatures;
  for (const Signature& signature : SignaturesOf(builtin)) {
    signatures.push_back(&signature);
  }
  const auto* const begin = &SignaturesOf(builtin)[0];
  std::stable_partition(
      signatures.begin(), signatures.end(), [&](const Signature* signature) {
        return std::equal(site.names.begin(), site.names.end(),
                          signature->names.begin(),
                          signature->names.begin() +
                              static_cast<std::ptrdiff_t>(std::min(
                                  signature->names.size(), site.names.size())));
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
      const auto it = std::find(signature.names.begin(), signature.names.end(),
                                site.names[i]);
      fits = it != signature.names.end();
      if (!fits) break;
      const size_t at = static_cast<size_t>(it - signature.names.begin());
      ordered[at] = given[i];
      has[at] = true;
      count = std::max(count, at + 1);
    }
    for (size_t i = 0; i < signature.required; ++i) fits = fits && has[i];
    if (fits) {
      if (!Spend(Cost({ordered, count}))) return Item::Null();
      const std::span<const Item> arguments =
          Coerced(signature, {ordered, count});
      return CallWith(step.offset, builtin, arguments, number);
    }
  }
  return NoParameter(step, site.names[0]);
}

Item Evaluation::NoParameter(const Step& step, const std::string& name) {
  return Wrong(step.offset,
               absl::StrCat("call: no parameters with '", name, "'"));
}

Item Evaluation::Invoke(const Item& function, std::span<const Item> arguments,
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
      fits = fits && CoerceItem(body.types[i], &frame[body.captured + i],
                                &arena_, &steps_left_);
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

Item Evaluation::InvokeElsewhere(const Item& function,
                                 std::span<const Item> arguments,
                                 uint32_t offset) {
  Evaluation there(*function.function->program, &variables_, &arena_, fault_);
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

}  // namespace pawl::expression::feel
