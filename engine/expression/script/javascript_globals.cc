#include "engine/expression/script/javascript_globals.h"

#include <js/GlobalObject.h>
#include <js/MapAndSet.h>
#include <js/PropertyAndElement.h>
#include <js/PropertyDescriptor.h>
#include <js/RealmOptions.h>
#include <jsfriendapi.h>

#include <algorithm>

#include "engine/expression/script/javascript_values.h"

namespace pawl::expression::script {
namespace {

bool Random(JSContext* cx, unsigned count, JS::Value* values) {
  JS::CallArgs args = JS::CallArgsFromVp(count, values);
  // SplitMix64, as everywhere in Pawl.
  uint64_t z = (RunOf(cx)->random += 0x9e3779b97f4a7c15u);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  z ^= z >> 31;
  args.rval().setDouble(static_cast<double>(z >> 11) * 0x1p-53);
  return true;
}

bool Print(JSContext*, unsigned count, JS::Value* values) {
  JS::CallArgsFromVp(count, values).rval().setUndefined();
  return true;
}

bool ReadVariable(JSContext* cx, JS::HandleString key, const std::string& name,
                  bool* found, JS::MutableHandleValue out) {
  const auto it = RunOf(cx)->variables.find(name);
  *found = it != RunOf(cx)->variables.end();
  if (!*found) return true;
  if (!it->second.why_not.empty()) {
    JS_ReportErrorUTF8(cx, "variable '%s': %s", name.c_str(),
                       it->second.why_not.c_str());
    return false;
  }
  JS::RootedValue key_value(cx, JS::StringValue(key));
  if (!JS::MapGet(cx, RunOf(cx)->read, key_value, out)) return false;
  if (!out.isUndefined()) return true;
  return FromJson(cx, it->second.json, out) &&
         JS::MapSet(cx, RunOf(cx)->read, key_value, out);
}

// args[0] as a name; false with an error pending.
bool ReadName(JSContext* cx, const JS::CallArgs& args, const char* function,
              std::string* name) {
  if (args.length() == 0 || !args[0].isString()) {
    JS_ReportErrorUTF8(cx, "execution.%s: wanted a name in quotation marks",
                       function);
    return false;
  }
  JS::RootedString string(cx, args[0].toString());
  return ToUtf8(cx, string, std::string("execution.") + function, name);
}

bool HasVariable(JSContext* cx, unsigned count, JS::Value* values) {
  JS::CallArgs args = JS::CallArgsFromVp(count, values);
  std::string name;
  if (!ReadName(cx, args, "hasVariable", &name)) return false;
  args.rval().setBoolean(RunOf(cx)->variables.count(name) > 0);
  return true;
}

bool GetVariable(JSContext* cx, unsigned count, JS::Value* values) {
  JS::CallArgs args = JS::CallArgsFromVp(count, values);
  std::string name;
  if (!ReadName(cx, args, "getVariable", &name)) return false;
  bool found = false;
  JS::RootedString key(cx, args[0].toString());
  if (!ReadVariable(cx, key, name, &found, args.rval())) return false;
  if (!found) args.rval().setNull();
  return true;
}

bool SetVariable(JSContext* cx, unsigned count, JS::Value* values) {
  JS::CallArgs args = JS::CallArgsFromVp(count, values);
  std::string name;
  if (!ReadName(cx, args, "setVariable", &name)) return false;
  if (name.empty() || name.size() > kNameBytesMax || args.length() < 2) {
    JS_ReportErrorUTF8(cx,
                       "execution.setVariable: wanted a name of 1 to "
                       "kNameBytesMax bytes, and a value");
    return false;
  }
  RunOf(cx)->bytes_left -= static_cast<long>(name.size());
  std::string json;
  if (!AppendJson(cx, args[1], "variable '" + name + "'",
                  &RunOf(cx)->bytes_left, &json)) {
    return false;
  }
  // Later reads are of what was written.
  RunOf(cx)->variables[name] = JavaScriptVariable{json, ""};
  const auto it =
      std::find_if(RunOf(cx)->written.begin(), RunOf(cx)->written.end(),
                   [&](const auto& w) { return w.first == name; });
  if (it == RunOf(cx)->written.end()) {
    RunOf(cx)->written.emplace_back(name, std::move(json));
  } else {
    it->second = std::move(json);
  }
  bool ignored_result = false;
  if (!JS::MapDelete(cx, RunOf(cx)->read, args[0], &ignored_result))
    return false;
  if (RunOf(cx)->builtins.find(name) == RunOf(cx)->builtins.end()) {
    JS::RootedObject global(cx, JS::CurrentGlobalOrNull(cx));
    JS::RootedString string(cx, args[0].toString());
    JS::RootedId id(cx);
    JS::ObjectOpResult ignored;
    if (!JS_StringToId(cx, string, &id) ||
        !JS_DeletePropertyById(cx, global, id, ignored)) {
      return false;
    }
  }
  args.rval().setUndefined();
  return true;
}

// A global that isn't there yet: a variable, perhaps.
bool Resolve(JSContext* cx, JS::HandleObject global, JS::HandleId id,
             bool* resolved) {
  *resolved = false;
  // While the globals of every script are made, no variable is in their way.
  if (RunOf(cx) == nullptr || RunOf(cx)->builtins.empty() || !id.isString()) {
    return true;
  }
  JS::RootedString string(cx, id.toString());
  JS::UniqueChars name = JS_EncodeStringToUTF8(cx, string);
  if (name == nullptr) return false;
  JS::RootedValue value(cx);
  if (!ReadVariable(cx, string, name.get(), resolved, &value)) return false;
  if (!*resolved) return true;
  return JS_DefinePropertyById(cx, global, id, value, JSPROP_ENUMERATE);
}

// Remembers the names of the globals that are there.
bool ListBuiltins(JSContext* cx, JS::HandleObject global) {
  JS::RootedIdVector ids(cx);
  if (!js::GetPropertyKeys(cx, global, JSITER_OWNONLY | JSITER_HIDDEN, &ids)) {
    return false;
  }
  for (size_t i = 0; i < ids.length(); ++i) {
    if (!ids[i].isString()) continue;
    JS::RootedString string(cx, ids[i].toString());
    JS::UniqueChars name = JS_EncodeStringToUTF8(cx, string);
    if (name != nullptr) RunOf(cx)->builtins.emplace(name.get());
  }
  return true;
}

}  // namespace

JSObject* NewGlobal(JSContext* cx) {
  static const JSClassOps kOps = {
      nullptr, nullptr, nullptr, nullptr, Resolve,
      nullptr, nullptr, nullptr, nullptr, JS_GlobalObjectTraceHook};
  static const JSClass kClass = {
      "global", JSCLASS_GLOBAL_FLAGS, &kOps, nullptr, nullptr, nullptr};
  JS::RealmOptions options;
  options.creationOptions()
      .setSharedMemoryAndAtomicsEnabled(false)
      .setWeakRefsEnabled(JS::WeakRefSpecifier::Disabled);
  return JS_NewGlobalObject(cx, &kClass, nullptr, JS::FireOnNewGlobalHook,
                            options);
}

bool AddGlobals(JSContext* cx, JS::HandleObject global) {
  RunOf(cx)->read = JS::NewMapObject(cx);
  if (RunOf(cx)->read == nullptr) return false;
  if (!JS::InitRealmStandardClasses(cx)) return false;
  // Depends on the machine's languages.
  if (!JS_DeleteProperty(cx, global, "Intl")) return false;
  JS::RootedValue math(cx);
  if (!JS_GetProperty(cx, global, "Math", &math)) return false;
  JS::RootedObject math_object(cx, &math.toObject());
  if (JS_DefineFunction(cx, math_object, "random", Random, 0, 0) == nullptr ||
      JS_DefineFunction(cx, global, "print", Print, 0, 0) == nullptr) {
    return false;
  }
  JS::RootedObject console(cx,
                           JS_DefineObject(cx, global, "console", nullptr, 0));
  if (console == nullptr) return false;
  for (const char* name : {"log", "info", "warn", "error", "debug"}) {
    if (JS_DefineFunction(cx, console, name, Print, 0, 0) == nullptr) {
      return false;
    }
  }
  JS::RootedObject execution(
      cx, JS_DefineObject(cx, global, "execution", nullptr, 0));
  return execution != nullptr &&
         JS_DefineFunction(cx, execution, "hasVariable", HasVariable, 1, 0) !=
             nullptr &&
         JS_DefineFunction(cx, execution, "getVariable", GetVariable, 1, 0) !=
             nullptr &&
         JS_DefineFunction(cx, execution, "setVariable", SetVariable, 2, 0) !=
             nullptr &&
         ListBuiltins(cx, global);
}

}  // namespace pawl::expression::script
