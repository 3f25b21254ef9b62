#include "engine/value.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <functional>
#include <limits>
#include <ostream>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/limits.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "base/utf8.h"
#include "engine/json_reader.h"
#include "engine/number_text.h"

namespace pawl {
namespace {

// A context is scanned up to this many entries; more are hashed.
constexpr size_t kScanEntriesMax = 12;
// Strings in messages are cut here, so that a message stays a line.
constexpr size_t kShownBytesMax = 40;
// Bytes that comparing two strings counts as one step.
constexpr size_t kBytesPerStep = 64;

absl::Status WrongKind(const Value& value, const char* wanted) {
  return absl::InvalidArgumentError(
      absl::StrCat("value: got ", DescribeValue(value), ", wanted ", wanted));
}

NormalNumber Normal(const std::string& text) {
  NumberParts parts;
  PAWL_CHECK_OK(SplitNumber(text, &parts));
  return Normalize(parts);
}

// Escapes what RFC 8259 wants escaped, and nothing else.
void AppendQuoted(std::string_view text, std::string* out) {
  static constexpr char kHex[] = "0123456789abcdef";
  *out += '"';
  size_t from = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const unsigned char c = static_cast<unsigned char>(text[i]);
    if (c >= 0x20 && c != '"' && c != '\\') continue;
    out->append(text, from, i - from);
    from = i + 1;
    *out += '\\';
    switch (c) {
      case '"':
      case '\\':
        *out += static_cast<char>(c);
        break;
      case '\b':
        *out += 'b';
        break;
      case '\f':
        *out += 'f';
        break;
      case '\n':
        *out += 'n';
        break;
      case '\r':
        *out += 'r';
        break;
      case '\t':
        *out += 't';
        break;
      default:
        *out += "u00";
        *out += kHex[c >> 4];
        *out += kHex[c & 15];
    }
  }
  out->append(text, from, text.size() - from);
  *out += '"';
}

absl::Status ValidateText(std::string_view text) {
  if (const size_t bad = FindInvalidUtf8(text); bad != text.npos) {
    return absl::InvalidArgumentError(absl::StrCat(
        "string, offset ", bad, ": got a byte that is no UTF-8, wanted UTF-8"));
  }
  return absl::OkStatus();
}

// `depth_left`: lists and contexts that may still open; bounds the recursion.
absl::Status ValidateNested(const Value& value, int depth_left) {
  switch (value.kind()) {
    case Value::Kind::kString:
      return ValidateText(value.string());
    case Value::Kind::kList:
    case Value::Kind::kContext:
      if (depth_left == 0) {
        return absl::InvalidArgumentError(absl::StrCat(
            "value: nested deeper than kValueDepthMax (", kValueDepthMax, ")"));
      }
      break;
    default:
      return absl::OkStatus();
  }
  if (value.is_list()) {
    for (const Value& entry : value.list()) {
      PAWL_RETURN_IF_ERROR(ValidateNested(entry, depth_left - 1));
    }
    return absl::OkStatus();
  }
  for (const auto& [name, entry] : value.context()) {
    PAWL_RETURN_IF_ERROR(ValidateText(name));
    PAWL_RETURN_IF_ERROR(ValidateNested(entry, depth_left - 1));
  }
  return absl::OkStatus();
}

template <typename T>
std::string IntegerText(T value) {
  char buffer[24];
  const auto end = std::to_chars(buffer, buffer + sizeof(buffer), value).ptr;
  return std::string(buffer, end);
}

}  // namespace

Value::Value(double value) {
  if (!std::isfinite(value)) return;
  // As JavaScript prints numbers: an exponent only where zeros would pad.
  const double size = std::abs(value);
  const bool plain = size == 0 || (size >= 1e-7 && size < 1e21);
  char buffer[64];
  const auto result = std::to_chars(
      buffer, buffer + sizeof(buffer), size == 0 ? 0.0 : value,
      plain ? std::chars_format::fixed : std::chars_format::scientific);
  PAWL_CHECK(result.ec == std::errc()) << "24 characters are enough";
  rep_ = NumberText{std::string(buffer, result.ptr)};
}

Value::Value(const char* value) : rep_(std::string(value)) {}
Value::Value(std::string value) : rep_(std::move(value)) {}
Value::Value(std::string_view value) : rep_(std::string(value)) {}
Value::Value(List value)
    : rep_(std::make_shared<const List>(std::move(value))) {}
Value::Value(Variables value)
    : rep_(std::make_shared<const Variables>(std::move(value))) {}

void Value::SetInt64(int64_t value) { rep_ = NumberText{IntegerText(value)}; }
void Value::SetUint64(uint64_t value) { rep_ = NumberText{IntegerText(value)}; }

absl::StatusOr<Value> Value::Number(std::string_view text) {
  NumberParts parts;
  PAWL_RETURN_IF_ERROR(SplitNumber(text, &parts));
  Value value;
  value.rep_ = NumberText{std::string(text)};
  return value;
}

absl::StatusOr<Value> Value::FromJson(std::string_view json) {
  return ReadJson(json, kValueDepthMax);
}

absl::StatusOr<bool> Value::AsBool() const {
  if (!is_bool()) return WrongKind(*this, "true or false");
  return boolean();
}

absl::StatusOr<int64_t> Value::AsInt64() const {
  if (!is_number()) return WrongKind(*this, "a number");
  const std::string& text = number_text();
  int64_t value = 0;
  const char* end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, value);
  if (result.ec == std::errc() && result.ptr == end) return value;

  // 1.0, 1e3 and the like; and what doesn't fit.
  const NormalNumber n = Normal(text);
  const int64_t digits = static_cast<int64_t>(n.digit_count());
  if (n.magnitude < digits) return WrongKind(*this, "a whole number");
  constexpr int64_t kInt64DigitsMax = 19;
  if (n.magnitude > kInt64DigitsMax) return WrongKind(*this, "64 bits");
  std::string plain = n.negative ? "-" : "";
  absl::StrAppend(&plain, ToAbsl(n.first), ToAbsl(n.second));
  plain.append(static_cast<size_t>(n.magnitude - digits), '0');
  if (n.is_zero()) plain = "0";
  if (std::from_chars(plain.data(), plain.data() + plain.size(), value).ec !=
      std::errc()) {
    return WrongKind(*this, "64 bits");
  }
  return value;
}

absl::StatusOr<double> Value::AsDouble() const {
  if (!is_number()) return WrongKind(*this, "a number");
  const std::string& text = number_text();
  double value = 0;
  const auto result =
      std::from_chars(text.data(), text.data() + text.size(), value);
  if (result.ec == std::errc()) return value;
  // Out of range either way; what is too small is nearest to zero.
  const NormalNumber n = Normal(text);
  if (n.magnitude <= 0) return n.negative ? -0.0 : 0.0;
  return WrongKind(*this, "a number that a double can hold");
}

absl::StatusOr<std::string> Value::AsString() const {
  if (!is_string()) return WrongKind(*this, "a string");
  return string();
}

bool Value::boolean() const {
  PAWL_CHECK(is_bool()) << KindName(kind());
  return std::get<bool>(rep_);
}
const std::string& Value::string() const {
  PAWL_CHECK(is_string()) << KindName(kind());
  return std::get<std::string>(rep_);
}
const std::string& Value::number_text() const {
  PAWL_CHECK(is_number()) << KindName(kind());
  return std::get<NumberText>(rep_).text;
}
const Value::List& Value::list() const {
  PAWL_CHECK(is_list()) << KindName(kind());
  return *std::get<std::shared_ptr<const List>>(rep_);
}
const Variables& Value::context() const {
  PAWL_CHECK(is_context()) << KindName(kind());
  return *std::get<std::shared_ptr<const Variables>>(rep_);
}

size_t Value::size() const {
  if (is_list()) return list().size();
  return is_context() ? context().size() : 0;
}

const Value& Value::operator[](std::string_view name) const {
  return is_context() ? context()[name] : Null();
}

const Value& Value::At(size_t index) const {
  return is_list() && index < list().size() ? list()[index] : Null();
}

std::string Value::ToJson() const {
  std::string out;
  AppendJson(&out);
  return out;
}

void Value::AppendJson(std::string* out) const {
  switch (kind()) {
    case Kind::kNull:
      *out += "null";
      return;
    case Kind::kBool:
      *out += boolean() ? "true" : "false";
      return;
    case Kind::kNumber:
      *out += number_text();
      return;
    case Kind::kString:
      AppendQuoted(string(), out);
      return;
    case Kind::kList: {
      *out += '[';
      const char* separator = "";
      for (const Value& entry : list()) {
        *out += separator;
        separator = ",";
        entry.AppendJson(out);
      }
      *out += ']';
      return;
    }
    case Kind::kContext:
      context().AppendJson(out);
      return;
  }
}

absl::Status Value::Validate() const {
  return ValidateNested(*this, kValueDepthMax);
}

bool Value::EqualWithin(const Value& a, const Value& b, int64_t* steps) {
  if (--*steps < 0 || a.kind() != b.kind()) return false;
  switch (a.kind()) {
    case Kind::kNull:
      return true;
    case Kind::kBool:
      return a.boolean() == b.boolean();
    case Kind::kNumber:
      return a.number_text() == b.number_text() || CompareNumbers(a, b) == 0;
    case Kind::kString:
      if (a.string().size() != b.string().size()) return false;
      *steps -= static_cast<int64_t>(a.string().size() / kBytesPerStep);
      return *steps >= 0 && a.string() == b.string();
    case Kind::kList: {
      if (a.size() != b.size()) return false;
      for (size_t i = 0; i < a.size(); ++i) {
        if (!EqualWithin(a.list()[i], b.list()[i], steps)) return false;
      }
      return true;
    }
    case Kind::kContext: {
      if (a.size() != b.size()) return false;
      for (const auto& [name, value] : a.context()) {
        const Value* other = b.context().find(name);
        if (other == nullptr || !EqualWithin(value, *other, steps)) {
          return false;
        }
      }
      return true;
    }
  }
  return false;
}

bool operator==(const Value& a, const Value& b) {
  int64_t steps = std::numeric_limits<int64_t>::max();
  return Value::EqualWithin(a, b, &steps);
}

int Value::CompareNumbers(const Value& a, const Value& b) {
  return CompareNormal(Normal(a.number_text()), Normal(b.number_text()));
}

const Value& Value::Null() {
  static const Value null;
  return null;
}

std::ostream& operator<<(std::ostream& os, const Value& value) {
  return os << value.ToJson();
}

std::string_view KindName(Value::Kind kind) {
  static constexpr std::string_view kNames[] = {"null",   "boolean", "number",
                                                "string", "list",    "context"};
  return kNames[static_cast<size_t>(kind)];
}

std::string DescribeValue(const Value& value) {
  switch (value.kind()) {
    case Value::Kind::kNull:
      return "null";
    case Value::Kind::kBool:
      return absl::StrCat("boolean ", value.ToJson());
    case Value::Kind::kNumber: {
      const std::string& text = value.number_text();
      return absl::StrCat("number ", text.substr(0, kShownBytesMax),
                          text.size() > kShownBytesMax ? "..." : "");
    }
    case Value::Kind::kString: {
      const std::string& text = value.string();
      size_t shown = std::min(text.size(), kShownBytesMax);
      // Not in the middle of a character.
      while (shown > 0 && shown < text.size() &&
             (static_cast<unsigned char>(text[shown]) & 0xC0) == 0x80) {
        --shown;
      }
      std::string out = "string ";
      AppendQuoted(std::string_view(text).substr(0, shown), &out);
      return shown < text.size() ? out + "..." : out;
    }
    case Value::Kind::kList:
    case Value::Kind::kContext:
      return absl::StrCat(value.is_list() ? "a list of " : "a context of ",
                          value.size(),
                          value.size() == 1 ? " entry" : " entries");
  }
  return "";
}

Variables::Variables(std::initializer_list<Entry> entries) {
  entries_.reserve(entries.size());
  for (const Entry& entry : entries) Set(entry.first, entry.second);
}

absl::StatusOr<Variables> Variables::FromJson(std::string_view json) {
  // One level more than a value: each variable may nest kValueDepthMax.
  PAWL_ASSIGN_OR_RETURN(Value value, ReadJson(json, kValueDepthMax + 1));
  if (!value.is_context()) {
    return absl::InvalidArgumentError(
        absl::StrCat("variables: got ", DescribeValue(value),
                     ", wanted a JSON object with a value for each name"));
  }
  PAWL_RETURN_IF_ERROR(value.context().Validate());
  return value.context();
}

size_t Variables::IndexOf(std::string_view name) const {
  if (slots_.empty()) {
    size_t i = 0;
    while (i < entries_.size() && entries_[i].first != name) ++i;
    return i;
  }
  const size_t mask = slots_.size() - 1;
  size_t slot = std::hash<std::string_view>()(name) & mask;
  while (slots_[slot] != 0) {
    const size_t i = slots_[slot] - 1;
    if (entries_[i].first == name) return i;
    slot = (slot + 1) & mask;
  }
  return entries_.size();
}

void Variables::Append(std::string name, Value value) {
  entries_.emplace_back(std::move(name), std::move(value));
  if (entries_.size() <= kScanEntriesMax) return;
  if (entries_.size() * 2 > slots_.size()) {
    Rehash();
    return;
  }
  const size_t mask = slots_.size() - 1;
  size_t slot = std::hash<std::string_view>()(entries_.back().first) & mask;
  while (slots_[slot] != 0) slot = (slot + 1) & mask;
  slots_[slot] = static_cast<uint32_t>(entries_.size());
}

void Variables::Rehash() {
  slots_.clear();
  if (entries_.size() <= kScanEntriesMax) return;
  // A power of two, at most half full until the entries have doubled.
  size_t size = 64;
  while (size < entries_.size() * 4) size *= 2;
  slots_.assign(size, 0);
  for (size_t i = 0; i < entries_.size(); ++i) {
    size_t slot = std::hash<std::string_view>()(entries_[i].first) & (size - 1);
    while (slots_[slot] != 0) slot = (slot + 1) & (size - 1);
    slots_[slot] = static_cast<uint32_t>(i + 1);
  }
}

Value& Variables::operator[](std::string_view name) {
  const size_t i = IndexOf(name);
  if (i == entries_.size()) Append(std::string(name), Value());
  return entries_[i].second;
}

const Value& Variables::operator[](std::string_view name) const {
  const Value* value = find(name);
  return value == nullptr ? Value::Null() : *value;
}

const Value* Variables::find(std::string_view name) const {
  const size_t i = IndexOf(name);
  return i == entries_.size() ? nullptr : &entries_[i].second;
}

void Variables::Set(std::string name, Value value) {
  const size_t i = IndexOf(name);
  if (i == entries_.size()) {
    Append(std::move(name), std::move(value));
  } else {
    entries_[i].second = std::move(value);
  }
}

bool Variables::erase(std::string_view name) {
  const size_t i = IndexOf(name);
  if (i == entries_.size()) return false;
  entries_.erase(entries_.begin() + static_cast<ptrdiff_t>(i));
  Rehash();
  return true;
}

std::string Variables::ToJson() const {
  std::string out;
  AppendJson(&out);
  return out;
}

void Variables::AppendJson(std::string* out) const {
  *out += '{';
  const char* separator = "";
  for (const auto& [name, value] : entries_) {
    *out += separator;
    separator = ",";
    AppendQuoted(name, out);
    *out += ':';
    value.AppendJson(out);
  }
  *out += '}';
}

absl::Status Variables::Validate() const {
  for (const auto& [name, value] : entries_) {
    if (name.size() > kNameBytesMax) {
      return absl::InvalidArgumentError(absl::StrCat(
          "variable ", DescribeValue(name), ": got a name of ", name.size(),
          " bytes, wanted at most kNameBytesMax (", kNameBytesMax, ")"));
    }
    PAWL_RETURN_IF_ERROR(ValidateText(name));
    if (absl::Status status = value.Validate(); !status.ok()) {
      return absl::InvalidArgumentError(absl::StrCat(
          "variable ", DescribeValue(name), ": ", status.message()));
    }
  }
  return absl::OkStatus();
}

bool operator==(const Variables& a, const Variables& b) {
  if (a.size() != b.size()) return false;
  for (const auto& [name, value] : a) {
    const Value* other = b.find(name);
    if (other == nullptr || !(value == *other)) return false;
  }
  return true;
}

std::ostream& operator<<(std::ostream& os, const Variables& variables) {
  return os << variables.ToJson();
}

}  // namespace pawl
