#include "engine/core/element/mapping.h"

#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/limits.h"
#include "base/planted.h"
#include "base/status_macros.h"
#include "engine/core/variables.h"
#include "engine/expression/expression.h"

namespace pawl::core {
namespace {

class Mapper {
 public:
  // `seen`: what the expressions see. `outer`: where a path `a.b` finds the
  // `a` that it changes; null: it makes a new one.
  Mapper(const model::ProcessDefinition& model, const ScopeVariables* seen,
         const ScopeVariables* outer)
      : model_(model), seen_(*seen), outer_(outer) {}

  // Nothing is written: null, which leaves its target as it is, or an error.
  absl::StatusOr<const Value*> Map(const fb::MappingT& mapping) {
    PAWL_ASSIGN_OR_RETURN(Value value, Evaluate(*mapping.value));
    if (mapping.unless_null && value.is_null() &&
        !PAWL_PLANTED(absent_data_written)) {
      return nullptr;
    }
    // All together: a record holds them, and memory until then.
    bytes_ += BytesOf(value);
    if (bytes_ > kVariablesBytesMax) {
      return absl::ResourceExhaustedError(absl::StrCat(
          "got more than ", kVariablesBytesMax,
          " bytes of mapped variables, wanted at most kVariablesBytesMax"));
    }
    if (!mapping.path.empty()) {
      PAWL_ASSIGN_OR_RETURN(
          value, WithEntry(Before(mapping.target), mapping.path, value));
    }
    Value& written = written_[mapping.target];
    written = std::move(value);
    return &written;
  }

  const Variables& written() const { return written_; }

 private:
  absl::StatusOr<Value> Evaluate(const fb::MappedValueT& value) {
    switch (value.kind) {
      case fb::MappedKind::expression:
        return model_.Compiled(*value.expression).Evaluate(seen_);
      case fb::MappedKind::list: {
        Value::List list;
        for (const auto& entry : value.entries) {
          PAWL_ASSIGN_OR_RETURN(Value member, Evaluate(*entry->value));
          list.push_back(std::move(member));
        }
        return Value(std::move(list));
      }
      case fb::MappedKind::context: {
        Variables context;
        for (const auto& entry : value.entries) {
          PAWL_ASSIGN_OR_RETURN(const std::string name, KeyOf(*entry));
          PAWL_ASSIGN_OR_RETURN(context[name], Evaluate(*entry->value));
        }
        return Value(std::move(context));
      }
    }
    return absl::InternalError("kind of a mapped value");
  }

  absl::StatusOr<std::string> KeyOf(const fb::MappedEntryT& entry) {
    if (entry.key == nullptr) return entry.name;
    PAWL_ASSIGN_OR_RETURN(const Value key,
                          model_.Compiled(*entry.key).Evaluate(seen_));
    if (key.is_number()) return key.number_text();
    if (key.is_string() && !key.string().empty()) return key.string();
    return absl::InvalidArgumentError(
        absl::StrCat("key '", entry.key->text, "': got ", DescribeValue(key),
                     ", wanted a text"));
  }

  // The variable that a path changes an entry of.
  Value Before(std::string_view name) const {
    if (const Value* const mapped = written_.find(name)) return *mapped;
    const Value* const there = outer_ == nullptr ? nullptr : outer_->Find(name);
    return there == nullptr ? Value() : *there;
  }

  static size_t BytesOf(const Value& value) {
    if (value.is_string()) return value.string().size();
    return value.is_list() || value.is_context() ? value.ToJson().size() : 8;
  }

  // `base` with the entry at `path` set; nothing on the way becomes a context.
  // CheckModel bounds the parts of a path.
  static absl::StatusOr<Value> WithEntry(const Value& base,
                                         std::span<const std::string> path,
                                         const Value& value) {
    if (path.empty()) return value;
    if (!base.is_context() && !base.is_null()) {
      return absl::InvalidArgumentError(
          absl::StrCat("the path's entry '", path.front(), "': got ",
                       DescribeValue(base), " around it, wanted a context"));
    }
    Variables context = base.is_context() ? base.context() : Variables();
    PAWL_ASSIGN_OR_RETURN(Value inner,
                          WithEntry(std::as_const(context)[path.front()],
                                    path.subspan(1), value));
    context[path.front()] = std::move(inner);
    return Value(std::move(context));
  }

  const model::ProcessDefinition& model_;
  const ScopeVariables& seen_;
  const ScopeVariables* const outer_;
  Variables written_;
  size_t bytes_ = 0;
};

absl::Status InMapping(const char* what, const std::string& target,
                       const absl::Status& status) {
  return absl::Status(
      status.code(), absl::StrCat(what, " '", target, "': ", status.message()));
}

}  // namespace

absl::Status MapInputs(Transition& t, ElementKey key,
                       const fb::ElementT& element) {
  ScopeVariables seen = t.View(key);
  Mapper mapper(t.model(), &seen, nullptr);
  for (const auto& mapping : element.inputs) {
    const absl::StatusOr<const Value*> value = mapper.Map(*mapping);
    if (!value.ok()) {
      return InMapping("input", mapping->target, value.status());
    }
    if (*value == nullptr || PAWL_PLANTED(inputs_not_in_order)) continue;
    seen.Set(mapping->target, **value);
  }
  PAWL_ASSIGN_OR_RETURN(WireVariables written, ToWire(mapper.written()));
  t.WriteLocal(key, std::move(written));
  return absl::OkStatus();
}

absl::Status MapOutputs(Transition& t, ElementKey key,
                        const fb::ElementT& element) {
  ScopeVariables seen = t.View(key);
  const ElementKey around = t.instance().elements.at(key).scope;
  const ScopeVariables outer = t.View(around);
  Mapper mapper(t.model(), &seen, &outer);
  const auto local = t.instance().scopes.find(key);
  for (const auto& mapping : element.outputs) {
    const absl::StatusOr<const Value*> value = mapper.Map(*mapping);
    if (!value.ok()) {
      return InMapping("output", mapping->target, value.status());
    }
    if (*value == nullptr) continue;
    // As if it were written already: seen unless a local variable hides it.
    if (local == t.instance().scopes.end() ||
        !local->second.variables.contains(mapping->target)) {
      seen.Set(mapping->target, **value);
    }
  }
  PAWL_ASSIGN_OR_RETURN(const WireVariables written, ToWire(mapper.written()));
  t.WriteVariables(PAWL_PLANTED(outputs_stay_inside) ? key : around, written);
  return absl::OkStatus();
}

absl::StatusOr<Variables> MapAcross(
    const model::ProcessDefinition& model,
    std::span<const std::unique_ptr<fb::MappingT>> mappings,
    const ScopeVariables& seen, const char* what) {
  Mapper mapper(model, &seen, nullptr);
  for (const auto& mapping : mappings) {
    const absl::StatusOr<const Value*> value = mapper.Map(*mapping);
    if (!value.ok()) {
      return InMapping(what, mapping->target, value.status());
    }
  }
  PAWL_RETURN_IF_ERROR(mapper.written().Validate());
  return mapper.written();
}

}  // namespace pawl::core
