// Lexer: the text of a FEEL expression as tokens. Internal to FEEL.
//
// Source: DMN 1.4, 10.3.1.2, rules 28 to 41. Names may hold spaces and
// operators; which do is only known where names are known, so the lexer gives
// their pieces and the parser puts them together.
#ifndef PAWL_ENGINE_EXPRESSION_FEEL_LEXER_H_
#define PAWL_ENGINE_EXPRESSION_FEEL_LEXER_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace pawl::expression::feel {

struct Token {
  enum class Kind : uint8_t {
    kEnd,
    // A name start and what may follow it: letters, digits, '_', '?'.
    kWord,
    // `a name`, of whatever it holds, as Camunda has it.
    kQuotedName,
    kNumber,
    // Its value, unescaped, is in `text`.
    kString,
    // @"...": likewise.
    kAt,
    // One of the operators and brackets, longest first: "**", "..", "->", ...
    kSign,
  };
  Kind kind = Kind::kEnd;
  // Bytes from the start of the expression.
  uint32_t offset = 0;
  uint32_t end = 0;
  std::string text;

  bool Is(std::string_view sign) const {
    return kind == Kind::kSign && text == sign;
  }
  bool IsWord(std::string_view word) const {
    return kind == Kind::kWord && text == word;
  }
};

// The tokens, kEnd last. InvalidArgument: a string or comment without end, an
// escape that is none, a character that begins nothing, text that isn't UTF-8;
// with offset, got and wanted.
absl::StatusOr<std::vector<Token>> Lex(std::string_view text);

// "expression 'a +', offset 3: <message>"; a long text is cut.
absl::Status ErrorAt(std::string_view text, size_t offset,
                     std::string_view message);

}  // namespace pawl::expression::feel

#endif  // PAWL_ENGINE_EXPRESSION_FEEL_LEXER_H_
