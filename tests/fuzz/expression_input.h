// What the fuzz targets of expressions and scripts share: how an input is read,
// and what a refusal may be.
#ifndef PAWL_TESTS_FUZZ_EXPRESSION_INPUT_H_
#define PAWL_TESTS_FUZZ_EXPRESSION_INPUT_H_

#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "base/check.h"
#include "engine/value.h"

namespace pawl::fuzz {

// Up to the first zero byte, and what is behind it.
inline std::pair<std::string_view, std::string_view> CutAtZero(
    std::string_view bytes) {
  const size_t end = bytes.find('\0');
  if (end == bytes.npos) return {bytes, {}};
  return {bytes.substr(0, end), bytes.substr(end + 1)};
}

// Something of each kind, for inputs that bring no variables.
inline const Variables& UsualVariables() {
  static const Variables* const variables = new Variables(*Variables::FromJson(
      R"({"n":3,"x":-1.50,"big":1e6144,"small":1e-6143,"text":"abc",)"
      R"("yes":true,"no":false,"none":null,"list":[1,2,[3]],"?":5,)"
      R"("monthly fee":2,"rows":[{"a":1,"b":"x"},{"a":2,"b":"y"}],)"
      R"("map":{"a":{"b":[{"c":1}]}},)"
      R"("long":1234567890123456789012345678901234567890})"));
  return *variables;
}

// A text, a zero byte, and variables as JSON.
struct ExpressionInput {
  explicit ExpressionInput(std::string_view bytes)
      : text(CutAtZero(bytes).first),
        given(Variables::FromJson(CutAtZero(bytes).second)) {}
  const Variables& variables() const {
    return given.ok() ? *given : UsualVariables();
  }

  std::string_view text;
  absl::StatusOr<Variables> given;
};

// A refusal says that the input is wrong, or names a limit.
inline void CheckRefusal(const absl::Status& status) {
  PAWL_CHECK(absl::IsInvalidArgument(status) ||
             absl::IsResourceExhausted(status))
      << status;
}

// What an expression gives becomes a variable, and is read again.
inline void CheckReadAgain(const Value& value) {
  const absl::StatusOr<Value> read = Value::FromJson(value.ToJson());
  PAWL_CHECK_OK(read.status());
  PAWL_CHECK(read->ToJson() == value.ToJson());
}

}  // namespace pawl::fuzz

#endif  // PAWL_TESTS_FUZZ_EXPRESSION_INPUT_H_
