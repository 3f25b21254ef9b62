// XmlTree: an XML element on its way into a file. Internal to engine/model.
#ifndef PAWL_ENGINE_MODEL_XML_TREE_H_
#define PAWL_ENGINE_MODEL_XML_TREE_H_

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pawl::model {

class XmlTree {
 public:
  explicit XmlTree(std::string_view tag) : tag_(tag) {}

  // In the order of the calls.
  XmlTree& Set(std::string_view name, std::string_view value);
  // Nothing for an empty value.
  XmlTree& SetIfAny(std::string_view name, std::string_view value);
  XmlTree& SetIf(bool condition, std::string_view name, std::string_view value);
  void SetText(std::string_view text) { text_ = std::string(text); }

  // A child behind the others. It stays where it is.
  XmlTree& Add(std::string_view tag);
  void Add(std::unique_ptr<XmlTree> child);
  // The child of that tag, which is added before all others if need be.
  XmlTree& First(std::string_view tag);

  // One element a line. A tree is as deep as the model that it is of.
  void AppendTo(int indent, std::string* out) const;

 private:
  std::string tag_;
  std::vector<std::pair<std::string, std::string>> attributes_;
  std::string text_;
  std::vector<std::unique_ptr<XmlTree>> children_;
};

}  // namespace pawl::model

#endif  // PAWL_ENGINE_MODEL_XML_TREE_H_
