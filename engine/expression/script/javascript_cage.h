// The cage of the process that runs JavaScript: once it is closed, the process
// can compute, allocate up to a bound, and read and write the two ends that it
// holds; it can't open anything, start anything or make memory executable.
#ifndef PAWL_ENGINE_EXPRESSION_SCRIPT_JAVASCRIPT_CAGE_H_
#define PAWL_ENGINE_EXPRESSION_SCRIPT_JAVASCRIPT_CAGE_H_

#include <string>

// The sanitizers reserve terabytes of address space, start threads, keep
// signals back and call what we forbid.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define PAWL_OPEN_CAGE 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define PAWL_OPEN_CAGE 1
#endif
#endif

namespace pawl::expression::script {

// Whether this is a build for one of them, whose cage holds nothing.
#ifdef PAWL_OPEN_CAGE
inline constexpr bool kCageIsOpen = true;
#else
inline constexpr bool kCageIsOpen = false;
#endif

// Closes the cage around all threads of the process, for good. Empty, or what
// failed: then nothing may run.
std::string CloseCage();

// From now on the process may take `ms` of processor time, in whole seconds
// rounded up and one more; after that the kernel kills it.
void AllowProcessorTime(int ms);

}  // namespace pawl::expression::script

#endif  // PAWL_ENGINE_EXPRESSION_SCRIPT_JAVASCRIPT_CAGE_H_
