#include "replay/render/svg_writer.h"

#include <cmath>
#include <cstdint>
#include <cstdio>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/strings.h"
#include "replay/render/utf8.h"

namespace pawl::replay {
namespace {

bool IsXmlCharacter(char32_t c) {
  if (c < 0x20) return c == '\t' || c == '\n' || c == '\r';
  return c != 0xFFFE && c != 0xFFFF && (c < 0x7F || c > 0x9F);
}

}  // namespace

std::string SvgEscaped(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const std::string_view bytes = text;
    const char32_t c = TakeCharacter(&text);
    if (!IsXmlCharacter(c)) {
      out += kReplacement;
    } else if (c == '&') {
      out += "&amp;";
    } else if (c == '<') {
      out += "&lt;";
    } else if (c == '>') {
      out += "&gt;";
    } else if (c == '"') {
      out += "&quot;";
    } else if (c == '\'') {
      out += "&#39;";
    } else if (c < 0x20) {
      absl::StrAppend(&out, "&#", static_cast<uint32_t>(c), ";");
    } else if (c == kReplacementCharacter) {
      out += kReplacement;
    } else {
      out += bytes.substr(0, bytes.size() - text.size());
    }
  }
  return out;
}

std::string SvgNumber(double value) {
  PAWL_CHECK(std::isfinite(value)) << value;
  char buffer[32];
  const int size = std::snprintf(buffer, sizeof(buffer), "%.2f", value);
  PAWL_CHECK(size > 0 && size < static_cast<int>(sizeof(buffer))) << value;
  std::string text(buffer, size);
  while (text.back() == '0') text.pop_back();
  if (text.back() == '.') text.pop_back();
  return text == "-0" ? "0" : text;
}

void SvgWriter::Begin(std::string_view tag, Attributes attributes) {
  out_.append(2 * open_.size(), ' ');
  absl::StrAppend(&out_, "<", ToAbsl(tag));
  for (const SvgAttribute& attribute : attributes) {
    if (attribute.value.empty()) continue;
    absl::StrAppend(&out_, " ", ToAbsl(attribute.name), "=\"",
                    SvgEscaped(attribute.value), "\"");
  }
}

void SvgWriter::Open(std::string_view tag, Attributes attributes) {
  Begin(tag, attributes);
  out_ += ">\n";
  open_.emplace_back(tag);
}

void SvgWriter::Close() {
  PAWL_CHECK(!open_.empty());
  const std::string tag = open_.back();
  open_.pop_back();
  out_.append(2 * open_.size(), ' ');
  absl::StrAppend(&out_, "</", tag, ">\n");
}

void SvgWriter::Leaf(std::string_view tag, Attributes attributes) {
  Begin(tag, attributes);
  out_ += "/>\n";
}

void SvgWriter::Lines(Attributes attributes, const std::vector<Point>& places,
                      const std::vector<std::string>& lines) {
  PAWL_CHECK(places.size() == lines.size());
  Begin("text", attributes);
  out_ += '>';
  for (size_t i = 0; i < lines.size(); ++i) {
    if (lines[i].empty()) continue;
    absl::StrAppend(&out_, "<tspan x=\"", SvgNumber(places[i].x), "\" y=\"",
                    SvgNumber(places[i].y), "\">", SvgEscaped(lines[i]),
                    "</tspan>");
  }
  out_ += "</text>\n";
}

void SvgWriter::Text(std::string_view tag, Attributes attributes,
                     std::string_view text) {
  Begin(tag, attributes);
  absl::StrAppend(&out_, ">", SvgEscaped(text), "</", ToAbsl(tag), ">\n");
}

const std::string& SvgWriter::text() const {
  PAWL_CHECK(open_.empty()) << open_.back();
  return out_;
}

std::string SvgPath(const std::vector<Point>& line, bool closed) {
  std::string path;
  for (const Point& point : line) {
    absl::StrAppend(&path, path.empty() ? "M" : " L", SvgNumber(point.x), ",",
                    SvgNumber(point.y));
  }
  if (closed) path += " Z";
  return path;
}

}  // namespace pawl::replay
