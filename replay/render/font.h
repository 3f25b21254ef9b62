// Text in a picture: how wide it is, and how it is broken into lines.
//
// Nobody knows which font a viewer has, so widths are those of the widest in
// common use, by a table of ours; no font is needed to draw.
#ifndef PAWL_REPLAY_RENDER_FONT_H_
#define PAWL_REPLAY_RENDER_FONT_H_

#include <string>
#include <string_view>
#include <vector>

#include "replay/render/diagram.h"

namespace pawl::replay {

inline constexpr char kFontFamily[] =
    "Arial, Helvetica, 'Liberation Sans', 'DejaVu Sans', sans-serif";
// From line to line, in sizes.
inline constexpr double kLineHeight = 1.2;

double TextWidth(std::string_view text, const LabelFont& font);
double TextWidth(const std::u32string& text, const LabelFont& font);

struct Paragraph {
  std::vector<std::string> lines;
  LabelFont font;
  // A word stands on two lines, or the end is missing.
  bool broken = false;
  bool cut = false;

  double width() const;
  double height() const {
    return static_cast<double>(lines.size()) * font.size * kLineHeight;
  }
};

// `text` in lines of at most `width`, broken between words and, where a word is
// longer, inside them. At most kRenderLabelMax characters; O(n).
Paragraph WrapText(std::string_view text, double width, const LabelFont& font);

// As WrapText, in a smaller size where it would be higher than `height`, and
// cut with an ellipsis where the smallest still is.
Paragraph FitText(std::string_view text, double width, double height,
                  const LabelFont& font);

}  // namespace pawl::replay

#endif  // PAWL_REPLAY_RENDER_FONT_H_
