// Types as FEEL texts name them: `instance of`, function parameters. Internal
// to FEEL. Source: DMN 1.4, 10.3.2.9 and rules 54 to 59.
#ifndef PAWL_ENGINE_EXPRESSION_FEEL_TYPE_H_
#define PAWL_ENGINE_EXPRESSION_FEEL_TYPE_H_

#include <cstdint>
#include <string>
#include <vector>

namespace pawl::expression::feel {

struct Type {
  enum class Kind : uint8_t {
    kAny,
    kNull,
    kBoolean,
    kNumber,
    kString,
    kDate,
    kTime,
    kDateTime,
    kDaysTime,
    kYearsMonths,
    // Elements: one type.
    kList,
    kRange,
    // Members: `names` and as many types.
    kContext,
    // Parameters, and the result last.
    kFunction,
  };
  Kind kind = Kind::kAny;
  std::vector<std::string> names;
  std::vector<Type> types;
};

}  // namespace pawl::expression::feel

#endif  // PAWL_ENGINE_EXPRESSION_FEEL_TYPE_H_
