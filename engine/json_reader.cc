#include "engine/json_reader.h"

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/limits.h"
#include "base/status_macros.h"
#include "base/utf8.h"
#include "engine/number_text.h"

namespace pawl {

// One pass with an explicit stack of the lists and contexts that are open.
class JsonReader {
 public:
  JsonReader(std::string_view text, int depth_max)
      : text_(text), depth_max_(static_cast<size_t>(depth_max)) {}

  absl::StatusOr<Value> Read();

 private:
  // A list or a context whose end is still to come.
  struct Open {
    bool is_list;
    Value::List list;
    Variables context;
    // Of the entry that is being read.
    std::string name;
  };

  absl::Status ReadScalar(Value* out);
  absl::Status ReadNumber(Value* out);
  absl::Status ReadWord(std::string_view word, Value value, Value* out);
  absl::Status ReadString(std::string* out);
  absl::Status ReadEscape(std::string* out);
  absl::Status ReadHex4(uint32_t* out);
  absl::Status ReadName(Open* open);
  absl::Status Begin(bool is_list);
  Value End();
  // Adds `value` to what is innermost open, and reads what follows it: false
  // when that is a further entry, true when it closes (and *value is it).
  absl::StatusOr<bool> AddAndClose(Value* value);

  char Peek() const { return position_ < text_.size() ? text_[position_] : 0; }
  bool Take(char c) {
    if (position_ >= text_.size() || text_[position_] != c) return false;
    ++position_;
    return true;
  }
  void SkipSpace() {
    while (position_ < text_.size()) {
      const char c = text_[position_];
      if (c != ' ' && c != '\n' && c != '\t' && c != '\r') return;
      ++position_;
    }
  }

  absl::Status ErrorAt(size_t offset, const std::string& message) const {
    return absl::InvalidArgumentError(
        absl::StrCat("JSON, offset ", offset, ": ", message));
  }
  absl::Status Wanted(const char* wanted) const {
    std::string got = "the end";
    if (position_ < text_.size()) {
      const unsigned char c = static_cast<unsigned char>(text_[position_]);
      got = c < ' ' || c > '~' ? absl::StrCat("byte 0x", absl::Hex(c))
                               : absl::StrCat("'", std::string(1, c), "'");
    }
    return ErrorAt(position_, absl::StrCat("got ", got, ", wanted ", wanted));
  }

  const std::string_view text_;
  const size_t depth_max_;
  size_t position_ = 0;
  std::vector<Open> open_;
};

absl::StatusOr<Value> JsonReader::Read() {
  if (text_.size() > kVariablesBytesMax) {
    return absl::ResourceExhaustedError(
        absl::StrCat("JSON: got ", text_.size(),
                     " bytes, wanted at most kVariablesBytesMax (",
                     kVariablesBytesMax, ")"));
  }
  if (const size_t bad = FindInvalidUtf8(text_); bad != text_.npos) {
    return ErrorAt(bad, "got a byte that is no UTF-8, wanted UTF-8");
  }
  while (true) {
    Value value;
    SkipSpace();
    if (Peek() == '[' || Peek() == '{') {
      const bool is_list = Peek() == '[';
      PAWL_RETURN_IF_ERROR(Begin(is_list));
      SkipSpace();
      if (!Take(is_list ? ']' : '}')) {
        if (!is_list) PAWL_RETURN_IF_ERROR(ReadName(&open_.back()));
        continue;
      }
      value = End();
    } else {
      PAWL_RETURN_IF_ERROR(ReadScalar(&value));
    }
    // The value may be the last of what it is in, that again, and so on.
    bool closes = true;
    while (closes && !open_.empty()) {
      PAWL_ASSIGN_OR_RETURN(closes, AddAndClose(&value));
    }
    if (closes) {
      SkipSpace();
      if (position_ != text_.size()) return Wanted("the end");
      return value;
    }
  }
}

absl::StatusOr<bool> JsonReader::AddAndClose(Value* value) {
  Open& open = open_.back();
  SkipSpace();
  if (open.is_list) {
    open.list.push_back(std::move(*value));
    if (Take(',')) return false;
    if (!Take(']')) return Wanted("',' or ']'");
  } else {
    open.context.Append(std::move(open.name), std::move(*value));
    if (Take(',')) {
      SkipSpace();
      PAWL_RETURN_IF_ERROR(ReadName(&open));
      return false;
    }
    if (!Take('}')) return Wanted("',' or '}'");
  }
  *value = End();
  return true;
}

absl::Status JsonReader::Begin(bool is_list) {
  if (open_.size() == depth_max_) {
    return ErrorAt(position_,
                   absl::StrCat("nested deeper than kValueDepthMax (",
                                kValueDepthMax, ")"));
  }
  ++position_;
  open_.push_back(Open{is_list, {}, {}, {}});
  return absl::OkStatus();
}

Value JsonReader::End() {
  Open open = std::move(open_.back());
  open_.pop_back();
  return open.is_list ? Value(std::move(open.list))
                      : Value(std::move(open.context));
}

absl::Status JsonReader::ReadName(Open* open) {
  const size_t start = position_;
  if (Peek() != '"') return Wanted("a name in quotation marks");
  open->name.clear();
  PAWL_RETURN_IF_ERROR(ReadString(&open->name));
  if (open->context.contains(open->name)) {
    return ErrorAt(start,
                   absl::StrCat("got the name ", DescribeValue(open->name),
                                " a second time, wanted each once"));
  }
  SkipSpace();
  if (!Take(':')) return Wanted("':'");
  return absl::OkStatus();
}

absl::Status JsonReader::ReadScalar(Value* out) {
  const char c = Peek();
  switch (c) {
    case '"': {
      std::string text;
      PAWL_RETURN_IF_ERROR(ReadString(&text));
      *out = Value(std::move(text));
      return absl::OkStatus();
    }
    case 't':
      return ReadWord("true", true, out);
    case 'f':
      return ReadWord("false", false, out);
    case 'n':
      return ReadWord("null", nullptr, out);
    default:
      if (c == '-' || (c >= '0' && c <= '9')) return ReadNumber(out);
      return Wanted("a JSON value");
  }
}

absl::Status JsonReader::ReadWord(std::string_view word, Value value,
                                  Value* out) {
  for (const char c : word) {
    if (!Take(c)) return Wanted("true, false or null");
  }
  *out = std::move(value);
  return absl::OkStatus();
}

absl::Status JsonReader::ReadNumber(Value* out) {
  const size_t start = position_;
  while (position_ < text_.size()) {
    const char c = text_[position_];
    if (!((c >= '0' && c <= '9') || c == '.' || c == '-' || c == '+' ||
          c == 'e' || c == 'E')) {
      break;
    }
    ++position_;
  }
  const std::string_view number = text_.substr(start, position_ - start);
  NumberParts parts;
  if (absl::Status status = SplitNumber(number, &parts); !status.ok()) {
    return ErrorAt(start, std::string(status.message()));
  }
  out->rep_ = Value::NumberText{std::string(number)};
  return absl::OkStatus();
}

absl::Status JsonReader::ReadString(std::string* out) {
  const size_t start = position_++;
  while (true) {
    const size_t from = position_;
    while (position_ < text_.size()) {
      const unsigned char c = static_cast<unsigned char>(text_[position_]);
      if (c == '"' || c == '\\' || c < 0x20) break;
      ++position_;
    }
    out->append(text_, from, position_ - from);
    if (Take('"')) return absl::OkStatus();
    if (position_ == text_.size()) {
      return ErrorAt(start, "got a string without an end, wanted '\"'");
    }
    if (!Take('\\')) {
      return Wanted("an escape such as \\n (no control characters)");
    }
    PAWL_RETURN_IF_ERROR(ReadEscape(out));
  }
}

absl::Status JsonReader::ReadEscape(std::string* out) {
  // Offset of the backslash.
  const size_t start = position_ - 1;
  const char c = Peek();
  static constexpr std::string_view kEscapes = "\"\\/bfnrt";
  static constexpr std::string_view kCharacters = "\"\\/\b\f\n\r\t";
  if (const size_t i = kEscapes.find(c); c != 0 && i != kEscapes.npos) {
    ++position_;
    *out += kCharacters[i];
    return absl::OkStatus();
  }
  if (!Take('u')) return Wanted("one of \" \\ / b f n r t u after '\\'");
  uint32_t code;
  PAWL_RETURN_IF_ERROR(ReadHex4(&code));
  if (code >= 0xD800 && code < 0xE000) {
    uint32_t low = 0;
    if (code < 0xDC00 && Take('\\') && Take('u')) {
      PAWL_RETURN_IF_ERROR(ReadHex4(&low));
    }
    if (low < 0xDC00 || low >= 0xE000) {
      return ErrorAt(start, "got a lone surrogate, wanted a pair");
    }
    code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
  }
  if (code < 0x80) {
    *out += static_cast<char>(code);
    return absl::OkStatus();
  }
  // Continuation bytes hold six bits each; the first byte says how many follow.
  const int following = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
  const uint32_t mark = following == 1 ? 0xC0 : following == 2 ? 0xE0 : 0xF0;
  *out += static_cast<char>(mark | code >> (6 * following));
  for (int i = following - 1; i >= 0; --i) {
    *out += static_cast<char>(0x80 | (code >> (6 * i) & 0x3F));
  }
  return absl::OkStatus();
}

absl::Status JsonReader::ReadHex4(uint32_t* out) {
  *out = 0;
  for (int i = 0; i < 4; ++i) {
    const char c = Peek();
    uint32_t digit;
    if (c >= '0' && c <= '9') {
      digit = static_cast<uint32_t>(c - '0');
    } else if (c >= 'a' && c <= 'f') {
      digit = static_cast<uint32_t>(c - 'a') + 10;
    } else if (c >= 'A' && c <= 'F') {
      digit = static_cast<uint32_t>(c - 'A') + 10;
    } else {
      return Wanted("four hexadecimal digits");
    }
    *out = *out * 16 + digit;
    ++position_;
  }
  return absl::OkStatus();
}

absl::StatusOr<Value> ReadJson(std::string_view json, int depth_max) {
  return JsonReader(json, depth_max).Read();
}

}  // namespace pawl
