// Characters of UTF-8 text that may be damaged. Internal to replay/render.
#ifndef PAWL_REPLAY_RENDER_UTF8_H_
#define PAWL_REPLAY_RENDER_UTF8_H_

#include <string>
#include <string_view>

namespace pawl::replay {

inline constexpr char32_t kReplacementCharacter = 0xFFFD;
inline constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

// Takes the first character off `*text`, which isn't empty; U+FFFD for a byte
// that begins none (overlong forms and surrogates are none).
char32_t TakeCharacter(std::string_view* text);

// The bytes of each character, in order.
std::u32string Characters(std::string_view text);

std::string Utf8(const std::u32string& characters);

}  // namespace pawl::replay

#endif  // PAWL_REPLAY_RENDER_UTF8_H_
