#include "tests/support/last_words.h"

#include <cstdlib>
#include <thread>

#include "gtest/gtest.h"

namespace pawl {
namespace {

TEST(LastWordsDeathTest, AreSaidByTheProcess) {
  EXPECT_DEATH(
      {
        SetLastWords("seed 17\n");
        SayLastWordsOnAbort();
        // As a thread of the engine's does.
        std::thread([] { std::abort(); }).join();
      },
      "^seed 17\n$");
}

TEST(LastWordsDeathTest, AThreadSaysItsOwn) {
  EXPECT_DEATH(
      {
        SetLastWords("seed 17\n");
        SetLastWordsOfThread("seed 18\n");
        SayLastWordsOnAbort();
        std::thread([] {
          SetLastWordsOfThread("seed 19\n");
          std::abort();
        }).join();
      },
      "^seed 19\n$");
}

}  // namespace
}  // namespace pawl
