// What a script finds in its realm: the globals that it has, and its variables.
// Internal to the process that runs JavaScript.
#ifndef PAWL_ENGINE_EXPRESSION_SCRIPT_JAVASCRIPT_GLOBALS_H_
#define PAWL_ENGINE_EXPRESSION_SCRIPT_JAVASCRIPT_GLOBALS_H_

#include <jsapi.h>

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/limits.h"

namespace pawl::expression::script {

struct JavaScriptVariable {
  std::string json;
  // Not empty: why JavaScript can't hold it.
  std::string why_not;
};

// One run of a script. Exists while a realm is entered for it.
struct JavaScriptRun {
  explicit JavaScriptRun(JSContext* cx) : read(cx) {}

  std::map<std::string, JavaScriptVariable, std::less<>> variables;
  // In the order of their first writing.
  std::vector<std::pair<std::string, std::string>> written;
  // Globals that every script has; no variable takes their place.
  std::set<std::string, std::less<>> builtins;
  double now_us = 0;
  uint64_t random = 0;
  // A Map of the variables that were read, so that a script which changes its
  // copy of one sees that later.
  JS::PersistentRootedObject read;
  long bytes_left = static_cast<long>(kVariablesBytesMax);
};

// The run of a context, nullptr between two.
inline JavaScriptRun* RunOf(JSContext* cx) {
  return static_cast<JavaScriptRun*>(JS_GetContextPrivate(cx));
}

// A global object without anything in it, in a realm of its own; names that it
// lacks are looked for among the run's variables. Null, with an error pending.
JSObject* NewGlobal(JSContext* cx);

// Adds the globals of every script; its realm is entered.
bool AddGlobals(JSContext* cx, JS::HandleObject global);

}  // namespace pawl::expression::script

#endif  // PAWL_ENGINE_EXPRESSION_SCRIPT_JAVASCRIPT_GLOBALS_H_
