#include "replay/render/font.h"

#include <algorithm>
#include <cstdint>

#include "replay/render/render_limits.h"
#include "replay/render/utf8.h"

namespace pawl::replay {
namespace {

// Advance widths in thousandths of the size, read from the hmtx table of DejaVu
// Sans 2.37: of the fonts that kFontFamily names, and that systems put in their
// place, the widest in common use. What fits with it fits with Arial.
// U+0020 to U+007E.
constexpr int16_t kAscii[] = {
    318, 401, 460, 838, 636,  950, 780, 275, 390, 390, 500, 838, 318, 361,
    318, 337, 636, 636, 636,  636, 636, 636, 636, 636, 636, 636, 337, 337,
    838, 838, 838, 531, 1000, 684, 686, 698, 770, 632, 575, 775, 752, 295,
    295, 656, 557, 863, 748,  787, 603, 787, 695, 635, 611, 732, 684, 989,
    685, 611, 685, 390, 337,  390, 838, 500, 500, 613, 635, 550, 635, 615,
    352, 635, 634, 278, 278,  579, 278, 974, 634, 612, 635, 635, 411, 521,
    392, 634, 592, 818, 592,  592, 525, 636, 337, 636, 838};
// U+00A0 to U+017F.
constexpr int16_t kLatin[] = {
    318,  401, 636, 636, 636, 636, 337, 500, 500, 1000, 471,  612,  838, 361,
    1000, 500, 500, 838, 401, 401, 500, 636, 636, 318,  500,  401,  471, 612,
    969,  969, 969, 531, 684, 684, 684, 684, 684, 684,  974,  698,  632, 632,
    632,  632, 295, 295, 295, 295, 775, 748, 787, 787,  787,  787,  787, 838,
    787,  732, 732, 732, 732, 611, 605, 630, 613, 613,  613,  613,  613, 613,
    982,  550, 615, 615, 615, 615, 278, 278, 278, 278,  612,  634,  612, 612,
    612,  612, 612, 838, 612, 634, 634, 634, 634, 592,  635,  592,  684, 613,
    684,  613, 684, 613, 698, 550, 698, 550, 698, 550,  698,  550,  770, 635,
    775,  635, 632, 615, 632, 615, 632, 615, 632, 615,  632,  615,  775, 635,
    775,  635, 775, 635, 775, 635, 752, 634, 916, 695,  295,  278,  295, 278,
    295,  278, 295, 278, 295, 278, 590, 556, 295, 278,  656,  579,  579, 557,
    278,  557, 278, 557, 375, 557, 342, 562, 284, 748,  634,  748,  634, 748,
    634,  813, 748, 634, 787, 612, 787, 612, 787, 612,  1070, 1023, 695, 411,
    695,  411, 695, 411, 635, 521, 635, 521, 635, 521,  635,  521,  611, 392,
    611,  392, 611, 392, 732, 634, 732, 634, 732, 634,  732,  634,  732, 634,
    732,  634, 989, 818, 611, 592, 611, 685, 525, 685,  525,  685,  525, 352};

// Bold letters are about so much wider.
constexpr double kBoldFactor = 1.12;

int Advance(char32_t c) {
  if (c < 0x20) return 0;
  if (c <= 0x7E) return kAscii[c - 0x20];
  if (c >= 0xA0 && c <= 0x17F) return kLatin[c - 0xA0];
  // Combining marks, joiners, variation selectors.
  if ((c >= 0x300 && c <= 0x36F) || (c >= 0x200B && c <= 0x200F) ||
      (c >= 0xFE00 && c <= 0xFE0F)) {
    return 0;
  }
  // Ideographs, kana, hangul, full-width forms and pictures fill a square.
  if (c >= 0x1100) return c >= 0x2000 && c <= 0x206F ? 600 : 1000;
  // Greek, Cyrillic, Arabic and the like: their average.
  return 720;
}

using Text = std::u32string;

bool IsSpace(char32_t c) {
  return c == ' ' || c == '\t' || c == '\r' || c == 0x3000;
}

// A line may end behind these, although no space follows.
bool EndsPart(char32_t c) {
  return c == '-' || c == '/' || c == '_' || c == 0x2013 || c == 0x2014 ||
         c >= 0x3000;
}

class Wrapper {
 public:
  // Stops behind `lines_max` lines.
  Wrapper(double width, const LabelFont& font, size_t lines_max)
      : width_(width), font_(font), lines_max_(lines_max) {}

  // `broken`: a word had to be cut.
  std::vector<std::string> Run(const Text& text, bool* broken) {
    size_t at = 0;
    while (at <= text.size() && lines_.size() <= lines_max_) {
      const size_t end = std::min(text.find(U'\n', at), text.size());
      Paragraph(text.substr(at, end - at));
      at = end + 1;
    }
    while (!lines_.empty() && lines_.back().empty()) lines_.pop_back();
    *broken = broken_;
    return std::move(lines_);
  }

 private:
  double WidthOf(const Text& text) const { return TextWidth(text, font_); }

  void Paragraph(const Text& text) {
    size_t at = 0;
    while (at < text.size() && lines_.size() <= lines_max_) {
      Text space;
      while (at < text.size() && IsSpace(text[at])) space = U" ", ++at;
      Text part;
      while (at < text.size() && !IsSpace(text[at])) {
        part += text[at++];
        if (EndsPart(part.back())) break;
      }
      if (!part.empty()) Add(space, std::move(part));
    }
    EndLine();
  }

  void Add(const Text& space, Text part) {
    if (WidthOf(line_ + (line_.empty() ? Text() : space) + part) <= width_) {
      if (!line_.empty()) line_ += space;
      line_ += part;
      return;
    }
    if (!line_.empty()) EndLine();
    while (WidthOf(part) > width_ && part.size() > 1) {
      size_t fits = 1;
      while (fits < part.size() &&
             WidthOf(part.substr(0, fits + 1)) <= width_) {
        ++fits;
      }
      line_ = part.substr(0, fits);
      part.erase(0, fits);
      if (part.empty()) return;
      broken_ = true;
      EndLine();
    }
    line_ = std::move(part);
  }

  void EndLine() {
    lines_.push_back(Utf8(line_));
    line_.clear();
  }

  const double width_;
  const LabelFont font_;
  const size_t lines_max_;
  Text line_;
  std::vector<std::string> lines_;
  bool broken_ = false;
};

Text Shortened(std::string_view text) {
  Text characters = Characters(text.substr(0, 4 * kRenderLabelMax));
  if (characters.size() > kRenderLabelMax) {
    characters.resize(kRenderLabelMax);
    characters += U'\u2026';
  }
  return characters;
}

constexpr double kSmallest = 7;

Paragraph Wrapped(std::string_view text, double width, const LabelFont& font,
                  size_t lines_max) {
  Paragraph out;
  out.font = font;
  out.lines = Wrapper(width, font, lines_max).Run(Shortened(text), &out.broken);
  return out;
}

}  // namespace

double TextWidth(const std::u32string& text, const LabelFont& font) {
  int64_t sum = 0;
  for (const char32_t c : text) sum += Advance(c);
  return static_cast<double>(sum) / 1000 * font.size *
         (font.bold ? kBoldFactor : 1);
}

double TextWidth(std::string_view text, const LabelFont& font) {
  return TextWidth(Characters(text), font);
}

double Paragraph::width() const {
  double width = 0;
  for (const std::string& line : lines) {
    width = std::max(width, TextWidth(line, font));
  }
  return width;
}

Paragraph WrapText(std::string_view text, double width, const LabelFont& font) {
  return Wrapped(text, width, font, SIZE_MAX - 1);
}

Paragraph FitText(std::string_view text, double width, double height,
                  const LabelFont& font) {
  LabelFont tried = font;
  // What even the smallest size has no room for need not be wrapped.
  const auto lines_max = static_cast<size_t>(
      std::max(1.0, height / (kSmallest * kLineHeight)) + 1);
  Paragraph best = Wrapped(text, width, tried, lines_max);
  // Smaller until it fits; a little smaller also to keep words whole.
  while (tried.size > kSmallest &&
         (best.height() > height || (best.broken && tried.size > 8))) {
    tried.size = std::max(kSmallest, tried.size - 1);
    Paragraph next = Wrapped(text, width, tried, lines_max);
    const bool is_better = best.height() > height || !next.broken;
    if (is_better) best = std::move(next);
  }
  // At its smallest it still has a line, whatever the height.
  const auto fitting = static_cast<size_t>(
      std::max(1.0, height / (best.font.size * kLineHeight) + 1e-6));
  if (best.lines.size() <= fitting) return best;
  best.lines.resize(fitting);
  best.cut = true;
  Text last = Characters(best.lines.back());
  while (!last.empty() &&
         TextWidth(last + Text(U"\u2026"), best.font) > width) {
    last.pop_back();
  }
  best.lines.back() = Utf8(last + Text(U"\u2026"));
  return best;
}

}  // namespace pawl::replay
