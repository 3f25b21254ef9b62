// Parse, print, parse: the second tree is the first. On random trees and on
// the texts of the conformance cases, where those are.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "engine/expression/feel/parser.h"
#include "engine/expression/feel/printer.h"
#include "engine/value.h"
#include "tests/feel/feel_run.h"
#include "tests/support/conformance_dir.h"
#include "tests/support/random.h"

namespace pawl::expression::feel {
namespace {

using Kind = NodeKind;

// Trees as the parser makes them, of every kind of node.
class TreeMaker {
 public:
  explicit TreeMaker(uint64_t seed) : random_(seed) {}

  Tree Make(Form form) {
    tree_.root = form == Form::kExpression ? Any(5) : UnaryTests();
    return std::move(tree_);
  }

 private:
  template <size_t kCount>
  std::string Pick(const char* const (&choice)[kCount]) {
    return choice[random_.Below(kCount)];
  }
  std::string Name() {
    return Pick({"a",      "b",    "count", "date", "b c",           "x-y",
                 "in",     "some", "not",   "if",   "date and time", "äö",
                 "day",    "a+b",  "item",  "null", "and",           "time",
                 "months", "a.b",  "x 1"});
  }
  std::string Text() {
    return Pick({"", "abc", "a \"b\"", "\\", "\\d+", "line\nline", "\t", "😀",
                 "2024-01-31", "it's", "\\u0041", "{a: 1}"});
  }

  NodeIndex Add(Node node) {
    tree_.nodes.push_back(std::move(node));
    asks_.push_back(tree_.nodes.back().kind == Kind::kName &&
                    tree_.nodes.back().text == "?");
    for (const NodeIndex child : tree_.nodes.back().children) {
      asks_.back() = asks_.back() || asks_[child];
    }
    return static_cast<NodeIndex>(tree_.nodes.size() - 1);
  }
  NodeIndex Of(Kind kind, std::vector<NodeIndex> children) {
    Node node;
    node.kind = kind;
    node.children = std::move(children);
    return Add(std::move(node));
  }

  NodeIndex Leaf() {
    Node node;
    switch (random_.Below(7)) {
      case 0:
        node.kind = Kind::kNull;
        break;
      case 1:
        node.kind = Kind::kBoolean;
        node.flag = random_.OneIn(2);
        break;
      case 2:
        node.kind = Kind::kNumber;
        node.text = Pick({"0", "1", "42", "0.5", ".5", "1e3", "2E-2",
                          "12345678901234567890", "007"});
        node.number = *Decimal::ParseRounded(node.text);
        break;
      case 3:
        node.kind = Kind::kString;
        node.text = Text();
        break;
      case 4:
        node.kind = Kind::kAt;
        node.text = Text();
        break;
      default:
        node.kind = Kind::kName;
        node.text = random_.OneIn(6) ? "?" : Name();
        break;
    }
    return Add(std::move(node));
  }

  Type RandomType(int depth) {
    using T = Type::Kind;
    Type type;
    type.kind = static_cast<T>(random_.Below(depth > 0 ? 14 : 10));
    const auto inner = [&] { type.types.push_back(RandomType(depth - 1)); };
    if (type.kind == T::kList || type.kind == T::kRange) inner();
    if (type.kind == T::kContext) {
      for (size_t i = random_.Below(3); i > 0; --i) {
        type.names.push_back(Name() + std::to_string(i));
        inner();
      }
    }
    if (type.kind == T::kFunction) {
      for (size_t i = random_.Below(4); i > 0; --i) inner();
    }
    return type;
  }

  std::vector<std::string> Names(size_t count) {
    std::vector<std::string> names;
    while (names.size() < count) {
      std::string name = Name();
      if (std::find(names.begin(), names.end(), name) == names.end()) {
        names.push_back(std::move(name));
      }
    }
    return names;
  }

  void Tests(int depth, Node* node) {
    for (size_t i = random_.Below(3) + 1; i > 0; --i) {
      if (random_.OneIn(3)) {
        node->children.push_back(Test(depth));
        continue;
      }
      const NodeIndex test = Any(depth);
      const bool is_test = tree_[test].kind == Kind::kTest;
      node->children.push_back(
          asks_[test] && !is_test ? Of(Kind::kAnswer, {test}) : test);
    }
  }
  NodeIndex Test(int depth) {
    Node node;
    node.kind = Kind::kTest;
    node.comparison =
        static_cast<Kind>(static_cast<size_t>(Kind::kEqual) + random_.Below(6));
    node.children = {Any(depth)};
    return Add(std::move(node));
  }

  NodeIndex UnaryTests() {
    if (random_.OneIn(20)) return Of(Kind::kAnyTest, {});
    Node node;
    node.kind = random_.OneIn(3) ? Kind::kNotTest : Kind::kIn;
    Node input;
    input.kind = Kind::kName;
    input.text = "?";
    node.children = {Add(std::move(input))};
    Tests(4, &node);
    return Add(std::move(node));
  }

  NodeIndex Any(int depth) {
    if (depth == 0 || random_.OneIn(5)) return Leaf();
    const auto child = [&] { return Any(depth - 1); };
    Node node;
    switch (random_.Below(17)) {
      case 0:
      case 1:
      case 2: {
        node.kind = static_cast<Kind>(static_cast<size_t>(Kind::kAdd) +
                                      random_.Below(11));
        node.children = {child(), child()};
        return Add(std::move(node));
      }
      case 3:
        node.kind = random_.OneIn(2) ? Kind::kAnd : Kind::kOr;
        for (size_t i = random_.Below(3) + 2; i > 0; --i) {
          node.children.push_back(child());
        }
        return Add(std::move(node));
      case 4:
        return Of(Kind::kNegate, {child()});
      case 5:
        return Of(Kind::kBetween, {child(), child(), child()});
      case 6:
        node.kind = Kind::kIn;
        node.children = {child()};
        Tests(depth - 1, &node);
        return Add(std::move(node));
      case 7:
        return Test(depth - 1);
      case 8:
        return Of(Kind::kIf, {child(), child(), child()});
      case 9:
        node.kind = static_cast<Kind>(static_cast<size_t>(Kind::kFor) +
                                      random_.Below(3));
        node.names = Names(random_.Below(2) + 1);
        for (size_t i = 0; i < node.names.size(); ++i) {
          node.children.push_back(random_.OneIn(3)
                                      ? Of(Kind::kSteps, {child(), child()})
                                      : child());
        }
        node.children.push_back(child());
        return Add(std::move(node));
      case 10:
        node.kind = Kind::kList;
        for (size_t i = random_.Below(4); i > 0; --i) {
          node.children.push_back(child());
        }
        return Add(std::move(node));
      case 11:
        node.kind = Kind::kContext;
        node.names = Names(random_.Below(4));
        for (std::string& name : node.names) {
          if (random_.OneIn(4)) name += " \"x\\";
          node.children.push_back(child());
        }
        return Add(std::move(node));
      case 12:
        node.kind = Kind::kRange;
        node.flag = random_.OneIn(2);
        node.flag2 = random_.OneIn(2);
        node.children = {child(), child()};
        return Add(std::move(node));
      case 13:
        node.kind = Kind::kFunction;
        node.names = Names(random_.Below(4));
        for (size_t i = 0; i < node.names.size(); ++i) {
          node.types.push_back(RandomType(2));
        }
        node.children = {child()};
        return Add(std::move(node));
      case 14:
        node.kind = Kind::kInstanceOf;
        node.types = {RandomType(2)};
        node.children = {child()};
        return Add(std::move(node));
      case 15:
        node.kind = Kind::kCall;
        node.children = {child()};
        for (size_t i = random_.Below(4); i > 0; --i) {
          node.children.push_back(child());
        }
        if (random_.OneIn(3)) node.names = Names(node.children.size() - 1);
        return Add(std::move(node));
      default:
        if (random_.OneIn(2)) return Of(Kind::kFilter, {child(), child()});
        node.kind = Kind::kPath;
        node.text = Name();
        node.children = {child()};
        return Add(std::move(node));
    }
  }

  Random random_;
  Tree tree_;
  // Of each node: whether `?` is named in it.
  std::vector<bool> asks_;
};

TEST(FeelPrintTest, RandomTreesComeBack) {
  const Known known{{"b c", "x-y", "monthly fee"}, {}};
  for (int i = 0; i < Runs(10'000); ++i) {
    const uint64_t seed = FirstSeed() + static_cast<uint64_t>(i);
    const Form form = seed % 4 == 0 ? Form::kUnaryTests : Form::kExpression;
    const Tree tree = TreeMaker(seed).Make(form);
    const std::string text = Print(tree, form, known);
    const auto again = Parse(text, form, known);
    ASSERT_TRUE(again.ok()) << text << "\n"
                            << again.status() << "\n"
                            << Repeat("print_test", seed);
    ASSERT_TRUE(SameTree(tree, *again)) << text << "\nbecame\n"
                                        << Print(*again, form, known) << "\n"
                                        << Repeat("print_test", seed);
  }
}

TEST(FeelPrintTest, ParenthesesWhereTheyAreNeeded) {
  for (const char* text :
       {"1 + 2 * 3", "(1 + 2) * 3", "2 ** (3 ** 2)", "2 ** 3 ** 2", "-(-1)",
        "1 - (2 - 3)", "1 - 2 - 3", "(a or b) and c", "a or b and c",
        "(if a then b else c) + 1", "x in (1, < 5, [1..2])",
        "(a instance of number) = true", "[(1 = 1) = true][1].b",
        "for i in 1..3 return i * 2", "{\"a b\": 1, c: 2}",
        "function(a: number, b) a + b", "(< 5)", "date and time(now())"}) {
    const auto tree = Parse(text, Form::kExpression, {});
    ASSERT_TRUE(tree.ok()) << tree.status();
    const std::string printed = Print(*tree, Form::kExpression, {});
    // As it stands, but for what is never needed.
    if (std::string_view(text) == "-(-1)") {
      EXPECT_EQ(printed, "--1");
    } else if (std::string_view(text) == "[(1 = 1) = true][1].b") {
      EXPECT_EQ(printed, "[1 = 1 = true][1].b");
    } else {
      EXPECT_EQ(printed, text);
    }
  }
}

void Collect(const Value& value, std::set<std::string>* names) {
  for (size_t i = 0; value.is_list() && i < value.size(); ++i) {
    Collect(value[i], names);
  }
  if (!value.is_context()) return;
  for (const auto& [name, member] : value.context()) {
    names->insert(name);
    Collect(member, names);
  }
}

TEST(FeelPrintTest, ConformanceTextsComeBack) {
  const std::filesystem::path folder = ConformanceDir() / "feel";
  if (ConformanceDir().empty() || !std::filesystem::exists(folder)) {
    GTEST_SKIP() << "skipped: no folder feel; set PAWL_CONFORMANCE_DIR";
  }
  int count = 0;
  for (const char* file : {"visible", "derived-visible", "feelscala-visible"}) {
    std::ifstream lines(folder / (std::string(file) + ".jsonl"));
    std::string line;
    while (std::getline(lines, line)) {
      const auto spec = Value::FromJson(line);
      ASSERT_TRUE(spec.ok()) << spec.status();
      std::set<std::string> names;
      Collect((*spec)["context"], &names);
      const Known known{{names.begin(), names.end()}, {}};
      const std::string& text = (*spec)["expression"].string();
      const auto tree = Parse(text, Form::kExpression, known);
      if (!tree.ok()) continue;
      ++count;
      const std::string printed = Print(*tree, Form::kExpression, known);
      const auto again = Parse(printed, Form::kExpression, known);
      ASSERT_TRUE(again.ok()) << text << "\n" << again.status();
      ASSERT_TRUE(SameTree(*tree, *again)) << text << "\nbecame\n" << printed;
    }
  }
  std::cout << count << " texts\n";
  EXPECT_GT(count, 2000);
}

}  // namespace
}  // namespace pawl::expression::feel
