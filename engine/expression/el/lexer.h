// EL text -> tokens. Internal to EL; parser.cc is its only user.
#ifndef PAWL_ENGINE_EXPRESSION_EL_LEXER_H_
#define PAWL_ENGINE_EXPRESSION_EL_LEXER_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace pawl::expression::el {

enum class TokenKind : uint8_t {
  kEnd,
  kNumber,
  kString,
  kName,
  // Words and their signs are one kind each: `&&` and `and`.
  kTrue,
  kFalse,
  kNull,
  kEmpty,
  kNot,
  kAnd,
  kOr,
  kEqual,
  kNotEqual,
  kLess,
  kLessEqual,
  kGreater,
  kGreaterEqual,
  kPlus,
  kMinus,
  kConcatenate,
  kTimes,
  kDivide,
  kRemainder,
  kQuestion,
  kColon,
  kDot,
  kOpenParenthesis,
  kCloseParenthesis,
  kOpenBracket,
  kCloseBracket,
  kCloseBrace,
};

struct Token {
  TokenKind kind = TokenKind::kEnd;
  // Of its first byte in the whole text.
  size_t offset = 0;
  // As written, a string with its quotation marks. Points into the text.
  std::string_view text;
};

class Lexer {
 public:
  // Reads `text` up to `end`; `text` must outlive the lexer.
  Lexer(std::string_view text, size_t end) : text_(text), end_(end) {}

  // The token at or after `offset`. InvalidArgument: what begins there is no
  // token. After the last one: kEnd.
  absl::StatusOr<Token> Next(size_t offset) const;

 private:
  Token NumberAt(size_t offset) const;
  absl::StatusOr<Token> StringAt(size_t offset) const;
  Token WordAt(size_t offset) const;
  Token Make(TokenKind kind, size_t offset, size_t size) const {
    return Token{kind, offset, text_.substr(offset, size)};
  }
  char At(size_t offset) const { return offset < end_ ? text_[offset] : '\0'; }

  std::string_view text_;
  size_t end_;
};

// Whether `token` is a name or a word that is an operator or literal elsewhere.
bool IsWord(const Token& token);

// The content of a kString token, without marks and escapes.
std::string StringContent(const Token& token);

// The text of a kNumber token as a JSON number: `.5` is 0.5, `007` is 7.
std::string JsonNumber(const Token& token);

}  // namespace pawl::expression::el

#endif  // PAWL_ENGINE_EXPRESSION_EL_LEXER_H_
