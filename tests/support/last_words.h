// Last words: a CHECK or a sanitizer ends the process, and then nobody says any
// more which seed it was. What was set here is written to stderr then.
#ifndef PAWL_TESTS_SUPPORT_LAST_WORDS_H_
#define PAWL_TESTS_SUPPORT_LAST_WORDS_H_

#include <string_view>

namespace pawl {

// From now on signals that mean a bug say the last words, then end the process
// as they would have.
void SayLastWordsOnAbort();

// Of the thread that calls it, for programs in which each thread has a seed of
// its own. Empty: none.
void SetLastWordsOfThread(std::string_view words);
// Of all threads that have none of their own, such as the engine's. One thread
// at a time.
void SetLastWords(std::string_view words);

}  // namespace pawl

#endif  // PAWL_TESTS_SUPPORT_LAST_WORDS_H_
