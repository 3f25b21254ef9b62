// Expression: the one door to conditions, mappings and small scripts in any
// language that a model may use.
//
// Compiled once when a definition is loaded, then evaluated by Decide against
// what a scope sees. Deterministic: time and randomness come from the scope, no
// I/O, bounded work. EL and FEEL are evaluated here, scripts are run by the
// scope's runner, whose answers are recorded. docs/el.md, docs/feel.md and
// docs/scripts.md are the references of the languages.
#ifndef PAWL_ENGINE_EXPRESSION_EXPRESSION_H_
#define PAWL_ENGINE_EXPRESSION_EXPRESSION_H_

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/expression/scope_view.h"
#include "engine/value.h"
#include "schemas/model_generated.h"

namespace pawl::expression {

// Stored in compiled models, hence defined by the schema.
using Language = fb::Language;

// Where in a model a text stands; decides how a text without marks is read.
enum class Use {
  // A sequence flow's condition, a script inside a mapping: without marks it is
  // an expression. No JavaScript, which doesn't run while a command is decided.
  kCondition,
  // A script of a task or a listener: likewise, and JavaScript as well.
  kScript,
  // Timers, ids, topics, assignees, mapped values: without marks the text
  // itself.
  kText,
};

// Which language `text` is in. `attribute` is the `language` or `scriptFormat`
// attribute, empty when absent. In this order: in a script the attribute, if
// any; `${` or `#{` anywhere is EL; a leading `=` is FEEL; then the attribute;
// else conditions and scripts are FEEL if they parse as that and have no `==`,
// `&&` or `||`, else EL; and the rest is literal.
//
// Unimplemented: a language that this build doesn't run, by name; JavaScript
// where it doesn't.
absl::StatusOr<Language> DetectLanguage(std::string_view text,
                                        std::string_view attribute, Use use);

// Whether Expression::Compile refused a text because it needs Java: calls of
// methods and functions, beans, instanceof.
bool NeedsJava(const absl::Status& status);

// A compiled expression. Immutable; copies share it; any thread may use it.
class Expression {
 public:
  // InvalidArgument: doesn't parse, or needs Java (method calls); the message
  //   has the text, the offset in it (in bytes, from 0), got and wanted.
  // ResourceExhausted: longer than kExpressionBytesMax or nested deeper than
  //   kExpressionDepthMax.
  // Unimplemented: a language that this build doesn't run.
  // Scripts aren't parsed here: whoever runs them checks them.
  // O(length of the text).
  static absl::StatusOr<Expression> Compile(std::string_view text,
                                            Language language);

  // The value in `scope`. Under a microsecond for a usual condition.
  // InvalidArgument: operands of the wrong type, division by zero, a result
  //   beyond decimal128. NotFound: a variable that the scope doesn't have.
  //   ResourceExhausted: more than kExpressionStepsMax or kVariablesBytesMax,
  //   or ScopeView::MayEvaluate() says so.
  //   The message has the text, the offset, got and wanted.
  // In FEEL what goes wrong is null; `*null_reason` then says why, if the value
  // is such a null. A script that sets variables is refused: it has a value to
  // give, and nothing else.
  absl::StatusOr<Value> Evaluate(const ScopeView& scope,
                                 std::string* null_reason = nullptr) const;

  // As Evaluate, with the variables that a script sets.
  absl::StatusOr<ScriptResult> Run(const ScopeView& scope) const;

  // As Evaluate, for a condition: InvalidArgument when the value is neither
  // true nor false.
  absl::StatusOr<bool> EvaluateCondition(const ScopeView& scope) const;

  // The text as it was compiled.
  const std::string& text() const;
  Language language() const;

  class Program;

 private:
  explicit Expression(std::shared_ptr<const Program> program);
  std::shared_ptr<const Program> program_;
};

}  // namespace pawl::expression

#endif  // PAWL_ENGINE_EXPRESSION_EXPRESSION_H_
