#include "engine/expression/el/error.h"

#include "absl/strings/str_cat.h"
#include "base/strings.h"

namespace pawl::expression::el {
namespace {

// Long enough for any condition that people write by hand.
constexpr size_t kShownBytesMax = 200;

constexpr char kNeedsJava[] = "pawl.dev/needs-java";

}  // namespace

absl::Status ErrorAt(absl::StatusCode code, std::string_view text,
                     size_t offset, std::string_view message) {
  size_t shown = text.size();
  if (shown > kShownBytesMax) {
    shown = kShownBytesMax;
    // Not in the middle of a character.
    while (shown > 0 &&
           (static_cast<unsigned char>(text[shown]) & 0xC0) == 0x80) {
      --shown;
    }
  }
  return absl::Status(
      code, absl::StrCat("expression '", ToAbsl(text.substr(0, shown)),
                         shown < text.size() ? "...'" : "'", ", offset ",
                         offset, ": ", ToAbsl(message)));
}

absl::Status NeedsJavaAt(std::string_view text, size_t offset,
                         std::string_view message) {
  absl::Status status =
      ErrorAt(absl::StatusCode::kInvalidArgument, text, offset, message);
  status.SetPayload(kNeedsJava, absl::Cord());
  return status;
}

bool NeedsJava(const absl::Status& status) {
  return status.GetPayload(kNeedsJava).has_value();
}

}  // namespace pawl::expression::el
