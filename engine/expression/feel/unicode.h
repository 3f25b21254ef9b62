// Code points: strings of FEEL are sequences of them (DMN 1.4, 10.3.2.3.2).
// Internal to FEEL. All texts here are well-formed UTF-8; malformed bytes are
// read as one code point each.
#ifndef PAWL_ENGINE_EXPRESSION_FEEL_UNICODE_H_
#define PAWL_ENGINE_EXPRESSION_FEEL_UNICODE_H_

#include <cstddef>
#include <string>
#include <string_view>

namespace pawl::expression::feel {

// The code point at `*at`, which is moved behind it.
inline char32_t DecodeUtf8(std::string_view text, size_t* at) {
  const auto byte = [&](size_t i) {
    return static_cast<unsigned char>(text[i]);
  };
  const size_t i = *at;
  const unsigned char lead = byte(i);
  const size_t size = lead < 0x80           ? 1
                      : (lead >> 5) == 0x6  ? 2
                      : (lead >> 4) == 0xE  ? 3
                      : (lead >> 3) == 0x1E ? 4
                                            : 1;
  if (size == 1 || i + size > text.size()) {
    ++*at;
    return lead;
  }
  char32_t code = lead & (0x7F >> size);
  for (size_t k = 1; k < size; ++k) code = code << 6 | (byte(i + k) & 0x3F);
  *at += size;
  return code;
}

inline void AppendUtf8(char32_t code, std::string* out) {
  if (code < 0x80) {
    out->push_back(static_cast<char>(code));
  } else if (code < 0x800) {
    out->push_back(static_cast<char>(0xC0 | code >> 6));
    out->push_back(static_cast<char>(0x80 | (code & 0x3F)));
  } else if (code < 0x10000) {
    out->push_back(static_cast<char>(0xE0 | code >> 12));
    out->push_back(static_cast<char>(0x80 | (code >> 6 & 0x3F)));
    out->push_back(static_cast<char>(0x80 | (code & 0x3F)));
  } else {
    out->push_back(static_cast<char>(0xF0 | code >> 18));
    out->push_back(static_cast<char>(0x80 | (code >> 12 & 0x3F)));
    out->push_back(static_cast<char>(0x80 | (code >> 6 & 0x3F)));
    out->push_back(static_cast<char>(0x80 | (code & 0x3F)));
  }
}

// Code points in `text`. O(n).
inline size_t CodePoints(std::string_view text) {
  size_t count = 0;
  for (const char c : text) {
    if ((static_cast<unsigned char>(c) & 0xC0) != 0x80) ++count;
  }
  return count;
}

// Byte offset of code point number `index`; text.size() behind the last. O(n).
inline size_t OffsetOfCodePoint(std::string_view text, size_t index) {
  size_t at = 0;
  while (at < text.size() && index > 0) {
    DecodeUtf8(text, &at);
    --index;
  }
  return at;
}

}  // namespace pawl::expression::feel

#endif  // PAWL_ENGINE_EXPRESSION_FEEL_UNICODE_H_
