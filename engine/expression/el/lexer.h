// Lexer of EL: bytes to tokens, on demand.
#ifndef PAWL_ENGINE_EXPRESSION_EL_LEXER_H_
#define PAWL_ENGINE_EXPRESSION_EL_LEXER_H_

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace pawl::expression::el {

enum class TokenKind {
  kEnd,
  kNumber,
  kString,  // `text` is the value, without quotes and escapes
  kName,
  kOperator,  // `text` in its canonical form: `and` comes as `&&`
};

struct Token {
  TokenKind kind = TokenKind::kEnd;
  std::string text;
  // Where it begins, in bytes from the start of the whole text.
  size_t offset = 0;
};

class Lexer {
 public:
  // Reads `text` from `start`. `text` must outlive the lexer.
  Lexer(std::string_view text, size_t start) : text_(text), at_(start) {}

  // The next token. InvalidArgument: a byte that begins none, or a string that
  // doesn't end.
  absl::StatusOr<Token> Next();
  // Where the next token is looked for.
  size_t position() const { return at_; }

 private:
  absl::StatusOr<Token> String(char quote);
  Token Number();
  Token Name();

  std::string_view text_;
  size_t at_;
};

}  // namespace pawl::expression::el

#endif  // PAWL_ENGINE_EXPRESSION_EL_LEXER_H_
