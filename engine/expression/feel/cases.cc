#include "engine/expression/feel/cases.h"

#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/limits.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "engine/expression/feel/compiler.h"
#include "engine/expression/feel/evaluator.h"
#include "engine/expression/feel/limits.h"
#include "engine/expression/feel/literals.h"
#include "engine/value.h"

namespace pawl::expression::feel {
namespace {

// 2024-06-15T12:00:00Z: cases that ask for the time want none in particular.
constexpr int64_t kNowMs = 1'718'452'800'000;
constexpr size_t kShownMax = 200;

class NamedItems final : public VariableSource {
 public:
  bool Find(std::string_view name, Arena*, Item* out,
            std::string_view*) override {
    const auto it = items_.find(name);
    if (it == items_.end()) return false;
    *out = it->second;
    return true;
  }
  int64_t now_ms() const override { return kNowMs; }
  uint64_t Seed() override { return 1; }
  void Set(std::string name, Item item) {
    items_.insert_or_assign(std::move(name), item);
  }

 private:
  std::map<std::string, Item, std::less<>> items_;
};

class CaseRun {
 public:
  explicit CaseRun(const Value& spec) : spec_(spec), arena_(kFeelMemoryMax) {}

  absl::StatusOr<CaseResult> Run() {
    CaseResult result;
    result.id = spec_["id"].is_string() ? spec_["id"].string() : "";
    PAWL_RETURN_IF_ERROR(Types());
    if (spec_["context"].is_context()) {
      for (const auto& [name, value] : spec_["context"].context()) {
        PAWL_ASSIGN_OR_RETURN(const Item item, Typed(value));
        Learn(name, item);
      }
    }
    if (spec_["decls"].is_list()) {
      for (const Value& declared : spec_["decls"].list()) {
        if (!declared["name"].is_string() ||
            !declared["expression"].is_string()) {
          return absl::InvalidArgumentError("case: a declaration");
        }
        Fault fault;
        Item item = Evaluated(declared["expression"].string(), &fault);
        if (declared["type"].is_string()) {
          Coerce(declared["type"].string(), &item, &fault);
        }
        Learn(declared["name"].string(), item);
      }
    }
    if (!spec_["expression"].is_string()) {
      return absl::InvalidArgumentError("case: no expression");
    }
    Fault fault;
    Item got = Evaluated(spec_["expression"].string(), &fault);
    if (spec_["result_type"].is_string()) {
      Coerce(spec_["result_type"].string(), &got, &fault);
    }
    return Judge(std::move(result), got, fault);
  }

 private:
  void Learn(const std::string& name, const Item& item) {
    known_.names.push_back(name);
    LearnNames(item);
    variables_.Set(name, item);
  }
  // Entries of contexts may be named as well.
  void LearnNames(const Item& item) {
    if (item.is_context()) {
      for (const Entry& entry : item.context()) {
        known_.names.emplace_back(entry.name);
        LearnNames(entry.value);
      }
    } else if (item.is_list()) {
      for (const Item& element : item.list()) LearnNames(element);
    }
  }

  Item Evaluated(const std::string& text, Fault* fault) {
    auto program = Compile(text, Form::kExpression, known_);
    if (!program.ok()) {
      fault->any = true;
      fault->reason = std::string(ToStd(program.status().message()));
      return Item::Null();
    }
    programs_.push_back(std::make_unique<Program>(*std::move(program)));
    Item item;
    const absl::Status status =
        Evaluate(*programs_.back(), &variables_, &arena_, &item, fault);
    if (!status.ok()) {
      fault->any = true;
      fault->reason = std::string(ToStd(status.message()));
      return Item::Null();
    }
    return item;
  }

  // --- Types -----------------------------------------------------------------
  absl::Status Types() {
    if (!spec_["types"].is_context()) return absl::OkStatus();
    // Types may name each other in any order.
    const Variables& types = spec_["types"].context();
    for (const auto& [name, definition] : types) {
      known_.types[name] = TypeOf(definition, 0);
    }
    return absl::OkStatus();
  }

  Type TypeOf(const Value& definition, int depth) {
    Type type;
    if (depth > 20) return type;
    if (definition["components"].is_context()) {
      type.kind = Type::Kind::kContext;
      for (const auto& [name, member] : definition["components"].context()) {
        type.names.push_back(name);
        type.types.push_back(TypeOf(member, depth + 1));
        known_.names.push_back(name);
      }
    } else if (definition["function"].is_context()) {
      type.kind = Type::Kind::kFunction;
    } else if (definition["type"].is_string()) {
      type = Named(definition["type"].string(), depth + 1);
    }
    if (definition["list"].is_bool() && definition["list"].boolean()) {
      Type list;
      list.kind = Type::Kind::kList;
      list.types.push_back(std::move(type));
      return list;
    }
    return type;
  }

  Type Named(const std::string& name, int depth) {
    const Value& definition = spec_["types"][name];
    if (definition.is_context()) return TypeOf(definition, depth);
    auto type = ParseType(name, known_);
    return type.ok() ? *std::move(type) : Type();
  }

  void Coerce(const std::string& name, Item* item, Fault* fault) {
    const Type type = Named(name, 0);
    int64_t budget = kExpressionStepsMax;
    if (CoerceItem(type, item, &arena_, &budget)) return;
    *item = Item::Null();
    fault->any = true;
    if (fault->reason.empty()) fault->reason = "not of type " + name;
  }

  // --- Values ----------------------------------------------------------------
  absl::StatusOr<Item> Typed(const Value& value) {
    if (!value["t"].is_string()) {
      return absl::InvalidArgumentError("case: a value without its type");
    }
    const std::string& type = value["t"].string();
    const Value& v = value["v"];
    if (type == "null") return Item::Null();
    if (type == "boolean" && v.is_bool()) return Item::Boolean(v.boolean());
    if (type == "list" && v.is_list()) {
      Item* const items = arena_.NewArray<Item>(v.list().size());
      for (size_t i = 0; i < v.list().size(); ++i) {
        PAWL_ASSIGN_OR_RETURN(items[i], Typed(v.list()[i]));
      }
      return Item::List(items, v.list().size());
    }
    if (type == "context" && v.is_context()) {
      Entry* const entries = arena_.NewArray<Entry>(v.context().size());
      size_t i = 0;
      for (const auto& [name, member] : v.context()) {
        entries[i].name = arena_.Copy(name);
        PAWL_ASSIGN_OR_RETURN(entries[i].value, Typed(member));
        ++i;
      }
      return Item::Context(entries, i);
    }
    if (!v.is_string()) return absl::InvalidArgumentError("case: a value");
    const std::string_view text = arena_.Copy(v.string());
    if (type == "string") return Item::String(text);
    std::optional<Item> item;
    if (type == "number") {
      const bool negative = text.starts_with('-');
      const auto number =
          Decimal::ParseRounded(negative ? text.substr(1) : text);
      if (number.ok()) {
        item = Item::Number(negative ? Decimal::Negate(*number) : *number);
      }
    } else if (type == "date") {
      if (auto date = ParseDate(text)) item = Item::OfDate(*date);
    } else if (type == "time") {
      if (auto time = ParseTime(text, &arena_)) item = Item::OfTime(*time);
    } else if (type == "date and time") {
      if (auto both = ParseDateTime(WithoutOffset(text), &arena_)) {
        item = Item::OfDateTime(*both);
      }
    } else {
      item = ParseDuration(text);
    }
    if (item.has_value()) return *item;
    return absl::InvalidArgumentError(absl::StrCat(
        "case: got a ", type, " '", ToAbsl(text), "', wanted its text"));
  }

  // java.time writes a zone with its offset, "+02:00[Europe/Berlin]"; FEEL
  // writes "@Europe/Berlin".
  std::string_view WithoutOffset(std::string_view text) {
    const size_t zone = text.find('[');
    if (zone == text.npos || zone < 6 || text.back() != ']') return text;
    return arena_.Copy(
        absl::StrCat(ToAbsl(text.substr(0, zone - 6)), "@",
                     ToAbsl(text.substr(zone + 1, text.size() - zone - 2))));
  }

  // Numbers within 1e-8, contexts by key, temporal values by value.
  bool Same(const Item& a, const Item& b) {
    if (a.kind != b.kind) return false;
    if (a.is_number()) {
      const auto difference = Decimal::Subtract(a.number, b.number);
      if (!difference.ok()) return false;
      Decimal limit;
      Decimal::FromNumberText("1e-8", &limit);
      const Decimal size = difference->is_negative()
                               ? Decimal::Negate(*difference)
                               : *difference;
      return Decimal::Compare(size, limit) < 0;
    }
    if (a.is_list()) {
      if (a.list_view.size != b.list_view.size) return false;
      for (size_t i = 0; i < a.list_view.size; ++i) {
        if (!Same(a.list()[i], b.list()[i])) return false;
      }
      return true;
    }
    if (a.is_context()) {
      if (a.context_view.size != b.context_view.size) return false;
      for (const Entry& entry : a.context()) {
        const Item* const other = FindEntry(b, entry.name);
        if (other == nullptr || !Same(entry.value, *other)) return false;
      }
      return true;
    }
    int64_t budget = 1000;
    return Equals(a, b, &budget) == Truth::kTrue;
  }

  absl::StatusOr<CaseResult> Judge(CaseResult result, const Item& got,
                                   const Fault& fault) {
    const Value& expected = spec_["expected"];
    const std::string shown =
        ToText(got, 1 << 20).substr(0, kShownMax) +
        (fault.any ? " (" + fault.reason.substr(0, kShownMax) + ")" : "");
    if (expected["error"].is_bool()) {
      if (!got.is_null() || !fault.any) {
        result.failure = absl::StrCat("got ", shown, ", wanted an error");
      }
      return result;
    }
    PAWL_ASSIGN_OR_RETURN(const Item wanted, Typed(expected));
    result.wants_value = !wanted.is_null();
    if (!Same(got, wanted)) {
      result.failure =
          absl::StrCat("got ", shown, ", wanted ",
                       ToText(wanted, 1 << 20).substr(0, kShownMax), " (",
                       expected["t"].string(), ")");
    }
    return result;
  }

  const Value& spec_;
  Arena arena_;
  Known known_;
  NamedItems variables_;
  // Functions that are values point into them.
  std::vector<std::unique_ptr<Program>> programs_;
};

}  // namespace

absl::StatusOr<CaseResult> RunCase(std::string_view line) {
  PAWL_ASSIGN_OR_RETURN(const Value spec, Value::FromJson(line));
  return CaseRun(spec).Run();
}

}  // namespace pawl::expression::feel
