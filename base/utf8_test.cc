#include "base/utf8.h"

#include <string>

#include "gtest/gtest.h"

namespace pawl {
namespace {

constexpr size_t kValid = std::string_view::npos;

// The encoding of `code` whether or not it may be encoded.
std::string Encode(unsigned code) {
  std::string out;
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xC0 | code >> 6);
    out += static_cast<char>(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    out += static_cast<char>(0xE0 | code >> 12);
    out += static_cast<char>(0x80 | (code >> 6 & 0x3F));
    out += static_cast<char>(0x80 | (code & 0x3F));
  } else {
    out += static_cast<char>(0xF0 | code >> 18);
    out += static_cast<char>(0x80 | (code >> 12 & 0x3F));
    out += static_cast<char>(0x80 | (code >> 6 & 0x3F));
    out += static_cast<char>(0x80 | (code & 0x3F));
  }
  return out;
}

TEST(Utf8, EveryCodePointButSurrogatesIsValid) {
  for (unsigned code = 0; code < 0x110000; ++code) {
    const bool surrogate = code >= 0xD800 && code < 0xE000;
    ASSERT_EQ(FindInvalidUtf8(Encode(code)), surrogate ? 0 : kValid) << code;
  }
  EXPECT_EQ(FindInvalidUtf8(Encode(0x110000)), 0u);
}

TEST(Utf8, MalformedSequencesAreFoundWhereTheyStart) {
  EXPECT_EQ(FindInvalidUtf8(""), kValid);
  EXPECT_EQ(FindInvalidUtf8("plain ascii, longer than a word"), kValid);
  EXPECT_EQ(FindInvalidUtf8("12345678\x80"), 8u);      // lone continuation
  EXPECT_EQ(FindInvalidUtf8("a\xC0\xAF"), 1u);         // overlong '/'
  EXPECT_EQ(FindInvalidUtf8("a\xE0\x80\xAF"), 1u);     // overlong, 3 bytes
  EXPECT_EQ(FindInvalidUtf8("\xF0\x8F\xBF\xBF"), 0u);  // overlong, 4 bytes
  EXPECT_EQ(FindInvalidUtf8("ab\xC3"), 2u);            // cut off
  EXPECT_EQ(FindInvalidUtf8("\xE2\x82"), 0u);
  EXPECT_EQ(FindInvalidUtf8("\xF0\x9F\x98"), 0u);
  EXPECT_EQ(FindInvalidUtf8("\xC3(\xC3\xA4"), 0u);
  EXPECT_EQ(FindInvalidUtf8("\xE2(\xA1"), 0u);
  EXPECT_EQ(FindInvalidUtf8("\xFF"), 0u);
  EXPECT_EQ(FindInvalidUtf8("\xF5\x80\x80\x80"), 0u);
  EXPECT_EQ(FindInvalidUtf8("1234567\xC3\xA4 8"), kValid);  // across a word
}

// Of characters of one to four bytes, at each length.
TEST(Utf8Test, CutsBetweenCharacters) {
  const std::string text = Encode('a') + Encode(0xE4) + Encode(0x20AC) +
                           Encode(0x1F600) + Encode('z');
  const size_t ends[] = {0, 1, 3, 6, 10, 11};
  for (size_t bytes_max = 0; bytes_max <= text.size() + 2; ++bytes_max) {
    size_t wanted = 0;
    for (const size_t end : ends) {
      if (end <= bytes_max) wanted = end;
    }
    EXPECT_EQ(CutUtf8(text, bytes_max), text.substr(0, wanted)) << bytes_max;
  }
  // No character: cut where it is long enough, and not at its beginning.
  EXPECT_EQ(CutUtf8(std::string(100, '\x80'), 10).size(), 10);
  EXPECT_EQ(CutUtf8("\x80\x80\x80", 0), "");
  EXPECT_EQ(CutUtf8("", 0), "");
}

TEST(Utf8Test, ReplacesWhatIsNone) {
  const std::string replacement = Encode(0xFFFD);
  EXPECT_EQ(ReplaceInvalidUtf8(""), "");
  EXPECT_EQ(ReplaceInvalidUtf8("a" + Encode(0x20AC)), "a" + Encode(0x20AC));
  EXPECT_EQ(ReplaceInvalidUtf8("a\xFFz"), "a" + replacement + "z");
  // Each byte of a surrogate, and of a character that is cut off.
  EXPECT_EQ(ReplaceInvalidUtf8(Encode(0xD800)),
            replacement + replacement + replacement);
  EXPECT_EQ(ReplaceInvalidUtf8("z\xE2\x82"), "z" + replacement + replacement);
  EXPECT_EQ(FindInvalidUtf8(ReplaceInvalidUtf8("\xC0\x80\xF5 \x80")), kValid);
}

}  // namespace
}  // namespace pawl
