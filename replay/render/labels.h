// Labels: where the texts of a diagram stand, and how they are drawn.
#ifndef PAWL_REPLAY_RENDER_LABELS_H_
#define PAWL_REPLAY_RENDER_LABELS_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "replay/render/diagram.h"
#include "replay/render/font.h"
#include "replay/render/svg_writer.h"

namespace pawl::replay {

struct TextStyle {
  enum class Across { kLeft, kMiddle };
  enum class Down { kTop, kMiddle };
  Across across = Across::kMiddle;
  Down down = Down::kMiddle;
  // From bottom to top.
  bool rotated = false;
  // White around the letters, for text that stands on lines.
  bool halo = false;
  std::string_view color = "#22242a";
};

// Draws `text` in `area`. A rotated one was wrapped to the area's height.
void DrawText(const Paragraph& text, const Bounds& area, const TextStyle& style,
              SvgWriter* out);

// A text that stands for itself, beside its shape or edge.
struct PlacedLabel {
  Paragraph text;
  // Where its letters are.
  Bounds area;
};

// The labels of all shapes that have theirs outside, and of all edges; where
// the diagram doesn't say where, they stand where they cover least, on
// diagrams of up to 6,000 shapes and waypoints; on larger ones below their
// shapes and beside their edges. O(n), on smaller ones O(n^2).
class LabelPlaces {
 public:
  // `diagram` must outlive this.
  explicit LabelPlaces(const Diagram& diagram);

  // By index of shapes and edges; nothing for those without.
  const std::optional<PlacedLabel>& shape(size_t index) const {
    return shapes_[index];
  }
  const std::optional<PlacedLabel>& edge(size_t index) const {
    return edges_[index];
  }

 private:
  void FindObstacles();
  PlacedLabel Best(std::vector<PlacedLabel> candidates) const;
  double Cost(const Bounds& area) const;
  std::vector<PlacedLabel> Around(const Shape& shape) const;
  std::vector<PlacedLabel> Along(const Edge& edge) const;

  const Diagram& diagram_;
  std::vector<std::optional<PlacedLabel>> shapes_;
  std::vector<std::optional<PlacedLabel>> edges_;
  bool searches_ = true;
  std::vector<Bounds> obstacles_;
};

// Where the envelope of a message flow stands.
Bounds EnvelopeOn(const Edge& edge);

// Whether a shape's label stands outside of it.
bool HasLabelOutside(const Shape& shape);

}  // namespace pawl::replay

#endif  // PAWL_REPLAY_RENDER_LABELS_H_
