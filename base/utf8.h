// UTF-8 validation: texts of users become JSON, XML and log records, and a
// malformed one would be found out much later, by somebody else's reader.
// Source: RFC 3629, Unicode 15 table 3-7.
#ifndef PAWL_BASE_UTF8_H_
#define PAWL_BASE_UTF8_H_

#include <cstddef>
#include <string>
#include <string_view>

namespace pawl {

// Offset of the first byte that begins no well-formed character (overlong
// forms, surrogates and code points over U+10FFFF are malformed), or
// std::string_view::npos when all of `text` is UTF-8. O(n), 8 bytes at a time
// over ASCII.
size_t FindInvalidUtf8(std::string_view text);

// The longest beginning of `text` that has at most `bytes_max` bytes and
// doesn't end inside of a character.
std::string_view CutUtf8(std::string_view text, size_t bytes_max);

// `bytes` with U+FFFD for each byte that is part of no well-formed character.
std::string ReplaceInvalidUtf8(std::string_view bytes);

}  // namespace pawl

#endif  // PAWL_BASE_UTF8_H_
