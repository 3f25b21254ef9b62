#include "engine/expression/feel/names.h"

namespace pawl::expression::feel {

void Names::Add(std::string_view name) {
  order_.emplace_back();
  auto tokens = Lex(name);
  // A piece may be a string or a comment: no name that could be written.
  if (!tokens.ok() || tokens->size() <= 2) return;
  Known known;
  known.spelling = std::string(name);
  for (const Token& token : *tokens) {
    if (token.kind == Token::Kind::kString || token.kind == Token::Kind::kAt ||
        token.kind == Token::Kind::kQuotedName) {
      return;
    }
    if (token.kind != Token::Kind::kEnd) known.pieces.push_back(token.text);
  }
  if (tokens->front().kind != Token::Kind::kWord) return;
  order_.back() = known.pieces.front();
  by_first_[known.pieces.front()].push_back(std::move(known));
}

void Names::Drop(size_t count) {
  for (; count > 0; --count) {
    if (!order_.back().empty()) by_first_[order_.back()].pop_back();
    order_.pop_back();
  }
}

const std::string* Names::Find(const std::vector<Token>& tokens, size_t at,
                               size_t* length) const {
  const auto it = by_first_.find(tokens[at].text);
  if (it == by_first_.end() || tokens[at].kind != Token::Kind::kWord) {
    return nullptr;
  }
  const Known* best = nullptr;
  for (const Known& known : it->second) {
    if (best != nullptr && known.pieces.size() < best->pieces.size()) continue;
    // The tokens end with kEnd, whose text is empty and so is no piece.
    size_t i = 0;
    while (i < known.pieces.size() && at + i < tokens.size() &&
           tokens[at + i].kind != Token::Kind::kString &&
           tokens[at + i].text == known.pieces[i]) {
      ++i;
    }
    if (i == known.pieces.size()) best = &known;
  }
  if (best == nullptr) return nullptr;
  *length = best->pieces.size();
  return &best->spelling;
}

}  // namespace pawl::expression::feel
