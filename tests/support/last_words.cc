#include "tests/support/last_words.h"

#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstddef>

namespace pawl {
namespace {

// Text that is ready, for a signal handler may not make any.
struct Words {
  char text[512];
  std::atomic<size_t> size{0};
};

Words g_words;
thread_local Words t_words;

void Set(std::string_view words, Words* to) {
  // No words are better than half of them.
  to->size = 0;
  to->size = words.copy(to->text, sizeof(to->text));
}

void OnAbort(int signal) {
  const Words& words = t_words.size > 0 ? t_words : g_words;
  if (write(STDERR_FILENO, words.text, words.size) < 0) _exit(1);
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

}  // namespace

void SayLastWordsOnAbort() {
  for (const int signal : {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL}) {
    std::signal(signal, OnAbort);
  }
}

void SetLastWordsOfThread(std::string_view words) { Set(words, &t_words); }

void SetLastWords(std::string_view words) { Set(words, &g_words); }

}  // namespace pawl
