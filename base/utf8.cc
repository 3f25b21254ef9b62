#include "base/utf8.h"

#include <cstdint>
#include <cstring>

namespace pawl {
namespace {

// Length of the well-formed character that starts at `p`, 0 for none.
size_t CharacterLength(const unsigned char* p, size_t left) {
  const unsigned char first = p[0];
  if (first < 0x80) return 1;
  // The second byte's range depends on the first: it keeps out overlong forms
  // (E0, F0), surrogates (ED) and what is over U+10FFFF (F4).
  size_t length;
  unsigned char low = 0x80, high = 0xBF;
  if (first >= 0xC2 && first <= 0xDF) {
    length = 2;
  } else if (first >= 0xE0 && first <= 0xEF) {
    length = 3;
    if (first == 0xE0) low = 0xA0;
    if (first == 0xED) high = 0x9F;
  } else if (first >= 0xF0 && first <= 0xF4) {
    length = 4;
    if (first == 0xF0) low = 0x90;
    if (first == 0xF4) high = 0x8F;
  } else {
    return 0;
  }
  if (left < length || p[1] < low || p[1] > high) return 0;
  for (size_t i = 2; i < length; ++i) {
    if ((p[i] & 0xC0) != 0x80) return 0;
  }
  return length;
}

}  // namespace

size_t FindInvalidUtf8(std::string_view text) {
  const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
  size_t i = 0;
  while (i < text.size()) {
    if (text.size() - i >= 8) {
      uint64_t word;
      std::memcpy(&word, bytes + i, 8);
      if ((word & 0x8080808080808080u) == 0) {
        i += 8;
        continue;
      }
    }
    const size_t length = CharacterLength(bytes + i, text.size() - i);
    if (length == 0) return i;
    i += length;
  }
  return std::string_view::npos;
}

std::string_view CutUtf8(std::string_view text, size_t bytes_max) {
  if (text.size() <= bytes_max) return text;
  // A character has at most three bytes behind its first; more of them in a row
  // are none, and are cut anywhere.
  for (size_t back = 0; back <= 3 && back <= bytes_max; ++back) {
    const size_t end = bytes_max - back;
    if ((static_cast<unsigned char>(text[end]) & 0xC0) != 0x80) {
      return text.substr(0, end);
    }
  }
  return text.substr(0, bytes_max);
}

std::string ReplaceInvalidUtf8(std::string_view bytes) {
  std::string text;
  text.reserve(bytes.size());
  while (true) {
    const size_t bad = FindInvalidUtf8(bytes);
    text.append(bytes.substr(0, bad));
    if (bad == bytes.npos) return text;
    text.append("\xEF\xBF\xBD");
    bytes.remove_prefix(bad + 1);
  }
}

}  // namespace pawl
