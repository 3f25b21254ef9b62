#include "engine/expression/feel/printer.h"

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/strings.h"
#include "engine/expression/feel/builtins.h"
#include "engine/expression/feel/expression_parser.h"
#include "engine/expression/feel/lexer.h"

namespace pawl::expression::feel {
namespace {

using Kind = NodeKind;

// How tightly a node binds; what is looser than its place needs parentheses.
// The order is that of the parser's rules.
enum Level {
  kLoose,  // if, for, some, every, function: they take all that follows
  kOrLevel,
  kAndLevel,
  kInstanceLevel,  // instance of: its type may go on in what follows
  kComparisonLevel,
  kAddLevel,
  kMultiplyLevel,
  kPowerLevel,
  kNegateLevel,
  kPostfixLevel,
};

Level LevelOf(Kind kind) {
  switch (kind) {
    case Kind::kIf:
    case Kind::kFor:
    case Kind::kSome:
    case Kind::kEvery:
    case Kind::kFunction:
      return kLoose;
    case Kind::kOr:
      return kOrLevel;
    case Kind::kAnd:
      return kAndLevel;
    case Kind::kEqual:
    case Kind::kNotEqual:
    case Kind::kLess:
    case Kind::kLessEqual:
    case Kind::kGreater:
    case Kind::kGreaterEqual:
    case Kind::kBetween:
    case Kind::kIn:
      return kComparisonLevel;
    case Kind::kInstanceOf:
      return kInstanceLevel;
    case Kind::kAdd:
    case Kind::kSubtract:
      return kAddLevel;
    case Kind::kMultiply:
    case Kind::kDivide:
      return kMultiplyLevel;
    case Kind::kPower:
      return kPowerLevel;
    case Kind::kNegate:
      return kNegateLevel;
    default:
      return kPostfixLevel;
  }
}

std::string_view SignOf(Kind kind) {
  switch (kind) {
    case Kind::kEqual:
      return " = ";
    case Kind::kNotEqual:
      return " != ";
    case Kind::kLess:
      return " < ";
    case Kind::kLessEqual:
      return " <= ";
    case Kind::kGreater:
      return " > ";
    case Kind::kGreaterEqual:
      return " >= ";
    case Kind::kAdd:
      return " + ";
    case Kind::kSubtract:
      return " - ";
    case Kind::kMultiply:
      return " * ";
    case Kind::kDivide:
      return " / ";
    case Kind::kPower:
      return " ** ";
    default:
      return "";
  }
}

// The tokens of a name; nothing when it can't be cut into any.
std::vector<std::string> Pieces(std::string_view name) {
  std::vector<std::string> pieces;
  const auto tokens = Lex(name);
  if (!tokens.ok()) return pieces;
  for (const Token& token : *tokens) {
    if (token.kind == Token::Kind::kEnd) break;
    if (token.kind != Token::Kind::kWord && pieces.empty()) return {};
    pieces.push_back(token.text);
  }
  return pieces;
}

std::string Quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    switch (c) {
      case '"':
      case '\\':
        out += '\\';
        out += c;
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        out += c;
    }
  }
  return out + '"';
}

class Printer {
 public:
  Printer(const Tree& tree, const Known& known) : tree_(tree) {
    for (const std::string& name : known.names) Learn(name, &own_starts_);
    for (const Node& node : tree.nodes) {
      for (const std::string& name : node.names) Learn(name, &own_starts_);
    }
    for (const std::string_view name : BuiltinFunctionNames()) {
      Learn(name, &builtin_starts_);
    }
  }

  std::string Run(Form form) {
    if (form == Form::kUnaryTests) {
      UnaryTests(tree_[tree_.root]);
    } else {
      Write(tree_.root, kLoose);
    }
    return std::move(out_);
  }

 private:
  using Starts = std::set<std::string, std::less<>>;

  // The first word of a name of several tokens: alone it could become one.
  static void Learn(std::string_view name, Starts* starts) {
    const std::vector<std::string> pieces = Pieces(name);
    if (pieces.size() > 1) starts->insert(pieces[0]);
  }

  void Put(std::string_view text) { out_.append(text); }

  void Write(NodeIndex index, Level needed) {
    const Node& node = tree_[index];
    const bool brackets = LevelOf(node.kind) < needed;
    if (brackets) Put("(");
    WriteNode(node);
    if (brackets) Put(")");
  }

  void WriteNode(const Node& node) {
    switch (node.kind) {
      case Kind::kNull:
        return Put("null");
      case Kind::kBoolean:
        return Put(node.flag ? "true" : "false");
      case Kind::kNumber:
        return Put(node.text);
      case Kind::kString:
        return Put(Quoted(node.text));
      case Kind::kAt:
        Put("@");
        return Put(Quoted(node.text));
      case Kind::kName:
        return Name(node.text);
      case Kind::kPath:
        Write(node.children[0], kPostfixLevel);
        Put(".");
        return Name(node.text);
      case Kind::kFilter:
        Write(node.children[0], kPostfixLevel);
        Put("[");
        Write(node.children[1], kLoose);
        return Put("]");
      case Kind::kCall:
        return Call(node);
      case Kind::kNegate:
        Put("-");
        return Write(node.children[0], kNegateLevel);
      case Kind::kAnd:
        return Chain(node, " and ", kInstanceLevel);
      case Kind::kOr:
        return Chain(node, " or ", kAndLevel);
      case Kind::kBetween:
        Write(node.children[0], kComparisonLevel);
        Put(" between ");
        Write(node.children[1], kAddLevel);
        Put(" and ");
        return Write(node.children[2], kAddLevel);
      case Kind::kIn:
        Write(node.children[0], kComparisonLevel);
        Put(" in (");
        Tests(node);
        return Put(")");
      case Kind::kTest:
        Put("(");
        Test(node);
        return Put(")");
      case Kind::kAnswer:
        return Write(node.children[0], kLoose);
      case Kind::kAnyTest:
      case Kind::kNotTest:
        return UnaryTests(node);
      case Kind::kIf:
        Put("if ");
        Write(node.children[0], kLoose);
        Put(" then ");
        Write(node.children[1], kLoose);
        Put(" else ");
        return Write(node.children[2], kLoose);
      case Kind::kFor:
        return Iterate(node, "for ", " return ");
      case Kind::kSome:
        return Iterate(node, "some ", " satisfies ");
      case Kind::kEvery:
        return Iterate(node, "every ", " satisfies ");
      case Kind::kSteps:
        Write(node.children[0], kOrLevel);
        Put("..");
        return Write(node.children[1], kOrLevel);
      case Kind::kList:
        Put("[");
        List(node, 0);
        return Put("]");
      case Kind::kContext:
        return Context(node);
      case Kind::kRange:
        Put(node.flag ? "[" : "(");
        Write(node.children[0], kOrLevel);
        Put("..");
        Write(node.children[1], kLoose);
        return Put(node.flag2 ? "]" : ")");
      case Kind::kFunction:
        return Function(node);
      case Kind::kInstanceOf:
        Write(node.children[0], kPostfixLevel);
        Put(" instance of ");
        return Put(Print(node.types[0]));
      default:
        return Binary(node);
    }
  }

  void Binary(const Node& node) {
    const Level level = LevelOf(node.kind);
    Write(node.children[0], level);
    Put(SignOf(node.kind));
    Write(node.children[1], static_cast<Level>(level + 1));
  }

  void Chain(const Node& node, std::string_view word, Level needed) {
    for (size_t i = 0; i < node.children.size(); ++i) {
      if (i > 0) Put(word);
      Write(node.children[i], needed);
    }
  }

  void List(const Node& node, size_t from) {
    for (size_t i = from; i < node.children.size(); ++i) {
      if (i > from) Put(", ");
      Write(node.children[i], kLoose);
    }
  }

  // --- Tests -----------------------------------------------------------------
  void Test(const Node& node) {
    const std::string_view sign = SignOf(node.comparison);
    Put(sign.substr(1));
    Write(node.children[0], kAddLevel);
  }
  void Tests(const Node& node, bool first_in_brackets = false) {
    for (size_t i = 1; i < node.children.size(); ++i) {
      if (i > 1) Put(", ");
      const bool brackets = i == 1 && first_in_brackets;
      if (brackets) Put("(");
      const Node& test = tree_[node.children[i]];
      if (test.kind == Kind::kTest) {
        Test(test);
      } else {
        Write(node.children[i], kLoose);
      }
      if (brackets) Put(")");
    }
  }
  void UnaryTests(const Node& node) {
    if (node.kind == Kind::kAnyTest) return Put("-");
    if (node.kind == Kind::kNotTest) {
      Put("not(");
      Tests(node);
      return Put(")");
    }
    Tests(node);
    // A call of not() in front would be the not of all tests.
    if (out_.starts_with("not(")) {
      out_.clear();
      Tests(node, /*first_in_brackets=*/true);
    }
  }

  // --- Names -----------------------------------------------------------------
  void Name(const std::string& name) {
    const std::vector<std::string> pieces = Pieces(name);
    const bool word = pieces.size() == 1 && pieces[0] == name &&
                      !IsKeyword(name) && name != "some";
    if (word && !own_starts_.contains(name) &&
        !builtin_starts_.contains(name)) {
      return Put(name);
    }
    Put("`");
    Put(name);
    Put("`");
  }
  // Of what is called: built-in functions by their names as they are.
  void Function(const std::string& name) {
    const std::vector<std::string> pieces = Pieces(name);
    if (FindBuiltin(name) != nullptr && !own_starts_.contains(pieces[0]) &&
        !IsKeyword(pieces[0])) {
      return Put(name);
    }
    Name(name);
  }
  // A parameter's or an iterator's.
  void Defined(const std::string& name) {
    const std::vector<std::string> pieces = Pieces(name);
    const bool word =
        pieces.size() == 1 && pieces[0] == name && !IsKeyword(name);
    Put(word ? name : absl::StrCat("`", name, "`"));
  }
  // An entry's: anything may stand in a string.
  void Key(const std::string& name) {
    const std::vector<std::string> pieces = Pieces(name);
    const bool word = pieces.size() == 1 && pieces[0] == name;
    Put(word ? name : Quoted(name));
  }

  // --- The rest --------------------------------------------------------------
  void Call(const Node& node) {
    const Node& function = tree_[node.children[0]];
    if (function.kind == Kind::kName) {
      Function(function.text);
    } else {
      Write(node.children[0], kPostfixLevel);
    }
    Put("(");
    for (size_t i = 1; i < node.children.size(); ++i) {
      if (i > 1) Put(", ");
      if (!node.names.empty()) {
        Defined(node.names[i - 1]);
        Put(": ");
      }
      Write(node.children[i], kLoose);
    }
    Put(")");
  }

  void Iterate(const Node& node, std::string_view word, std::string_view body) {
    Put(word);
    for (size_t i = 0; i < node.names.size(); ++i) {
      if (i > 0) Put(", ");
      Defined(node.names[i]);
      Put(" in ");
      Write(node.children[i], kOrLevel);
    }
    Put(body);
    Write(node.children.back(), kLoose);
  }

  void Context(const Node& node) {
    Put("{");
    for (size_t i = 0; i < node.names.size(); ++i) {
      if (i > 0) Put(", ");
      Key(node.names[i]);
      Put(": ");
      Write(node.children[i], kLoose);
    }
    Put("}");
  }

  void Function(const Node& node) {
    Put("function(");
    for (size_t i = 0; i < node.names.size(); ++i) {
      if (i > 0) Put(", ");
      Defined(node.names[i]);
      if (node.types[i].kind != Type::Kind::kAny) {
        Put(": ");
        Put(Print(node.types[i]));
      }
    }
    Put(") ");
    Write(node.children[0], kLoose);
  }

  const Tree& tree_;
  // First words of names of several tokens: of the expression and its caller,
  // and of built-in functions.
  Starts own_starts_;
  Starts builtin_starts_;
  std::string out_;
};

bool SameType(const Type& a, const Type& b) {
  return a.kind == b.kind && a.names == b.names &&
         std::equal(a.types.begin(), a.types.end(), b.types.begin(),
                    b.types.end(), SameType);
}

bool SameNode(const Tree& a, NodeIndex i, const Tree& b, NodeIndex k) {
  const Node& x = a[i];
  const Node& y = b[k];
  if (x.kind != y.kind || x.comparison != y.comparison || x.flag != y.flag ||
      x.flag2 != y.flag2 || x.text != y.text || !(x.number == y.number) ||
      x.names != y.names || x.children.size() != y.children.size() ||
      !std::equal(x.types.begin(), x.types.end(), y.types.begin(),
                  y.types.end(), SameType)) {
    return false;
  }
  for (size_t n = 0; n < x.children.size(); ++n) {
    if (!SameNode(a, x.children[n], b, y.children[n])) return false;
  }
  return true;
}

std::string_view Name(Type::Kind kind) {
  using T = Type::Kind;
  switch (kind) {
    case T::kAny:
      return "Any";
    case T::kNull:
      return "Null";
    case T::kBoolean:
      return "boolean";
    case T::kNumber:
      return "number";
    case T::kString:
      return "string";
    case T::kDate:
      return "date";
    case T::kTime:
      return "time";
    case T::kDateTime:
      return "date and time";
    case T::kDaysTime:
      return "days and time duration";
    case T::kYearsMonths:
      return "years and months duration";
    case T::kList:
      return "list";
    case T::kRange:
      return "range";
    case T::kContext:
      return "context";
    case T::kFunction:
      return "function";
  }
  return "";
}

}  // namespace

std::string Print(const Tree& tree, Form form, const Known& known) {
  return Printer(tree, known).Run(form);
}

std::string Print(const Type& type) {
  std::string out(Name(type.kind));
  if (type.types.empty()) return out;
  const bool function = type.kind == Type::Kind::kFunction;
  const size_t inner = type.types.size() - (function ? 1 : 0);
  out += '<';
  for (size_t i = 0; i < inner; ++i) {
    if (i > 0) out += ", ";
    if (type.kind == Type::Kind::kContext) {
      absl::StrAppend(&out, Quoted(type.names[i]), ": ");
    }
    out += Print(type.types[i]);
  }
  out += '>';
  if (function) absl::StrAppend(&out, "->", Print(type.types.back()));
  return out;
}

bool SameTree(const Tree& a, const Tree& b) {
  return SameNode(a, a.root, b, b.root);
}

}  // namespace pawl::expression::feel
