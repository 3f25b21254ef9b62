#include "engine/model/xml_text.h"

#include <cstdint>

#include "absl/strings/str_cat.h"
#include "base/strings.h"

namespace pawl::model {

std::string XmlEscaped(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\n':
        out += "&#10;";
        break;
      case '\r':
        out += "&#13;";
        break;
      case '\t':
        out += "&#9;";
        break;
      default:
        out.push_back(c);
    }
  }
  return out;
}

std::string XmlAttributeText(std::string_view name, std::string_view value) {
  return absl::StrCat(" ", ToAbsl(name), "=\"", XmlEscaped(value), "\"");
}

std::string XmlAscii(std::string_view text) {
  std::string out;
  uint32_t code = 0;
  int missing = 0;
  for (const char c : text) {
    const auto byte = static_cast<uint8_t>(c);
    if (byte < 0x80) {
      out.push_back(c);
    } else if (byte >= 0xC0) {
      missing = byte >= 0xF0 ? 3 : byte >= 0xE0 ? 2 : 1;
      code = byte & (0x3Fu >> missing);
    } else {
      code = code << 6 | (byte & 0x3Fu);
      if (--missing == 0) absl::StrAppend(&out, "&#", code, ";");
    }
  }
  return out;
}

}  // namespace pawl::model
