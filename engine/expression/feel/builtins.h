// The built-in functions of FEEL by name. Internal to FEEL.
//
// Source: DMN 1.4, 10.3.4, and those of Camunda that don't contradict it
// (docs/feel.md). Each family has a file builtins_*.cc with its table.
#ifndef PAWL_ENGINE_EXPRESSION_FEEL_BUILTINS_H_
#define PAWL_ENGINE_EXPRESSION_FEEL_BUILTINS_H_

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/expression/feel/arena.h"
#include "engine/expression/feel/item.h"

namespace pawl::expression::feel {

// What a built-in function gets, and how it says what is wrong.
class Call {
 public:
  virtual ~Call() = default;

  // Those that were given; a named one that was left out is null.
  virtual std::span<const Item> arguments() const = 0;
  // Which alternative of the parameters the names of the arguments chose.
  static constexpr int kPositional = -1;
  virtual int signature() const = 0;
  virtual Arena& arena() = 0;
  // Null, with a reason that the caller of the expression can see.
  virtual Item Fault(std::string_view reason) = 0;
  // Takes `steps` from what an evaluation may do; false: it is over.
  virtual bool Spend(int64_t steps) = 0;
  // What is left, for Equals().
  virtual int64_t* budget() = 0;
  virtual Item Invoke(const Item& function, std::span<const Item> args) = 0;
  // Of the seed of the command; for random functions.
  virtual uint64_t NextRandom() = 0;
  // Milliseconds since 1970 of the command; for now() and today().
  virtual int64_t now_ms() const = 0;

  size_t count() const { return arguments().size(); }
  const Item& operator[](size_t i) const { return arguments()[i]; }
  bool given(size_t i) const { return i < count() && !(*this)[i].is_null(); }
};

struct Builtin {
  std::string_view name;
  // Parameters by name, alternatives separated by '|'; in brackets what may be
  // left out, with "..." what may be repeated: "string, start position,
  // [length]". Behind a colon "list" or "any", where that is wanted, else a
  // single value is: "list: list, element: any". An argument that isn't what is
  // wanted is made so (10.3.2.9.4).
  std::string_view parameters;
  Item (*call)(Call& call);
};

// Null when there is none of that name.
const Builtin* FindBuiltin(std::string_view name);
std::vector<std::string_view> BuiltinFunctionNames();

// The tables, by family.
std::span<const Builtin> ConversionBuiltins();
std::span<const Builtin> StringBuiltins();
std::span<const Builtin> ListBuiltins();
std::span<const Builtin> NumberBuiltins();
std::span<const Builtin> TemporalBuiltins();
std::span<const Builtin> RangeBuiltins();
std::span<const Builtin> ContextBuiltins();

// What a parameter wants: a value that is no list, a list, or whatever comes.
enum class Domain : uint8_t { kSingle, kList, kAny };

// A parameter list of `parameters` taken apart.
struct Signature {
  std::vector<std::string_view> names;
  // As many.
  std::vector<Domain> domains;
  size_t required = 0;
  bool repeats = false;
};
// One for each alternative; made once.
const std::vector<Signature>& SignaturesOf(const Builtin& builtin);

}  // namespace pawl::expression::feel

#endif  // PAWL_ENGINE_EXPRESSION_FEEL_BUILTINS_H_
