// Functions of contexts (DMN 1.4, 10.3.4.10), and Camunda's.
#include <algorithm>
#include <array>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/strings.h"
#include "engine/expression/feel/builtins.h"
#include "engine/expression/feel/limits.h"

namespace pawl::expression::feel {
namespace {

Item Wanted(Call& call, std::string_view wanted) {
  return call.Fault(absl::StrCat("wanted ", ToAbsl(wanted)));
}

Item MakeContext(Call& call, const std::vector<Entry>& entries) {
  if (entries.empty()) return Item::Context(nullptr, 0);
  Entry* const copy = call.arena().NewArray<Entry>(entries.size());
  if (copy == nullptr) return Item::Null();
  std::copy(entries.begin(), entries.end(), copy);
  return Item::Context(copy, entries.size());
}

Item MakeList(Call& call, const std::vector<Item>& items) {
  if (items.empty()) return Item::List(nullptr, 0);
  Item* const copy = call.arena().NewArray<Item>(items.size());
  if (copy == nullptr) return Item::Null();
  std::copy(items.begin(), items.end(), copy);
  return Item::List(copy, items.size());
}

void Put(std::vector<Entry>* entries, std::string_view name,
         const Item& value) {
  for (Entry& entry : *entries) {
    if (entry.name == name) {
      entry.value = value;
      return;
    }
  }
  entries->push_back({name, value});
}

Item GetValue(Call& call) {
  if (!call[0].is_context()) return Wanted(call, "a context");
  Item here = call[0];
  // One key, or, as Camunda has it, a path of them.
  const Item one = call[1];
  const std::span<const Item> keys =
      one.is_list() ? one.list() : std::span<const Item>(&one, 1);
  if (keys.empty()) return Wanted(call, "a key");
  for (const Item& key : keys) {
    if (!key.is_string()) return Wanted(call, "a key");
    if (here.is_context() &&
        !call.Spend(static_cast<int64_t>(here.context_view.size) / 8)) {
      return Item::Null();
    }
    const Item* const found =
        here.is_context() ? FindEntry(here, key.string) : nullptr;
    if (found == nullptr) {
      return call.Fault(
          absl::StrCat("the context has no '", ToAbsl(key.string), "'"));
    }
    here = *found;
  }
  return here;
}

Item GetEntries(Call& call) {
  if (!call[0].is_context()) return Wanted(call, "a context");
  std::vector<Item> out;
  for (const Entry& entry : call[0].context()) {
    out.push_back(MakeContext(
        call, {{"key", Item::String(entry.name)}, {"value", entry.value}}));
    if (!call.Spend(1)) return Item::Null();
  }
  return MakeList(call, out);
}

// From a list of {key, value}.
Item ContextOf(Call& call) {
  const Item one = call[0];
  if (!one.is_list() && !one.is_context()) return Wanted(call, "a list");
  const std::span<const Item> items =
      one.is_list() ? one.list() : std::span<const Item>(&one, 1);
  std::vector<Entry> out;
  for (const Item& item : items) {
    const Item* const key =
        item.is_context() ? FindEntry(item, "key") : nullptr;
    const Item* const value =
        item.is_context() ? FindEntry(item, "value") : nullptr;
    if (key == nullptr || value == nullptr || !key->is_string()) {
      return Wanted(call, "contexts with a key and a value");
    }
    const bool twice = std::any_of(
        out.begin(), out.end(),
        [&](const Entry& entry) { return entry.name == key->string; });
    if (twice) return Wanted(call, "each key once");
    out.push_back({key->string, *value});
    if (!call.Spend(static_cast<int64_t>(out.size()) / 8 + 1)) {
      return Item::Null();
    }
  }
  return MakeContext(call, out);
}

Item PutAt(Call& call, const Item& context, std::span<const Item> path,
           const Item& value) {
  if (!context.is_context() || !path[0].is_string()) {
    return Wanted(call, "a context and keys");
  }
  const auto given = context.context();
  std::vector<Entry> entries(given.begin(), given.end());
  Item put = value;
  if (!call.Spend(static_cast<int64_t>(given.size()) / 8)) {
    return Item::Null();
  }
  if (path.size() > 1) {
    const Item* const inner = FindEntry(context, path[0].string);
    const bool there = inner != nullptr && inner->is_context();
    put = PutAt(call, there ? *inner : Item::Context(nullptr, 0),
                path.subspan(1), value);
    if (put.is_null()) return put;
  }
  Put(&entries, path[0].string, put);
  return MakeContext(call, entries);
}

Item ContextPut(Call& call) {
  const Item one = call[1];
  const std::span<const Item> keys =
      one.is_list() ? one.list() : std::span<const Item>(&one, 1);
  // By name, `key` is one.
  if (keys.empty() || keys.size() > kFeelNestingMax ||
      (call.signature() == 0 && one.is_list())) {
    return Wanted(call, "a key, or at most kFeelNestingMax of them");
  }
  return PutAt(call, call[0], keys, call[2]);
}

Item ContextMerge(Call& call) {
  const std::span<const Item> contexts = call.count() == 1 && call[0].is_list()
                                             ? call[0].list()
                                             : call.arguments();
  std::vector<Entry> out;
  for (const Item& context : contexts) {
    if (!context.is_context()) return Wanted(call, "contexts");
    for (const Entry& entry : context.context()) {
      Put(&out, entry.name, entry.value);
      if (!call.Spend(static_cast<int64_t>(out.size()) / 8 + 1)) {
        return Item::Null();
      }
    }
  }
  return MakeContext(call, out);
}

constexpr std::array kTable = {
    Builtin{"get value", "m, key: any|context, key: any|context, keys: any",
            &GetValue},
    Builtin{"get entries", "m|context", &GetEntries},
    Builtin{"context", "entries: list", &ContextOf},
    Builtin{"context put",
            "context, key: any, value: any|context, keys: any, value: any",
            &ContextPut},
    Builtin{"context merge", "contexts: any|context: any...", &ContextMerge},
    // Its older name.
    Builtin{"put all", "contexts: any|context: any...", &ContextMerge},
};

}  // namespace

std::span<const Builtin> ContextBuiltins() { return kTable; }

}  // namespace pawl::expression::feel
