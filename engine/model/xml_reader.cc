#include "engine/model/xml_reader.h"

#include <expat.h>

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/limits.h"
#include "base/strings.h"
#include "base/utf8.h"
#include "engine/model/xml_encoding.h"

namespace pawl::model {
namespace {

// Between namespace and name in expat's callbacks. No XML 1.0 text can hold
// this character, so it can't be part of either.
constexpr char kSeparator = '\x1f';

// How much of a name a message shows.
constexpr size_t kShownBytesMax = 64;

// What the callbacks of one reading share.
class Reader {
 public:
  // `encoding`: in place of the one that the file names; null: that one.
  Reader(XmlDocument* document, std::string_view skip_ns, const char* encoding)
      : document_(document),
        skip_ns_(skip_ns),
        parser_(XML_ParserCreateNS(encoding, kSeparator)) {
    PAWL_CHECK(parser_ != nullptr) << "out of memory";
    XML_SetUserData(parser_, this);
    XML_SetElementHandler(parser_, &OnStart, &OnEnd);
    XML_SetCharacterDataHandler(parser_, &OnText);
    XML_SetStartDoctypeDeclHandler(parser_, &OnDoctype);
    XML_SetEntityDeclHandler(parser_, &OnEntity);
    XML_SetAttlistDeclHandler(parser_, &OnAttributeDeclared);
    XML_SetSkippedEntityHandler(parser_, &OnSkippedEntity);
    XML_SetStartNamespaceDeclHandler(parser_, &OnPrefix);
    XML_SetUnknownEncodingHandler(parser_, &OnUnknownEncoding, &known_as_);
  }
  ~Reader() { XML_ParserFree(parser_); }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  void Run(std::string_view xml) {
    xml_ = xml;
    const XML_Status status =
        XML_Parse(parser_, xml.data(), static_cast<int>(xml.size()), 1);
    if (status != XML_STATUS_OK && !document_->problem.has_value()) {
      Fail("xml-malformed",
           absl::StrCat("not well-formed XML: ",
                        XML_ErrorString(XML_GetErrorCode(parser_))));
    }
    if (document_->problem.has_value()) document_->root = nullptr;
  }

  // The encoding that the one of the file is another name of, with which it has
  // to be read anew; empty: none.
  const std::string& known_as() const { return known_as_; }

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
  static void OnPrefix(void* data, const XML_Char* prefix, const XML_Char*) {
    Self(data)->StartPrefix(prefix);
  }
  static void OnDoctype(void* data, const XML_Char*, const XML_Char*,
                        const XML_Char*, int) {
    Self(data)->has_doctype_ = true;
  }
  static void OnEntity(void* data, const XML_Char* name, int, const XML_Char*,
                       int, const XML_Char*, const XML_Char*, const XML_Char*,
                       const XML_Char*) {
    Self(data)->Fail("xml-doctype",
                     absl::StrCat("got a DOCTYPE that defines the entity '",
                                  ToAbsl(CutUtf8(name, kShownBytesMax)),
                                  "', wanted one without entities"));
  }
  // One text would be kept for each element that doesn't have the attribute.
  static void OnAttributeDeclared(void* data, const XML_Char*,
                                  const XML_Char* name, const XML_Char*,
                                  const XML_Char* otherwise, int) {
    if (otherwise == nullptr) return;
    Self(data)->Fail(
        "xml-doctype",
        absl::StrCat("got a DOCTYPE with a default value of the "
                     "attribute '",
                     ToAbsl(CutUtf8(name, kShownBytesMax)), "', wanted none"));
  }
  static void OnSkippedEntity(void* data, const XML_Char* name, int) {
    Self(data)->FailUndefined(name);
  }

  SourcePosition Position() const {
    return {static_cast<uint32_t>(XML_GetCurrentLineNumber(parser_)),
            static_cast<uint32_t>(XML_GetCurrentColumnNumber(parser_) + 1)};
  }

  void FailUndefined(std::string_view entity) {
    Fail("xml-doctype",
         absl::StrCat("got the entity '&",
                      ToAbsl(CutUtf8(entity, kShownBytesMax)),
                      ";', which the file doesn't define: the DTD that its "
                      "DOCTYPE names is not fetched"));
  }

  // Expat skips undefined entities of a file that has a DTD elsewhere, and in
  // attributes without a word. So this looks at the tag as it is in the file.
  void CheckTagEntities() {
    const auto at = static_cast<size_t>(XML_GetCurrentByteIndex(parser_));
    const auto size = static_cast<size_t>(XML_GetCurrentByteCount(parser_));
    const std::string tag = AsciiOf(xml_.substr(at, size));
    for (size_t i = tag.find('&'); i != tag.npos; i = tag.find('&', i + 1)) {
      const std::string_view rest = std::string_view(tag).substr(i + 1);
      const std::string_view name = rest.substr(0, rest.find(';'));
      if (name.starts_with('#') || name == "amp" || name == "lt" ||
          name == "gt" || name == "quot" || name == "apos") {
        continue;
      }
      return FailUndefined(name);
    }
  }

  // The ASCII characters of a tag, '?' for others. In UTF-16 the first one, the
  // '<', says which byte is the high one; every other encoding that is read has
  // ASCII in single bytes, and no '&' elsewhere.
  static std::string AsciiOf(std::string_view tag) {
    const bool high_first = tag.size() > 1 && tag[0] == 0;
    const bool high_second = tag.size() > 1 && tag[1] == 0;
    const bool is_wide = high_first || high_second;
    std::string ascii;
    for (size_t i = 0; i + (is_wide ? 1 : 0) < tag.size();
         i += is_wide ? 2 : 1) {
      const char low = high_first ? tag[i + 1] : tag[i];
      const char high = !is_wide ? 0 : high_first ? tag[i] : tag[i + 1];
      ascii.push_back(high == 0 && (low & 0x80) == 0 ? low : '?');
    }
    return ascii;
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
    if (has_doctype_) CheckTagEntities();
    if (stopped_) return;
    if (++depth_ > kXmlDepthMax) {
      Fail("xml-depth", absl::StrCat("got elements nested ", depth_,
                                     " deep, wanted at most ", kXmlDepthMax,
                                     " (kXmlDepthMax)"));
      return;
    }
    if (skip_depth_ > 0) return CountSkipped(name);
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
      XmlAttribute& attribute = node.attributes.back();
      if (current_ != nullptr && node.ns() == document_->root->ns() &&
          attribute.name->ns.empty() && attribute.name->local == "id") {
        attribute.value = std::string(Trim(attribute.value));
      }
    }
    if (current_ == nullptr) {
      document_->root = &node;
    } else {
      current_->children.push_back(&node);
    }
    current_ = &node;
  }

  // Elements of the root's namespace stand in diagrams, too.
  void CountSkipped(std::string_view name) {
    const std::string& ns = document_->root->ns();
    if (!ns.empty() && name.size() > ns.size() && name.starts_with(ns) &&
        name[ns.size()] == kSeparator) {
      ++document_->skipped_names[Intern(name)->local];
    }
  }

  // A prefix that the file declares.
  void StartPrefix(const XML_Char* prefix) {
    if (stopped_ || prefix == nullptr) return;
    document_->prefixes.emplace(prefix);
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
  std::string_view xml_;
  bool has_doctype_ = false;
  std::string known_as_;
};

// A file as expat hands on what nothing else asks for: in UTF-8, and otherwise
// as it is written.
class Transcoder {
 public:
  // As Reader.
  explicit Transcoder(const char* encoding)
      : parser_(XML_ParserCreate(encoding)) {
    PAWL_CHECK(parser_ != nullptr) << "out of memory";
    XML_SetUserData(parser_, this);
    XML_SetDefaultHandler(parser_, &OnText);
    XML_SetXmlDeclHandler(parser_, &OnDeclaration);
    XML_SetUnknownEncodingHandler(parser_, &OnUnknownEncoding, &known_as_);
  }
  ~Transcoder() { XML_ParserFree(parser_); }
  Transcoder(const Transcoder&) = delete;
  Transcoder& operator=(const Transcoder&) = delete;

  bool Run(std::string_view xml) {
    return XML_Parse(parser_, xml.data(), static_cast<int>(xml.size()), 1) ==
           XML_STATUS_OK;
  }

  // As Reader.
  const std::string& known_as() const { return known_as_; }
  // It names no encoding, or this one.
  bool is_utf8() const { return is_utf8_; }
  std::string TakeText() { return std::move(text_); }

 private:
  static void OnText(void* data, const XML_Char* text, int size) {
    static_cast<Transcoder*>(data)->text_.append(text,
                                                 static_cast<size_t>(size));
  }
  static void OnDeclaration(void* data, const XML_Char* version,
                            const XML_Char* encoding, int standalone) {
    auto* self = static_cast<Transcoder*>(data);
    if (encoding != nullptr && !absl::EqualsIgnoreCase(encoding, "UTF-8")) {
      self->is_utf8_ = false;
    }
    absl::StrAppend(&self->text_, "<?xml version=\"",
                    version == nullptr ? "1.0" : version,
                    "\" encoding=\"UTF-8\"",
                    standalone < 0    ? ""
                    : standalone == 0 ? " standalone=\"no\""
                                      : " standalone=\"yes\"",
                    "?>");
  }

  const XML_Parser parser_;
  std::string text_;
  std::string known_as_;
  bool is_utf8_ = true;
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
  Reader first(document.get(), skip_ns, nullptr);
  first.Run(xml);
  if (first.known_as().empty()) return document;
  document = std::make_unique<XmlDocument>();
  Reader(document.get(), skip_ns, first.known_as().c_str()).Run(xml);
  return document;
}

std::string XmlInUtf8(std::string_view xml) {
  Transcoder first(nullptr);
  bool is_read = first.Run(xml);
  std::string known_as = first.known_as();
  if (known_as.empty() && is_read && first.is_utf8() &&
      FindInvalidUtf8(xml) == xml.npos && xml.find('\0') == xml.npos) {
    return std::string(xml);
  }
  if (known_as.empty()) {
    return is_read ? first.TakeText() : ReplaceInvalidUtf8(xml);
  }
  Transcoder again(known_as.c_str());
  is_read = again.Run(xml);
  return is_read ? again.TakeText() : ReplaceInvalidUtf8(xml);
}

std::string_view Trim(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

}  // namespace pawl::model
