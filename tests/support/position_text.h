// Whether a message names a place of the log.
#ifndef PAWL_TESTS_SUPPORT_POSITION_TEXT_H_
#define PAWL_TESTS_SUPPORT_POSITION_TEXT_H_

#include <cstddef>
#include <string>
#include <string_view>

#include "base/ids.h"

namespace pawl {

// True when "0:1" stands in `text`; "0:12" doesn't name it.
inline bool NamesPosition(std::string_view text, Position position) {
  const std::string place = "0:" + std::to_string(position);
  const auto is_digit = [&](size_t i) {
    return i < text.size() && text[i] >= '0' && text[i] <= '9';
  };
  for (size_t at = text.find(place); at != text.npos;
       at = text.find(place, at + 1)) {
    if (!is_digit(at + place.size()) && (at == 0 || !is_digit(at - 1))) {
      return true;
    }
  }
  return false;
}

}  // namespace pawl

#endif  // PAWL_TESTS_SUPPORT_POSITION_TEXT_H_
