// How much slower a build with sanitizers may be, for tests that bound time.
#ifndef PAWL_TESTS_SUPPORT_SANITIZER_SLOWNESS_H_
#define PAWL_TESTS_SUPPORT_SANITIZER_SLOWNESS_H_

namespace pawl {

#if defined(__has_feature)
#define PAWL_HAS_FEATURE(feature) __has_feature(feature)
#else
#define PAWL_HAS_FEATURE(feature) 0
#endif

// A factor: 1 without sanitizers.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || \
    PAWL_HAS_FEATURE(address_sanitizer) || PAWL_HAS_FEATURE(thread_sanitizer)
inline constexpr double kSanitizerSlowness = 10;
#else
inline constexpr double kSanitizerSlowness = 1;
#endif

#undef PAWL_HAS_FEATURE

}  // namespace pawl

#endif  // PAWL_TESTS_SUPPORT_SANITIZER_SLOWNESS_H_
