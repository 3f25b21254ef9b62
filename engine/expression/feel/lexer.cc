#include "engine/expression/feel/lexer.h"

#include <algorithm>
#include <array>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "base/utf8.h"
#include "engine/expression/feel/unicode.h"

namespace pawl::expression::feel {
namespace {

// How much of a text a message shows.
constexpr size_t kShownMax = 80;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Rule 29 and 30, with '?' a start as the standard has it.
bool IsWordStart(char32_t c) {
  return c == U'?' || (c >= U'A' && c <= U'Z') || c == U'_' ||
         (c >= U'a' && c <= U'z') || (c >= 0xC0 && c <= 0xD6) ||
         (c >= 0xD8 && c <= 0xF6) || (c >= 0xF8 && c <= 0x2FF) ||
         (c >= 0x370 && c <= 0x37D) || (c >= 0x37F && c <= 0x1FFF) ||
         (c >= 0x200C && c <= 0x200D) || (c >= 0x2070 && c <= 0x218F) ||
         (c >= 0x2C00 && c <= 0x2FEF) || (c >= 0x3001 && c <= 0xD7FF) ||
         (c >= 0xF900 && c <= 0xFDCF) || (c >= 0xFDF0 && c <= 0xFFFD) ||
         (c >= 0x10000 && c <= 0xEFFFF);
}
bool IsWordPart(char32_t c) {
  return IsWordStart(c) || (c >= U'0' && c <= U'9') || c == 0xB7 ||
         (c >= 0x300 && c <= 0x36F) || (c >= 0x203F && c <= 0x2040);
}

// Rule 61: white space, vertical space included.
bool IsSpace(char32_t c) {
  return c == U' ' || (c >= 0x9 && c <= 0xD) || c == 0x85 || c == 0xA0 ||
         c == 0x1680 || c == 0x180E || (c >= 0x2000 && c <= 0x200B) ||
         c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F ||
         c == 0x3000 || c == 0xFEFF;
}

class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  absl::StatusOr<std::vector<Token>> Run() {
    tokens_.reserve(std::min<size_t>(text_.size() / 3 + 2, 256));
    for (;;) {
      PAWL_RETURN_IF_ERROR(SkipSpace());
      Token token;
      token.offset = static_cast<uint32_t>(at_);
      if (at_ == text_.size()) {
        token.end = token.offset;
        tokens_.push_back(std::move(token));
        return std::move(tokens_);
      }
      PAWL_RETURN_IF_ERROR(Next(&token));
      token.end = static_cast<uint32_t>(at_);
      tokens_.push_back(std::move(token));
    }
  }

 private:
  absl::Status Error(size_t offset, std::string_view message) const {
    return ErrorAt(text_, offset, message);
  }

  bool Has(std::string_view what) const {
    return text_.substr(at_, what.size()) == what;
  }

  absl::Status SkipSpace() {
    while (at_ < text_.size()) {
      size_t next = at_;
      if (IsSpace(DecodeUtf8(text_, &next))) {
        at_ = next;
      } else if (Has("//")) {
        at_ = std::min(text_.find('\n', at_), text_.size());
      } else if (Has("/*")) {
        const size_t end = text_.find("*/", at_ + 2);
        if (end == text_.npos) return Error(at_, "a comment without its end");
        at_ = end + 2;
      } else {
        break;
      }
    }
    return absl::OkStatus();
  }

  absl::Status Next(Token* token) {
    const char c = text_[at_];
    if (c == '"') {
      token->kind = Token::Kind::kString;
      return String(token);
    }
    if (c == '@') {
      token->kind = Token::Kind::kAt;
      ++at_;
      if (at_ == text_.size() || text_[at_] != '"') {
        return Error(at_, "got '@' without a string, wanted @\"...\"");
      }
      return String(token);
    }
    if (c == '`') return QuotedName(token);
    if (IsDigit(c) ||
        (c == '.' && at_ + 1 < text_.size() && IsDigit(text_[at_ + 1]))) {
      Number(token);
      return absl::OkStatus();
    }
    size_t next = at_;
    if (IsWordStart(DecodeUtf8(text_, &next))) {
      token->kind = Token::Kind::kWord;
      const size_t start = at_;
      do {
        at_ = next;
      } while (at_ < text_.size() && IsWordPart(DecodeUtf8(text_, &next)));
      token->text = std::string(text_.substr(start, at_ - start));
      return absl::OkStatus();
    }
    return Sign(token);
  }

  // White space in it is one space.
  absl::Status QuotedName(Token* token) {
    token->kind = Token::Kind::kQuotedName;
    const size_t end = text_.find('`', at_ + 1);
    if (end == text_.npos) return Error(at_, "a quoted name without its end");
    for (const char c : text_.substr(at_ + 1, end - at_ - 1)) {
      const bool space = c == ' ' || (c >= '\t' && c <= '\r');
      if (!space) token->text += c;
      if (space && !token->text.empty() && token->text.back() != ' ') {
        token->text += ' ';
      }
    }
    at_ = end + 1;
    return absl::OkStatus();
  }

  absl::Status Sign(Token* token) {
    // Two characters before one.
    constexpr std::array<std::string_view, 6> kPairs = {"**", "..", "->",
                                                        "!=", "<=", ">="};
    constexpr std::string_view kSigns = "()[]{},:.=<>+-*/'|;!#%&$";
    const std::string_view two = text_.substr(at_, 2);
    size_t size = 0;
    if (std::find(kPairs.begin(), kPairs.end(), two) != kPairs.end()) {
      size = 2;
    } else if (kSigns.find(text_[at_]) != kSigns.npos) {
      size = 1;
    }
    if (size > 0) {
      token->kind = Token::Kind::kSign;
      token->text = std::string(text_.substr(at_, size));
      at_ += size;
      return absl::OkStatus();
    }
    size_t next = at_;
    DecodeUtf8(text_, &next);
    return Error(at_,
                 absl::StrCat("got '", ToAbsl(text_.substr(at_, next - at_)),
                              "', wanted an expression"));
  }

  // Digits, a fraction and an exponent; of "1..2" only the 1.
  void Number(Token* token) {
    token->kind = Token::Kind::kNumber;
    const size_t start = at_;
    const auto digits = [this] {
      while (at_ < text_.size() && IsDigit(text_[at_])) ++at_;
    };
    digits();
    if (at_ + 1 < text_.size() && text_[at_] == '.' &&
        IsDigit(text_[at_ + 1])) {
      ++at_;
      digits();
    }
    if (at_ < text_.size() && (text_[at_] == 'e' || text_[at_] == 'E')) {
      size_t digit = at_ + 1;
      if (digit < text_.size() &&
          (text_[digit] == '+' || text_[digit] == '-')) {
        ++digit;
      }
      if (digit < text_.size() && IsDigit(text_[digit])) {
        at_ = digit;
        digits();
      }
    }
    token->text = std::string(text_.substr(start, at_ - start));
  }

  absl::Status String(Token* token) {
    const size_t start = at_;
    ++at_;
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '"') {
        ++at_;
        return absl::OkStatus();
      }
      if (c != '\\') {
        token->text += c;
        ++at_;
        continue;
      }
      PAWL_RETURN_IF_ERROR(Escape(&token->text));
    }
    return Error(start, "a string without its end");
  }

  // At a backslash. What is no escape stands for itself, backslash and all:
  // regular expressions are written so.
  absl::Status Escape(std::string* out) {
    const size_t start = at_;
    const char c = at_ + 1 < text_.size() ? text_[at_ + 1] : '\0';
    constexpr std::string_view kFrom = "nrtf\"\\'";
    constexpr std::string_view kTo = "\n\r\t\f\"\\'";
    if (const size_t found = kFrom.find(c); c != '\0' && found != kFrom.npos) {
      out->push_back(kTo[found]);
      at_ += 2;
      return absl::OkStatus();
    }
    if (c != 'u' && c != 'U') {
      out->push_back('\\');
      ++at_;
      return absl::OkStatus();
    }
    char32_t code = 0;
    if (!HexEscape(&code)) {
      return Error(start, "an escape: wanted \\u and 4 or \\U and 6 digits");
    }
    if (code >= 0xD800 && code < 0xDC00) {
      // The second half of a pair.
      char32_t low = 0;
      if (!Has("\\u") || !HexEscape(&low) || low < 0xDC00 || low > 0xDFFF) {
        return Error(start, "an escape: got half of a surrogate pair");
      }
      code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
    }
    if (code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) {
      return Error(start, "an escape: got no code point");
    }
    AppendUtf8(code, out);
    return absl::OkStatus();
  }

  bool HexEscape(char32_t* code) {
    const size_t count = text_[at_ + 1] == 'U' ? 6 : 4;
    if (at_ + 2 + count > text_.size()) return false;
    for (size_t i = 0; i < count; ++i) {
      const char c = text_[at_ + 2 + i];
      uint32_t digit = 0;
      if (IsDigit(c)) {
        digit = static_cast<uint32_t>(c - '0');
      } else if (c >= 'a' && c <= 'f') {
        digit = static_cast<uint32_t>(c - 'a' + 10);
      } else if (c >= 'A' && c <= 'F') {
        digit = static_cast<uint32_t>(c - 'A' + 10);
      } else {
        return false;
      }
      *code = *code * 16 + digit;
    }
    at_ += 2 + count;
    return true;
  }

  const std::string_view text_;
  size_t at_ = 0;
  std::vector<Token> tokens_;
};

}  // namespace

absl::StatusOr<std::vector<Token>> Lex(std::string_view text) {
  if (const size_t bad = FindInvalidUtf8(text); bad != text.npos) {
    return ErrorAt(text.substr(0, bad), bad, "got bytes that aren't UTF-8");
  }
  return Lexer(text).Run();
}

absl::Status ErrorAt(std::string_view text, size_t offset,
                     std::string_view message) {
  std::string shown(text.substr(0, kShownMax));
  if (text.size() > kShownMax) {
    while (!shown.empty() && FindInvalidUtf8(shown) != shown.npos) {
      shown.pop_back();
    }
    shown += "...";
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "expression '", shown, "', offset ", offset, ": ", ToAbsl(message)));
}

}  // namespace pawl::expression::feel
