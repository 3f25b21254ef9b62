// Three-valued logic, lists, filters and iterations against plain C++.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <numeric>
#include <string>
#include <vector>

#include "engine/value.h"
#include "tests/feel/feel_run.h"
#include "tests/support/random.h"

namespace pawl::expression::feel {
namespace {

// 0 false, 1 null, 2 true: and is the least, or the greatest.
constexpr std::array<const char*, 3> kTruths = {"false", "null", "true"};

TEST(FeelLogicTest, TablesOfTheStandard) {
  for (size_t a = 0; a < 3; ++a) {
    const std::string x = kTruths[a];
    EXPECT_EQ(FeelText("not(" + x + ")"), kTruths[2 - a]);
    EXPECT_EQ(FeelText("if " + x + " then 1 else 2"), a == 2 ? "1" : "2");
    // What is no boolean counts as null.
    EXPECT_EQ(FeelText(x + " and 1"), kTruths[std::min<size_t>(a, 1)]);
    EXPECT_EQ(FeelText("\"a\" or " + x), kTruths[std::max<size_t>(a, 1)]);
    for (size_t b = 0; b < 3; ++b) {
      const std::string y = kTruths[b];
      const std::string list = "[" + x + ", " + y + "]";
      const char* const both = kTruths[std::min(a, b)];
      const char* const either = kTruths[std::max(a, b)];
      EXPECT_EQ(FeelText(x + " and " + y), both);
      EXPECT_EQ(FeelText(x + " or " + y), either);
      EXPECT_EQ(FeelText("all(" + list + ")"), both);
      EXPECT_EQ(FeelText("any(" + list + ")"), either);
      EXPECT_EQ(FeelText("every x in " + list + " satisfies x"), both);
      EXPECT_EQ(FeelText("some x in " + list + " satisfies x"), either);
      EXPECT_EQ(FeelText(x + " = " + y), a == b ? "true" : "false");
      EXPECT_EQ(FeelText(x + " != " + y), a == b ? "false" : "true");
      for (size_t c = 0; c < 3; ++c) {
        const std::string z = kTruths[c];
        EXPECT_EQ(FeelText(x + " or " + y + " and " + z),
                  kTruths[std::max(a, std::min(b, c))]);
        EXPECT_EQ(FeelText("(" + x + " or " + y + ") and " + z),
                  kTruths[std::min(std::max(a, b), c)]);
      }
    }
  }
}

// Values of one kind each compare with nothing of another, but with null.
TEST(FeelLogicTest, KindsDontMix) {
  const std::vector<std::string> values = {
      "true",
      "1",
      "\"a\"",
      "@\"2024-01-01\"",
      "@\"10:00:00\"",
      "@\"2024-01-01T10:00:00\"",
      "@\"P1D\"",
      "@\"P1M\"",
      "[]",
      "{}",
      "[1..2]",
  };
  for (size_t i = 0; i < values.size(); ++i) {
    EXPECT_EQ(FeelText(values[i] + " = null"), "false");
    EXPECT_EQ(FeelText("null != " + values[i]), "true");
    EXPECT_EQ(FeelText(values[i] + " < null"), "null");
    EXPECT_EQ(FeelText(values[i] + " = " + values[i]), "true");
    for (size_t k = 0; k < values.size(); ++k) {
      if (i == k) continue;
      for (const char* sign : {" = ", " != ", " < ", " <= ", " > ", " >= "}) {
        EXPECT_EQ(FeelText(values[i] + sign + values[k]), "null")
            << values[i] << sign << values[k];
      }
    }
  }
}

using Ints = std::vector<int>;

std::string Text(const Ints& ints) {
  std::string text = "[";
  for (const int i : ints) {
    text += (text.size() > 1 ? ", " : "") + std::to_string(i);
  }
  return text + "]";
}
Value ToList(const Ints& ints) {
  Value::List list;
  for (const int i : ints) list.push_back(i);
  return list;
}
template <typename Keep>
Ints Filtered(const Ints& ints, const Keep& keep) {
  Ints kept;
  std::copy_if(ints.begin(), ints.end(), std::back_inserter(kept), keep);
  return kept;
}

class FeelListTest : public testing::Test {
 protected:
  void Check(const std::string& text, const std::string& wanted) {
    ASSERT_EQ(FeelText(text, variables_), wanted)
        << text << " of " << variables_.ToJson() << "\n"
        << Repeat("logic_test", seed_);
  }
  void Draw(uint64_t seed) {
    seed_ = seed;
    Random random(seed);
    list_.resize(random.Below(12));
    for (int& i : list_) i = static_cast<int>(random.Below(9)) - 4;
    at_ = static_cast<int>(random.Below(14)) + 1;
    limit_ = static_cast<int>(random.Below(9)) - 4;
    Value::List rows;
    for (const int i : list_) rows.push_back(Variables{{"n", i}});
    variables_ = {{"l", ToList(list_)},
                  {"rows", std::move(rows)},
                  {"at", at_},
                  {"k", limit_}};
  }

  uint64_t seed_ = 0;
  Ints list_;
  int at_ = 0;
  int limit_ = 0;
  Variables variables_;
};

TEST_F(FeelListTest, AgreesWithLoops) {
  for (int run = 0; run < Runs(500); ++run) {
    Draw(FirstSeed() + static_cast<uint64_t>(run));
    const size_t size = list_.size();
    const Ints above = Filtered(list_, [&](int i) { return i > limit_; });
    Check("l[item > k]", Text(above));
    Check("rows[n > k].n", Text(above));
    Check("rows[item.n > k].n", Text(above));
    Check("for x in l[item > k] return x", Text(above));
    Check("count(l[item > k]) + count(l[item <= k])", std::to_string(size));
    Check("some x in l satisfies x > k", above.empty() ? "false" : "true");
    Check("every x in l satisfies x > k",
          above.size() == size ? "true" : "false");
    Ints doubled = list_;
    for (int& i : doubled) i *= 2;
    Check("for x in l return x * 2", Text(doubled));
    Ints sorted = list_;
    std::sort(sorted.begin(), sorted.end());
    Check("sort(l, function(a, b) a < b)", Text(sorted));
    Check("sort(l)", Text(sorted));
    Check("sort(rows, function(a, b) a.n < b.n).n", Text(sorted));
    Check("reverse(sort(l, function(a, b) a > b))", Text(sorted));
    const Ints backwards(list_.rbegin(), list_.rend());
    Check("reverse(l)", Text(backwards));
    Ints unique;
    for (const int i : list_) {
      if (std::find(unique.begin(), unique.end(), i) == unique.end()) {
        unique.push_back(i);
      }
    }
    Check("distinct values(l)", Text(unique));
    Check("union(l, l)", Text(unique));
    Check("count(index of(l, k))",
          std::to_string(std::count(list_.begin(), list_.end(), limit_)));
    Check(
        "list contains(l, k)",
        std::count(list_.begin(), list_.end(), limit_) > 0 ? "true" : "false");
    const auto at = static_cast<size_t>(at_);
    Check("l[at]", at <= size ? std::to_string(list_[at - 1]) : "null");
    Check("l[-at]", at <= size ? std::to_string(list_[size - at]) : "null");
    if (at <= size) {
      Ints without = list_;
      without.erase(without.begin() + at_ - 1);
      Check("remove(l, at)", Text(without));
      Check(
          "concatenate(if at = 1 then [] else sublist(l, 1, at - 1), "
          "sublist(l, at))",
          Text(list_));
      Ints with = list_;
      with.insert(with.begin() + at_ - 1, limit_);
      Check("insert before(l, at, k)", Text(with));
      Check("remove(insert before(l, at, k), at) = l", "true");
      Check("list replace(l, at, k)[at]", std::to_string(limit_));
    }
    if (size > 0) {
      Check("sum(l)",
            std::to_string(std::accumulate(list_.begin(), list_.end(), 0)));
      Check("min(l)", std::to_string(sorted.front()));
      Check("max(l)", std::to_string(sorted.back()));
      Check("median(l) * 2",
            std::to_string(sorted[(size - 1) / 2] + sorted[size / 2]));
      // Running sums by `partial`.
      Ints sums(size);
      std::partial_sum(list_.begin(), list_.end(), sums.begin());
      Check("for x in l return if partial = [] then x else partial[-1] + x",
            Text(sums));
    }
    Ints pairs;
    for (const int a : list_) {
      for (int b = 1; b <= 2; ++b) pairs.push_back(a * b);
    }
    Check("for a in l, b in 1..2 return a * b", Text(pairs));
    Check("flatten(for a in l return for b in 1..2 return a * b)", Text(pairs));
    Check("k in l", list_.end() != std::find(list_.begin(), list_.end(), limit_)
                        ? "true"
                        : "false");
    Check("partition(l, at)[1]",
          size == 0 ? "null"
                    : Text(Ints(list_.begin(),
                                list_.begin() + static_cast<std::ptrdiff_t>(
                                                    std::min(at, size)))));
  }
}

}  // namespace
}  // namespace pawl::expression::feel
