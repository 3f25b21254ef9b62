#include "tests/conformance/el_bindings.h"

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/check.h"

namespace pawl::expression::el {
namespace {

constexpr size_t kPlacesMax = 8;

// What a program reads of one value.
struct Shape {
  std::map<std::string, std::unique_ptr<Shape>> properties;
  // Every entry of a list, which has at least this many.
  std::unique_ptr<Shape> entry;
  int64_t entries = 0;
  // Which candidate stands here, where nothing is read of the value.
  size_t candidate = 0;

  Shape* Property(const std::string& name) {
    auto& shape = properties[name];
    if (shape == nullptr) shape = std::make_unique<Shape>();
    return shape.get();
  }
  Shape* Entry(int64_t at_least) {
    if (entry == nullptr) entry = std::make_unique<Shape>();
    entries = std::max(entries, at_least);
    return entry.get();
  }
};

const std::vector<Value>& Candidates() {
  static const auto* const kCandidates = new std::vector<Value>{
      1, true, "a", Value::List{Value(1)}, Variables{{"a", 1}}};
  return *kCandidates;
}

// Follows the values of variables through the instructions, one after the
// other: what is left on the stack by a branch that isn't taken is of no
// interest, only its height is.
class Reader {
 public:
  explicit Reader(const Program& program) : program_(program) {}

  Shape Read() {
    for (const Instruction& instruction : program_.code) Step(instruction);
    PAWL_CHECK_EQ(stack_.size(), size_t{1});
    return std::move(variables_);
  }

 private:
  // Something that a variable holds, or a constant, or neither.
  struct Slot {
    Shape* shape = nullptr;
    const Value* constant = nullptr;
  };

  Slot Pop() {
    const Slot slot = stack_.back();
    stack_.pop_back();
    return slot;
  }
  void Replace(size_t pops, Shape* shape) {
    stack_.resize(stack_.size() - pops);
    stack_.push_back(Slot{shape, nullptr});
  }
  Shape* Index(const Slot& base, const Slot& index) {
    if (base.shape == nullptr) return nullptr;
    if (index.constant == nullptr) return base.shape->Entry(2);
    if (index.constant->is_string()) {
      return base.shape->Property(index.constant->string());
    }
    const auto number = index.constant->AsInt64();
    return base.shape->Entry(number.ok() ? *number + 1 : 1);
  }

  void Step(const Instruction& instruction) {
    const auto constant = [&]() -> const Value& {
      return program_.constants[instruction.operand].value;
    };
    switch (instruction.op) {
      case Op::kConstant:
        stack_.push_back(Slot{nullptr, &constant()});
        return;
      case Op::kVariable:
        return Replace(0, variables_.Property(constant().string()));
      case Op::kFact:
        return Replace(0, nullptr);
      case Op::kGetVariable: {
        const Value* name = stack_.back().constant;
        return Replace(1, name != nullptr && name->is_string()
                              ? variables_.Property(name->string())
                              : nullptr);
      }
      case Op::kProperty: {
        Shape* shape = stack_.back().shape;
        return Replace(1, shape == nullptr
                              ? nullptr
                              : shape->Property(constant().string()));
      }
      case Op::kIndex: {
        const Slot index = Pop();
        return Replace(1, Index(stack_.back(), index));
      }
      case Op::kHasVariable:
      case Op::kNegate:
      case Op::kNot:
      case Op::kEmpty:
        return Replace(1, nullptr);
      case Op::kAndEnd:
      case Op::kOrEnd:
        return;
      // Their other way keeps what is popped here.
      case Op::kAnd:
      case Op::kOr:
      case Op::kElse:
      case Op::kJump:
        Pop();
        return;
      case Op::kText:
        return Replace(instruction.operand, nullptr);
      case Op::kAdd:
      case Op::kSubtract:
      case Op::kConcatenate:
      case Op::kMultiply:
      case Op::kDivide:
      case Op::kRemainder:
      case Op::kEqual:
      case Op::kNotEqual:
      case Op::kLess:
      case Op::kLessEqual:
      case Op::kGreater:
      case Op::kGreaterEqual:
        return Replace(2, nullptr);
    }
  }

  const Program& program_;
  Shape variables_;
  std::vector<Slot> stack_;
};

void FindPlaces(Shape* shape, std::vector<Shape*>* places) {
  for (const auto& [name, property] : shape->properties) {
    FindPlaces(property.get(), places);
  }
  if (shape->entry != nullptr) FindPlaces(shape->entry.get(), places);
  if (shape->properties.empty() && shape->entry == nullptr) {
    places->push_back(shape);
  }
}

Variables MakeContext(const Shape& shape);

Value Make(const Shape& shape) {
  if (!shape.properties.empty()) return MakeContext(shape);
  if (shape.entry == nullptr) return Candidates()[shape.candidate];
  return Value::List(static_cast<size_t>(shape.entries), Make(*shape.entry));
}

Variables MakeContext(const Shape& shape) {
  Variables variables;
  for (const auto& [name, property] : shape.properties) {
    variables.Set(name, Make(*property));
  }
  return variables;
}

}  // namespace

absl::StatusOr<Variables> FindBindings(
    const Program& program,
    const std::function<absl::Status(const Variables&)>& accept) {
  Shape variables = Reader(program).Read();
  std::vector<Shape*> places;
  if (!variables.properties.empty()) FindPlaces(&variables, &places);
  if (places.size() > kPlacesMax) {
    return absl::ResourceExhaustedError(absl::StrCat(
        "got ", places.size(), " values to try, wanted at most ", kPlacesMax));
  }
  absl::Status last;
  while (true) {
    Variables bound = MakeContext(variables);
    last = accept(bound);
    if (last.ok()) return bound;
    // Counts up, the first place the fastest.
    size_t i = 0;
    while (i < places.size() && ++places[i]->candidate == Candidates().size()) {
      places[i++]->candidate = 0;
    }
    if (i == places.size()) return last;
  }
}

}  // namespace pawl::expression::el
