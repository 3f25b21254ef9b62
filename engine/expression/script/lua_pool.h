// LuaPool: the memory of one Lua machine. Bounded, counted, and put back to a
// former state as a whole, which undoes all that a run did, whatever it was.
// Internal to Lua.
#ifndef PAWL_ENGINE_EXPRESSION_SCRIPT_LUA_POOL_H_
#define PAWL_ENGINE_EXPRESSION_SCRIPT_LUA_POOL_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace pawl::expression::script {

class LuaPool {
 public:
  LuaPool();
  ~LuaPool();
  LuaPool(const LuaPool&) = delete;
  LuaPool& operator=(const LuaPool&) = delete;

  // A block of at least `size` bytes, aligned to 16, or nullptr when the pool
  // is used up. O(1).
  void* Allocate(size_t size);
  // `size` as it was asked for. O(1).
  void Free(void* block, size_t size);
  // As realloc; never fails to shrink. O(size).
  void* Resize(void* block, size_t old_size, size_t new_size);

  // Remembers what is allocated now, with its contents.
  void Save();
  // Back to what Save() saw, at the same addresses. O(size of that).
  void Restore();

  // Bytes handed out and not freed, as they were asked for.
  size_t live() const { return now_.live; }

 private:
  // Multiples of 16 up to 256, then four sizes for each doubling.
  static constexpr size_t kClasses = 17 + 4 * 20;
  struct FreeBlock {
    FreeBlock* next;
  };
  struct Book {
    size_t live = 0;
    // Offset of the part that was never handed out.
    size_t top = 0;
    std::array<FreeBlock*, kClasses> free{};
  };
  static size_t ClassOf(size_t size);
  static size_t SizeOf(size_t size_class);

  char* begin_;
  // The furthest `top` since the pages behind it were given back.
  size_t touched_ = 0;
  Book now_;
  Book saved_;
  std::vector<char> saved_bytes_;
};

}  // namespace pawl::expression::script

#endif  // PAWL_ENGINE_EXPRESSION_SCRIPT_LUA_POOL_H_
