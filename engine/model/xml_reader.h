// ReadXml: XML bytes -> a light tree with lines and columns. For engine/model,
// whose door is ParseBpmn, and for those who draw a source (replay/render). The
// only user of expat, with xml_encoding.h.
//
// Strict and namespace-aware. A DOCTYPE is read over and nothing is fetched;
// one that defines an entity or an attribute's default (XXE, expansion bombs)
// is refused, and so is an entity that would be defined in a DTD elsewhere.
#ifndef PAWL_ENGINE_MODEL_XML_READER_H_
#define PAWL_ENGINE_MODEL_XML_READER_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "engine/model/problem.h"

namespace pawl::model {

// A name with its namespace resolved; `ns` is empty without one. Each is kept
// once per document, because files repeat a few dozen names.
struct XmlName {
  std::string ns;
  std::string local;
};

struct XmlAttribute {
  const XmlName* name;
  std::string value;
};

// An element. Owned by its document; pointers stay valid while that lives.
struct XmlNode {
  const XmlName* name = nullptr;
  const XmlNode* parent = nullptr;
  SourcePosition position;
  std::vector<XmlAttribute> attributes;
  std::vector<const XmlNode*> children;
  // All character data directly inside, CDATA included; white space before it
  // may be missing.
  std::string text;

  const std::string& ns() const { return name->ns; }
  const std::string& local() const { return name->local; }
  bool Is(std::string_view ns, std::string_view local) const {
    return name->local == local && name->ns == ns;
  }

  // The attribute's value, or null. An attribute without a prefix has the
  // empty namespace (Namespaces in XML 1.0, 6.2).
  const std::string* Attribute(std::string_view ns,
                               std::string_view local) const;
  const std::string* Attribute(std::string_view local) const {
    return Attribute(std::string_view(), local);
  }
  // The first child of that name, or null.
  const XmlNode* Child(std::string_view ns, std::string_view local) const;
};

struct XmlDocument {
  // Null when `problem` is set.
  const XmlNode* root = nullptr;
  // Why the file can't be read.
  std::optional<Problem> problem;
  // Where the root's end tag begins, in bytes of the file.
  size_t root_end = 0;
  // Elements in the namespace that was left out, without what is in them.
  size_t skipped = 0;
  // What is in those in the root's namespace: how often each local name.
  std::map<std::string, int64_t, std::less<>> skipped_names;
  // Prefixes that the file declares, wherever.
  std::set<std::string, std::less<>> prefixes;

  // Storage of the tree.
  std::deque<XmlNode> nodes;
  std::map<std::string, XmlName, std::less<>> names;
};

// Reads UTF-8, UTF-16, ISO 8859-1, and what OnUnknownEncoding knows. Subtrees
// whose element is in the namespace `skip_ns` are checked but not kept. Ids of
// the root's namespace are without the white space around them, which is none
// of an xsd:ID. Time and memory O(size of `xml`), both bounded by
// kModelBytesMax, kXmlDepthMax and kXmlNodesMax; the result is never null.
std::unique_ptr<XmlDocument> ReadXml(std::string_view xml,
                                     std::string_view skip_ns);

// The same file in UTF-8, with a declaration that says so; as it is if it is in
// UTF-8. Of what isn't well-formed the bytes, with U+FFFD for what isn't UTF-8.
// O(size of `xml`).
std::string XmlInUtf8(std::string_view xml);

// `text` without white space at both ends.
std::string_view Trim(std::string_view text);

}  // namespace pawl::model

#endif  // PAWL_ENGINE_MODEL_XML_READER_H_
