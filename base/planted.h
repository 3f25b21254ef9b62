// Planted bugs: mistakes that somebody could make, each in its place, which the
// simulations must find (docs/testing.md, "Planted bugs"). They exist only in a
// build with --config=planted; everywhere else PAWL_PLANTED(...) is the
// constant false and the compiler drops what it guards.
//
//   if (!PAWL_PLANTED(skip_sync)) status = wal->Sync();
//
// One build holds all of them; a run turns one on: tools/planted.
#ifndef PAWL_BASE_PLANTED_H_
#define PAWL_BASE_PLANTED_H_

#ifdef PAWL_PLANTED_BUGS

#include <string_view>
#include <vector>

namespace pawl {

enum class PlantedBug {
  none = 0,
#define PAWL_PLANTED_BUG(name, what) name,
#include "base/planted_bugs.inc"
#undef PAWL_PLANTED_BUG
};

// The one that this process runs with. Set once, before any engine is opened.
extern PlantedBug g_planted_bug;

struct PlantedBugInfo {
  PlantedBug bug;
  const char* name;
  const char* what;
};
const std::vector<PlantedBugInfo>& AllPlantedBugs();

}  // namespace pawl

#define PAWL_PLANTED(name) (::pawl::g_planted_bug == ::pawl::PlantedBug::name)

#else

#define PAWL_PLANTED(name) false

#endif  // PAWL_PLANTED_BUGS

#endif  // PAWL_BASE_PLANTED_H_
