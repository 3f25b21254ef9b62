#include "engine/value.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <limits>
#include <random>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "base/limits.h"
#include "gtest/gtest.h"

namespace pawl {
namespace {

Value Json(const std::string& json) {
  auto value = Value::FromJson(json);
  EXPECT_TRUE(value.ok()) << json << ": " << value.status();
  return value.value_or(Value("did not parse"));
}

std::string Refusal(const std::string& json) {
  auto value = Value::FromJson(json);
  EXPECT_EQ(value.status().code(), absl::StatusCode::kInvalidArgument) << json;
  return std::string(value.status().message());
}

Value Number(const std::string& text) { return Value::Number(text).value(); }

TEST(Value, StaysCompact) { EXPECT_LE(sizeof(Value), 40u); }

TEST(Value, FromCpp) {
  EXPECT_EQ(Value().ToJson(), "null");
  EXPECT_EQ(Value(nullptr).ToJson(), "null");
  EXPECT_EQ(Value(true).ToJson(), "true");
  EXPECT_EQ(Value(12).ToJson(), "12");
  EXPECT_EQ(Value(-12L).ToJson(), "-12");
  EXPECT_EQ(Value(uint8_t{200}).ToJson(), "200");
  EXPECT_EQ(Value(std::numeric_limits<int64_t>::min()).ToJson(),
            "-9223372036854775808");
  EXPECT_EQ(Value(std::numeric_limits<uint64_t>::max()).ToJson(),
            "18446744073709551615");
  EXPECT_EQ(Value("x").ToJson(), "\"x\"");
  EXPECT_EQ(Value(std::string("x")).ToJson(), "\"x\"");
  EXPECT_EQ(Value(std::string_view("x")).ToJson(), "\"x\"");
  EXPECT_EQ(Value(Value::List{1, "a", nullptr}).ToJson(), "[1,\"a\",null]");
  EXPECT_EQ(Value(Variables{{"b", 1}, {"a", Value::List{}}}).ToJson(),
            "{\"b\":1,\"a\":[]}");
}

TEST(Value, DoublesAreTheShortestThatReadBack) {
  EXPECT_EQ(Value(0.1).ToJson(), "0.1");
  EXPECT_EQ(Value(1.0).ToJson(), "1");
  EXPECT_EQ(Value(-0.0).ToJson(), "0");
  EXPECT_EQ(Value(100000.0).ToJson(), "100000");
  EXPECT_EQ(Value(1e20).ToJson(), "100000000000000000000");
  EXPECT_EQ(Value(1e21).ToJson(), "1e+21");
  EXPECT_EQ(Value(1e-7).ToJson(), "0.0000001");
  EXPECT_EQ(Value(-1.5e-9).ToJson(), "-1.5e-09");
  EXPECT_TRUE(Value(std::nan("")).is_null());
  EXPECT_TRUE(Value(std::numeric_limits<double>::infinity()).is_null());
  const uint32_t seed = 7;
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  for (int i = 0; i < 20'000; ++i) {
    const uint64_t bits = random();
    double number;
    static_assert(sizeof(number) == sizeof(bits));
    std::memcpy(&number, &bits, sizeof(bits));
    if (!std::isfinite(number)) continue;
    const Value value = Json(Value(number).ToJson());
    ASSERT_EQ(value.AsDouble().value(), number) << value;
  }
}

TEST(Value, NumbersStayAsWritten) {
  for (const char* text :
       {"0", "-0", "1.10", "1e3", "1E+3", "0.1e-3", "123456789012345678901234",
        "0.1234567890123456789012345678901234567890", "1e400", "-1.50e-999999",
        "1e999999"}) {
    EXPECT_EQ(Json(text).ToJson(), text);
    EXPECT_TRUE(Json(text).is_number());
  }
}

TEST(Value, NumberRefusals) {
  for (const char* text :
       {"",          "-",          "+1",
        "01",        "-01",        "1.",
        ".5",        "1e",         "1e+",
        "1.e3",      "0x10",       "1_000",
        "NaN",       "Infinity",   "1 ",
        " 1",        "--1",        "1e1.5",
        "1e1000000", "1e-1000000", "1e99999999999999999999999"}) {
    EXPECT_EQ(Value::Number(text).status().code(),
              absl::StatusCode::kInvalidArgument)
        << text;
  }
  EXPECT_EQ(Value::Number("12x").status().message(),
            "number '12x', offset 2: got 'x', wanted the end of the number");
  EXPECT_EQ(Value::Number("012").status().message(),
            "number '012', offset 1: got '1', wanted no digit after a leading "
            "0");
  const std::string longest(kNumberBytesMax, '9');
  EXPECT_EQ(Number(longest).ToJson(), longest);
  EXPECT_FALSE(Value::Number(longest + "9").ok());
  EXPECT_NE(Refusal("[" + longest + "9]").find("kNumberBytesMax"),
            std::string::npos);
}

TEST(Value, ToInt64) {
  EXPECT_EQ(Value(12).AsInt64().value(), 12);
  EXPECT_EQ(Number("1.0").AsInt64().value(), 1);
  EXPECT_EQ(Number("-1.50e1").AsInt64().value(), -15);
  EXPECT_EQ(Number("1e3").AsInt64().value(), 1000);
  EXPECT_EQ(Number("-0.0").AsInt64().value(), 0);
  EXPECT_EQ(Number("0e999").AsInt64().value(), 0);
  EXPECT_EQ(Number("9223372036854775807").AsInt64().value(),
            std::numeric_limits<int64_t>::max());
  EXPECT_EQ(Number("-9223372036854775808.00").AsInt64().value(),
            std::numeric_limits<int64_t>::min());
  for (const char* text : {"9223372036854775808", "-9223372036854775809", "1.5",
                           "0.1", "1e-1", "1e19", "1e999999"}) {
    EXPECT_EQ(Number(text).AsInt64().status().code(),
              absl::StatusCode::kInvalidArgument)
        << text;
  }
  EXPECT_EQ(Value("12").AsInt64().status().message(),
            "value: got string \"12\", wanted a number");
  EXPECT_EQ(Value("12").AsBool().status().message(),
            "value: got string \"12\", wanted true or false");
  EXPECT_EQ(Value(12).AsString().status().message(),
            "value: got number 12, wanted a string");
  EXPECT_EQ(Value("12").AsString().value(), "12");
  EXPECT_EQ(Value(false).AsBool().value(), false);
}

TEST(Value, ToDouble) {
  EXPECT_EQ(Number("0.1").AsDouble().value(), 0.1);
  EXPECT_EQ(Number("1e-400").AsDouble().value(), 0.0);
  EXPECT_TRUE(std::signbit(Number("-1e-400").AsDouble().value()));
  EXPECT_EQ(Number("5e-324").AsDouble().value(), 5e-324);
  EXPECT_FALSE(Number("1e400").AsDouble().ok());
  EXPECT_FALSE(Value("1").AsDouble().ok());
}

TEST(Value, NumbersCompareExactly) {
  const auto compare = [](const char* a, const char* b) {
    const int result = Value::CompareNumbers(Number(a), Number(b));
    EXPECT_EQ(Value::CompareNumbers(Number(b), Number(a)), -result);
    EXPECT_EQ(Number(a) == Number(b), result == 0);
    return result;
  };
  EXPECT_EQ(compare("1", "1.0"), 0);
  EXPECT_EQ(compare("1", "1e0"), 0);
  EXPECT_EQ(compare("100", "1e2"), 0);
  EXPECT_EQ(compare("0.001", "1E-3"), 0);
  EXPECT_EQ(compare("0", "-0.00e5"), 0);
  EXPECT_EQ(compare("12000", "1.2e4"), 0);
  EXPECT_EQ(compare("1", "2"), -1);
  EXPECT_EQ(compare("-1", "-2"), 1);
  EXPECT_EQ(compare("-1", "1"), -1);
  EXPECT_EQ(compare("0", "0.000001"), -1);
  EXPECT_EQ(compare("9", "10"), -1);
  EXPECT_EQ(compare("10", "9.999999999"), 1);
  EXPECT_EQ(compare("0.01", "0.001"), 1);
  EXPECT_EQ(compare("1e999999", "9e999998"), 1);
  // One digit beyond every machine number.
  EXPECT_EQ(compare("1000000000000000000000000000000000000001",
                    "1000000000000000000000000000000000000002"),
            -1);
  EXPECT_EQ(compare("0.1000000000000000000000000000000000000000001", "0.1"), 1);
}

TEST(Value, RandomNumbersCompareAsIntegersDo) {
  const uint32_t seed = 11;
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  // 0.ddd written in different ways.
  const auto spell = [&](int64_t thousandths) {
    const int zeros = static_cast<int>(random() % 3);
    std::string digits = std::to_string(std::abs(thousandths));
    if (thousandths != 0) digits += std::string(size_t(zeros), '0');
    return (thousandths < 0 ? "-" : "") + digits + "e-" +
           std::to_string(3 + zeros);
  };
  const auto plain = [](int64_t thousandths) {
    const int64_t size = std::abs(thousandths);
    char buffer[32];
    std::snprintf(buffer, sizeof(buffer), "%s%lld.%03lld",
                  thousandths < 0 ? "-" : "",
                  static_cast<long long>(size / 1000),
                  static_cast<long long>(size % 1000));
    return std::string(buffer);
  };
  for (int i = 0; i < 20'000; ++i) {
    const int shift = static_cast<int>(random() % 60) + 4;
    const int64_t a = static_cast<int64_t>(random()) >> shift;
    const int64_t b = random() % 4 == 0 ? a : a + int64_t(random() % 5) - 2;
    const int wanted = a < b ? -1 : a > b ? 1 : 0;
    ASSERT_EQ(Value::CompareNumbers(Number(spell(a)), Number(plain(b))), wanted)
        << spell(a) << " " << plain(b);
  }
}

TEST(Value, Equality) {
  EXPECT_EQ(Json("{\"a\":1,\"b\":[true,null]}"),
            Json("{ \"b\" : [ true, null ], \"a\" : 1.00 }"));
  EXPECT_FALSE(Json("{\"a\":1}") == Json("{\"a\":2}"));
  EXPECT_FALSE(Json("{\"a\":1}") == Json("{\"b\":1}"));
  EXPECT_FALSE(Json("{\"a\":1}") == Json("{\"a\":1,\"b\":1}"));
  EXPECT_FALSE(Json("[1,2]") == Json("[2,1]"));
  EXPECT_FALSE(Json("[1]") == Json("[1,1]"));
  EXPECT_FALSE(Value(1) == Value("1"));
  EXPECT_FALSE(Value() == Value(false));
  EXPECT_FALSE(Value("a") == Value("b"));
  EXPECT_TRUE(Value(std::string("a\0b", 3)) == Value(std::string("a\0b", 3)));
}

TEST(Value, EqualWithinStopsAtItsBound) {
  const Value a = Json("[1,2,3]");
  int64_t steps = 4;
  EXPECT_TRUE(Value::EqualWithin(a, a, &steps));
  EXPECT_EQ(steps, 0);
  steps = 3;
  EXPECT_FALSE(Value::EqualWithin(a, a, &steps));
  EXPECT_LT(steps, 0);
  const Value text(std::string(640, 'x'));
  steps = 11;
  EXPECT_TRUE(Value::EqualWithin(text, text, &steps));
  steps = 10;
  EXPECT_FALSE(Value::EqualWithin(text, text, &steps));
  EXPECT_LT(steps, 0);
}

TEST(Value, Access) {
  const Value value = Json("{\"a\":{\"b\":[10,20]},\"n\":null}");
  EXPECT_EQ(value["a"]["b"][1], 20);
  EXPECT_EQ(value["a"]["b"].size(), 2u);
  EXPECT_TRUE(value["a"]["b"][2].is_null());
  EXPECT_TRUE(value["a"]["b"][-1].is_null());
  EXPECT_TRUE(value["absent"]["deeper"].is_null());
  EXPECT_TRUE(value["a"][0].is_null());
  EXPECT_TRUE(Value(3)["a"].is_null());
  EXPECT_EQ(value.size(), 2u);
  EXPECT_EQ(Value("abc").size(), 0u);
  std::ostringstream os;
  os << value["a"];
  EXPECT_EQ(os.str(), "{\"b\":[10,20]}");
}

TEST(Json, StringsAndEscapes) {
  EXPECT_EQ(Json("\"\"").string(), "");
  EXPECT_EQ(Json(R"("\"\\\/\b\f\n\r\t")").string(), "\"\\/\b\f\n\r\t");
  EXPECT_EQ(Json(R"("\u00e4\u20AC\ud83d\ude00")").string(),
            "\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80");
  EXPECT_EQ(Json(R"("a\u0000b")").string(), std::string("a\0b", 3));
  EXPECT_EQ(Json("\"\xC3\xA4\"").string(), "\xC3\xA4");
  EXPECT_EQ(Json(R"("\u001f\u007f")").ToJson(), "\"\\u001f\x7F\"");
  EXPECT_EQ(Value("\"\\/\b\f\n\r\t\x01").ToJson(),
            R"("\"\\/\b\f\n\r\t\u0001")");
  EXPECT_EQ(Value(std::string(1, '\0')).ToJson(), R"("\u0000")");
}

TEST(Json, RefusalsSayWhereGotAndWanted) {
  EXPECT_EQ(Refusal(""), "JSON, offset 0: got the end, wanted a JSON value");
  EXPECT_EQ(Refusal("{\"a\":1,}"),
            "JSON, offset 7: got '}', wanted a name in quotation marks");
  EXPECT_EQ(Refusal("[1 2]"), "JSON, offset 3: got '2', wanted ',' or ']'");
  EXPECT_EQ(Refusal("{\"a\" 1}"), "JSON, offset 5: got '1', wanted ':'");
  EXPECT_EQ(Refusal("{\"a\":1 \"b\":2}"),
            "JSON, offset 7: got '\"', wanted ',' or '}'");
  EXPECT_EQ(Refusal("truth"),
            "JSON, offset 3: got 't', wanted true, false or null");
  EXPECT_EQ(Refusal("1 2"), "JSON, offset 2: got '2', wanted the end");
  EXPECT_EQ(Refusal("{\"a\":1,\"b\":2,\"a\":3}"),
            "JSON, offset 13: got the name string \"a\" a second time, wanted "
            "each once");
  EXPECT_EQ(Refusal("[\"abc]"),
            "JSON, offset 1: got a string without an end, wanted '\"'");
  EXPECT_EQ(Refusal("[01]"),
            "JSON, offset 1: number '01', offset 1: got '1', wanted no digit "
            "after a leading 0");
  EXPECT_EQ(Refusal("\"a\nb\""),
            "JSON, offset 2: got byte 0xa, wanted an escape such as \\n (no "
            "control characters)");
  EXPECT_EQ(Refusal("\"\\ud800x\""),
            "JSON, offset 1: got a lone surrogate, wanted a pair");
  EXPECT_EQ(Refusal("\"a\xC0\xAF\""),
            "JSON, offset 2: got a byte that is no UTF-8, wanted UTF-8");
  for (const std::string& json :
       std::vector<std::string>{" ",
                                "[",
                                "{",
                                "]",
                                "[1,]",
                                "[,1]",
                                "{,}",
                                "{a:1}",
                                "{'a':1}",
                                "{\"a\"}",
                                "{\"a\":}",
                                "nul",
                                "nullx",
                                "True",
                                "+1",
                                ".5",
                                "1.",
                                "'a'",
                                "\"",
                                "\"\\\"",
                                "\"\\x41\"",
                                "\"\\u12\"",
                                "\"\\u12g4\"",
                                "\"\\udc00\"",
                                "\"\\ud800\\u0041\"",
                                "\"\\ud800\\n\"",
                                "\"\\ud800\\ud800\"",
                                "\xEF\xBB\xBF"
                                "1",
                                "// x\n1",
                                "[1]]",
                                "{}{}",
                                std::string("1\0", 2),
                                std::string("\0", 1),
                                std::string("[1]\0x", 5),
                                std::string("\"a\0\"", 4),
                                "NaN",
                                "[-]",
                                "\"\\",
                                "[1",
                                "{\"a\":1",
                                "{\"a\""}) {
    EXPECT_NE(Refusal(json), "") << json;
  }
}

TEST(Json, DepthAtItsEdge) {
  const auto nested = [](int depth) {
    const size_t n = static_cast<size_t>(depth);
    return std::string(n, '[') + std::string(n, ']');
  };
  EXPECT_TRUE(Json(nested(kValueDepthMax)).Validate().ok());
  EXPECT_NE(Refusal(nested(kValueDepthMax + 1)).find("kValueDepthMax"),
            std::string::npos);
  // Far beyond any stack.
  EXPECT_NE(Refusal(std::string(1'000'000, '[')).find("kValueDepthMax"),
            std::string::npos);
  std::string contexts;
  for (int i = 0; i < 100'000; ++i) contexts += "{\"a\":";
  EXPECT_NE(Refusal(contexts).find("kValueDepthMax"), std::string::npos);

  Value deep;
  for (int i = 0; i < kValueDepthMax; ++i) deep = Value::List{deep};
  EXPECT_TRUE(deep.Validate().ok());
  // As a variable it nests one level deeper, and still reads back.
  const Variables variables{{"deep", deep}};
  EXPECT_TRUE(variables.Validate().ok());
  EXPECT_EQ(Variables::FromJson(variables.ToJson()).value(), variables);
  deep = Value::List{deep};
  EXPECT_EQ(deep.Validate().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_FALSE((Variables{{"deep", deep}}).Validate().ok());
}

TEST(Json, SizeAtItsEdge) {
  std::string json = "\"" + std::string(kVariablesBytesMax - 2, 'x') + "\"";
  EXPECT_TRUE(Value::FromJson(json).ok());
  json += " ";
  EXPECT_EQ(Value::FromJson(json).status().code(),
            absl::StatusCode::kResourceExhausted);
}

// A random value of at most `depth` levels.
Value RandomValue(std::mt19937_64* random, int depth) {
  const auto pick = [&](uint64_t n) { return (*random)() % n; };
  const auto text = [&] {
    static const char* const kPieces[] = {
        "a", "b", "\"",  "\\", "\n", "\x01", "\xC3\xA4", "\xF0\x9F\x98\x80",
        " ", "/", "\x7F"};
    std::string out;
    for (uint64_t i = pick(6); i > 0; --i) out += kPieces[pick(11)];
    return out;
  };
  switch (pick(depth > 0 ? 7 : 5)) {
    case 0:
      return nullptr;
    case 1:
      return pick(2) == 0;
    case 2:
      return static_cast<int64_t>((*random)()) >> pick(64);
    case 3:
      return Number(std::to_string(pick(1000)) + "." +
                    std::to_string(pick(1000)) + "e" +
                    std::to_string(pick(40)));
    case 4:
      return text();
    case 5: {
      Value::List list;
      for (uint64_t i = pick(5); i > 0; --i) {
        list.push_back(RandomValue(random, depth - 1));
      }
      return list;
    }
    default: {
      Variables context;
      for (uint64_t i = pick(20); i > 0; --i) {
        context[text()] = RandomValue(random, depth - 1);
      }
      return context;
    }
  }
}

TEST(Json, RandomRoundTrip) {
  const uint32_t seed = 42;
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  for (int i = 0; i < 3'000; ++i) {
    const Value value = RandomValue(&random, 4);
    const std::string json = value.ToJson();
    const Value again = Json(json);
    ASSERT_EQ(again, value) << json;
    ASSERT_EQ(again.ToJson(), json);
    ASSERT_TRUE(value.Validate().ok());
    // Any prefix of a list, context or string is refused, never crashes.
    if (!value.is_number()) {
      ASSERT_FALSE(Value::FromJson(json.substr(0, json.size() / 2)).ok())
          << json;
    }
  }
}

TEST(Value, ValidateFindsWhatJsonCannotHold) {
  EXPECT_EQ(Value("a\xFF").Validate().message(),
            "string, offset 1: got a byte that is no UTF-8, wanted UTF-8");
  EXPECT_FALSE(Value(Value::List{1, "\xC0"}).Validate().ok());
  EXPECT_FALSE(Value(Variables{{"\xC0", 1}}).Validate().ok());
  EXPECT_FALSE((Variables{{"\xC0", 1}}).Validate().ok());
  EXPECT_EQ((Variables{{"a", "\xC0"}}).Validate().message(),
            "variable string \"a\": string, offset 0: got a byte that is no "
            "UTF-8, wanted UTF-8");
}

TEST(Value, DescriptionsAreShort) {
  EXPECT_EQ(DescribeValue(nullptr), "null");
  EXPECT_EQ(DescribeValue(true), "boolean true");
  EXPECT_EQ(DescribeValue(1.5), "number 1.5");
  EXPECT_EQ(DescribeValue("a\"b"), "string \"a\\\"b\"");
  EXPECT_EQ(DescribeValue(Value::List{1}), "a list of 1 entry");
  EXPECT_EQ(DescribeValue(Variables{}), "a context of 0 entries");
  EXPECT_EQ(DescribeValue(std::string(1000, 'x')),
            "string \"" + std::string(40, 'x') + "\"...");
  // Never cut inside of a character.
  EXPECT_EQ(DescribeValue(std::string(39, 'x') + "\xC3\xA4"),
            "string \"" + std::string(39, 'x') + "\"...");
}

TEST(Variables, KeepTheirOrder) {
  Variables v{{"b", 1}, {"a", "x"}, {"b", 2}};
  v["c"] = Value::List{true};
  v["a"] = nullptr;
  EXPECT_EQ(v.ToJson(), "{\"b\":2,\"a\":null,\"c\":[true]}");
  EXPECT_EQ(v.size(), 3u);
  EXPECT_TRUE(v.contains("a"));
  EXPECT_FALSE(v.contains("d"));
  EXPECT_TRUE(std::as_const(v)["d"].is_null());
  EXPECT_TRUE(v.erase("b"));
  EXPECT_FALSE(v.erase("b"));
  EXPECT_EQ(v.ToJson(), "{\"a\":null,\"c\":[true]}");
  EXPECT_EQ((Variables{{"a", 1}, {"b", 2}}), (Variables{{"b", 2}, {"a", 1}}));
  EXPECT_FALSE((Variables{{"a", 1}}) == (Variables{{"a", 2}}));
}

TEST(Variables, FromJson) {
  EXPECT_EQ(Variables::FromJson(" {\"a\": 1.10} ").value().ToJson(),
            "{\"a\":1.10}");
  EXPECT_TRUE(Variables::FromJson("{}").value().empty());
  EXPECT_EQ(Variables::FromJson("[1]").status().message(),
            "variables: got a list of 1 entry, wanted a JSON object with a "
            "value for each name");
  EXPECT_FALSE(Variables::FromJson("{\"a\":1,\"a\":1}").ok());
  const std::string name(kNameBytesMax, 'n');
  EXPECT_TRUE(Variables::FromJson("{\"" + name + "\":1}").ok());
  EXPECT_FALSE(Variables::FromJson("{\"n" + name + "\":1}").ok());
}

TEST(Variables, ManyNamesAreFoundQuickly) {
  Variables v;
  std::string json = "{";
  for (int i = 0; i < 100'000; ++i) {
    const std::string name = "name" + std::to_string(i);
    v[name] = i;
    json += (i == 0 ? "\"" : ",\"") + name + "\":" + std::to_string(i);
  }
  json += "}";
  EXPECT_EQ(v.ToJson(), json);
  const Variables read = Variables::FromJson(json).value();
  EXPECT_EQ(read, v);
  for (int i = 0; i < 100'000; i += 997) {
    ASSERT_EQ(read["name" + std::to_string(i)], i);
  }
  EXPECT_FALSE(read.contains("name100000"));
  EXPECT_TRUE(v.erase("name5"));
  EXPECT_FALSE(v.contains("name5"));
  EXPECT_EQ(v["name99999"], 99'999);
  EXPECT_EQ(v["name6"], 6);
}

TEST(Variables, RandomEditsAgreeWithAList) {
  const uint32_t seed = 5;
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  Variables v;
  std::vector<std::pair<std::string, int>> model;
  for (int i = 0; i < 20'000; ++i) {
    const std::string name = std::to_string(random() % 40);
    auto at = std::find_if(model.begin(), model.end(),
                           [&](const auto& e) { return e.first == name; });
    if (random() % 3 == 0) {
      ASSERT_EQ(v.erase(name), at != model.end());
      if (at != model.end()) model.erase(at);
    } else {
      v.Set(name, i);
      if (at != model.end()) {
        at->second = i;
      } else {
        model.emplace_back(name, i);
      }
    }
    ASSERT_EQ(v.size(), model.size());
    size_t k = 0;
    for (const auto& [entry_name, value] : v) {
      ASSERT_EQ(entry_name, model[k].first);
      ASSERT_EQ(value, model[k++].second);
    }
  }
}

}  // namespace
}  // namespace pawl
