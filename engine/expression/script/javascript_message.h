// Messages between the engine and the process that runs JavaScript. Internal to
// both.
//
// A message is a list of byte strings, each behind its length, behind the
// length of all; lengths are 32 bits, little endian.
//   to the child:  "run" or "check", text, seed, milliseconds since 1970,
//                  then for each variable: name, JSON, ""
//                  or, when JavaScript can't hold it: name, "", why
//   to the engine: "ok", JSON of the value, then for each variable written:
//                  name, JSON
//                  or an error: "invalid" or "exhausted", message
#ifndef PAWL_ENGINE_EXPRESSION_SCRIPT_JAVASCRIPT_MESSAGE_H_
#define PAWL_ENGINE_EXPRESSION_SCRIPT_JAVASCRIPT_MESSAGE_H_

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace pawl::expression::script {

using JavaScriptMessage = std::vector<std::string>;

inline void AppendLength(size_t length, std::string* out) {
  const uint32_t bytes = static_cast<uint32_t>(length);
  out->append(reinterpret_cast<const char*>(&bytes), sizeof(bytes));
}

inline uint32_t ReadLength(std::string_view bytes) {
  uint32_t length;
  std::memcpy(&length, bytes.data(), sizeof(length));
  return length;
}

// With the length of all in front.
inline std::string Encode(const JavaScriptMessage& message) {
  size_t size = 0;
  for (const std::string& part : message) size += 4 + part.size();
  std::string out;
  out.reserve(4 + size);
  AppendLength(size, &out);
  for (const std::string& part : message) {
    AppendLength(part.size(), &out);
    out += part;
  }
  return out;
}

// Without the length in front. False: no message.
inline bool Decode(std::string_view bytes, JavaScriptMessage* message) {
  message->clear();
  while (!bytes.empty()) {
    if (bytes.size() < 4) return false;
    const uint32_t length = ReadLength(bytes);
    bytes.remove_prefix(4);
    if (bytes.size() < length) return false;
    message->emplace_back(bytes.substr(0, length));
    bytes.remove_prefix(length);
  }
  return true;
}

}  // namespace pawl::expression::script

#endif  // PAWL_ENGINE_EXPRESSION_SCRIPT_JAVASCRIPT_MESSAGE_H_
