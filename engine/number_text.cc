#include "engine/number_text.h"

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "base/limits.h"
#include "base/strings.h"

namespace pawl {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Texts in messages are cut here, so that a message stays a line.
constexpr size_t kShownBytesMax = 64;

absl::Status Refuse(std::string_view text, size_t offset, const char* wanted) {
  std::string got = "the end";
  if (offset < text.size()) {
    const unsigned char c = static_cast<unsigned char>(text[offset]);
    got = c < ' ' || c > '~' ? absl::StrCat("byte 0x", absl::Hex(c))
                             : absl::StrCat("'", std::string(1, c), "'");
  }
  return absl::InvalidArgumentError(
      absl::StrCat("number '", ToAbsl(text.substr(0, kShownBytesMax)),
                   text.size() > kShownBytesMax ? "...'" : "'", ", offset ",
                   offset, ": got ", got, ", wanted ", wanted));
}

size_t DigitsEnd(std::string_view text, size_t i) {
  while (i < text.size() && IsDigit(text[i])) ++i;
  return i;
}

}  // namespace

absl::Status SplitNumber(std::string_view text, NumberParts* parts) {
  *parts = NumberParts();
  if (text.size() > kNumberBytesMax) {
    return absl::InvalidArgumentError(absl::StrCat(
        "number '", ToAbsl(text.substr(0, kShownBytesMax)), "...': got ",
        text.size(), " bytes, wanted at most kNumberBytesMax (",
        kNumberBytesMax, ")"));
  }
  size_t i = 0;
  if (i < text.size() && text[i] == '-') {
    parts->negative = true;
    ++i;
  }
  size_t end = DigitsEnd(text, i);
  if (end == i) return Refuse(text, i, "a digit");
  if (text[i] == '0' && end - i > 1) {
    return Refuse(text, i + 1, "no digit after a leading 0");
  }
  parts->whole = text.substr(i, end - i);
  i = end;
  if (i < text.size() && text[i] == '.') {
    ++i;
    end = DigitsEnd(text, i);
    if (end == i) return Refuse(text, i, "a digit after the point");
    parts->fraction = text.substr(i, end - i);
    i = end;
  }
  if (i < text.size() && (text[i] == 'e' || text[i] == 'E')) {
    ++i;
    const bool negative = i < text.size() && text[i] == '-';
    if (i < text.size() && (text[i] == '-' || text[i] == '+')) ++i;
    end = DigitsEnd(text, i);
    if (end == i) return Refuse(text, i, "a digit of the exponent");
    for (size_t j = i; j < end; ++j) {
      parts->exponent = parts->exponent * 10 + (text[j] - '0');
      if (parts->exponent > kNumberExponentMax) {
        return Refuse(text, i,
                      "an exponent within kNumberExponentMax (999999)");
      }
    }
    if (negative) parts->exponent = -parts->exponent;
    i = end;
  }
  if (i != text.size()) return Refuse(text, i, "the end of the number");
  return absl::OkStatus();
}

NormalNumber Normalize(const NumberParts& parts) {
  NormalNumber n;
  n.first = parts.whole;
  n.second = parts.fraction;
  n.magnitude = parts.exponent + static_cast<int64_t>(parts.whole.size());
  while (!n.second.empty() && n.second.back() == '0') n.second.remove_suffix(1);
  if (n.second.empty()) {
    while (!n.first.empty() && n.first.back() == '0') n.first.remove_suffix(1);
  }
  while (!n.first.empty() && n.first.front() == '0') {
    n.first.remove_prefix(1);
    --n.magnitude;
  }
  if (n.first.empty()) {
    while (!n.second.empty() && n.second.front() == '0') {
      n.second.remove_prefix(1);
      --n.magnitude;
    }
  }
  // Zero has neither sign nor size.
  if (n.is_zero()) return NormalNumber();
  n.negative = parts.negative;
  return n;
}

int CompareNormal(const NormalNumber& a, const NormalNumber& b) {
  const int sign_a = a.is_zero() ? 0 : a.negative ? -1 : 1;
  const int sign_b = b.is_zero() ? 0 : b.negative ? -1 : 1;
  if (sign_a != sign_b) return sign_a < sign_b ? -1 : 1;
  if (sign_a == 0) return 0;
  if (a.magnitude != b.magnitude) {
    return (a.magnitude < b.magnitude ? -1 : 1) * sign_a;
  }
  const size_t common = std::min(a.digit_count(), b.digit_count());
  for (size_t i = 0; i < common; ++i) {
    if (a.digit(i) != b.digit(i)) {
      return (a.digit(i) < b.digit(i) ? -1 : 1) * sign_a;
    }
  }
  if (a.digit_count() == b.digit_count()) return 0;
  // No trailing zeros, so more digits is more.
  return (a.digit_count() < b.digit_count() ? -1 : 1) * sign_a;
}

}  // namespace pawl
