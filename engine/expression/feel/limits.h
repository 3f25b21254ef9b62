// Limits of FEEL, beside those that all expressions share (base/limits.h).
// Internal to FEEL.
#ifndef PAWL_ENGINE_EXPRESSION_FEEL_LIMITS_H_
#define PAWL_ENGINE_EXPRESSION_FEEL_LIMITS_H_

#include <cstddef>
#include <cstdint>

namespace pawl::expression::feel {

// Operators in a row: a chain is a tree of that depth, and evaluation recurses
// over it.
inline constexpr uint32_t kFeelTreeDepthMax = 400;
// Steps within each other while an expression is evaluated, functions that call
// each other included: about 1 KiB of stack each.
inline constexpr int kFeelDepthMax = 800;
// Lists and contexts within each other, of values that an evaluation makes;
// what leaves it is held to kValueDepthMax.
inline constexpr int kFeelNestingMax = 500;
// Bytes that a step may look at: functions and comparisons of long strings and
// lists take more than one.
inline constexpr size_t kBytesPerStep = 64;
// Memory of one evaluation.
inline constexpr size_t kFeelMemoryMax = 64u << 20;

}  // namespace pawl::expression::feel

#endif  // PAWL_ENGINE_EXPRESSION_FEEL_LIMITS_H_
