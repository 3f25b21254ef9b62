#include "engine/core/fifo.h"

#include <gtest/gtest.h>

#include <vector>

namespace pawl::core {
namespace {

template <typename T>
std::vector<T> All(const Fifo<T>& fifo) {
  return {fifo.begin(), fifo.end()};
}

TEST(Fifo, FirstInFirstOut) {
  Fifo<int> fifo;
  EXPECT_TRUE(fifo.empty());
  fifo.push_back(1);
  fifo.push_back(2);
  EXPECT_EQ(fifo.front(), 1);
  fifo.pop_front();
  fifo.push_back(3);
  EXPECT_EQ(All(fifo), (std::vector<int>{2, 3}));
  fifo.pop_front();
  EXPECT_EQ(fifo.front(), 3);
  fifo.pop_front();
  EXPECT_TRUE(fifo.empty());
  EXPECT_TRUE(All(fifo).empty());
  fifo.push_back(4);
  EXPECT_EQ(fifo.front(), 4);
}

TEST(Fifo, EraseIfSeesOnlyWhatWaits) {
  Fifo<int> fifo;
  for (const int item : {1, 2, 3, 4}) fifo.push_back(item);
  fifo.pop_front();
  int asked = 0;
  fifo.EraseIf([&](int item) {
    ++asked;
    return item % 2 == 0;
  });
  EXPECT_EQ(asked, 3);
  EXPECT_EQ(All(fifo), std::vector<int>{3});
  EXPECT_EQ(fifo.front(), 3);
  fifo.EraseIf([](int) { return true; });
  EXPECT_TRUE(fifo.empty());
}

}  // namespace
}  // namespace pawl::core
