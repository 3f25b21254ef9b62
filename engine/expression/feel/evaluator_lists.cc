// Filters and iterations.
#include <algorithm>
#include <optional>
#include <span>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/expression/feel/evaluation.h"

namespace pawl::expression::feel {

// A list or the like that grows: what was handed out of it stays as it is.
class Evaluation::Growing {
 public:
  explicit Growing(Evaluation* evaluation) : evaluation_(*evaluation) {}
  bool Push(const Item& item) {
    if (size_ == capacity_) {
      const size_t capacity = capacity_ == 0 ? 8 : capacity_ * 2;
      Item* const items = evaluation_.NewArray<Item>(capacity);
      if (items == nullptr) return false;
      std::copy_n(items_, size_, items);
      items_ = items;
      capacity_ = capacity;
    }
    items_[size_++] = item;
    return true;
  }
  Item list() const { return Item::List(items_, size_); }

 private:
  Evaluation& evaluation_;
  Item* items_ = nullptr;
  size_t size_ = 0;
  size_t capacity_ = 0;
};

Item Evaluation::Filter(const Step& step) {
  const Item source = Eval(step.a);
  // What is no list is a list of one; null is an empty one.
  Item one = source;
  std::span<const Item> items = source.is_list() ? source.list()
                                : source.is_null()
                                    ? std::span<const Item>()
                                    : std::span<const Item>(&one, 1);
  const Item saved = frame_[step.c];
  const Item result = FilterItems(step, items);
  frame_[step.c] = saved;
  return result;
}

Item Evaluation::FilterItems(const Step& step, std::span<const Item> items) {
  if (program_.steps[step.b].op == Op::kConstant) {
    const Item& index = program_.constants[program_.steps[step.b].a];
    if (index.is_number()) return At(step, items, index);
  }
  Growing kept(this);
  for (size_t i = 0; i < items.size(); ++i) {
    frame_[step.c] = items[i];
    const Item condition = Eval(step.b);
    if (stopped_) return Item::Null();
    // The same for every item: the position of one.
    if (condition.is_number() && i == 0) return At(step, items, condition);
    if (condition.is_true() && !kept.Push(items[i])) return Item::Null();
    if (!condition.is_boolean() && !condition.is_null()) {
      return Wrong(step.offset,
                   absl::StrCat("filter: got ", Name(condition),
                                ", wanted a boolean or a position"));
    }
  }
  if (items.empty()) {
    frame_[step.c] = Item::Null();
    const Item condition = Eval(step.b);
    if (condition.is_number()) return At(step, items, condition);
  }
  return kept.list();
}

Item Evaluation::At(const Step& step, std::span<const Item> items,
                    const Item& position) {
  const auto index = position.number.ToInt64();
  if (index.has_value()) {
    const int64_t size = static_cast<int64_t>(items.size());
    if (*index > 0 && *index <= size) {
      return items[static_cast<size_t>(*index - 1)];
    }
    if (*index < 0 && -*index <= size) {
      return items[static_cast<size_t>(size + *index)];
    }
  }
  if (silent()) return Item::Null();
  return Wrong(step.offset,
               absl::StrCat("filter: got position ", position.number.ToString(),
                            " of ", items.size()));
}

template <typename Visit>
bool Evaluation::ForEach(const Step& step, const Loop& loop, size_t depth,
                         const Visit& visit) {
  if (depth == loop.iterators.size()) return visit();
  const Loop::Iterator& iterator = loop.iterators[depth];
  const auto next = [&](const Item& item) {
    frame_[iterator.slot] = item;
    return Spend(1) && ForEach(step, loop, depth + 1, visit);
  };
  const Item first = Eval(iterator.first);
  if (iterator.counted) {
    return Count(step, first, Eval(iterator.last), true, true, next);
  }
  if (first.is_range()) {
    return Count(step, first.range->low, first.range->high,
                 first.range->low_closed, first.range->high_closed, next);
  }
  if (first.is_list()) {
    for (const Item& item : first.list()) {
      if (!next(item)) return false;
    }
    return true;
  }
  if (first.is_null()) {
    Wrong(step.offset, "iteration: got null, wanted a list");
    wrong_domain_ = true;
    return false;
  }
  return next(first);
}

template <typename Next>
bool Evaluation::Count(const Step& step, const Item& first, const Item& last,
                       bool low_closed, bool high_closed, const Next& next) {
  const bool dates =
      first.kind == ItemKind::kDate && last.kind == ItemKind::kDate;
  std::optional<int64_t> low, high;
  if (dates) {
    low = ToDays(first.date_time.date);
    high = ToDays(last.date_time.date);
  } else if (first.is_number() && last.is_number()) {
    low = first.number.ToInt64();
    high = last.number.ToInt64();
  }
  if (!low.has_value() || !high.has_value()) {
    Wrong(step.offset,
          absl::StrCat("iteration: got ", Name(first), " .. ", Name(last),
                       ", wanted whole numbers or dates"));
    wrong_domain_ = true;
    return false;
  }
  const int64_t by = *low <= *high ? 1 : -1;
  if (!low_closed) *low += by;
  if (!high_closed) *high -= by;
  if (by > 0 ? *low > *high : *low < *high) return true;
  // Refused before the first is made.
  const __int128 count = static_cast<__int128>(*high - *low) * by + 1;
  if (count > steps_left_) {
    steps_left_ = 0;
    stopped_ = true;
    return false;
  }
  for (int64_t i = *low;; i += by) {
    if (!next(dates ? Item::OfDate(*FromDays(i)) : Item::Number(i))) {
      return false;
    }
    if (i == *high) return true;
  }
}

Item Evaluation::For(const Step& step) {
  const Loop& loop = program_.loops[step.a];
  Growing results(this);
  frame_[loop.partial] = Item::List(nullptr, 0);
  const bool saved = std::exchange(wrong_domain_, false);
  ForEach(step, loop, 0, [&] {
    const bool pushed = results.Push(Eval(loop.body));
    frame_[loop.partial] = results.list();
    return pushed && !stopped_;
  });
  const bool wrong = std::exchange(wrong_domain_, saved);
  return wrong || stopped_ ? Item::Null() : results.list();
}

Item Evaluation::Quantified(const Step& step, Truth decides) {
  const Loop& loop = program_.loops[step.a];
  Truth truth = decides == Truth::kTrue ? Truth::kFalse : Truth::kTrue;
  const bool saved = std::exchange(wrong_domain_, false);
  ForEach(step, loop, 0, [&] {
    const Item item = Eval(loop.body);
    if (item.is_boolean()) {
      if (ToTruth(item.boolean) == decides) {
        truth = decides;
        return false;
      }
      return !stopped_;
    }
    if (!item.is_null()) {
      Wrong(step.offset,
            absl::StrCat("satisfies: got ", Name(item), ", wanted a boolean"));
    }
    truth = Truth::kNull;
    return !stopped_;
  });
  const bool wrong = std::exchange(wrong_domain_, saved);
  return wrong || stopped_ ? Item::Null() : FromTruth(truth);
}

}  // namespace pawl::expression::feel
