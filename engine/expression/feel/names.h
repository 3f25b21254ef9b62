// Names of more than one token that a parser knows: "date and time", "a-b".
// Internal to FEEL.
#ifndef PAWL_ENGINE_EXPRESSION_FEEL_NAMES_H_
#define PAWL_ENGINE_EXPRESSION_FEEL_NAMES_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "engine/expression/feel/lexer.h"

namespace pawl::expression::feel {

class Names {
 public:
  // Nothing happens for a name that is one word, or no tokens at all.
  void Add(std::string_view name);
  // Forgets the last `count` that Add was called with, known or not.
  void Drop(size_t count);

  // The longest known name that tokens[at...] begin with: its spelling, and
  // `*length` tokens; null when there is none.
  const std::string* Find(const std::vector<Token>& tokens, size_t at,
                          size_t* length) const;

 private:
  struct Known {
    std::string spelling;
    std::vector<std::string> pieces;
  };
  // By first piece; the newest last.
  absl::flat_hash_map<std::string, std::vector<Known>> by_first_;
  // First pieces in the order of Add; empty for what wasn't kept.
  std::vector<std::string> order_;
};

}  // namespace pawl::expression::feel

#endif  // PAWL_ENGINE_EXPRESSION_FEEL_NAMES_H_
