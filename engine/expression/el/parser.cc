#include "engine/expression/el/parser.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/limits.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "base/utf8.h"
#include "engine/expression/el/error.h"
#include "engine/expression/el/lexer.h"
#include "engine/expression/scope_view.h"

namespace pawl::expression::el {
namespace {

constexpr std::string_view kSpace = " \t\n\r";

bool IsMark(std::string_view text, size_t i) {
  return (text[i] == '$' || text[i] == '#') && i + 1 < text.size() &&
         text[i + 1] == '{';
}

// Binary operators by precedence, the weakest first; all group to the left.
struct BinaryOperator {
  TokenKind token;
  Op op;
};
constexpr BinaryOperator kEqualities[] = {
    {TokenKind::kEqual, Op::kEqual}, {TokenKind::kNotEqual, Op::kNotEqual}};
constexpr BinaryOperator kRelations[] = {
    {TokenKind::kLess, Op::kLess},
    {TokenKind::kLessEqual, Op::kLessEqual},
    {TokenKind::kGreater, Op::kGreater},
    {TokenKind::kGreaterEqual, Op::kGreaterEqual}};
constexpr BinaryOperator kConcatenations[] = {
    {TokenKind::kConcatenate, Op::kConcatenate}};
constexpr BinaryOperator kSums[] = {{TokenKind::kPlus, Op::kAdd},
                                    {TokenKind::kMinus, Op::kSubtract}};
constexpr BinaryOperator kProducts[] = {
    {TokenKind::kTimes, Op::kMultiply},
    {TokenKind::kDivide, Op::kDivide},
    {TokenKind::kRemainder, Op::kRemainder}};

// What people read of `execution` that isn't a variable, as a property and as
// the Java method that it stands for.
struct ExecutionFact {
  std::string_view property;
  std::string_view getter;
  InstanceFact fact;
};
constexpr ExecutionFact kExecutionFacts[] = {
    {"processBusinessKey", "getProcessBusinessKey", InstanceFact::kBusinessKey},
    {"businessKey", "getBusinessKey", InstanceFact::kBusinessKey},
    {"processInstanceId", "getProcessInstanceId", InstanceFact::kInstanceKey},
};

// Recursive descent that writes instructions as it goes. The grammar is in
// docs/el.md.
class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text), lexer_(text, 0) {}

  absl::StatusOr<Program> Parse();

 private:
  absl::Status ParseTemplate(size_t begin, size_t end);
  absl::StatusOr<std::string> ParseLiteralText(size_t* i, size_t end);
  // Reads one expression from `begin` on and leaves the token after it in
  // next_.
  absl::Status ParseExpressionAt(size_t begin, size_t end);

  absl::Status ParseExpression();
  absl::Status ParseOr();
  absl::Status ParseAnd();
  absl::Status ParseBinary(int level);
  absl::Status ParseUnary();
  absl::Status ParseValue();
  absl::Status ParsePrimary();
  absl::Status ParseName();
  absl::Status ParseExecution(const Token& execution);
  absl::Status ParseVariableMethod(const Token& execution, Op op);

  absl::Status Advance() {
    PAWL_ASSIGN_OR_RETURN(next_, lexer_.Next(next_.offset + next_.text.size()));
    return absl::OkStatus();
  }
  absl::Status Expect(TokenKind kind, const char* wanted) {
    return next_.kind == kind ? Advance() : Wanted(wanted);
  }
  absl::Status Wanted(std::string_view wanted) const;
  absl::Status Refuse(size_t offset, std::string_view message) const {
    return ErrorAt(absl::StatusCode::kInvalidArgument, text_, offset, message);
  }
  absl::Status RefuseJava(size_t offset, std::string_view message) const {
    return NeedsJavaAt(text_, offset, message);
  }
  // A call of the function or method that has this name.
  absl::Status RefuseCall(size_t offset, std::string_view name) const;
  absl::Status RefuseInstanceof(size_t offset) const {
    return RefuseJava(offset,
                      "got instanceof, wanted EL without it: it needs Java");
  }
  // `name` with the function after its ':', if that is what begins there
  // (`fn:length(x)`); else nothing.
  absl::StatusOr<std::string_view> Prefixed(const Token& name) const;

  // Appends an instruction; `pushes` and `pops` keep account of the stack.
  size_t Emit(Op op, size_t offset, size_t operand, int pops, int pushes);
  size_t EmitConstant(Op op, size_t offset, Value value, int pops, int pushes);
  // Makes the jump at `instruction` lead to what is emitted next.
  void Land(size_t instruction) {
    program_.code[instruction].operand =
        static_cast<uint32_t>(program_.code.size());
  }

  const std::string_view text_;
  Lexer lexer_;
  Token next_;
  Program program_;
  int depth_ = 0;
  int stack_size_ = 0;

  // Counts the nesting while a rule that can contain itself is on the stack.
  class Nested {
   public:
    explicit Nested(Parser* parser) : parser_(parser) { ++parser_->depth_; }
    ~Nested() { --parser_->depth_; }
    absl::Status status() const {
      if (parser_->depth_ <= kExpressionDepthMax) return absl::OkStatus();
      return ErrorAt(absl::StatusCode::kResourceExhausted, parser_->text_,
                     parser_->next_.offset,
                     absl::StrCat("nested deeper than kExpressionDepthMax (",
                                  kExpressionDepthMax, ")"));
    }

   private:
    Parser* parser_;
  };
};

absl::StatusOr<Program> Parser::Parse() {
  if (text_.size() > kExpressionBytesMax) {
    return ErrorAt(absl::StatusCode::kResourceExhausted, text_, 0,
                   absl::StrCat("got ", text_.size(),
                                " bytes, wanted at most kExpressionBytesMax (",
                                kExpressionBytesMax, ")"));
  }
  if (const size_t bad = FindInvalidUtf8(text_); bad != text_.npos) {
    return Refuse(bad, "got a byte that is no UTF-8, wanted UTF-8");
  }
  program_.text = std::string(text_);
  const size_t first = text_.find_first_not_of(kSpace);
  if (first == text_.npos) {
    return Refuse(0, "got nothing, wanted an expression");
  }
  const size_t end = text_.find_last_not_of(kSpace) + 1;
  if (HasMark(text_)) {
    PAWL_RETURN_IF_ERROR(ParseTemplate(first, end));
  } else {
    PAWL_RETURN_IF_ERROR(ParseExpressionAt(first, end));
    if (next_.kind != TokenKind::kEnd) {
      return Wanted("an operator or the end of the expression");
    }
  }
  PAWL_CHECK_EQ(stack_size_, 1);
  return std::move(program_);
}

absl::Status Parser::ParseTemplate(size_t begin, size_t end) {
  char mark = 0;
  int parts = 0;
  bool has_text = false;
  for (size_t i = begin; i < end;) {
    if (!IsMark(text_, i)) {
      const size_t offset = i;
      PAWL_ASSIGN_OR_RETURN(std::string literal, ParseLiteralText(&i, end));
      EmitConstant(Op::kConstant, offset, std::move(literal), 0, 1);
      has_text = true;
      ++parts;
      continue;
    }
    if (mark != 0 && mark != text_[i]) {
      return Refuse(i, "got both ${ and #{, wanted one of them in one text");
    }
    mark = text_[i];
    PAWL_RETURN_IF_ERROR(ParseExpressionAt(i + 2, end));
    if (next_.kind != TokenKind::kCloseBrace) {
      return Wanted("an operator or '}'");
    }
    i = next_.offset + 1;
    ++parts;
  }
  if (has_text || parts > 1) {
    Emit(Op::kText, begin, static_cast<size_t>(parts), parts, 1);
  }
  return absl::OkStatus();
}

// Up to the next mark. `\${` is the text `${`; any other backslash is itself.
absl::StatusOr<std::string> Parser::ParseLiteralText(size_t* i, size_t end) {
  std::string out;
  while (*i < end && !IsMark(text_, *i)) {
    if (text_[*i] == '\\' && *i + 1 < end && IsMark(text_, *i + 1)) {
      out.append(text_, *i + 1, 2);
      *i += 3;
    } else {
      out += text_[(*i)++];
    }
  }
  return out;
}

absl::Status Parser::ParseExpressionAt(size_t begin, size_t end) {
  lexer_ = Lexer(text_, end);
  PAWL_ASSIGN_OR_RETURN(next_, lexer_.Next(begin));
  return ParseExpression();
}

absl::Status Parser::ParseExpression() {
  const Nested nested(this);
  PAWL_RETURN_IF_ERROR(nested.status());
  PAWL_RETURN_IF_ERROR(ParseOr());
  if (next_.kind != TokenKind::kQuestion) return absl::OkStatus();
  const size_t otherwise = Emit(Op::kElse, next_.offset, 0, 1, 0);
  PAWL_RETURN_IF_ERROR(Advance());
  PAWL_RETURN_IF_ERROR(ParseExpression());
  const size_t after = Emit(Op::kJump, next_.offset, 0, 0, 0);
  PAWL_RETURN_IF_ERROR(Expect(TokenKind::kColon, "an operator or ':'"));
  Land(otherwise);
  // Only one of both branches leaves its value.
  --stack_size_;
  PAWL_RETURN_IF_ERROR(ParseExpression());
  Land(after);
  return absl::OkStatus();
}

absl::Status Parser::ParseOr() {
  PAWL_RETURN_IF_ERROR(ParseAnd());
  while (next_.kind == TokenKind::kOr) {
    const size_t offset = next_.offset;
    const size_t decided = Emit(Op::kOr, offset, 0, 1, 0);
    PAWL_RETURN_IF_ERROR(Advance());
    PAWL_RETURN_IF_ERROR(ParseAnd());
    Emit(Op::kOrEnd, offset, 0, 1, 1);
    Land(decided);
  }
  return absl::OkStatus();
}

absl::Status Parser::ParseAnd() {
  PAWL_RETURN_IF_ERROR(ParseBinary(0));
  while (next_.kind == TokenKind::kAnd) {
    const size_t offset = next_.offset;
    const size_t decided = Emit(Op::kAnd, offset, 0, 1, 0);
    PAWL_RETURN_IF_ERROR(Advance());
    PAWL_RETURN_IF_ERROR(ParseBinary(0));
    Emit(Op::kAndEnd, offset, 0, 1, 1);
    Land(decided);
  }
  return absl::OkStatus();
}

absl::Status Parser::ParseBinary(int level) {
  struct Level {
    const BinaryOperator* begin;
    const BinaryOperator* end;
  };
  static constexpr Level kLevels[] = {
      {std::begin(kEqualities), std::end(kEqualities)},
      {std::begin(kRelations), std::end(kRelations)},
      {std::begin(kConcatenations), std::end(kConcatenations)},
      {std::begin(kSums), std::end(kSums)},
      {std::begin(kProducts), std::end(kProducts)},
  };
  if (level == static_cast<int>(std::size(kLevels))) return ParseUnary();
  PAWL_RETURN_IF_ERROR(ParseBinary(level + 1));
  while (true) {
    const BinaryOperator* op = std::find_if(
        kLevels[level].begin, kLevels[level].end,
        [this](const BinaryOperator& o) { return o.token == next_.kind; });
    if (op == kLevels[level].end) return absl::OkStatus();
    const size_t offset = next_.offset;
    PAWL_RETURN_IF_ERROR(Advance());
    PAWL_RETURN_IF_ERROR(ParseBinary(level + 1));
    Emit(op->op, offset, 0, 2, 1);
  }
}

absl::Status Parser::ParseUnary() {
  Op op;
  switch (next_.kind) {
    case TokenKind::kNot:
      op = Op::kNot;
      break;
    case TokenKind::kMinus:
      op = Op::kNegate;
      break;
    case TokenKind::kEmpty:
      op = Op::kEmpty;
      break;
    default:
      return ParseValue();
  }
  const Nested nested(this);
  PAWL_RETURN_IF_ERROR(nested.status());
  const size_t offset = next_.offset;
  PAWL_RETURN_IF_ERROR(Advance());
  PAWL_RETURN_IF_ERROR(ParseUnary());
  Emit(op, offset, 0, 1, 1);
  return absl::OkStatus();
}

absl::Status Parser::ParseValue() {
  PAWL_RETURN_IF_ERROR(ParsePrimary());
  while (true) {
    const size_t offset = next_.offset;
    if (next_.kind == TokenKind::kDot) {
      PAWL_RETURN_IF_ERROR(Advance());
      // A word such as `empty` is a name here.
      const Token name = next_;
      if (!IsWord(name)) return Wanted("the name of a property");
      PAWL_RETURN_IF_ERROR(Advance());
      if (next_.kind == TokenKind::kOpenParenthesis) {
        return RefuseCall(name.offset, name.text);
      }
      EmitConstant(Op::kProperty, offset, Value(name.text), 1, 1);
    } else if (next_.kind == TokenKind::kOpenBracket) {
      PAWL_RETURN_IF_ERROR(Advance());
      PAWL_RETURN_IF_ERROR(ParseExpression());
      PAWL_RETURN_IF_ERROR(
          Expect(TokenKind::kCloseBracket, "an operator or ']'"));
      if (next_.kind == TokenKind::kOpenParenthesis) {
        return RefuseCall(offset, text_.substr(offset, next_.offset - offset));
      }
      Emit(Op::kIndex, offset, 0, 2, 1);
    } else {
      return absl::OkStatus();
    }
  }
}

absl::Status Parser::ParsePrimary() {
  const Token token = next_;
  switch (token.kind) {
    case TokenKind::kNumber: {
      PAWL_RETURN_IF_ERROR(Advance());
      const std::string number = JsonNumber(token);
      const auto decimal = Decimal::Parse(number);
      if (!decimal.ok()) {
        return Refuse(token.offset, ToStd(decimal.status().message()));
      }
      const size_t at = EmitConstant(Op::kConstant, token.offset,
                                     Value::Number(number).value(), 0, 1);
      program_.constants[program_.code[at].operand].decimal = *decimal;
      return absl::OkStatus();
    }
    case TokenKind::kString:
      EmitConstant(Op::kConstant, token.offset, StringContent(token), 0, 1);
      return Advance();
    case TokenKind::kTrue:
    case TokenKind::kFalse:
      EmitConstant(Op::kConstant, token.offset, token.kind == TokenKind::kTrue,
                   0, 1);
      return Advance();
    case TokenKind::kNull:
      EmitConstant(Op::kConstant, token.offset, nullptr, 0, 1);
      return Advance();
    case TokenKind::kName:
      return ParseName();
    case TokenKind::kOpenParenthesis:
      PAWL_RETURN_IF_ERROR(Advance());
      PAWL_RETURN_IF_ERROR(ParseExpression());
      return Expect(TokenKind::kCloseParenthesis, "an operator or ')'");
    default:
      return Wanted("a literal, a variable or '('");
  }
}

absl::Status Parser::ParseName() {
  const Token name = next_;
  PAWL_RETURN_IF_ERROR(Advance());
  if (name.text == "execution") return ParseExecution(name);
  if (name.text == "instanceof") return RefuseInstanceof(name.offset);
  if (next_.kind == TokenKind::kOpenParenthesis) {
    return RefuseCall(name.offset, name.text);
  }
  if (next_.kind == TokenKind::kColon) {
    PAWL_ASSIGN_OR_RETURN(const std::string_view function, Prefixed(name));
    if (!function.empty()) return RefuseCall(name.offset, function);
  }
  EmitConstant(Op::kVariable, name.offset, Value(name.text), 0, 1);
  return absl::OkStatus();
}

absl::StatusOr<std::string_view> Parser::Prefixed(const Token& name) const {
  PAWL_ASSIGN_OR_RETURN(const Token function,
                        lexer_.Next(next_.offset + next_.text.size()));
  if (function.kind != TokenKind::kName) return std::string_view();
  const size_t end = function.offset + function.text.size();
  PAWL_ASSIGN_OR_RETURN(const Token after, lexer_.Next(end));
  if (after.kind != TokenKind::kOpenParenthesis) return std::string_view();
  return text_.substr(name.offset, end - name.offset);
}

// `execution` is a Java object elsewhere. Here it is what a scope can tell.
absl::Status Parser::ParseExecution(const Token& execution) {
  constexpr std::string_view kWanted =
      "getVariable('name'), hasVariable('name'), processBusinessKey or "
      "processInstanceId, or the variable itself: everything else of it needs "
      "Java";
  if (next_.kind != TokenKind::kDot) {
    return RefuseJava(
        execution.offset,
        absl::StrCat("got execution, wanted execution.", ToAbsl(kWanted)));
  }
  PAWL_RETURN_IF_ERROR(Advance());
  const Token member = next_;
  if (!IsWord(member)) return Wanted("the name of a property");
  PAWL_RETURN_IF_ERROR(Advance());
  const bool is_call = next_.kind == TokenKind::kOpenParenthesis;
  if (is_call && member.text == "getVariable") {
    return ParseVariableMethod(execution, Op::kGetVariable);
  }
  if (is_call && member.text == "hasVariable") {
    return ParseVariableMethod(execution, Op::kHasVariable);
  }
  for (const ExecutionFact& fact : kExecutionFacts) {
    if (member.text != (is_call ? fact.getter : fact.property)) continue;
    if (is_call) {
      PAWL_RETURN_IF_ERROR(Advance());
      PAWL_RETURN_IF_ERROR(Expect(TokenKind::kCloseParenthesis, "')'"));
    }
    Emit(Op::kFact, execution.offset, static_cast<size_t>(fact.fact), 0, 1);
    return absl::OkStatus();
  }
  return RefuseJava(
      execution.offset,
      absl::StrCat("got ", is_call ? "a call of 'execution." : "'execution.",
                   ToAbsl(member.text), "', wanted ", ToAbsl(kWanted)));
}

absl::Status Parser::ParseVariableMethod(const Token& execution, Op op) {
  PAWL_RETURN_IF_ERROR(Advance());
  PAWL_RETURN_IF_ERROR(ParseExpression());
  PAWL_RETURN_IF_ERROR(
      Expect(TokenKind::kCloseParenthesis, "an operator or ')'"));
  Emit(op, execution.offset, 0, 1, 1);
  return absl::OkStatus();
}

absl::Status Parser::Wanted(std::string_view wanted) const {
  const std::string got =
      next_.kind == TokenKind::kEnd
          ? "the end"
          : absl::StrCat("'", ToAbsl(CutUtf8(next_.text, 64)), "'");
  if (next_.text == "instanceof") return RefuseInstanceof(next_.offset);
  return Refuse(next_.offset,
                absl::StrCat("got ", got, ", wanted ", ToAbsl(wanted)));
}

absl::Status Parser::RefuseCall(size_t offset, std::string_view name) const {
  return RefuseJava(offset,
                    absl::StrCat("got a call of '", ToAbsl(CutUtf8(name, 64)),
                                 "', wanted EL without calls: they need Java"));
}

size_t Parser::Emit(Op op, size_t offset, size_t operand, int pops,
                    int pushes) {
  stack_size_ += pushes - pops;
  PAWL_CHECK(stack_size_ >= 0) << "unbalanced instructions";
  program_.stack_size_max =
      std::max(program_.stack_size_max, static_cast<size_t>(stack_size_));
  program_.code.push_back(Instruction{op, static_cast<uint32_t>(offset),
                                      static_cast<uint32_t>(operand)});
  return program_.code.size() - 1;
}

size_t Parser::EmitConstant(Op op, size_t offset, Value value, int pops,
                            int pushes) {
  program_.constants.push_back(Constant{std::move(value), Decimal()});
  return Emit(op, offset, program_.constants.size() - 1, pops, pushes);
}

}  // namespace

absl::StatusOr<Program> Compile(std::string_view text) {
  return Parser(text).Parse();
}

bool HasMark(std::string_view text) {
  for (size_t i = 0; i + 1 < text.size(); ++i) {
    if (IsMark(text, i)) return true;
  }
  return false;
}

}  // namespace pawl::expression::el
