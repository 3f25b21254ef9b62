#include "engine/expression/el/lexer.h"

#include "absl/strings/str_cat.h"
#include "engine/expression/el/error.h"

namespace pawl::expression::el {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Java's identifiers, with every character beyond ASCII taken for a letter.
bool StartsName(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         c == '$' || (static_cast<unsigned char>(c) & 0x80) != 0;
}

struct Word {
  std::string_view text;
  TokenKind kind;
};
constexpr Word kWords[] = {
    {"true", TokenKind::kTrue},       {"false", TokenKind::kFalse},
    {"null", TokenKind::kNull},       {"empty", TokenKind::kEmpty},
    {"not", TokenKind::kNot},         {"and", TokenKind::kAnd},
    {"or", TokenKind::kOr},           {"eq", TokenKind::kEqual},
    {"ne", TokenKind::kNotEqual},     {"lt", TokenKind::kLess},
    {"le", TokenKind::kLessEqual},    {"gt", TokenKind::kGreater},
    {"ge", TokenKind::kGreaterEqual}, {"div", TokenKind::kDivide},
    {"mod", TokenKind::kRemainder},
};

// Longer signs first: the first that matches is the token.
constexpr Word kSigns[] = {
    {"==", TokenKind::kEqual},
    {"!=", TokenKind::kNotEqual},
    {"<=", TokenKind::kLessEqual},
    {">=", TokenKind::kGreaterEqual},
    {"&&", TokenKind::kAnd},
    {"||", TokenKind::kOr},
    {"+=", TokenKind::kConcatenate},
    {"<", TokenKind::kLess},
    {">", TokenKind::kGreater},
    {"!", TokenKind::kNot},
    {"+", TokenKind::kPlus},
    {"-", TokenKind::kMinus},
    {"*", TokenKind::kTimes},
    {"/", TokenKind::kDivide},
    {"%", TokenKind::kRemainder},
    {"?", TokenKind::kQuestion},
    {":", TokenKind::kColon},
    {".", TokenKind::kDot},
    {"(", TokenKind::kOpenParenthesis},
    {")", TokenKind::kCloseParenthesis},
    {"[", TokenKind::kOpenBracket},
    {"]", TokenKind::kCloseBracket},
    {"}", TokenKind::kCloseBrace},
};

const char* Hint(char c) {
  switch (c) {
    case '=':
      return "got '=', wanted '=='";
    case '&':
      return "got '&', wanted '&&'";
    case '|':
      return "got '|', wanted '||'";
    default:
      return nullptr;
  }
}

}  // namespace

absl::StatusOr<Token> Lexer::Next(size_t offset) const {
  while (At(offset) == ' ' || At(offset) == '\t' || At(offset) == '\n' ||
         At(offset) == '\r') {
    ++offset;
  }
  if (offset >= end_) return Make(TokenKind::kEnd, end_, 0);
  const char c = At(offset);
  if (IsDigit(c) || (c == '.' && IsDigit(At(offset + 1)))) {
    return NumberAt(offset);
  }
  if (c == '\'' || c == '"') return StringAt(offset);
  if (StartsName(c)) return WordAt(offset);
  const std::string_view rest = text_.substr(offset, end_ - offset);
  for (const Word& sign : kSigns) {
    if (rest.substr(0, sign.text.size()) == sign.text) {
      return Make(sign.kind, offset, sign.text.size());
    }
  }
  std::string message;
  if (const char* hint = Hint(c); hint != nullptr) {
    message = hint;
  } else if (c > ' ' && c <= '~') {
    message = absl::StrCat("got '", std::string(1, c),
                           "', wanted an operator or operand of EL");
  } else {
    message =
        absl::StrCat("got byte 0x", absl::Hex(static_cast<unsigned char>(c)),
                     ", wanted an operator or operand of EL");
  }
  return ErrorAt(absl::StatusCode::kInvalidArgument, text_, offset, message);
}

Token Lexer::NumberAt(size_t offset) const {
  size_t i = offset;
  while (IsDigit(At(i))) ++i;
  if (At(i) == '.') {
    ++i;
    while (IsDigit(At(i))) ++i;
  }
  if (At(i) == 'e' || At(i) == 'E') {
    size_t digit = i + 1;
    if (At(digit) == '+' || At(digit) == '-') ++digit;
    // Else it is a word: `1eq 1`.
    if (IsDigit(At(digit))) {
      i = digit;
      while (IsDigit(At(i))) ++i;
    }
  }
  return Make(TokenKind::kNumber, offset, i - offset);
}

absl::StatusOr<Token> Lexer::StringAt(size_t offset) const {
  const char mark = At(offset);
  size_t i = offset + 1;
  while (i < end_ && At(i) != mark) {
    if (At(i) == '\\') {
      ++i;
      if (At(i) != '\\' && At(i) != '\'' && At(i) != '"') {
        return ErrorAt(absl::StatusCode::kInvalidArgument, text_, i,
                       "wanted one of \\ ' \" after '\\' in a string");
      }
    }
    ++i;
  }
  if (i >= end_) {
    return ErrorAt(absl::StatusCode::kInvalidArgument, text_, offset,
                   absl::StrCat("got a string without an end, wanted ",
                                std::string(1, mark)));
  }
  return Make(TokenKind::kString, offset, i + 1 - offset);
}

Token Lexer::WordAt(size_t offset) const {
  size_t i = offset;
  while (StartsName(At(i)) || IsDigit(At(i))) ++i;
  Token token = Make(TokenKind::kName, offset, i - offset);
  for (const Word& word : kWords) {
    if (token.text == word.text) token.kind = word.kind;
  }
  return token;
}

bool IsWord(const Token& token) {
  return !token.text.empty() && StartsName(token.text[0]);
}

std::string StringContent(const Token& token) {
  const std::string_view inside = token.text.substr(1, token.text.size() - 2);
  std::string out;
  out.reserve(inside.size());
  for (size_t i = 0; i < inside.size(); ++i) {
    if (inside[i] == '\\') ++i;
    out += inside[i];
  }
  return out;
}

std::string JsonNumber(const Token& token) {
  std::string_view rest = token.text;
  while (rest.size() > 1 && rest[0] == '0' && IsDigit(rest[1])) {
    rest.remove_prefix(1);
  }
  std::string out = rest[0] == '.' ? "0" : "";
  for (size_t i = 0; i < rest.size(); ++i) {
    // A point without digits after it goes.
    const bool bare =
        rest[i] == '.' && (i + 1 == rest.size() || !IsDigit(rest[i + 1]));
    if (!bare) out += rest[i];
  }
  return out;
}

}  // namespace pawl::expression::el
