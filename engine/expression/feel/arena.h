// Arena: the memory of one evaluation. Values of FEEL are views into it, into
// the compiled expression and into the variables; when the evaluation has
// ended, all of it goes at once. Its limit is what an evaluation may use.
//
// Evaluations take their first block from a spare of their thread, so that
// small ones ask nobody for memory.
//
// Thread-compatible.
#ifndef PAWL_ENGINE_EXPRESSION_FEEL_ARENA_H_
#define PAWL_ENGINE_EXPRESSION_FEEL_ARENA_H_

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <new>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace pawl::expression::feel {

class Arena {
 public:
  enum class Use { kEvaluation, kLasting };
  explicit Arena(size_t bytes_max, Use use = Use::kEvaluation)
      : bytes_max_(bytes_max), lasting_(use == Use::kLasting) {}
  ~Arena() {
    if (first_ != nullptr && kReuse) Spare() = std::move(first_);
  }
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  // Null when that would exceed the limit; exhausted() is then true. Nothing
  // has an address, too.
  void* Allocate(size_t bytes) {
    bytes = (std::max<size_t>(bytes, 1) + kAlign - 1) & ~(kAlign - 1);
    if (bytes > static_cast<size_t>(end_ - next_) && !Grow(bytes)) {
      return nullptr;
    }
    char* const result = next_;
    next_ += bytes;
    return result;
  }

  // `count` default values; null when there is no room. Nothing is destroyed.
  template <typename T>
  T* NewArray(size_t count) {
    static_assert(std::is_trivially_destructible_v<T> && alignof(T) <= kAlign);
    if (count > bytes_max_ / sizeof(T)) {
      exhausted_ = true;
      return nullptr;
    }
    void* const memory = Allocate(count * sizeof(T));
    if (memory == nullptr) return nullptr;
    T* const result = static_cast<T*>(memory);
    for (size_t i = 0; i < count; ++i) new (result + i) T();
    return result;
  }
  template <typename T>
  T* New(T value) {
    T* const result = NewArray<T>(1);
    if (result != nullptr) *result = std::move(value);
    return result;
  }
  // A copy of `text`; empty when there is no room.
  std::string_view Copy(std::string_view text) {
    if (text.empty()) return {};
    char* const bytes = static_cast<char*>(Allocate(text.size()));
    if (bytes == nullptr) return {};
    std::memcpy(bytes, text.data(), text.size());
    return {bytes, text.size()};
  }

  bool exhausted() const { return exhausted_; }
  size_t bytes_max() const { return bytes_max_; }
  size_t bytes_used() const {
    return used_ - static_cast<size_t>(end_ - next_);
  }

 private:
  static constexpr size_t kAlign = 16;
  static constexpr size_t kFirstBlockBytes = 128 << 10;
  static constexpr size_t kFirstLastingBytes = 1 << 10;
  // Not where a sanitizer should see who uses what is gone.
#if defined(__SANITIZE_ADDRESS__)
  static constexpr bool kReuse = false;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
  static constexpr bool kReuse = false;
#else
  static constexpr bool kReuse = true;
#endif
#else
  static constexpr bool kReuse = true;
#endif

  // Of kFirstBlockBytes, or none.
  static std::unique_ptr<char[]>& Spare() {
    thread_local std::unique_ptr<char[]> spare;
    return spare;
  }

  bool Grow(size_t bytes) {
    if (used_ == 0 && !lasting_ && bytes_max_ >= kFirstBlockBytes) {
      TakeFirst();
      if (bytes <= kFirstBlockBytes) return true;
    }
    const size_t size = std::max(
        bytes, used_ == 0 ? kFirstLastingBytes : last_block_bytes_ * 2);
    if (size > bytes_max_ - used_) {
      if (bytes > bytes_max_ - used_) {
        exhausted_ = true;
        return false;
      }
      return GrowBy(bytes_max_ - used_);
    }
    return GrowBy(size);
  }
  void TakeFirst() {
    first_ = std::move(Spare());
    if (first_ == nullptr) {
      first_ = std::make_unique_for_overwrite<char[]>(kFirstBlockBytes);
    }
    next_ = first_.get();
    end_ = next_ + kFirstBlockBytes;
    used_ = last_block_bytes_ = kFirstBlockBytes;
  }
  bool GrowBy(size_t size) {
    blocks_.push_back(std::make_unique_for_overwrite<char[]>(size));
    next_ = blocks_.back().get();
    end_ = next_ + size;
    used_ += size;
    last_block_bytes_ = size;
    return true;
  }

  const size_t bytes_max_;
  const bool lasting_;
  size_t used_ = 0;
  size_t last_block_bytes_ = 0;
  bool exhausted_ = false;
  char* next_ = nullptr;
  char* end_ = nullptr;
  std::unique_ptr<char[]> first_;
  std::vector<std::unique_ptr<char[]>> blocks_;
};

}  // namespace pawl::expression::feel

#endif  // PAWL_ENGINE_EXPRESSION_FEEL_ARENA_H_
