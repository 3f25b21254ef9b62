// Planted bugs: mistakes that somebody could make, each in its place, which the
// simulations must find (docs/testing.md, "Planted bugs"). They exist only in a
// build with --config=planted; everywhere else PAWL_PLANTED(...) is the
// constant false and the compiler drops what it guards.
//
//   if (!PAWL_PLANTED(skip_sync)) status = db->SyncWAL();
//
// One build holds all of them; the environment variable PAWL_PLANTED_BUG turns
// one on for a process: tools/planted runs them all.
#ifndef PAWL_BASE_PLANTED_H_
#define PAWL_BASE_PLANTED_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#ifdef PAWL_PLANTED_BUGS

namespace pawl::planted {

enum class Bug {
  none = 0,
#define PAWL_PLANTED_BUG(name, what) name,
#include "base/planted_bugs.inc"
#undef PAWL_PLANTED_BUG
};

// The one that this process has; set before main. An unknown name ends the
// process, so that a run without a bug is never taken for one with it.
extern const Bug g_bug;

// The system's clock, for the core, which has no business with it.
int64_t ClockMs();

// The order in which a hash map would give 0..count-1.
std::vector<size_t> HashOrder(size_t count);

}  // namespace pawl::planted

#define PAWL_PLANTED(name) \
  (::pawl::planted::g_bug == ::pawl::planted::Bug::name)

#else

namespace pawl::planted {
// What planted bugs call, so that they compile here too.
inline int64_t ClockMs() { return 0; }
inline std::vector<size_t> HashOrder(size_t) { return {}; }
}  // namespace pawl::planted

#define PAWL_PLANTED(name) false

#endif  // PAWL_PLANTED_BUGS

#endif  // PAWL_BASE_PLANTED_H_
