// ElementLooks: what the elements of a model say about how they are drawn:
// their kind, markers and names. Internal to replay/render.
#ifndef PAWL_REPLAY_RENDER_ELEMENT_LOOK_H_
#define PAWL_REPLAY_RENDER_ELEMENT_LOOK_H_

#include <string>
#include <string_view>

#include "absl/container/btree_map.h"
#include "absl/container/btree_set.h"
#include "engine/model/xml_reader.h"
#include "replay/render/diagram.h"

namespace pawl::replay {

class ElementLooks {
 public:
  // `root` must outlive this. O(n log n).
  explicit ElementLooks(const model::XmlNode& root);

  // The element that a QName means, or null.
  const model::XmlNode* Find(std::string_view qname) const;

  // All that the element says. `shape` has its bounds already.
  void Fill(const model::XmlNode& element, Shape* shape) const;
  void Fill(const model::XmlNode& element, Edge* edge) const;

  // The element at an end of an edge ("sourceRef", "targetRef"), or null; of a
  // data association the activity or event that has it, where its own end is
  // one of that.
  const model::XmlNode* End(const model::XmlNode& edge,
                            std::string_view name) const;

 private:
  void FillEvent(const model::XmlNode& element, Shape* shape) const;
  void FillActivity(const model::XmlNode& element, Shape* shape) const;
  void FillData(const model::XmlNode& element, Shape* shape) const;
  bool FillOther(const model::XmlNode& element, Shape* shape) const;
  EventSymbol SymbolOf(const model::XmlNode& event) const;
  // kRenderLabelMax bytes of it at most.
  std::string NameOf(const model::XmlNode& element) const;
  std::string FullNameOf(const model::XmlNode& element) const;

  absl::btree_map<std::string_view, const model::XmlNode*> by_id_;
  // Ids of flows that are the default of what they come from.
  absl::btree_set<std::string_view> defaults_;
};

// The attribute's value, or nothing.
std::string_view AttributeOf(const model::XmlNode& node, std::string_view name);
// `text` without the prefix of a QName and white space around it.
std::string_view WithoutPrefix(std::string_view text);

}  // namespace pawl::replay

#endif  // PAWL_REPLAY_RENDER_ELEMENT_LOOK_H_
