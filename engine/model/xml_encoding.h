// Encodings of old modelers that expat doesn't know by itself. Internal to
// engine/model; ReadXml asks.
#ifndef PAWL_ENGINE_MODEL_XML_ENCODING_H_
#define PAWL_ENGINE_MODEL_XML_ENCODING_H_

#include <expat.h>

namespace pawl::model {

// What expat asks for an encoding (XML_SetUnknownEncodingHandler). Knows those
// of one byte a character that Windows, ISO 8859, KOI8 and the first PCs had,
// those of two of East Asia, and other names of UTF-8, Latin-1 and ASCII, by
// the tables of the C library. XML_STATUS_ERROR: another one, or a system
// without the table; or another name of UTF-8, and then `data`, a std::string,
// is "UTF-8", with which reading has to begin again: expat takes no characters
// beyond U+FFFF from elsewhere. Any thread.
int OnUnknownEncoding(void* data, const XML_Char* name, XML_Encoding* encoding);

}  // namespace pawl::model

#endif  // PAWL_ENGINE_MODEL_XML_ENCODING_H_
