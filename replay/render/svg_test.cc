// Text in pictures: characters, escapes, numbers, widths and lines.
#include <string>

#include "gtest/gtest.h"
#include "replay/render/font.h"
#include "replay/render/render_limits.h"
#include "replay/render/svg_writer.h"
#include "replay/render/utf8.h"

namespace pawl::replay {
namespace {

TEST(Utf8, CharactersComeBackAsTheyWere) {
  const std::string text = "a\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80";
  EXPECT_EQ(Characters(text), U"aä€\U0001F600");
  EXPECT_EQ(Utf8(Characters(text)), text);
}

TEST(Utf8, WhatIsNoneIsReplacedByteForByte) {
  // A lone continuation, a cut sequence, an overlong slash, a surrogate, a
  // byte that never begins one.
  EXPECT_EQ(Characters("\x80"), U"\xFFFD");
  EXPECT_EQ(Characters("\xE2\x82"), U"\xFFFD\xFFFD");
  EXPECT_EQ(Characters("\xC0\xAF"), U"\xFFFD\xFFFD");
  EXPECT_EQ(Characters("\xED\xA0\x80"), U"\xFFFD\xFFFD\xFFFD");
  EXPECT_EQ(Characters("\xFF"), U"\xFFFD");
}

TEST(SvgEscaped, NothingEndsAnAttributeOrElement) {
  EXPECT_EQ(SvgEscaped("<a b=\"c\" d='e'>&"),
            "&lt;a b=&quot;c&quot; d=&#39;e&#39;&gt;&amp;");
}

TEST(SvgEscaped, WhatXmlDoesNotHaveIsReplaced) {
  EXPECT_EQ(SvgEscaped(std::string("\0\x01\x1B\x7F", 4)),
            "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");
  EXPECT_EQ(SvgEscaped("\xEF\xBF\xBE"), "\xEF\xBF\xBD");
  EXPECT_EQ(SvgEscaped("\xFF"), "\xEF\xBF\xBD");
  EXPECT_EQ(SvgEscaped("a\nb"), "a&#10;b");
  EXPECT_EQ(SvgEscaped("ä€"), "ä€");
}

TEST(SvgNumber, TwoDecimalsAtMost) {
  EXPECT_EQ(SvgNumber(12), "12");
  EXPECT_EQ(SvgNumber(12.5), "12.5");
  EXPECT_EQ(SvgNumber(1.0 / 3), "0.33");
  EXPECT_EQ(SvgNumber(-0.001), "0");
  EXPECT_EQ(SvgNumber(-100), "-100");
}

TEST(SvgWriter, LeavesEmptyAttributesOutAndBalances) {
  SvgWriter out;
  out.Open("g", {{"id", "a\"b"}, {"class", ""}});
  out.Leaf("rect", {{"x", 1.5}});
  out.Text("title", {}, "<&>");
  out.Close();
  EXPECT_EQ(out.text(),
            "<g id=\"a&quot;b\">\n  <rect x=\"1.5\"/>\n"
            "  <title>&lt;&amp;&gt;</title>\n</g>\n");
}

TEST(SvgWriter, KnowsHowFarItReaches) {
  SvgWriter out;
  EXPECT_TRUE(out.extent().empty());
  out.Cover(Point{10, -5});
  out.Cover(Bounds{0, 0, 5, 5});
  EXPECT_EQ(out.extent().bounds(), (Bounds{0, -5, 10, 10}));
}

TEST(TextWidth, IsThatOfTheTable) {
  EXPECT_DOUBLE_EQ(TextWidth("", {}), 0);
  // 0.278 of the size each.
  EXPECT_DOUBLE_EQ(TextWidth("iii", {.size = 10}), 8.34);
  EXPECT_GT(TextWidth("W", {}), TextWidth("i", {}));
  EXPECT_GT(TextWidth("a", {.bold = true}), TextWidth("a", {}));
  EXPECT_DOUBLE_EQ(TextWidth("\xE6\xBC\xA2", {.size = 10}), 10);
  // A mark over a letter takes no room.
  EXPECT_DOUBLE_EQ(TextWidth("e\xCC\x81", {}), TextWidth("e", {}));
}

TEST(WrapText, BreaksBetweenWords) {
  const Paragraph text = WrapText("one two  three\nfour", 45, {});
  EXPECT_EQ(text.lines, (std::vector<std::string>{"one two", "three", "four"}));
  EXPECT_FALSE(text.broken);
  EXPECT_LE(text.width(), 45);
}

TEST(WrapText, BreaksAWordThatIsLonger) {
  const Paragraph text = WrapText("Donaudampfschifffahrt", 40, {});
  EXPECT_TRUE(text.broken);
  EXPECT_GT(text.lines.size(), 2u);
  std::string all;
  for (const std::string& line : text.lines) {
    EXPECT_LE(TextWidth(line, text.font), 40) << line;
    all += line;
  }
  EXPECT_EQ(all, "Donaudampfschifffahrt");
}

TEST(WrapText, BreaksBehindDashesAndNeverInsideACharacter) {
  EXPECT_EQ(WrapText("follow-up", 40, {}).lines,
            (std::vector<std::string>{"follow-", "up"}));
  for (const std::string& line :
       WrapText("\xE6\xBC\xA2\xE5\xAD\x97", 1, {}).lines) {
    EXPECT_EQ(Characters(line).size(), 1u);
    EXPECT_NE(Characters(line)[0], kReplacementCharacter);
  }
}

TEST(WrapText, NoMoreThanTheLimit) {
  const std::string text(10 * kRenderLabelMax, 'x');
  EXPECT_EQ(WrapText(text, 1e9, {}).lines,
            std::vector<std::string>{std::string(kRenderLabelMax, 'x') +
                                     "\xE2\x80\xA6"});
}

TEST(FitText, IsSmallerBeforeItIsCut) {
  const std::string text = "A task with a name that needs several lines";
  const Paragraph roomy = FitText(text, 90, 200, {});
  EXPECT_EQ(roomy.font.size, 11);
  const Paragraph tight = FitText(text, 90, 36, {});
  EXPECT_LT(tight.font.size, 11);
  EXPECT_FALSE(tight.cut);
  EXPECT_LE(tight.height(), 36);
  const Paragraph cut = FitText(text, 60, 10, {});
  EXPECT_TRUE(cut.cut);
  ASSERT_EQ(cut.lines.size(), 1u);
  EXPECT_TRUE(cut.lines[0].ends_with("\xE2\x80\xA6")) << cut.lines[0];
  EXPECT_LE(cut.width(), 60);
}

TEST(FitText, KeepsAWordWholeWhereALittleSmallerDoes) {
  const double width = TextWidth("Documentation", {.size = 10}) + 0.1;
  const Paragraph text = FitText("Documentation", width, 100, {});
  EXPECT_EQ(text.lines.size(), 1u);
  EXPECT_EQ(text.font.size, 10);
}

}  // namespace
}  // namespace pawl::replay
