#include "engine/expression/feel/feel.h"

#include "base/limits.h"
#include "base/status_macros.h"
#include "engine/expression/feel/compiler.h"
#include "engine/expression/feel/limits.h"
#include "engine/expression/feel/values.h"

namespace pawl::expression::feel {
namespace {

class VariablesSource final : public VariableSource {
 public:
  explicit VariablesSource(const Variables& variables)
      : variables_(variables) {}
  bool Find(std::string_view name, Arena* arena, Item* out) override {
    const Value* const value = variables_.find(name);
    if (value == nullptr) return false;
    *out = ToItem(*value, arena);
    return true;
  }

 private:
  const Variables& variables_;
};

std::string_view TypeName(ItemKind kind) {
  std::string_view name = KindName(kind);
  if (name.starts_with("a ")) name.remove_prefix(2);
  return name;
}

}  // namespace

void LearnNames(const Value& value, Known* known) {
  if (value.is_list()) {
    for (const Value& element : value.list()) LearnNames(element, known);
  } else if (value.is_context()) {
    for (const auto& [name, member] : value.context()) {
      known->names.push_back(name);
      LearnNames(member, known);
    }
  }
}

namespace {

absl::StatusOr<Outcome> EvaluateForm(std::string_view text, Form form,
                                     const Variables& variables,
                                     const Surroundings& surroundings) {
  Known known;
  LearnNames(Value(variables), &known);
  PAWL_ASSIGN_OR_RETURN(const Program program, Compile(text, form, known));
  VariablesSource source(variables);
  Arena arena(kFeelMemoryMax);
  Item item;
  Outcome outcome;
  PAWL_RETURN_IF_ERROR(
      Evaluate(program, &source, surroundings, &arena, &item, &outcome.fault));
  if (auto value = ToValue(item); value.ok()) outcome.value = *value;
  outcome.type = std::string(TypeName(item.kind));
  outcome.text = ToText(item, kFeelMemoryMax);
  return outcome;
}

}  // namespace

absl::StatusOr<Outcome> EvaluateText(std::string_view text,
                                     const Variables& variables,
                                     const Surroundings& surroundings) {
  if (const size_t first = text.find_first_not_of(" \t\r\n");
      first != text.npos && text[first] == '=') {
    text.remove_prefix(first + 1);
  }
  return EvaluateForm(text, Form::kExpression, variables, surroundings);
}

absl::StatusOr<Outcome> EvaluateTests(std::string_view text,
                                      const Variables& variables,
                                      const Surroundings& surroundings) {
  return EvaluateForm(text, Form::kUnaryTests, variables, surroundings);
}

}  // namespace pawl::expression::feel
