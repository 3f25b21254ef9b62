#include "engine/model/xml_tree.h"

#include "absl/strings/str_cat.h"
#include "engine/model/xml_text.h"

namespace pawl::model {

XmlTree& XmlTree::Set(std::string_view name, std::string_view value) {
  attributes_.emplace_back(name, value);
  return *this;
}

XmlTree& XmlTree::SetIfAny(std::string_view name, std::string_view value) {
  return SetIf(!value.empty(), name, value);
}

XmlTree& XmlTree::SetIf(bool condition, std::string_view name,
                        std::string_view value) {
  return condition ? Set(name, value) : *this;
}

XmlTree& XmlTree::Add(std::string_view tag) {
  children_.push_back(std::make_unique<XmlTree>(tag));
  return *children_.back();
}

void XmlTree::Add(std::unique_ptr<XmlTree> child) {
  children_.push_back(std::move(child));
}

XmlTree& XmlTree::First(std::string_view tag) {
  for (const auto& child : children_) {
    if (child->tag_ == tag) return *child;
  }
  children_.insert(children_.begin(), std::make_unique<XmlTree>(tag));
  return *children_.front();
}

void XmlTree::AppendTo(int indent, std::string* out) const {
  out->append(static_cast<size_t>(indent), ' ');
  absl::StrAppend(out, "<", tag_);
  for (const auto& [name, value] : attributes_) {
    *out += XmlAttributeText(name, value);
  }
  if (text_.empty() && children_.empty()) {
    *out += "/>\n";
    return;
  }
  *out += ">";
  *out += XmlEscaped(text_);
  if (!children_.empty()) {
    *out += "\n";
    for (const auto& child : children_) child->AppendTo(indent + 2, out);
    out->append(static_cast<size_t>(indent), ' ');
  }
  absl::StrAppend(out, "</", tag_, ">\n");
}

}  // namespace pawl::model
