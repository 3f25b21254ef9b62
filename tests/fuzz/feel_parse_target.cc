#include <string>
#include <utility>

#include "absl/status/status.h"
#include "base/check.h"
#include "engine/expression/feel/compiler.h"
#include "engine/expression/feel/parser.h"
#include "engine/expression/feel/printer.h"
#include "tests/fuzz/expression_input.h"
#include "tests/fuzz/targets.h"

namespace pawl::fuzz {
namespace {

using expression::feel::Compile;
using expression::feel::Form;
using expression::feel::Known;
using expression::feel::Parse;
using expression::feel::ParseType;
using expression::feel::Print;
using expression::feel::SameTree;
using expression::feel::Tree;

// What can be read is written, and read again as the same.
void CheckText(std::string_view text, Form form, const Known& known) {
  const absl::StatusOr<Tree> tree = Parse(text, form, known);
  if (!tree.ok()) return CheckRefusal(tree.status());
  const std::string printed = Print(*tree, form, known);
  const absl::StatusOr<Tree> again = Parse(printed, form, known);
  if (!again.ok() && absl::IsResourceExhausted(again.status())) return;
  PAWL_CHECK(again.ok()) << again.status() << " " << printed;
  PAWL_CHECK(SameTree(*tree, *again)) << printed;
  PAWL_CHECK(Print(*again, form, known) == printed) << printed;
  const auto program = Compile(text, form, known);
  if (!program.ok()) CheckRefusal(program.status());
}

}  // namespace

void FuzzFeelParse(std::string_view bytes) {
  auto [text, names] = CutAtZero(bytes);
  Known known;
  while (!names.empty() && known.names.size() < 20) {
    const size_t line = names.find('\n');
    known.names.emplace_back(names.substr(0, line));
    names = line == std::string_view::npos ? "" : names.substr(line + 1);
  }
  CheckText(text, Form::kExpression, known);
  CheckText(text, Form::kUnaryTests, known);
  const auto type = ParseType(text, known);
  if (!type.ok()) {
    CheckRefusal(type.status());
  } else {
    const auto again = ParseType(Print(*type), known);
    PAWL_CHECK(again.ok()) << again.status() << " " << Print(*type);
    PAWL_CHECK(Print(*again) == Print(*type)) << Print(*type);
  }
}

}  // namespace pawl::fuzz
