#include "replay/render/utf8.h"

#include <cstdint>

namespace pawl::replay {

char32_t TakeCharacter(std::string_view* text) {
  const auto first = static_cast<uint8_t>((*text)[0]);
  size_t more = 0;
  char32_t c = first;
  char32_t least = 0;
  if (first >= 0xF0 && first < 0xF8) {
    more = 3;
    c = first & 0x07;
    least = 0x10000;
  } else if (first >= 0xE0) {
    more = 2;
    c = first & 0x0F;
    least = 0x800;
  } else if (first >= 0xC0) {
    more = 1;
    c = first & 0x1F;
    least = 0x80;
  }
  bool is_good =
      (first < 0x80 || more > 0) && first < 0xF8 && text->size() > more;
  for (size_t i = 1; is_good && i <= more; ++i) {
    const auto next = static_cast<uint8_t>((*text)[i]);
    is_good = (next & 0xC0) == 0x80;
    c = (c << 6) | (next & 0x3F);
  }
  is_good =
      is_good && c >= least && c <= 0x10FFFF && (c < 0xD800 || c > 0xDFFF);
  text->remove_prefix(is_good ? more + 1 : 1);
  return is_good ? c : kReplacementCharacter;
}

std::u32string Characters(std::string_view text) {
  std::u32string characters;
  while (!text.empty()) characters += TakeCharacter(&text);
  return characters;
}

std::string Utf8(const std::u32string& characters) {
  std::string out;
  for (const char32_t c : characters) {
    if (c < 0x80) {
      out += static_cast<char>(c);
    } else if (c < 0x800) {
      out += static_cast<char>(0xC0 | (c >> 6));
      out += static_cast<char>(0x80 | (c & 0x3F));
    } else if (c < 0x10000) {
      out += static_cast<char>(0xE0 | (c >> 12));
      out += static_cast<char>(0x80 | ((c >> 6) & 0x3F));
      out += static_cast<char>(0x80 | (c & 0x3F));
    } else {
      out += static_cast<char>(0xF0 | (c >> 18));
      out += static_cast<char>(0x80 | ((c >> 12) & 0x3F));
      out += static_cast<char>(0x80 | ((c >> 6) & 0x3F));
      out += static_cast<char>(0x80 | (c & 0x3F));
    }
  }
  return out;
}

}  // namespace pawl::replay
