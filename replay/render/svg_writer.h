// SvgWriter: SVG as text. Escapes all that it is given, balances tags, and
// keeps the box of what was drawn.
#ifndef PAWL_REPLAY_RENDER_SVG_WRITER_H_
#define PAWL_REPLAY_RENDER_SVG_WRITER_H_

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "replay/render/geometry.h"

namespace pawl::replay {

// `text` as it can stand in an attribute or an element of XML 1.0: what isn't
// UTF-8, and characters that XML doesn't have, become U+FFFD.
std::string SvgEscaped(std::string_view text);

// Two decimals at most: "12", "0.5".
std::string SvgNumber(double value);

struct SvgAttribute {
  SvgAttribute(std::string_view name, std::string_view value)
      : name(name), value(value) {}
  SvgAttribute(std::string_view name, const char* value)
      : name(name), value(value) {}
  SvgAttribute(std::string_view name, double value)
      : name(name), value(SvgNumber(value)) {}

  std::string_view name;
  std::string value;
};

class SvgWriter {
 public:
  using Attributes = std::initializer_list<SvgAttribute>;

  void Open(std::string_view tag, Attributes attributes = {});
  // Ends what was opened last, which must be there.
  void Close();
  // <tag .../>
  void Leaf(std::string_view tag, Attributes attributes);
  // <tag ...>text</tag>, on one line.
  void Text(std::string_view tag, Attributes attributes, std::string_view text);
  // <text ...> with each line at its place. Nothing stands between them: a
  // line's end counts as a space, which would move what is centered.
  void Lines(Attributes attributes, const std::vector<Point>& places,
             const std::vector<std::string>& lines);
  // What another writer has written, as it is.
  void Append(const SvgWriter& other) { out_ += other.out_; }
  // Markup of our own, as it is.
  void Raw(std::string_view markup) { out_ += markup; }

  // What is drawn reaches to here.
  void Cover(const Bounds& bounds) { extent_.Add(bounds); }
  void Cover(const Point& point) { extent_.Add(point); }
  const Extent& extent() const { return extent_; }

  size_t size() const { return out_.size(); }
  // All of it. Everything must be closed.
  const std::string& text() const;

 private:
  void Begin(std::string_view tag, Attributes attributes);

  std::string out_;
  std::vector<std::string> open_;
  Extent extent_;
};

// The `d` of a line through these points.
std::string SvgPath(const std::vector<Point>& line, bool closed = false);

}  // namespace pawl::replay

#endif  // PAWL_REPLAY_RENDER_SVG_WRITER_H_
