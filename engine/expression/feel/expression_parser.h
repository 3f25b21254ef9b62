// ExpressionParser: the recursion that parser.h promises. Internal to
// parser*.cc: parser.cc has the doors, the other files the rules.
#ifndef PAWL_ENGINE_EXPRESSION_FEEL_EXPRESSION_PARSER_H_
#define PAWL_ENGINE_EXPRESSION_FEEL_EXPRESSION_PARSER_H_

#include <algorithm>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/expression/feel/ast.h"
#include "engine/expression/feel/lexer.h"
#include "engine/expression/feel/names.h"
#include "engine/expression/feel/parser.h"

namespace pawl::expression::feel {

using ParsedNode = absl::StatusOr<NodeIndex>;

// Where a name made of unknown words ends.
bool IsKeyword(std::string_view word);

class ExpressionParser {
 public:
  ExpressionParser(std::string_view text, std::vector<Token> tokens,
                   const Known& known)
      : text_(text), tokens_(std::move(tokens)), known_(known) {
    for (const std::string& name : known.names) names_.Add(name);
  }

  absl::StatusOr<Tree> Run(Form form);
  absl::StatusOr<Type> RunType();

 private:
  // Counts nesting while it lives.
  class Deeper {
   public:
    explicit Deeper(int* depth) : depth_(depth) { ++*depth_; }
    ~Deeper() { --*depth_; }

   private:
    int* const depth_;
  };

  // --- Tokens ----------------------------------------------------------------
  const Token& here() const { return tokens_[at_]; }
  const Token& ahead(size_t count) const {
    return tokens_[std::min(at_ + count, tokens_.size() - 1)];
  }
  bool TakeSign(std::string_view sign) {
    if (!here().Is(sign)) return false;
    ++at_;
    return true;
  }
  bool TakeWord(std::string_view word) {
    if (!here().IsWord(word)) return false;
    ++at_;
    return true;
  }
  absl::Status Wrong(std::string_view wanted) const;
  absl::Status Expect(std::string_view sign, std::string_view wanted);

  // --- Nodes -----------------------------------------------------------------
  ParsedNode Add(Node node);
  ParsedNode Make(NodeKind kind, uint32_t offset,
                  std::vector<NodeIndex> children);
  ParsedNode Leaf(NodeKind kind, const Token& token, std::string text);

  // --- Expressions, from the loosest to the tightest -------------------------
  // Whatever recurses comes through one of these two.
  ParsedNode Expression();
  ParsedNode Operand();
  absl::Status TooDeep() const;
  ParsedNode Or() { return Chain("or", NodeKind::kOr, &ExpressionParser::And); }
  ParsedNode And() {
    return Chain("and", NodeKind::kAnd, &ExpressionParser::Comparison);
  }
  ParsedNode Chain(std::string_view word, NodeKind kind,
                   ParsedNode (ExpressionParser::*next)());
  ParsedNode Comparison();
  NodeKind ComparisonHere() const;
  // `value in test`, `value in (test, test)`.
  ParsedNode In(NodeIndex value, uint32_t offset);
  // Whether the bracket here begins a range: a `..` comes before its end.
  bool IsRangeAhead() const;
  absl::Status Tests(std::vector<NodeIndex>* children);
  // `< 5`, or an expression: a value, list or range, or the answer itself when
  // it asks `?`. Where no bracket ends it, an `and` behind it is another's.
  ParsedNode Test(bool bracketed);
  ParsedNode MakeTest(NodeKind comparison, uint32_t offset, NodeIndex endpoint);
  ParsedNode UnaryTests();
  ParsedNode Additive();
  ParsedNode Multiplicative();
  ParsedNode Power();
  ParsedNode Negation();
  // Paths, filters, calls, instance of.
  ParsedNode Postfix();
  // Whether the '[' here ends a range, `]1..5[`, and filters nothing: then no
  // expression can follow it.
  bool IsRangeEnd() const;
  ParsedNode Call(NodeIndex function);
  // Words up to a ':'.
  bool IsNamedArgumentAhead() const;

  // --- Names -----------------------------------------------------------------
  // A name where only a name can stand: known, or as many words as follow.
  absl::StatusOr<std::string> NameHere(std::string_view wanted);
  // A name or string and the ':' behind it.
  absl::StatusOr<std::string> KeyHere(std::string_view wanted);
  // A name where it is made: quoted, or the words, numbers and signs up to one
  // of `ends`, or to `in`. What stands apart has one space between it.
  absl::StatusOr<std::string> DefinedName(
      std::string_view wanted, std::initializer_list<std::string_view> ends);

  // --- Primaries -------------------------------------------------------------
  ParsedNode Primary();
  ParsedNode Number(const Token& token);
  ParsedNode Word(const Token& token);
  ParsedNode If();
  // A name up to 'in': of an iterator.
  absl::StatusOr<std::string> IteratorName();
  absl::Status Iterators(Node* node);
  ParsedNode For();
  ParsedNode Quantified();
  ParsedNode Body(Node node);
  ParsedNode Function();
  // (expression), (a..b), (< 5)
  ParsedNode Parenthesis();
  // [a, b], [a..b], ]a..b]
  ParsedNode Bracket();
  // Of a list: an expression, or a test as a range.
  ParsedNode Element();
  // Behind `..`.
  ParsedNode RangeFrom(NodeIndex low, bool low_closed, uint32_t offset);
  ParsedNode Context();

  // --- Types -----------------------------------------------------------------
  absl::StatusOr<Type> ParseOneType();
  absl::Status CloseType() { return Expect(">", "'>' of a type"); }
  absl::StatusOr<Type> ContextType(Type type);
  absl::StatusOr<Type> FunctionType(Type type);

  const std::string_view text_;
  const std::vector<Token> tokens_;
  const Known& known_;
  size_t at_ = 0;
  int depth_ = 0;
  // How often `?` was named so far.
  int inputs_named_ = 0;
  // Behind the `..` of a range.
  bool in_range_ = false;
  Names names_;
  Tree tree_;
};

}  // namespace pawl::expression::feel

#endif  // PAWL_ENGINE_EXPRESSION_FEEL_EXPRESSION_PARSER_H_
