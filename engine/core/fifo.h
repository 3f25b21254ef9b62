// Fifo: first in, first out, for the short queues of a transition. Unlike
// std::deque it takes no memory until something is put in, and most of them
// stay empty. What was taken out keeps its place until the queue is empty.
#ifndef PAWL_ENGINE_CORE_FIFO_H_
#define PAWL_ENGINE_CORE_FIFO_H_

#include <cstddef>
#include <utility>
#include <vector>

#include "base/check.h"

namespace pawl::core {

template <typename T>
class Fifo {
 public:
  bool empty() const { return head_ == items_.size(); }
  const T& front() const {
    PAWL_CHECK(!empty());
    return items_[head_];
  }
  void push_back(T item) { items_.push_back(std::move(item)); }
  void pop_front() {
    PAWL_CHECK(!empty());
    if (++head_ < items_.size()) return;
    items_.clear();
    head_ = 0;
  }
  // Those that wait, oldest first.
  auto begin() const { return items_.begin() + offset(); }
  auto end() const { return items_.end(); }
  // Removes those of them that `condition` is true for.
  template <typename Condition>
  void EraseIf(const Condition& condition) {
    items_.erase(items_.begin(), items_.begin() + offset());
    head_ = 0;
    std::erase_if(items_, condition);
  }

 private:
  std::ptrdiff_t offset() const { return static_cast<std::ptrdiff_t>(head_); }

  std::vector<T> items_;
  size_t head_ = 0;
};

}  // namespace pawl::core

#endif  // PAWL_ENGINE_CORE_FIFO_H_
