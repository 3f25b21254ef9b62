#include "engine/expression/feel/compiler.h"

#include <algorithm>
#include <map>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/limits.h"
#include "base/status_macros.h"
#include "engine/expression/feel/builtins.h"
#include "engine/expression/feel/lexer.h"
#include "engine/expression/feel/limits.h"
#include "engine/expression/feel/literals.h"

namespace pawl::expression::feel {
namespace {

// Names by scope, innermost last. A filter's scope has the entries of whatever
// item it looks at, so what a name is there is only known when it runs.
struct Scope {
  // Slot of the filtered item; the rest is empty.
  bool is_filter = false;
  uint32_t item_slot = 0;
  std::vector<std::pair<std::string, uint32_t>> locals;
};

class Compiler {
 public:
  Compiler(std::string_view text, const Tree& tree) : tree_(tree) {
    program_.text = std::string(text);
    program_.memory =
        std::make_shared<Arena>(kFeelMemoryMax, Arena::Use::kLasting);
  }

  absl::StatusOr<Program> Run() {
    PAWL_ASSIGN_OR_RETURN(program_.root, Visit(tree_.root));
    program_.frame = frame_;
    return std::move(program_);
  }

 private:
  using Result = absl::StatusOr<uint32_t>;

  uint32_t Emit(const Node& node, Op op, uint32_t a = 0, uint32_t b = 0,
                uint32_t c = 0) {
    program_.steps.push_back({op, node.offset, a, b, c});
    return static_cast<uint32_t>(program_.steps.size() - 1);
  }
  uint32_t Constant(const Node& node, Item item) {
    program_.constants.push_back(item);
    return Emit(node, Op::kConstant,
                static_cast<uint32_t>(program_.constants.size() - 1));
  }
  std::string_view Keep(std::string_view text) {
    return program_.memory->Copy(text);
  }
  uint32_t NewSlot() {
    const uint32_t slot = next_slot_++;
    frame_ = std::max(frame_, next_slot_);
    return slot;
  }
  uint32_t NameIndex(const std::string& name) {
    const auto [it, fresh] = name_index_.try_emplace(
        name, static_cast<uint32_t>(program_.names.size()));
    if (fresh) program_.names.push_back(name);
    return it->second;
  }
  absl::StatusOr<uint32_t> VisitAll(const std::vector<NodeIndex>& nodes,
                                    size_t from = 0) {
    std::vector<uint32_t> steps;
    for (size_t i = from; i < nodes.size(); ++i) {
      PAWL_ASSIGN_OR_RETURN(const uint32_t step, Visit(nodes[i]));
      steps.push_back(step);
    }
    program_.lists.push_back(std::move(steps));
    return static_cast<uint32_t>(program_.lists.size() - 1);
  }

  Result Visit(NodeIndex index) {
    const Node& node = tree_[index];
    switch (node.kind) {
      case NodeKind::kNull:
        return Constant(node, Item::Null());
      case NodeKind::kBoolean:
        return Constant(node, Item::Boolean(node.flag));
      case NodeKind::kNumber:
        return Constant(node, Item::Number(node.number));
      case NodeKind::kString:
        return Constant(node, Item::String(Keep(node.text)));
      case NodeKind::kAt:
        return At(node);
      case NodeKind::kName:
        return Name(node);
      case NodeKind::kPath: {
        PAWL_ASSIGN_OR_RETURN(const uint32_t from, Visit(node.children[0]));
        return Emit(node, Op::kPath, from, NameIndex(node.text));
      }
      case NodeKind::kFilter:
        return Filter(node);
      case NodeKind::kCall:
        return CallOf(node);
      case NodeKind::kNegate:
        return Negate(node);
      case NodeKind::kAdd:
        return Binary(node, Op::kAdd);
      case NodeKind::kSubtract:
        return Binary(node, Op::kSubtract);
      case NodeKind::kMultiply:
        return Binary(node, Op::kMultiply);
      case NodeKind::kDivide:
        return Binary(node, Op::kDivide);
      case NodeKind::kPower:
        return Binary(node, Op::kPower);
      case NodeKind::kEqual:
        return Binary(node, Op::kEqual);
      case NodeKind::kNotEqual:
        return Binary(node, Op::kNotEqual);
      case NodeKind::kLess:
        return Binary(node, Op::kLess);
      case NodeKind::kLessEqual:
        return Binary(node, Op::kLessEqual);
      case NodeKind::kGreater:
        return Binary(node, Op::kGreater);
      case NodeKind::kGreaterEqual:
        return Binary(node, Op::kGreaterEqual);
      case NodeKind::kAnd:
      case NodeKind::kOr: {
        PAWL_ASSIGN_OR_RETURN(const uint32_t list, VisitAll(node.children));
        return Emit(node, node.kind == NodeKind::kAnd ? Op::kAnd : Op::kOr,
                    list);
      }
      case NodeKind::kBetween:
        return Ternary(node, Op::kBetween);
      case NodeKind::kIf:
        return Ternary(node, Op::kIf);
      case NodeKind::kIn:
        return In(node, Op::kIn);
      case NodeKind::kNotTest:
        return In(node, Op::kNotIn);
      case NodeKind::kAnswer: {
        PAWL_ASSIGN_OR_RETURN(const uint32_t answer, Visit(node.children[0]));
        return Emit(node, Op::kAnswer, answer);
      }
      case NodeKind::kTest: {
        PAWL_ASSIGN_OR_RETURN(const uint32_t end, Visit(node.children[0]));
        return Emit(node, Op::kTest, end,
                    static_cast<uint32_t>(node.comparison));
      }
      case NodeKind::kAnyTest:
        return Constant(node, Item::Boolean(true));
      case NodeKind::kFor:
        return Iterate(node, Op::kFor);
      case NodeKind::kSome:
        return Iterate(node, Op::kSome);
      case NodeKind::kEvery:
        return Iterate(node, Op::kEvery);
      case NodeKind::kSteps:
        break;  // Iterate() takes it apart.
      case NodeKind::kList: {
        PAWL_ASSIGN_OR_RETURN(const uint32_t list, VisitAll(node.children));
        return Emit(node, Op::kList, list);
      }
      case NodeKind::kContext:
        return Context(node);
      case NodeKind::kRange: {
        PAWL_ASSIGN_OR_RETURN(const uint32_t low, Visit(node.children[0]));
        PAWL_ASSIGN_OR_RETURN(const uint32_t high, Visit(node.children[1]));
        return Emit(node, Op::kRange, low, high,
                    (node.flag ? 1u : 0u) | (node.flag2 ? 2u : 0u));
      }
      case NodeKind::kFunction:
        return Function(node);
      case NodeKind::kInstanceOf: {
        PAWL_ASSIGN_OR_RETURN(const uint32_t value, Visit(node.children[0]));
        program_.types.push_back(node.types[0]);
        return Emit(node, Op::kInstanceOf, value,
                    static_cast<uint32_t>(program_.types.size() - 1));
      }
    }
    PAWL_CHECK(false) << "node kind " << static_cast<int>(node.kind);
    return 0u;
  }

  Result Binary(const Node& node, Op op) {
    PAWL_ASSIGN_OR_RETURN(const uint32_t a, Visit(node.children[0]));
    PAWL_ASSIGN_OR_RETURN(const uint32_t b, Visit(node.children[1]));
    return Emit(node, op, a, b);
  }
  Result Ternary(const Node& node, Op op) {
    PAWL_ASSIGN_OR_RETURN(const uint32_t a, Visit(node.children[0]));
    PAWL_ASSIGN_OR_RETURN(const uint32_t b, Visit(node.children[1]));
    PAWL_ASSIGN_OR_RETURN(const uint32_t c, Visit(node.children[2]));
    return Emit(node, op, a, b, c);
  }

  Result Negate(const Node& node) {
    const Node& child = tree_[node.children[0]];
    if (child.kind == NodeKind::kNumber) {
      return Constant(node, Item::Number(Decimal::Negate(child.number)));
    }
    PAWL_ASSIGN_OR_RETURN(const uint32_t a, Visit(node.children[0]));
    return Emit(node, Op::kNegate, a);
  }

  Result At(const Node& node) {
    const auto item = ParseAtLiteral(node.text, program_.memory.get());
    if (item.has_value()) return Constant(node, *item);
    return ErrorAt(program_.text, node.offset,
                   absl::StrCat("got @\"", node.text,
                                "\", wanted a date, a time, a date and time "
                                "or a duration"));
  }

  // --- Names -----------------------------------------------------------------
  // The slot of `name` if it is a local, passing filters on the way.
  Result Name(const Node& node) { return Resolve(node, scopes_.size()); }

  Result Resolve(const Node& node, size_t depth) {
    for (size_t i = depth; i-- > 0;) {
      const Scope& scope = scopes_[i];
      if (scope.is_filter) {
        const uint32_t item_slot = scope.item_slot;
        PAWL_ASSIGN_OR_RETURN(const uint32_t otherwise, Resolve(node, i));
        return Emit(node, Op::kFilterName, NameIndex(node.text), otherwise,
                    item_slot);
      }
      for (auto it = scope.locals.rbegin(); it != scope.locals.rend(); ++it) {
        if (it->first == node.text) return Emit(node, Op::kLocal, it->second);
      }
    }
    return Emit(node, Op::kVariable, NameIndex(node.text));
  }

  bool IsLocal(const std::string& name) const {
    return std::any_of(scopes_.begin(), scopes_.end(), [&](const Scope& scope) {
      return std::any_of(
          scope.locals.begin(), scope.locals.end(),
          [&](const auto& local) { return local.first == name; });
    });
  }

  // What is tested is `?` in the tests.
  Result In(const Node& node, Op op) {
    PAWL_ASSIGN_OR_RETURN(const uint32_t value, Visit(node.children[0]));
    const uint32_t slot = NewSlot();
    scopes_.push_back({false, 0, {{"?", slot}}});
    PAWL_ASSIGN_OR_RETURN(const uint32_t list, VisitAll(node.children, 1));
    scopes_.pop_back();
    return Emit(node, op, value, list, slot);
  }

  Result Filter(const Node& node) {
    PAWL_ASSIGN_OR_RETURN(const uint32_t list, Visit(node.children[0]));
    const uint32_t slot = NewSlot();
    scopes_.push_back({false, 0, {{"item", slot}}});
    scopes_.push_back({true, slot, {}});
    PAWL_ASSIGN_OR_RETURN(const uint32_t condition, Visit(node.children[1]));
    scopes_.pop_back();
    scopes_.pop_back();
    return Emit(node, Op::kFilter, list, condition, slot);
  }

  Result Iterate(const Node& node, Op op) {
    Loop loop;
    scopes_.push_back({});
    for (size_t i = 0; i < node.names.size(); ++i) {
      const Node& domain = tree_[node.children[i]];
      Loop::Iterator iterator;
      iterator.counted = domain.kind == NodeKind::kSteps;
      PAWL_ASSIGN_OR_RETURN(
          iterator.first,
          Visit(iterator.counted ? domain.children[0] : node.children[i]));
      if (iterator.counted) {
        PAWL_ASSIGN_OR_RETURN(iterator.last, Visit(domain.children[1]));
      }
      iterator.slot = NewSlot();
      scopes_.back().locals.emplace_back(node.names[i], iterator.slot);
      loop.iterators.push_back(iterator);
    }
    if (op == Op::kFor) {
      loop.partial = NewSlot();
      scopes_.back().locals.emplace_back("partial", loop.partial);
    }
    PAWL_ASSIGN_OR_RETURN(loop.body, Visit(node.children.back()));
    scopes_.pop_back();
    program_.loops.push_back(std::move(loop));
    return Emit(node, op, static_cast<uint32_t>(program_.loops.size() - 1));
  }

  Result Context(const Node& node) {
    ContextSite site;
    scopes_.push_back({});
    for (size_t i = 0; i < node.children.size(); ++i) {
      PAWL_ASSIGN_OR_RETURN(const uint32_t value, Visit(node.children[i]));
      const uint32_t slot = NewSlot();
      scopes_.back().locals.emplace_back(node.names[i], slot);
      site.names.push_back(node.names[i]);
      site.values.push_back(value);
      site.slots.push_back(slot);
    }
    scopes_.pop_back();
    program_.contexts.push_back(std::move(site));
    return Emit(node, Op::kContext,
                static_cast<uint32_t>(program_.contexts.size() - 1));
  }

  // A function has a frame of its own, which begins with a copy of the one
  // around it.
  Result Function(const Node& node) {
    FunctionBody body;
    body.captured = next_slot_;
    body.names = node.names;
    body.types = node.types;
    const uint32_t outer_frame = frame_;
    const uint32_t outer_next = next_slot_;
    frame_ = next_slot_;
    scopes_.push_back({});
    for (const std::string& name : node.names) {
      scopes_.back().locals.emplace_back(name, NewSlot());
    }
    PAWL_ASSIGN_OR_RETURN(body.body, Visit(node.children[0]));
    scopes_.pop_back();
    body.frame = frame_;
    frame_ = outer_frame;
    next_slot_ = outer_next;
    program_.functions.push_back(std::move(body));
    return Emit(node, Op::kFunction,
                static_cast<uint32_t>(program_.functions.size() - 1));
  }

  Result CallOf(const Node& node) {
    CallSite site;
    const Node& function = tree_[node.children[0]];
    // A local or a variable of that name goes before a built-in function; of
    // variables it is known only when it runs.
    if (function.kind == NodeKind::kName && !IsLocal(function.text)) {
      site.builtin = FindBuiltin(function.text);
    }
    PAWL_ASSIGN_OR_RETURN(site.function, Visit(node.children[0]));
    for (size_t i = 1; i < node.children.size(); ++i) {
      PAWL_ASSIGN_OR_RETURN(const uint32_t argument, Visit(node.children[i]));
      site.arguments.push_back(argument);
    }
    site.names = node.names;
    program_.calls.push_back(std::move(site));
    return Emit(node, Op::kCall,
                static_cast<uint32_t>(program_.calls.size() - 1));
  }

  const Tree& tree_;
  Program program_;
  std::vector<Scope> scopes_;
  uint32_t next_slot_ = 0;
  uint32_t frame_ = 0;
  std::map<std::string, uint32_t> name_index_;
};

}  // namespace

absl::StatusOr<Program> Compile(std::string_view text, Form form,
                                const Known& known) {
  PAWL_ASSIGN_OR_RETURN(const Tree tree, Parse(text, form, known));
  return Compiler(text, tree).Run();
}

}  // namespace pawl::expression::feel
