#include "engine/expression/script/lua_pool.h"

#include <sys/mman.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <new>

#include "base/check.h"
#include "engine/expression/script/limits.h"

namespace pawl::expression::script {
namespace {

// Of a run's memory, what stays with the thread until the next run.
constexpr size_t kKeptBytes = 256u << 10;

}  // namespace

LuaPool::LuaPool() {
  void* pages = mmap(nullptr, kLuaPoolBytes, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  PAWL_CHECK(pages != MAP_FAILED) << "no address space for a Lua machine";
  begin_ = static_cast<char*>(pages);
}

LuaPool::~LuaPool() { munmap(begin_, kLuaPoolBytes); }

size_t LuaPool::ClassOf(size_t size) {
  if (size <= 256) return (size + 15) / 16;
  // 2^e < size <= 2^(e+1), in four quarters.
  const size_t e = static_cast<size_t>(std::bit_width(size - 1)) - 1;
  const size_t quarter = (size - 1 - (size_t{1} << e)) >> (e - 2);
  return 17 + 4 * (e - 8) + quarter;
}

size_t LuaPool::SizeOf(size_t size_class) {
  if (size_class <= 16) return 16 * size_class;
  const size_t e = (size_class - 17) / 4 + 8;
  const size_t quarter = (size_class - 17) % 4;
  return (size_t{1} << e) + ((quarter + 1) << (e - 2));
}

void* LuaPool::Allocate(size_t size) {
  if (size == 0 || size > kLuaPoolBytes) return nullptr;
  const size_t size_class = ClassOf(size);
  FreeBlock*& free = now_.free[size_class];
  if (free != nullptr) {
    void* block = free;
    free = free->next;
    now_.live += size;
    return block;
  }
  const size_t bytes = SizeOf(size_class);
  if (bytes > kLuaPoolBytes - now_.top) return nullptr;
  void* block = begin_ + now_.top;
  now_.top += bytes;
  touched_ = std::max(touched_, now_.top);
  now_.live += size;
  return block;
}

void LuaPool::Free(void* block, size_t size) {
  if (block == nullptr) return;
  FreeBlock*& free = now_.free[ClassOf(size)];
  free = new (block) FreeBlock{free};
  now_.live -= size;
}

void* LuaPool::Resize(void* block, size_t old_size, size_t new_size) {
  if (ClassOf(old_size) == ClassOf(new_size)) {
    now_.live += new_size - old_size;
    return block;
  }
  void* moved = Allocate(new_size);
  if (moved == nullptr) {
    if (new_size > old_size) return nullptr;
    // It is freed later as the smaller block that it is called now.
    now_.live -= old_size - new_size;
    return block;
  }
  std::memcpy(moved, block, std::min(old_size, new_size));
  Free(block, old_size);
  return moved;
}

void LuaPool::Save() {
  saved_ = now_;
  saved_bytes_.assign(begin_, begin_ + now_.top);
}

void LuaPool::Restore() {
  now_ = saved_;
  std::memcpy(begin_, saved_bytes_.data(), saved_bytes_.size());
  const size_t keep = saved_.top + kKeptBytes;
  if (touched_ > keep) {
    // From a page's border; what is before it is small.
    const size_t from = (keep + 4095) / 4096 * 4096;
    if (touched_ > from) {
      madvise(begin_ + from, touched_ - from, MADV_DONTNEED);
    }
    touched_ = from;
  }
}

}  // namespace pawl::expression::script
