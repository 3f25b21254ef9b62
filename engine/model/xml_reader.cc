#include "engine/model/xml_reader.h"

#include <expat.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/limits.h"

namespace pawl::model {
namespace {

// Between namespace and name in expat's callbacks. No XML 1.0 text can hold
// this character, so it can't be part of either.
constexpr char kSeparator = '\x1f';

// Two encodings of old modelers that expat doesn't know, Latin-1 but for a few
// bytes. Code points of the bytes 0x80 to 0x9F in windows-1252; -1 for bytes
// that mean nothing.
constexpr int kWindows1252[32] = {
    0x20AC, -1,     0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021,
    0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, -1,     0x017D, -1,
    -1,     0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
    0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, -1,     0x017E, 0x0178};

// What ISO 8859-15 has in place of Latin-1's characters.
constexpr struct {
  int byte;
  int code_point;
} kLatin9[] = {{0xA4, 0x20AC}, {0xA6, 0x0160}, {0xA8, 0x0161}, {0xB4, 0x017D},
               {0xB8, 0x017E}, {0xBC, 0x0152}, {0xBD, 0x0153}, {0xBE, 0x0178}};

int OnUnknownEncoding(void*, const XML_Char* name, XML_Encoding* encoding) {
  const absl::string_view wanted(name);
  for (int byte = 0; byte < 256; ++byte) encoding->map[byte] = byte;
  if (absl::EqualsIgnoreCase(wanted, "windows-1252") ||
      absl::EqualsIgnoreCase(wanted, "cp1252")) {
    std::copy(std::begin(kWindows1252), std::end(kWindows1252),
              encoding->map + 0x80);
  } else if (absl::EqualsIgnoreCase(wanted, "iso-8859-15")) {
    for (const auto& other : kLatin9) {
      encoding->map[other.byte] = other.code_point;
    }
  } else {
    return XML_STATUS_ERROR;
  }
  encoding->data = nullptr;
  encoding->convert = nullptr;
  encoding->release = nullptr;
  return XML_STATUS_OK;
}

// What the callbacks of one reading share.
class Reader {
 public:
  Reader(XmlDocument* document, std::string_view skip_ns)
      : document_(document),
        skip_ns_(skip_ns),
        parser_(XML_ParserCreateNS(nullptr, kSeparator)) {
    PAWL_CHECK(parser_ != nullptr) << "out of memory";
    XML_SetUserData(parser_, this);
    XML_SetElementHandler(parser_, &OnStart, &OnEnd);
    XML_SetCharacterDataHandler(parser_, &OnText);
    XML_SetStartDoctypeDeclHandler(parser_, &OnDoctype);
    XML_SetUnknownEncodingHandler(parser_, &OnUnknownEncoding, nullptr);
  }
  ~Reader() { XML_ParserFree(parser_); }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  void Run(std::string_view xml) {
    const XML_Status status =
        XML_Parse(parser_, xml.data(), static_cast<int>(xml.size()), 1);
    if (status != XML_STATUS_OK && !document_->problem.has_value()) {
      Fail("xml-malformed",
           absl::StrCat("not well-formed XML: ",
                        XML_ErrorString(XML_GetErrorCode(parser_))));
    }
    if (document_->problem.has_value()) document_->root = nullptr;
  }

 private:
  static Reader* Self(void* data) { return static_cast<Reader*>(data); }
  static void OnStart(void* data, const XML_Char* name,
                      const XML_Char** attributes) {
    Self(data)->Start(name, attributes);
  }
  static void OnEnd(void* data, const XML_Char*) { Self(data)->End(); }
  static void OnText(void* data, const XML_Char* text, int size) {
    Self(data)->Text(std::string_view(text, static_cast<size_t>(size)));
  }
  static void OnDoctype(void* data, const XML_Char*, const XML_Char*,
                        const XML_Char*, int) {
    Self(data)->Fail("xml-doctype",
                     "got a DOCTYPE, wanted none: a model defines no entities "
                     "and fetches nothing");
  }

  SourcePosition Position() const {
    return {static_cast<uint32_t>(XML_GetCurrentLineNumber(parser_)),
            static_cast<uint32_t>(XML_GetCurrentColumnNumber(parser_) + 1)};
  }

  // Keeps the first problem and stops. Expat still delivers a few callbacks
  // after a stop, which `stopped_` makes harmless.
  void Fail(std::string rule, std::string text) {
    if (stopped_) return;
    stopped_ = true;
    const SourcePosition at = Position();
    document_->problem = Problem{.severity = Severity::kError,
                                 .line = at.line,
                                 .column = at.column,
                                 .text = std::move(text),
                                 .rule = std::move(rule)};
    XML_StopParser(parser_, XML_FALSE);
  }

  const XmlName* Intern(std::string_view name) {
    const auto it = document_->names.find(name);
    if (it != document_->names.end()) return &it->second;
    const size_t separator = name.find(kSeparator);
    XmlName resolved;
    if (separator == std::string_view::npos) {
      resolved.local = std::string(name);
    } else {
      resolved.ns = std::string(name.substr(0, separator));
      resolved.local = std::string(name.substr(separator + 1));
    }
    return &document_->names.emplace(std::string(name), std::move(resolved))
                .first->second;
  }

  void Start(std::string_view name, const XML_Char** attributes) {
    if (stopped_) return;
    if (++depth_ > kXmlDepthMax) {
      Fail("xml-depth", absl::StrCat("got elements nested ", depth_,
                                     " deep, wanted at most ", kXmlDepthMax,
                                     " (kXmlDepthMax)"));
      return;
    }
    if (skip_depth_ > 0) return;
    const XmlName* resolved = Intern(name);
    if (current_ != nullptr && !skip_ns_.empty() && resolved->ns == skip_ns_) {
      skip_depth_ = depth_;
      ++document_->skipped;
      return;
    }
    if (document_->nodes.size() >= kXmlNodesMax) {
      Fail("xml-too-many-elements",
           absl::StrCat("got more than ", kXmlNodesMax,
                        " XML elements (kXmlNodesMax)"));
      return;
    }
    XmlNode& node = document_->nodes.emplace_back();
    node.name = resolved;
    node.parent = current_;
    node.position = Position();
    for (const XML_Char** a = attributes; *a != nullptr; a += 2) {
      node.attributes.push_back(XmlAttribute{Intern(a[0]), a[1]});
    }
    if (current_ == nullptr) {
      document_->root = &node;
    } else {
      current_->children.push_back(&node);
    }
    current_ = &node;
  }

  void End() {
    if (stopped_) return;
    if (skip_depth_ > 0) {
      if (skip_depth_ == depth_) skip_depth_ = 0;
    } else {
      if (current_->parent == nullptr) {
        document_->root_end =
            static_cast<size_t>(XML_GetCurrentByteIndex(parser_));
      }
      current_ = const_cast<XmlNode*>(current_->parent);
    }
    --depth_;
  }

  void Text(std::string_view text) {
    if (stopped_ || skip_depth_ > 0 || current_ == nullptr) return;
    // Most text is indentation between elements: nothing would read it.
    if (current_->text.empty() && Trim(text).empty()) return;
    current_->text.append(text);
  }

  XmlDocument* const document_;
  const std::string_view skip_ns_;
  const XML_Parser parser_;
  XmlNode* current_ = nullptr;
  int depth_ = 0;
  // Depth of the element whose subtree is left out, 0 for none.
  int skip_depth_ = 0;
  bool stopped_ = false;
};

}  // namespace

const std::string* XmlNode::Attribute(std::string_view ns,
                                      std::string_view local) const {
  for (const XmlAttribute& attribute : attributes) {
    if (attribute.name->local == local && attribute.name->ns == ns) {
      return &attribute.value;
    }
  }
  return nullptr;
}

const XmlNode* XmlNode::Child(std::string_view ns,
                              std::string_view local) const {
  for (const XmlNode* child : children) {
    if (child->Is(ns, local)) return child;
  }
  return nullptr;
}

std::unique_ptr<XmlDocument> ReadXml(std::string_view xml,
                                     std::string_view skip_ns) {
  auto document = std::make_unique<XmlDocument>();
  if (xml.size() > kModelBytesMax) {
    document->problem =
        Problem{.severity = Severity::kError,
                .line = 1,
                .column = 1,
                .text = absl::StrCat("got a file of ", xml.size(),
                                     " bytes, wanted at most ", kModelBytesMax,
                                     " (kModelBytesMax)"),
                .rule = "file-too-large"};
    return document;
  }
  Reader(document.get(), skip_ns).Run(xml);
  return document;
}

std::string_view Trim(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

}  // namespace pawl::model
