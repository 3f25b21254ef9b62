// Text as it is written into XML. Internal to engine/model.
#ifndef PAWL_ENGINE_MODEL_XML_TEXT_H_
#define PAWL_ENGINE_MODEL_XML_TEXT_H_

#include <string>
#include <string_view>

namespace pawl::model {

// `text` inside an attribute or an element. Line ends are written as numbers,
// because XML turns them into spaces in attributes.
std::string XmlEscaped(std::string_view text);

// ` name="value"`
std::string XmlAttributeText(std::string_view name, std::string_view value);

// `text`, which is UTF-8, in ASCII alone: what isn't is written as numbers. So
// it can stand in a file of any encoding.
std::string XmlAscii(std::string_view text);

}  // namespace pawl::model

#endif  // PAWL_ENGINE_MODEL_XML_TEXT_H_
