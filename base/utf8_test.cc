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

}  // namespace
}  // namespace pawl
