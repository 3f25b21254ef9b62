#include "engine/expression/el/lexer.h"

#include <array>
#include <utility>

#include "absl/strings/str_cat.h"

namespace pawl::expression::el {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Bytes beyond ASCII belong to names: they are letters of UTF-8 texts.
bool IsNameStart(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         c == '$' || static_cast<unsigned char>(c) >= 0x80;
}

// Word forms of operators (Jakarta EL 3.0, 1.13 to 1.18).
constexpr std::array<std::pair<std::string_view, std::string_view>, 11> kWords =
    {{{"eq", "=="},
      {"ne", "!="},
      {"lt", "<"},
      {"gt", ">"},
      {"le", "<="},
      {"ge", ">="},
      {"and", "&&"},
      {"or", "||"},
      {"not", "!"},
      {"div", "/"},
      {"mod", "%"}}};

// Longest first.
constexpr std::array<std::string_view, 20> kOperators = {
    "==", "!=", "<=", ">=", "&&", "||", "<", ">", "!", "+",
    "-",  "*",  "/",  "%",  "?",  ":",  "(", ")", "[", "]"};

}  // namespace

absl::StatusOr<Token> Lexer::Next() {
  while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t' ||
                                text_[at_] == '\n' || text_[at_] == '\r')) {
    ++at_;
  }
  if (at_ == text_.size()) return Token{TokenKind::kEnd, "", at_};
  const char c = text_[at_];
  if (IsDigit(c)) return Number();
  if (c == '\'' || c == '"') return String(c);
  if (IsNameStart(c)) return Name();
  for (std::string_view op : kOperators) {
    if (text_.substr(at_, op.size()) == op) {
      Token token{TokenKind::kOperator, std::string(op), at_};
      at_ += op.size();
      return token;
    }
  }
  for (char single : {'.', ',', '}', '='}) {
    if (c == single) {
      return Token{TokenKind::kOperator, std::string(1, c), at_++};
    }
  }
  return absl::InvalidArgumentError(
      absl::StrCat("got '", std::string(1, c), "' at offset ", at_,
                   ", wanted an operand or an operator"));
}

absl::StatusOr<Token> Lexer::String(char quote) {
  Token token{TokenKind::kString, "", at_};
  for (++at_; at_ < text_.size(); ++at_) {
    char c = text_[at_];
    if (c == quote) {
      ++at_;
      return token;
    }
    // Only the quote and the backslash itself can be escaped.
    if (c == '\\' && at_ + 1 < text_.size() &&
        (text_[at_ + 1] == '\\' || text_[at_ + 1] == quote)) {
      c = text_[++at_];
    }
    token.text.push_back(c);
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "string at offset ", token.offset,
      " doesn't end: got the end of the text, wanted ", std::string(1, quote)));
}

Token Lexer::Number() {
  Token token{TokenKind::kNumber, "", at_};
  const size_t start = at_;
  const auto digits = [this] {
    while (at_ < text_.size() && IsDigit(text_[at_])) ++at_;
  };
  digits();
  if (at_ + 1 < text_.size() && text_[at_] == '.' && IsDigit(text_[at_ + 1])) {
    ++at_;
    digits();
  }
  if (at_ < text_.size() && (text_[at_] == 'e' || text_[at_] == 'E')) {
    size_t ahead = at_ + 1;
    if (ahead < text_.size() && (text_[ahead] == '+' || text_[ahead] == '-')) {
      ++ahead;
    }
    if (ahead < text_.size() && IsDigit(text_[ahead])) {
      at_ = ahead;
      digits();
    }
  }
  token.text = std::string(text_.substr(start, at_ - start));
  return token;
}

Token Lexer::Name() {
  Token token{TokenKind::kName, "", at_};
  const size_t start = at_;
  while (at_ < text_.size() &&
         (IsNameStart(text_[at_]) || IsDigit(text_[at_]))) {
    ++at_;
  }
  token.text = std::string(text_.substr(start, at_ - start));
  for (const auto& [word, op] : kWords) {
    if (token.text == word) {
      token.kind = TokenKind::kOperator;
      token.text = std::string(op);
      break;
    }
  }
  return token;
}

}  // namespace pawl::expression::el
