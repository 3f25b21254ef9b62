#include "engine/expression/feel/feel.h"

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/limits.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "engine/expression/feel/compiler.h"
#include "engine/expression/feel/limits.h"
#include "engine/expression/feel/values.h"

namespace pawl::expression::feel {
namespace {

class VariablesSource final : public VariableSource {
 public:
  VariablesSource(const Variables& variables, const Surroundings& surroundings)
      : variables_(variables), surroundings_(surroundings) {}
  bool Find(std::string_view name, Arena* arena, Item* out,
            std::string_view* refused) override {
    const Value* const value = variables_.find(name);
    if (value == nullptr) return false;
    *out = ToItem(*value, arena, refused);
    return true;
  }
  int64_t now_ms() const override { return surroundings_.now_ms; }
  uint64_t Seed() override { return surroundings_.seed; }

 private:
  const Variables& variables_;
  const Surroundings& surroundings_;
};

class ScopeSource final : public VariableSource {
 public:
  explicit ScopeSource(const ScopeView& scope) : scope_(scope) {}
  bool Find(std::string_view name, Arena* arena, Item* out,
            std::string_view* refused) override {
    const Value* const value = scope_.Find(name);
    if (value == nullptr) return false;
    *out = ToItem(*value, arena, refused);
    if (!refused->empty() && refused_.empty()) {
      refused_ = absl::StrCat("variable '", ToAbsl(name),
                              "': ", RefusedNumber(*refused));
    }
    return true;
  }
  // A variable that the expression read can't be told as it is: what came of it
  // would be wrong without anybody noticing.
  absl::Status Refused() const {
    return refused_.empty() ? absl::OkStatus()
                            : absl::InvalidArgumentError(refused_);
  }
  int64_t now_ms() const override { return scope_.now_ms(); }
  uint64_t Seed() override { return scope_.Seed(); }
  void Spend(int64_t steps) override { scope_.Spend(steps); }

 private:
  const ScopeView& scope_;
  std::string refused_;
};

std::string_view WithoutMark(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t\r\n");
  if (first != text.npos && text[first] == '=') text.remove_prefix(first + 1);
  return text;
}

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
  VariablesSource source(variables, surroundings);
  Arena arena(kFeelMemoryMax);
  Item item;
  Outcome outcome;
  PAWL_RETURN_IF_ERROR(
      Evaluate(program, &source, &arena, &item, &outcome.fault));
  if (auto value = ToValue(item); value.ok()) outcome.value = *value;
  outcome.type = std::string(TypeName(item.kind));
  outcome.text = ToText(item, kVariablesBytesMax);
  return outcome;
}

}  // namespace

absl::StatusOr<Outcome> EvaluateText(std::string_view text,
                                     const Variables& variables,
                                     const Surroundings& surroundings) {
  return EvaluateForm(WithoutMark(text), Form::kExpression, variables,
                      surroundings);
}

absl::StatusOr<Outcome> EvaluateTests(std::string_view text,
                                      const Variables& variables,
                                      const Surroundings& surroundings) {
  return EvaluateForm(text, Form::kUnaryTests, variables, surroundings);
}

absl::StatusOr<Program> CompileText(std::string_view text) {
  return Compile(WithoutMark(text), Form::kExpression, Known());
}

absl::StatusOr<Value> EvaluateIn(const Program& program, const ScopeView& scope,
                                 Fault* fault) {
  ScopeSource source(scope);
  Arena arena(kFeelMemoryMax);
  Item item;
  PAWL_RETURN_IF_ERROR(Evaluate(program, &source, &arena, &item, fault));
  PAWL_RETURN_IF_ERROR(source.Refused());
  return ToValue(item);
}

absl::StatusOr<bool> EvaluateConditionIn(const Program& program,
                                         const ScopeView& scope) {
  ScopeSource source(scope);
  Arena arena(kFeelMemoryMax);
  Item item;
  Fault fault;
  PAWL_RETURN_IF_ERROR(Evaluate(program, &source, &arena, &item, &fault));
  PAWL_RETURN_IF_ERROR(source.Refused());
  if (item.kind == ItemKind::kBoolean) return item.boolean;
  return absl::InvalidArgumentError(absl::StrCat(
      "'", program.text, "': got ", ToAbsl(KindName(item.kind)),
      ", wanted true or false",
      fault.any
          ? absl::StrCat(" (offset ", fault.offset, ": ", fault.reason, ")")
          : ""));
}

}  // namespace pawl::expression::feel
