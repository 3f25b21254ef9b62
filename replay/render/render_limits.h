// Bounds of pictures, each with its reason. Beside them those of models hold
// (base/limits.h): a picture is made of a source of at most kModelBytesMax.
#ifndef PAWL_REPLAY_RENDER_RENDER_LIMITS_H_
#define PAWL_REPLAY_RENDER_RENDER_LIMITS_H_

#include <cstddef>

namespace pawl::replay {

// Shapes and edges of all diagrams of a file. Browsers take seconds to show
// more, and no model of people comes near it.
inline constexpr size_t kRenderItemsMax = 200'000;
// One picture or page: a shape takes some 500 bytes, so this is above what
// kRenderItemsMax shapes need, but for names of thousands of characters.
inline constexpr size_t kRenderBytesMax = 256u << 20;
// Records of an instance that an animation shows, one frame each. At two a
// second that is over an hour and a half.
inline constexpr size_t kRenderFramesMax = 20'000;
// Bytes of a name that are kept, and characters that are wrapped; more never
// fit into a shape.
inline constexpr size_t kRenderLabelMax = 1'000;
// Coordinates of a diagram, either sign. Beyond it doubles that are written
// with two decimals lose their meaning in viewers that use single precision.
inline constexpr double kRenderCoordinateMax = 1e6;

}  // namespace pawl::replay

#endif  // PAWL_REPLAY_RENDER_RENDER_LIMITS_H_
