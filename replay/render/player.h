// The parts of the page that plays an instance (animation.h) that are the same
// for all.
#ifndef PAWL_REPLAY_RENDER_PLAYER_H_
#define PAWL_REPLAY_RENDER_PLAYER_H_

namespace pawl::replay {

// Up to the title, with a policy that forbids whatever isn't in the page.
extern const char kPlayerHead[];
extern const char kPlayerStyle[];
extern const char kPlayerControls[];
// Reads the data from the element `data`.
extern const char kPlayerScript[];

}  // namespace pawl::replay

#endif  // PAWL_REPLAY_RENDER_PLAYER_H_
