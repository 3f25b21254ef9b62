#include "engine/expression/feel/builtins.h"

#include <map>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "base/check.h"
#include "base/strings.h"

namespace pawl::expression::feel {
namespace {

struct Table {
  StringMap<const Builtin*> by_name;
  std::map<const Builtin*, std::vector<Signature>> signatures;
};

std::string_view Trim(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

// Calls `visit` with each piece of `text` between separators.
template <typename Visit>
void Split(std::string_view text, char separator, const Visit& visit) {
  while (true) {
    const size_t end = text.find(separator);
    visit(Trim(text.substr(0, end)));
    if (end == text.npos) return;
    text.remove_prefix(end + 1);
  }
}

// Cuts ": list" and ": any" off.
Domain TakeDomain(std::string_view* name) {
  const size_t colon = name->find(": ");
  if (colon == name->npos) return Domain::kSingle;
  const std::string_view domain = name->substr(colon + 2);
  PAWL_CHECK(domain == "list" || domain == "any") << std::string(*name);
  *name = name->substr(0, colon);
  return domain == "list" ? Domain::kList : Domain::kAny;
}

std::vector<Signature> ParseSignatures(std::string_view parameters) {
  std::vector<Signature> all;
  Split(parameters, '|', [&](std::string_view one) {
    Signature signature;
    if (!one.empty()) {
      Split(one, ',', [&](std::string_view name) {
        const bool optional = name.front() == '[';
        if (optional) name = name.substr(1, name.size() - 2);
        if (name.ends_with("...")) {
          signature.repeats = true;
          name.remove_suffix(3);
        }
        signature.domains.push_back(TakeDomain(&name));
        signature.names.push_back(name);
        if (!optional) ++signature.required;
      });
    }
    all.push_back(std::move(signature));
  });
  return all;
}

const Table& AllBuiltins() {
  static const Table* const table = [] {
    auto* const made = new Table;
    for (const auto family :
         {ConversionBuiltins(), StringBuiltins(), ListBuiltins(),
          NumberBuiltins(), TemporalBuiltins(), RangeBuiltins(),
          ContextBuiltins()}) {
      for (const Builtin& builtin : family) {
        made->by_name.emplace(std::string(builtin.name), &builtin);
        made->signatures.emplace(&builtin, ParseSignatures(builtin.parameters));
      }
    }
    return made;
  }();
  return *table;
}

}  // namespace

const Builtin* FindBuiltin(std::string_view name) {
  const auto& by_name = AllBuiltins().by_name;
  const auto it = by_name.find(name);
  return it == by_name.end() ? nullptr : it->second;
}

std::vector<std::string_view> BuiltinFunctionNames() {
  std::vector<std::string_view> names;
  for (const auto& [builtin, signatures] : AllBuiltins().signatures) {
    names.push_back(builtin->name);
  }
  return names;
}

const std::vector<Signature>& SignaturesOf(const Builtin& builtin) {
  return AllBuiltins().signatures.find(&builtin)->second;
}

}  // namespace pawl::expression::feel
