// FEEL by the book: each test names the clause of DMN 1.4 that it is from.
#include "engine/expression/feel/feel.h"

#include <string>

#include "base/limits.h"
#include "engine/expression/feel/limits.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace pawl::expression::feel {
namespace {

using testing::HasSubstr;

Variables Context() {
  return {{"amount", 120},
          {"status", "approved"},
          {"monthly fee", 2},
          {"a-b", 5},
          {"prices", Value::List{5, 20, 30}},
          {"order", Variables{{"line items", Value::List{
                                                 Variables{{"n", 1}},
                                                 Variables{{"n", 4}},
                                             }}}}};
}

Outcome Run(std::string_view text) {
  auto outcome = EvaluateText(text, Context(), {1'700'000'000'000, 1});
  EXPECT_TRUE(outcome.ok()) << text << ": " << outcome.status();
  return outcome.ok() ? *outcome : Outcome();
}
std::string Text(std::string_view text) { return Run(text).text; }
std::string ReasonOf(std::string_view text) {
  const Outcome outcome = Run(text);
  EXPECT_EQ(outcome.text, "null") << text;
  return outcome.fault.reason;
}
std::string ErrorOf(std::string_view text) {
  const auto outcome = EvaluateText(text, Context(), {});
  return std::string(outcome.ok() ? "no error" : outcome.status().ToString());
}

// 10.3.2.3.1: 34 digits, half to even.
TEST(FeelTest, Numbers) {
  EXPECT_EQ(Text("0.1 + 0.2 = 0.3"), "true");
  EXPECT_EQ(Text("1 / 3"), "0.3333333333333333333333333333333333");
  EXPECT_EQ(Text("2 ** 3 ** 2"), "64");
  EXPECT_EQ(Text("-3 ** 2"), "9");
  EXPECT_EQ(Text("1e3 + .5"), "1000.5");
  EXPECT_THAT(ReasonOf("1 / 0"), HasSubstr("is no number"));
  EXPECT_THAT(ReasonOf("1 + \"a\""), HasSubstr("a number + a string"));
}

// 10.3.1.4: names with spaces and operators in them.
TEST(FeelTest, Names) {
  EXPECT_EQ(Text("monthly fee * 12"), "24");
  EXPECT_EQ(Text("a-b"), "5");
  EXPECT_EQ(Text("order.line items.n"), "[1, 4]");
  EXPECT_EQ(Text("{net price: 2, gross price: net price * 2}.gross price"),
            "4");
  EXPECT_EQ(Text("for unit price in prices return unit price - 1"),
            "[4, 19, 29]");
  EXPECT_EQ(Text("`monthly fee` + 1"), "3");
  EXPECT_THAT(ReasonOf("no such thing"), HasSubstr("'no such thing'"));
}

// 10.3.2.8: three values of logic.
TEST(FeelTest, Logic) {
  EXPECT_EQ(Text("true and null"), "null");
  EXPECT_EQ(Text("false and null"), "false");
  EXPECT_EQ(Text("true or null"), "true");
  EXPECT_EQ(Text("false or null"), "null");
  EXPECT_EQ(Text("null = null"), "true");
  EXPECT_EQ(Text("some x in [1, null] satisfies x > 1"), "null");
  EXPECT_EQ(Text("every x in [] satisfies x > 1"), "true");
}

// 10.3.2.6 and 10.3.2.7.
TEST(FeelTest, RangesAndTests) {
  EXPECT_EQ(Text("5 in [1..5]"), "true");
  EXPECT_EQ(Text("5 in [1..5)"), "false");
  EXPECT_EQ(Text("5 in ]1..5["), "false");
  EXPECT_EQ(Text("amount in (< 100, > 110)"), "true");
  EXPECT_EQ(Text("amount between 100 and 120"), "true");
  EXPECT_EQ(Text("5 in (< 10)"), "true");
  EXPECT_EQ(Text("[1..10].start included"), "true");
}

TEST(FeelTest, UnaryTests) {
  const auto holds = [](std::string_view tests, int input) {
    const auto outcome = EvaluateTests(tests, Variables{{"?", input}}, {});
    EXPECT_TRUE(outcome.ok()) << outcome.status();
    return outcome.ok() ? outcome->text : "";
  };
  EXPECT_EQ(holds("-", 3), "true");
  EXPECT_EQ(holds("< 5, [10..20]", 3), "true");
  EXPECT_EQ(holds("< 5, [10..20]", 7), "false");
  EXPECT_EQ(holds("not(1, 2)", 3), "true");
  EXPECT_EQ(holds("not(1, 2)", 2), "false");
}

// 10.3.2.5: lists and filters; positions count from 1, and from the end.
TEST(FeelTest, Lists) {
  EXPECT_EQ(Text("prices[1]"), "5");
  EXPECT_EQ(Text("prices[-1]"), "30");
  EXPECT_EQ(Text("prices[item > 10]"), "[20, 30]");
  EXPECT_EQ(Text("order.line items[n > 1].n"), "[4]");
  EXPECT_EQ(Text("[1, [2, [3]]] = [1, [2, [3]]]"), "true");
  EXPECT_EQ(Text("for i in 1..3, j in [i] return i * j"), "[1, 4, 9]");
  EXPECT_EQ(Text("for i in 0..4 return if i = 0 then 1 else i * partial[-1]"),
            "[1, 1, 2, 6, 24]");
}

// 10.3.2.3.4 to 10.3.2.3.9.
TEST(FeelTest, Temporal) {
  EXPECT_EQ(Text("date(\"2024-01-31\") + duration(\"P1M\")"), "2024-02-29");
  EXPECT_EQ(Text("@\"2024-03-01\" - @\"2024-02-28\""), "P2D");
  EXPECT_EQ(Text("@\"2024-01-01T10:00:00Z\" = @\"2024-01-01T11:00:00+01:00\""),
            "true");
  EXPECT_EQ(Text("date and time(\"2024-03-30T12:00:00@Europe/Paris\") + "
                 "duration(\"PT24H\")"),
            "2024-03-31T13:00:00@Europe/Paris");
  EXPECT_EQ(Text("duration(\"P1D\") / duration(\"PT6H\")"), "4");
  EXPECT_EQ(Text("(@\"2024-01-01\").weekday"), "1");
  EXPECT_EQ(Text("today() = date(now())"), "true");
}

TEST(FeelTest, Functions) {
  EXPECT_EQ(Text("(function(x, y: number) x + y)(1, 2)"), "3");
  EXPECT_EQ(Text("{f: function(n) n + amount, r: f(n: 1)}.r"), "121");
  EXPECT_EQ(Text("sort([3, 1, 2], function(a, b) a > b)"), "[3, 2, 1]");
  EXPECT_EQ(Text("substring(string: \"foobar\", start position: 3)"), "obar");
  EXPECT_THAT(ReasonOf("(function(x: number) x)(\"a\")"),
              HasSubstr("parameter's type"));
  EXPECT_THAT(ReasonOf("abs(1, 2)"), HasSubstr("got 2 arguments"));
}

TEST(FeelTest, InstanceOf) {
  EXPECT_EQ(Text("[1, 2] instance of list<number>"), "true");
  EXPECT_EQ(Text("[1, \"a\"] instance of list<number>"), "false");
  EXPECT_EQ(Text("@\"P1D\" instance of days and time duration"), "true");
  EXPECT_EQ(Text("{a: 1} instance of context<a: number>"), "true");
}

// Strings are code points.
TEST(FeelTest, Strings) {
  EXPECT_EQ(Text("string length(\"\\U01F40E!\")"), "2");
  EXPECT_EQ(Text("upper case(\"äbc\")"), "ÄBC");
  EXPECT_EQ(Text("replace(\"abracadabra\", \"bra\", \"*\")"), "a*cada*");
  EXPECT_EQ(Text("split(\"a;b;;c\", \";\")"), "[\"a\", \"b\", \"\", \"c\"]");
  EXPECT_EQ(Text("matches(\"foobar\", \"^fo*b\")"), "true");
}

TEST(FeelTest, WhatIsNoFeelSaysWhereAndWhatWasWanted) {
  EXPECT_THAT(ErrorOf("1 +"), HasSubstr("offset 3: got the end, wanted"));
  EXPECT_THAT(ErrorOf("if true then 1"), HasSubstr("wanted 'else'"));
  EXPECT_THAT(ErrorOf("\"abc"), HasSubstr("a string without its end"));
  EXPECT_THAT(ErrorOf("[1, 2"), HasSubstr("']' or ','"));
  EXPECT_THAT(ErrorOf("@\"tomorrow\""), HasSubstr("wanted a date"));
}

std::string Nested(std::string_view open, std::string_view close, int times) {
  std::string text;
  for (int i = 0; i < times; ++i) text += open;
  text += "1";
  for (int i = 0; i < times; ++i) text += close;
  return text;
}

// Each limit: what just fits, and what doesn't.
TEST(FeelLimitTest, Length) {
  EXPECT_EQ(Text(std::string(kExpressionBytesMax - 1, ' ') + "1"), "1");
  EXPECT_THAT(ErrorOf(std::string(kExpressionBytesMax, ' ') + "1"),
              HasSubstr("kExpressionBytesMax"));
}

TEST(FeelLimitTest, Nesting) {
  constexpr int kFits = kExpressionDepthMax - 1;
  EXPECT_EQ(Text(Nested("(", ")", kFits)), "1");
  EXPECT_THAT(ErrorOf(Nested("(", ")", kFits + 1)),
              HasSubstr("kExpressionDepthMax"));
  EXPECT_EQ(Text("count(" + Nested("[", "]", kFits - 1) + ")"), "1");
  EXPECT_THAT(ErrorOf(Nested("[", "]", kFits + 1)),
              HasSubstr("kExpressionDepthMax"));
}

TEST(FeelLimitTest, OperatorsInARow) {
  const auto sum = [](uint32_t count) {
    std::string text = "1";
    for (uint32_t i = 0; i < count; ++i) text += "+1";
    return text;
  };
  EXPECT_EQ(Text(sum(kFeelTreeDepthMax - 1)),
            std::to_string(kFeelTreeDepthMax));
  EXPECT_THAT(ErrorOf(sum(kFeelTreeDepthMax)), HasSubstr("kFeelTreeDepthMax"));
  const auto iterators = [](uint32_t count) {
    std::string text = "for ";
    for (uint32_t i = 0; i < count; ++i) {
      text += (i == 0 ? "x" : ", x") + std::to_string(i) + " in [1]";
    }
    return "count(" + text + " return 1)";
  };
  EXPECT_EQ(Text(iterators(kFeelTreeDepthMax - 4)), "1");
  EXPECT_THAT(ErrorOf(iterators(kFeelTreeDepthMax)),
              HasSubstr("kFeelTreeDepthMax"));
}

TEST(FeelLimitTest, Steps) {
  // Two steps for each, and some around.
  const auto loop = [](int64_t count) {
    return "count(for i in 1.." + std::to_string(count) + " return i)";
  };
  EXPECT_EQ(Text(loop(kExpressionStepsMax / 2 - 50'000)),
            std::to_string(kExpressionStepsMax / 2 - 50'000));
  EXPECT_THAT(ErrorOf(loop(kExpressionStepsMax / 2 + 1)),
              HasSubstr("kExpressionStepsMax"));
  // Refused before it is made.
  EXPECT_THAT(ErrorOf(loop(1'000'000'000'000)),
              HasSubstr("kExpressionStepsMax"));
  EXPECT_THAT(ErrorOf("every i in [1..1000000000000] satisfies i > 0"),
              HasSubstr("kExpressionStepsMax"));
}

TEST(FeelLimitTest, FunctionsWithinEachOther) {
  const auto recursion = [](int depth) {
    return "{f: function(g, n) if n = 0 then 0 else g(g, n - 1), r: f(f, " +
           std::to_string(depth) + ")}.r";
  };
  EXPECT_EQ(Text(recursion(200)), "0");
  EXPECT_THAT(ErrorOf(recursion(kFeelDepthMax)), HasSubstr("kFeelDepthMax"));
}

TEST(FeelLimitTest, Memory) {
  const auto doubled = [](int times) {
    return "string length({d: function(s, f, n) if n = 0 then s else f(s + s, "
           "f, n - 1), r: d(\"0123456789abcdef\", d, " +
           std::to_string(times) + ")}.r)";
  };
  EXPECT_EQ(Text(doubled(20)), "16777216");
  EXPECT_THAT(ErrorOf(doubled(22)), HasSubstr("kFeelMemoryMax"));
  // Longer and longer in a loop.
  EXPECT_THAT(
      ErrorOf("for i in 1..100000 return if i = 1 then \"0123456789\" else "
              "partial[-1] + \"0123456789\""),
      HasSubstr("kFeelMemoryMax"));
}

// Values that are deep, or large for being the same thing many times over.
TEST(FeelLimitTest, ValuesWithinEachOther) {
  const auto deep = [](int times) {
    return "(for i in 1.." + std::to_string(times) +
           " return if i = 1 then [] else [partial[-1]])[-1]";
  };
  EXPECT_EQ(Text("count(flatten(" + deep(kFeelNestingMax) + "))"), "0");
  EXPECT_THAT(ReasonOf("flatten(" + deep(30'000) + ")"),
              HasSubstr("kFeelNestingMax"));
  EXPECT_EQ(Text(deep(100) + " = " + deep(100)), "true");
  EXPECT_EQ(Text(deep(20'000) + " = " + deep(20'000)), "null");
  EXPECT_THAT(Text(deep(30'000)), HasSubstr("[...]"));
  EXPECT_THAT(ErrorOf("(" + deep(30'000) + ").a"), HasSubstr("kFeelDepthMax"));
  const std::string doubling =
      "(for i in 1..60 return if i = 1 then 1 else [partial[-1], "
      "partial[-1]])[-1]";
  EXPECT_THAT(ErrorOf("to json(" + doubling + ")"),
              HasSubstr("kExpressionStepsMax"));
  EXPECT_THAT(ErrorOf(doubling + " = " + doubling),
              HasSubstr("kExpressionStepsMax"));
  std::string type = "number";
  for (int i = 0; i < 59; ++i) type = "list<" + type + ">";
  EXPECT_THAT(ErrorOf("[" + doubling + " instance of " + type + "]"),
              HasSubstr("kExpressionStepsMax"));
  // Long texts take steps.
  EXPECT_THAT(ErrorOf("{d: function(s, f, n) if n = 0 then s else f(s + s, f, "
                      "n - 1), s: d(\"0123456789abcdef\", d, 16), t: s + "
                      "\"\", r: for i in 1..10000 return s = t}.r"),
              HasSubstr("kExpressionStepsMax"));
}

TEST(FeelTest, NothingOfNothingIsEmpty) {
  EXPECT_EQ(Text("[].x"), "[]");
  EXPECT_EQ(Text("from json(\"[[], {}]\")"), "[[], {}]");
  EXPECT_EQ(Text("extract(\"abc\", \"x\")"), "[]");
}

TEST(FeelTest, AnIterationInATestIsNoRange) {
  EXPECT_EQ(Text("3 in (for i in 1..5 return i)"), "true");
  EXPECT_EQ(Text("true in (some i in 1..5 satisfies i = 3)"), "true");
}

TEST(FeelTest, NamedArgumentsComeOnce) {
  EXPECT_THAT(ErrorOf("abs(n: 1, n: 2)"), HasSubstr("twice"));
}

// Null is an instance of no other type.
TEST(FeelTest, NullIsAnInstanceOfNullAlone) {
  EXPECT_EQ(Text("null instance of Any"), "false");
  EXPECT_EQ(Text("null instance of Null"), "true");
  EXPECT_EQ(Text("[null] instance of list<Any>"), "true");
}

TEST(FeelTest, NamesMayBeQuotedWhereTheyAreMade) {
  EXPECT_EQ(Text("{`a in b`: 1, c: `a in b` + 1}.c"), "2");
  EXPECT_EQ(Text("for `x in` in [1] return `x in` + 1"), "[2]");
  EXPECT_EQ(Text("(function(`a, b`: number) `a, b`)(`a, b`: 3)"), "3");
}

// Each of these was wrong once.
TEST(FeelTest, AListHoldsWholeExpressions) {
  EXPECT_EQ(Text("[1 = 1, true and false, 2 in [1..3]]"),
            "[true, false, true]");
  EXPECT_EQ(Text("true in (1 = 1, 2 = 3)"), "true");
}

TEST(FeelTest, NestingWithoutExpressionsIsCounted) {
  for (const std::string_view bracket : {"[", "(<", "]", "{a:", "a[", "-("}) {
    std::string text;
    for (int i = 0; i < 20'000; ++i) text += bracket;
    EXPECT_THAT(ErrorOf(text), HasSubstr("kExpressionDepthMax")) << bracket;
  }
}

TEST(FeelTest, TestsMayAskTheirInput) {
  EXPECT_EQ(Text("5 in (? < 10)"), "true");
  EXPECT_EQ(Text("5 in (odd(?), ? > 7)"), "true");
  EXPECT_EQ(Text("5 in ? < 3"), "false");
  EXPECT_EQ(Text("5 in (? < 3) or true"), "true");
  EXPECT_EQ(Text("6 in [? + 1, ? + 0]"), "true");
  EXPECT_EQ(Text("[1, 5][item in (? > 3)]"), "[5]");
  const auto holds = [](std::string_view tests, int input) {
    const auto outcome = EvaluateTests(tests, Variables{{"?", input}}, {});
    EXPECT_TRUE(outcome.ok()) << outcome.status();
    return outcome.ok() ? outcome->text : "";
  };
  EXPECT_EQ(holds("? > 5", 7), "true");
  EXPECT_EQ(holds("? > 5, ? = 2", 3), "false");
  EXPECT_EQ(holds("not(? > 5)", 7), "false");
  EXPECT_EQ(holds("even(?)", 7), "false");
}

TEST(FeelTest, RangeFunctionsKnowTheirParameters) {
  EXPECT_EQ(Text("includes(range: [1..10], point: 4)"), "true");
  EXPECT_EQ(Text("includes(point: 4, range: [1..10])"), "true");
  EXPECT_EQ(Text("before(range: [1..3], point: 4)"), "true");
  EXPECT_EQ(Text("before(point: 4, range: [1..3])"), "false");
  EXPECT_THAT(ReasonOf("meets(point1: 1, point2: 1)"), HasSubstr("point1"));
}

TEST(FeelTest, UpperCaseOfALetterMayBeSeveral) {
  EXPECT_EQ(Text("upper case(\"straße ŉ\")"), "STRASSE ʼN");
  EXPECT_EQ(Text("lower case(\"ÄΩ\")"), "äω");
  // i and a dot above it.
  EXPECT_EQ(Text("lower case(\"İZ\")"), "i\xCC\x87z");
  EXPECT_EQ(Text("string length(lower case(\"İ\"))"), "2");
}

// err:FORX0003 of XPath.
TEST(FeelTest, APatternThatMatchesNothingSeparatesNothing) {
  for (const char* const pattern : {"", ".*?", "a*", "^", "$", "(a|)", "()"}) {
    const std::string quoted = std::string("\"") + pattern + "\"";
    EXPECT_THAT(ReasonOf("replace(\"abra\", " + quoted + ", \"$1\")"),
                HasSubstr("empty string"));
    EXPECT_THAT(ReasonOf("split(\"abra\", " + quoted + ")"),
                HasSubstr("empty string"));
  }
  EXPECT_EQ(Text("split(\"a,b;;c\", \"[,;]\")"), "[\"a\", \"b\", \"\", \"c\"]");
}

// err:FORX0004 of XPath: whether or not anything is replaced.
TEST(FeelTest, AReplacementIsOne) {
  for (const char* const wrong : {"$", "$a", "\\\\a", "a$", "a\\\\", "$1$"}) {
    EXPECT_THAT(
        ReasonOf(std::string("replace(\"b\", \"x\", \"") + wrong + "\")"),
        HasSubstr("a replacement"))
        << wrong;
  }
  EXPECT_EQ(Text("replace(\"a.b\", \"(a)\\.(b)\", \"$2\\\\$$1$3\\\\\\\\\")"),
            "b$a\\");
}

// 10.3.2.9.4, for built-in functions as well.
TEST(FeelTest, AListOfOneStandsForItsElement) {
  EXPECT_EQ(Text("abs([-1])"), "1");
  EXPECT_EQ(Text("contains([\"foobar\"], [\"foo\"])"), "true");
  EXPECT_EQ(Text("substring(string: [\"foobar\"], start position: [4])"),
            "bar");
  EXPECT_EQ(Text("date([\"2020-01-01\"])"), "2020-01-01");
  EXPECT_EQ(Text("not([true])"), "false");
  EXPECT_EQ(Text("before([1], 2)"), "true");
  EXPECT_EQ(Text("[[-1], [-2]][abs(item) = 2]"), "[[-2]]");
  EXPECT_EQ(Text("(function(a: number) a + 1)([1])"), "2");
  // Not of two, or of none, or of a list of one.
  EXPECT_THAT(ReasonOf("abs([-1, -2])"), HasSubstr("a number"));
  EXPECT_THAT(ReasonOf("abs([])"), HasSubstr("a number"));
  EXPECT_THAT(ReasonOf("abs([[-1]])"), HasSubstr("a number"));
  // What takes anything takes lists.
  EXPECT_EQ(Text("string([1])"), "[1]");
  EXPECT_EQ(Text("list contains([[1]], [1])"), "true");
  EXPECT_EQ(Text("append([1], [2])"), "[1, [2]]");
  EXPECT_EQ(Text("get or else([1], 2)"), "[1]");
  EXPECT_EQ(Text("context put({}, \"a\", [1])"), "{a: [1]}");
}

TEST(FeelTest, ASingleValueStandsForAListOfIt) {
  EXPECT_EQ(Text("list contains(1, 1)"), "true");
  EXPECT_EQ(Text("index of(list: \"a\", match: \"a\")"), "[1]");
  EXPECT_EQ(Text("insert before(1, 1, 2)"), "[2, 1]");
  EXPECT_EQ(Text("sublist(7, 1)"), "[7]");
  EXPECT_EQ(Text("string join(\"a\", \"-\")"), "a");
  EXPECT_EQ(Text("remove(1, 1)"), "[]");
  EXPECT_EQ(Text("(function(a: list<number>) a)(1)"), "[1]");
  EXPECT_THAT(ReasonOf("(function(a: list<number>) a)(\"1\")"),
              HasSubstr("parameter's type"));
  EXPECT_THAT(ReasonOf("list contains(null, 1)"), HasSubstr("a list"));
}

// The kit has `list replace([1,2,3], 2.5, 4)`, `substring("foobar", 3, 3.8)`
// and `decimal(1/3, 2.5)`: a position or length is cut to a whole number.
TEST(FeelTest, PositionsAreCutToWholeNumbers) {
  EXPECT_EQ(Text("substring(\"foobar\", 3.7, 2.9)"), "ob");
  EXPECT_EQ(Text("sublist([1, 2, 3], 2.5, 1.5)"), "[2]");
  EXPECT_EQ(Text("remove([1, 2, 3], -1.5)"), "[1, 2]");
  EXPECT_EQ(Text("insert before([1, 2], 2.5, 9)"), "[1, 9, 2]");
  EXPECT_EQ(Text("partition([1, 2, 3], 2.5)"), "[[1, 2], [3]]");
  EXPECT_THAT(ReasonOf("sublist([1, 2, 3], 0.5)"), HasSubstr("a position"));
  EXPECT_THAT(ReasonOf("substring(\"foobar\", 1, 0.9)"), HasSubstr("a length"));
}

// Table 78: what isn't in it is null.
TEST(FeelTest, RangeFunctionsTakeWhatTheTableSays) {
  for (const char* const both :
       {"meets(1, 1)", "met by(1, 1)", "overlaps(1, 1)",
        "overlaps before(1, 1)", "overlaps after(1, 1)", "meets(1, [1..2])",
        "overlaps([1..2], 2)"}) {
    EXPECT_EQ(ReasonOf(both), "wanted two ranges") << both;
  }
  for (const char* const point_first :
       {"finishes(1, 1)", "during(1, 1)", "starts([1..2], 1)"}) {
    EXPECT_EQ(ReasonOf(point_first), "wanted a point or range, a range");
  }
  for (const char* const range_first :
       {"finished by(1, 1)", "includes(1, 1)", "started by(1, [1..2])"}) {
    EXPECT_EQ(ReasonOf(range_first), "wanted a range, a point or range");
  }
  EXPECT_EQ(ReasonOf("coincides(1, [1..1])"),
            "wanted two points or two ranges");
  EXPECT_EQ(Text("[before(1, 2), before(1, [2..3]), before([1..2], 3), "
                 "before([1..2], [3..4]), coincides(1, 1), during(1, [1..2]), "
                 "includes([1..2], 1), finishes(2, [1..2])]"),
            "[true, true, true, true, true, true, true, true]");
}

// 10.3.2.3.6: where necessary a date is its midnight in UTC; it has no hour of
// its own.
TEST(FeelTest, ADateIsAMidnightWhereItMustBe) {
  EXPECT_EQ(Text("@\"2021-01-02\" < @\"2021-01-02T00:00:01Z\""), "true");
  EXPECT_EQ(Text("@\"2021-01-02\" >= @\"2021-01-02T01:00:00+01:00\""), "true");
  EXPECT_EQ(Text("@\"2021-01-01T23:00:00Z\" > @\"2021-01-02\""), "false");
  EXPECT_EQ(Text("@\"2021-01-02\" in "
                 "[@\"2021-01-01T00:00:00Z\"..@\"2021-01-03T00:00:00Z\"]"),
            "true");
  // Nobody knows where that is.
  EXPECT_EQ(Text("@\"2021-01-02\" < @\"2021-01-03T00:00:00\""), "null");
  // Equal are values of one kind.
  EXPECT_EQ(Text("@\"2021-01-02\" = @\"2021-01-02T00:00:00Z\""), "null");
  EXPECT_EQ(Text("[@\"2021-01-02\".hour, @\"2021-01-02\".time offset]"),
            "[null, null]");
}

TEST(FeelTest, ZonesAreThoseThatComeWithPawl) {
  EXPECT_EQ(Text("@\"2021-07-01T00:00:00@Europe/Berlin\" - "
                 "@\"2021-07-01T00:00:00Z\""),
            "-PT2H");
  EXPECT_EQ(Text("@\"2091-07-01T00:00:00@Europe/Berlin\".time offset"), "PT2H");
  // Files of the machine are no zones.
  EXPECT_THAT(ReasonOf("time(\"10:00:00@/usr/share/zoneinfo/Europe/Berlin\")"),
              HasSubstr("a time"));
  EXPECT_THAT(ReasonOf("time(\"10:00:00@localtime\")"), HasSubstr("a time"));
}

// Classes in classes once took the stack of the process.
TEST(FeelTest, PatternsCanBeAsDeepAsTheyLike) {
  std::string deep;
  for (int i = 0; i < 1'300; ++i) deep += "[a-";
  const auto outcome =
      EvaluateText("matches(\"a\", p)", Variables{{"p", deep}}, {});
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  EXPECT_EQ(outcome->text, "null");
}

TEST(FeelTest, FunctionsConformByTheirParameters) {
  EXPECT_EQ(Text("(function(a: string) a) instance of function<number> -> Any"),
            "false");
  EXPECT_EQ(Text("(function(a) a) instance of function<number> -> Any"),
            "true");
  EXPECT_EQ(Text("(function(a: number) a) instance of function<> -> Any"),
            "false");
}

TEST(FeelTest, AZoneMayBeAnOffset) {
  EXPECT_EQ(Text("date and time(@\"2020-07-31T14:27:30@Europe/Berlin\", "
                 "\"Z\")"),
            "2020-07-31T12:27:30Z");
  EXPECT_EQ(Text("date and time(@\"2020-07-31T14:27:30@Europe/Berlin\", "
                 "\"-07:00\")"),
            "2020-07-31T05:27:30-07:00");
}

TEST(FeelTest, JsonOfWhatIsNoVariable) {
  EXPECT_EQ(Text("to json(function(a, b) a + b)"), "\"function(a, b)\"");
  EXPECT_EQ(Text("to json({r: (1..10]})"), "{\"r\":\"(1..10]\"}");
}

// Conversions lose nothing, or are refused.
TEST(FeelTest, NumbersThatDontFitAreRefused) {
  const std::string digits(34, '9');
  const auto run = [](const std::string& json, std::string_view text) {
    const auto variables = Variables::FromJson(json);
    EXPECT_TRUE(variables.ok()) << variables.status();
    const auto outcome = EvaluateText(text, *variables, {});
    EXPECT_TRUE(outcome.ok()) << outcome.status();
    return *outcome;
  };
  EXPECT_EQ(run("{\"n\":" + digits + "}", "n").text, digits);
  for (const char* json :
       {"{\"n\":12345678901234567890123456789012345}",
        "{\"n\":[1,12345678901234567890123456789012345]}",
        "{\"n\":{\"a\":0.12345678901234567890123456789012345}}",
        "{\"n\":1e6145}"}) {
    const Outcome outcome = run(json, "n");
    EXPECT_THAT(outcome.text, HasSubstr("null")) << json;
    EXPECT_THAT(outcome.fault.reason, HasSubstr("34 significant digits"));
  }
  EXPECT_THAT(ReasonOf("from json(\"1e9999\")"), HasSubstr("34 significant"));
}

// A pattern that tries for ever is given up.
TEST(FeelTest, HostilePatternsEnd) {
  EXPECT_THAT(ReasonOf("matches(\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab\", "
                       "\"^(a+)+$\")"),
              HasSubstr("tried more than"));
}

// Each alone is little; together they would take an hour.
TEST(FeelLimits, WhatPatternsTryIsCounted) {
  const Variables variables{{"s", std::string(60, 'a') + "b"}};
  const auto outcome = EvaluateText(
      "for i in 1..10000 return matches(s, \"^(a+)+$\")", variables, {});
  EXPECT_EQ(outcome.status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(outcome.status().ToString(), HasSubstr("kExpressionStepsMax"));
}

// What is too deep for a text is looked at to its end all the same.
TEST(FeelLimits, WhatJsonLooksAtIsCounted) {
  const auto outcome = EvaluateText(
      "{long: for i in 1..10000 return i,"
      " deep: for i in 1..210 return if i = 1 then [] else [partial[-1]],"
      " count: count(for i in 1..10000 return to json([[long, deep[-1]]]))}"
      ".count",
      {}, {});
  EXPECT_EQ(outcome.status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(outcome.status().ToString(), HasSubstr("kExpressionStepsMax"));
}

// The bytes that a comparison looks at, whoever compares.
TEST(FeelLimits, ComparingLongTextsIsCounted) {
  const Variables variables{{"s", std::string(400'000, 'x') + "a"},
                            {"t", std::string(400'000, 'x') + "b"}};
  for (const char* const compares :
       {"max(list)", "sort(list)", "before([s..t], [t..t])", "t in [s..t]",
        "coincides([s..t], [s..t])", "t between s and t", "[s..t] = [s..t]"}) {
    const auto outcome = EvaluateText(
        std::string("{list: for i in 1..1000 return if odd(i) then s else t, "
                    "count: count(for i in 1..1000 return ") +
            compares + ")}.count",
        variables, {});
    EXPECT_EQ(outcome.status().code(), absl::StatusCode::kResourceExhausted)
        << compares;
    EXPECT_THAT(outcome.status().ToString(), HasSubstr("kExpressionStepsMax"));
  }
}

// A call that had no room for its result is the last.
TEST(FeelLimits, WhatHasNoRoomIsNotTriedAgain) {
  const Variables variables{{"s", std::string(1'000'000, 'x')}};
  for (const char* const call :
       {"string join(list)", "replace(s, \"x\", s)", "string join(list, s)",
        "upper case(string join(list))"}) {
    const auto outcome =
        EvaluateText(std::string("{list: for i in 1..100 return s, count: "
                                 "count(for i in 1..10000 return ") +
                         call + ")}.count",
                     variables, {});
    EXPECT_EQ(outcome.status().code(), absl::StatusCode::kResourceExhausted)
        << call;
    EXPECT_THAT(outcome.status().ToString(),
                testing::AnyOf(HasSubstr("kFeelMemoryMax"),
                               HasSubstr("kExpressionStepsMax")))
        << call;
  }
}

// `contains` of two long texts of one letter took seconds: the search was
// quadratic.
TEST(FeelLimits, SearchingInLongTextsIsLinear) {
  const Variables variables{{"s", std::string(400'000, 'x')},
                            {"t", std::string(200'000, 'x') + "y"}};
  const auto outcome = EvaluateText(
      "[contains(s, t), substring before(s, t), substring after(s, t)]",
      variables, {});
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  EXPECT_EQ(outcome->value.ToJson(), R"([false,"",""])");
}

// An empty text may have no address, which memmem doesn't allow; UBSan says so.
TEST(FeelLimits, AnEmptyTextIsSearched) {
  EXPECT_EQ(Text("substring after(\"\", \"x\")"), "");
  EXPECT_EQ(Text("substring before(\"\", \"x\")"), "");
  EXPECT_EQ(Text("if contains(\"\", \"x\") then \"found\" else \"not\""),
            "not");
}

}  // namespace
}  // namespace pawl::expression::feel
