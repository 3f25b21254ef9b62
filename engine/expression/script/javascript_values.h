// Values between JavaScript and JSON: what a variable can't hold exactly is
// refused, never changed. Internal to the process that runs JavaScript.
#ifndef PAWL_ENGINE_EXPRESSION_SCRIPT_JAVASCRIPT_VALUES_H_
#define PAWL_ENGINE_EXPRESSION_SCRIPT_JAVASCRIPT_VALUES_H_

#include <jsapi.h>

#include <cstddef>
#include <string>
#include <string_view>

namespace pawl::expression::script {

// JSON of `value`, appended. False, with an error pending, for what no variable
// holds; the message begins with `what`. *bytes_left is what results may still
// take; below 0 the message names the limit.
bool AppendJson(JSContext* cx, JS::HandleValue value, const std::string& what,
                long* bytes_left, std::string* out);

// The value of JSON text.
bool FromJson(JSContext* cx, std::string_view json, JS::MutableHandleValue out);

// UTF-8 of `string`. False, with an error pending, for a lone surrogate.
bool ToUtf8(JSContext* cx, JS::HandleString string, const std::string& what,
            std::string* out);

}  // namespace pawl::expression::script

#endif  // PAWL_ENGINE_EXPRESSION_SCRIPT_JAVASCRIPT_VALUES_H_
