// Regular expressions of FEEL: what XPath's are and mean, and that what PCRE2
// knows beyond them is refused.
#include "engine/expression/feel/regex.h"

#include <gtest/gtest.h>

#include <string>

#include "base/strings.h"

namespace pawl::expression::feel {
namespace {

// "yes", "no", or "error: " and why.
std::string Matches(std::string_view text, std::string_view pattern,
                    std::string_view flags = "") {
  const auto regex = Regex::Compile(pattern, flags);
  if (!regex.ok()) return "error: " + std::string(regex.status().message());
  int64_t steps = 1'000'000;
  const auto match = regex->Find(text, 0, &steps);
  if (!match.ok()) return "error: " + std::string(match.status().message());
  return match->has_value() ? "yes" : "no";
}

TEST(RegexTest, WhatXPathHasNotIsRefused) {
  for (const char* const pattern :
       {// Looking around, groups that are atomic, named, conditional,
        // recursive or carry flags, comments, verbs.
        "(?=a)", "(?!a)", "(?<=a)", "(?<!a)", "(?>a)", "(?<n>a)", "(?P<n>a)",
        "(?'n'a)", "(?|a)", "(a)(?1)", "(?R)", "(?i)a", "(?i:a)", "(?#a)",
        "(?(1)a|b)", "(*ACCEPT)", "(*UTF)a", "(?", "(?:",
        // Possessive and doubled quantifiers, and those of nothing.
        "a++", "a*+", "a?+", "a{2}+", "a**", "a{1}{2}", "a???", "*a", "+", "?",
        "{1}", "a|*", "(*a)", "(+)",
        // Braces that are no quantifier.
        "a{", "a{}", "a{,3}", "a{1", "a{1,", "a{x}", "{", "}", "a}", "]", "a]",
        "a{2,1}", "a{65536}", "a{99999999999999999999}",
        // Backslashes with meanings of other languages, or none.
        "\\b", "\\B", "\\A", "\\Z", "\\z", "\\G", "\\K", "\\Qa\\E", "\\R",
        "\\X", "\\h", "\\v", "\\V", "\\N", "\\x41", "\\x{41}", "\\u0041",
        "\\cA\\e", "\\a", "\\f", "\\0", "\\o{101}", "\\k<n>", "\\g{1}", "\\",
        "a\\", "\\ ", "\\-\\_", "\\\"", "\\/",
        // Categories and blocks.
        "\\p", "\\pL", "\\p{", "\\p{}", "\\p{Greek}", "\\p{Any}", "\\p{L&}",
        "\\p{^Lu}", "\\p{Cs}", "\\p{lu}", "\\p{IsNowhere}", "\\p{Is}",
        "\\p{IsGreek",
        // Classes.
        "[]", "[^]", "[a", "[", "[]a]", "[a[b]]", "[[:alpha:]]", "[b-a]",
        "[a-\\d]", "[a-", "[a-z-[b]", "[a-z-[b]c]", "[-[a]]", "[\\b]", "[\\1]",
        "[\\0]", "[\\Q]",
        // Groups.
        "(", ")", "a)", "(a", "((a)", "\\1", "(a)\\2", "(a\\1)", "\\1(a)"}) {
    EXPECT_EQ(Matches("a", pattern).substr(0, 6), "error:") << pattern;
  }
  // Nothing runs out of stack.
  std::string deep;
  for (int i = 0; i < 1'300; ++i) deep += "[a-";
  EXPECT_EQ(Matches("a", deep).substr(0, 6), "error:");
  EXPECT_EQ(Matches("a", std::string(4'000, '(')).substr(0, 6), "error:");
  const std::string nested =
      std::string(2'000, '(') + "a" + std::string(2'000, ')');
  EXPECT_EQ(Matches("a", nested).substr(0, 6), "error:");
}

TEST(RegexTest, APatternAtItsLength) {
  std::string pattern(Regex::kBytesMax, 'a');
  EXPECT_EQ(Matches("a", pattern), "no");
  EXPECT_EQ(Matches("a", pattern + "a"),
            "error: pattern: got 4097 bytes, wanted at most 4096");
  // The longest translation.
  pattern.clear();
  while (pattern.size() < Regex::kBytesMax) pattern += "\\c";
  EXPECT_EQ(Matches("a", pattern).substr(0, 6), "error:");
}

TEST(RegexTest, TheReasonNamesPatternAndOffset) {
  EXPECT_EQ(Matches("a", "ab(?=c)"),
            "error: pattern 'ab(?=c)': offset 2: got '(?', wanted a group '(' "
            "or '(?:'");
}

struct Case {
  const char* text;
  const char* pattern;
  const char* flags;
  const char* wanted;
};

TEST(RegexTest, MeansWhatXPathSays) {
  for (const Case& one : std::initializer_list<Case>{
           // Groups and references; one that took no part matches nothing.
           {"abab", "^(ab)\\1$", "", "yes"},
           {"abc", "^(?:ab)(c)$", "", "yes"},
           {"b", "^(a)?b\\1$", "", "yes"},
           {"aa0", "^(a)\\10$", "", "yes"},
           {"", "^()$|", "", "yes"},
           // Quantifiers.
           {"aaa", "^a{3}$", "", "yes"},
           {"aaa", "^a{1,2}$", "", "no"},
           {"aaa", "^a{2,}?$", "", "yes"},
           {"a", "^^*a$", "", "yes"},
           // Sets: letters, marks, numbers and symbols are words; white space
           // is four characters.
           {"_", "\\w", "", "no"},
           {"-", "\\w", "", "no"},
           {"$", "\\w", "", "yes"},
           {"\xCC\x81", "\\w", "", "yes"},
           {"_", "\\W", "", "yes"},
           {"\xC2\xA0", "\\s", "", "no"},
           {"\xC2\xA0", "\\S", "", "yes"},
           {"\v", "\\s", "", "no"},
           {"\r", "\\s", "", "yes"},
           {"\xD9\xA3", "^\\d$", "", "yes"},
           {"x", "^\\i$", "", "yes"},
           {"1", "^\\i$", "", "no"},
           {"1", "^\\c\\I$", "", "no"},
           {"1", "^\\I$", "", "yes"},
           {" ", "^\\C$", "", "yes"},
           {"\xF0\x9F\x98\x80", "^\\C$", "", "no"},
           {"a b", "^[\\S][\\s][\\S]$", "", "yes"},
           {"-", "^[\\I]$", "", "yes"},
           {"-", "^[\\C]$", "", "no"},
           {"5", "^[\\D]$", "", "no"},
           {"-", "^[\\W]$", "", "yes"},
           {"\xCE\xB1", "^\\p{IsGreek}\\P{IsGreek}?$", "", "yes"},
           {"\xCE\xB1", "^[\\P{IsBasicLatin}]$", "", "yes"},
           {"a", "^[\\P{IsBasicLatin}]$", "", "no"},
           {"\xED\x9E\xB0", "^\\p{IsHangulJamoExtended-B}$", "", "yes"},
           {"a", "^\\P{IsHangulJamoExtended-B}\\P{IsPrivateUse}?$", "", "yes"},
           {"A", "^\\p{Lu}\\P{Ll}?$", "", "yes"},
           // Classes.
           {"b", "^[a-z-[aeiou]]$", "", "yes"},
           {"e", "^[a-z-[aeiou]]$", "", "no"},
           {"e", "^[a-z-[a-z-[e]]]$", "", "yes"},
           {"1", "^[^a-z-[0-9]]$", "", "no"},
           {"-", "^[a-]$", "", "yes"},
           {"-", "^[-a]$", "", "yes"},
           {"-", "^[\\w-]$", "", "yes"},
           {".", "^[\\w-.]$", "", "yes"},
           {"^", "^[a^]$", "", "yes"},
           {"]", "^[\\]\\[\\-\\^]$", "", "yes"},
           {"&", "^[&&a]$", "", "yes"},
           {"\xC3\xA4", "^[\xC3\xA0-\xC3\xBC]$", "", "yes"},
           // The dot, and ends of lines.
           {"\r", ".", "", "no"},
           {"\r", ".", "s", "yes"},
           {"\xE2\x80\xA8", ".", "", "yes"},
           {"a\n", "a$", "", "no"},
           {"a\nb", "^b", "", "no"},
           {"a\nb", "a$\n^b$", "m", "yes"},
           {"a\r", "a$", "m", "no"},
           {"a\n", "\n^", "m", "no"},
           {"a\n", "\n$", "m", "no"},
           {"a\n", "a$", "m", "yes"},
           {"", "^$", "m", "yes"},
           // Flag i, which sets don't see.
           {"ABC", "abc", "i", "yes"},
           {"a", "^\\p{Lu}$", "i", "no"},
           {"\xE2\x84\xAA", "^\\p{IsBasicLatin}$", "i", "no"},
           {"\xE2\x84\xAA", "^k$", "i", "yes"},
           // Flag x: white space counts in classes only.
           {"hello world", "hello\\ sworld", "x", "yes"},
           {"helloworld", " hello\n\t world ", "x", "yes"},
           {"hello world", "hello[ ]world", "x", "yes"},
           {"a", "[\\\\ ]a|^a$", "x", "yes"},
           {"[ a", "^\\[ [ ]a$", "x", "yes"},
           {" ", "^[a-z-[b c] ]$", "", "error"},
           {"c", "^[a-z -[b c]]$", "x", "no"},
           {"aa", "^a { 2 }$", "x", "yes"},
           {"#", "#", "x", "yes"},
       }) {
    const std::string got =
        Matches(one.text, one.pattern, one.flags).substr(0, 5);
    EXPECT_EQ(got, one.wanted)
        << one.text << " ~ " << one.pattern << " " << one.flags;
  }
}

TEST(RegexTest, FlagsAreThoseOfTheStandard) {
  EXPECT_EQ(Matches("a", "a", "smix"), "yes");
  for (const char* const flags : {"q", "X", " ", "g", "im "}) {
    EXPECT_EQ(Matches("a", "a", flags).substr(0, 6), "error:") << flags;
  }
}

TEST(RegexTest, APatternThatTriesForEverIsEnded) {
  EXPECT_NE(Matches(std::string(60, 'a') + "b", "^(a+)+$").find("tried more"),
            std::string::npos);
}

// From each of many places a little too much: what is tried and what is looked
// at counts, wherever it begins.
TEST(RegexTest, WhatTakesLongFromEachPlaceIsEnded) {
  const std::string text(400'000, 'x');
  for (const char* const pattern :
       {"x*[yz]", "x+x+y|z", "[x-z]*?[yz]$", ".*[yz]", "(?:x{1,1000})[yz]"}) {
    EXPECT_EQ(Matches(text, pattern), "error: pattern: no steps left")
        << pattern;
  }
  // What is linear isn't.
  for (const char* const pattern : {"^x*[yz]", "[yz]", "y", "x{3}y", "^.*y"}) {
    EXPECT_EQ(Matches(text, pattern), "no") << pattern;
  }
  EXPECT_EQ(Matches(text + "y", "^x*y$"), "yes");
}

}  // namespace
}  // namespace pawl::expression::feel
