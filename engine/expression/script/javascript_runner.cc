#include "engine/expression/script/javascript_runner.h"

#include <js/CallAndConstruct.h>
#include <js/CompilationAndEvaluation.h>
#include <js/ContextOptions.h>
#include <js/Date.h>
#include <js/ErrorReport.h>
#include <js/Exception.h>
#include <js/GCAPI.h>
#include <js/GlobalObject.h>
#include <js/Initialization.h>
#include <js/Interrupt.h>
#include <js/MapAndSet.h>
#include <js/Promise.h>
#include <js/PropertyAndElement.h>
#include <js/PropertyDescriptor.h>
#include <js/Realm.h>
#include <js/RealmOptions.h>
#include <js/SourceText.h>
#include <js/Stack.h>
#include <jsapi.h>
#include <jsfriendapi.h>
#include <signal.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "base/limits.h"
#include "engine/expression/script/javascript_values.h"
#include "engine/expression/script/limits.h"

namespace pawl::expression::script {
namespace {

// One process, one thread, one script at a time.
JSContext* context;

struct Variable {
  std::string json;
  // Not empty: why JavaScript can't hold it.
  std::string why_not;
};

struct Run {
  std::map<std::string, Variable, std::less<>> variables;
  // In the order of their first writing.
  std::vector<std::pair<std::string, std::string>> written;
  // Globals that every script has; no variable takes their place.
  std::set<std::string, std::less<>> builtins;
  double now_us = 0;
  uint64_t random = 0;
  // A Map of the variables that were read, so that a script which changes its
  // copy of one sees that later.
  JS::PersistentRootedObject read{context};
  long bytes_left = static_cast<long>(kVariablesBytesMax);
};

Run* run;
volatile sig_atomic_t time_is_up;

// --- Time -----------------------------------------------------------------

// Native code that never asks for interrupts, such as a regular expression, is
// ended this many times 10 ms later, with the process.
constexpr int kGraceTimes = 20;
std::string last_words;

void OnTimer(int) {
  time_is_up = time_is_up + 1;
  if (time_is_up > kGraceTimes) {
    (void)!write(STDOUT_FILENO, last_words.data(), last_words.size());
    _exit(0);
  }
  // Sets flags that mozjs looks at; safe in a signal handler.
  JS_RequestInterruptCallbackCanWait(context);
}

bool OnInterrupt(JSContext*) {
  if (time_is_up == 0) return true;
  // An error that no `catch` sees.
  return false;
}

// Again every 10 ms, for a script that gets its work done in pieces.
void SetTimer(int64_t ms) {
  const timeval first{static_cast<time_t>(ms / 1000),
                      static_cast<suseconds_t>(ms % 1000 * 1000)};
  const timeval again{0, ms == 0 ? 0 : 10'000};
  const itimerval timer{again, first};
  setitimer(ITIMER_PROF, &timer, nullptr);
}

double Now(double, JSContext*) { return run == nullptr ? 0 : run->now_us; }

// --- Promises -------------------------------------------------------------

// What promises wait for. mozjs has a queue of its own, but it can't be
// emptied: what one script leaves there would run in the next.
class Jobs : public JS::JobQueue {
 public:
  JSObject* getIncumbentGlobal(JSContext* cx) override {
    return JS::CurrentGlobalOrNull(cx);
  }
  bool enqueuePromiseJob(JSContext* cx, JS::HandleObject, JS::HandleObject job,
                         JS::HandleObject, JS::HandleObject) override {
    jobs_.emplace_back(cx, job);
    return true;
  }
  void runJobs(JSContext* cx) override {
    while (!jobs_.empty() && time_is_up == 0) {
      JS::RootedValue job(cx, JS::ObjectValue(*jobs_.front()));
      jobs_.pop_front();
      JS::RootedValue ignored(cx);
      if (!JS::Call(cx, JS::UndefinedHandleValue, job,
                    JS::HandleValueArray::empty(), &ignored)) {
        JS_ClearPendingException(cx);
      }
    }
  }
  bool empty() const override { return jobs_.empty(); }
  void Clear() { jobs_.clear(); }

 protected:
  // For debuggers.
  js::UniquePtr<SavedJobQueue> saveJobQueue(JSContext* cx) override {
    JS_ReportOutOfMemory(cx);
    return nullptr;
  }

 private:
  std::deque<JS::PersistentRootedObject> jobs_;
};

// Lives as long as the process.
Jobs* jobs;

// --- Functions that scripts call ------------------------------------------

bool Random(JSContext*, unsigned count, JS::Value* values) {
  JS::CallArgs args = JS::CallArgsFromVp(count, values);
  // SplitMix64, as everywhere in Pawl.
  uint64_t z = (run->random += 0x9e3779b97f4a7c15u);
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
  const auto it = run->variables.find(name);
  *found = it != run->variables.end();
  if (!*found) return true;
  if (!it->second.why_not.empty()) {
    JS_ReportErrorUTF8(cx, "variable '%s': %s", name.c_str(),
                       it->second.why_not.c_str());
    return false;
  }
  JS::RootedValue key_value(cx, JS::StringValue(key));
  if (!JS::MapGet(cx, run->read, key_value, out)) return false;
  if (!out.isUndefined()) return true;
  return FromJson(cx, it->second.json, out) &&
         JS::MapSet(cx, run->read, key_value, out);
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
  run->bytes_left -= static_cast<long>(name.size());
  std::string json;
  if (!AppendJson(cx, args[1], "variable '" + name + "'", &run->bytes_left,
                  &json)) {
    return false;
  }
  // Later reads are of what was written.
  run->variables[name] = Variable{json, ""};
  const auto it = std::find_if(run->written.begin(), run->written.end(),
                               [&](const auto& w) { return w.first == name; });
  if (it == run->written.end()) {
    run->written.emplace_back(name, std::move(json));
  } else {
    it->second = std::move(json);
  }
  bool ignored_result = false;
  if (!JS::MapDelete(cx, run->read, args[0], &ignored_result)) return false;
  if (run->builtins.find(name) == run->builtins.end()) {
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
  if (run == nullptr || !id.isString()) return true;
  JS::RootedString string(cx, id.toString());
  std::string name;
  JS::UniqueChars chars = JS_EncodeStringToUTF8(cx, string);
  if (chars == nullptr) return false;
  name = chars.get();
  JS::RootedValue value(cx);
  if (!ReadVariable(cx, string, name, resolved, &value)) return false;
  if (!*resolved) return true;
  return JS_DefinePropertyById(cx, global, id, value, JSPROP_ENUMERATE);
}

// --- Realms ---------------------------------------------------------------

JSObject* NewGlobal() {
  static const JSClassOps kOps = {
      nullptr, nullptr, nullptr, nullptr, Resolve,
      nullptr, nullptr, nullptr, nullptr, JS_GlobalObjectTraceHook};
  static const JSClass kClass = {
      "global", JSCLASS_GLOBAL_FLAGS, &kOps, nullptr, nullptr, nullptr};
  JS::RealmOptions options;
  options.creationOptions()
      .setSharedMemoryAndAtomicsEnabled(false)
      .setWeakRefsEnabled(JS::WeakRefSpecifier::Disabled);
  return JS_NewGlobalObject(context, &kClass, nullptr, JS::FireOnNewGlobalHook,
                            options);
}

// The globals of every script; the realm is entered.
bool AddGlobals(JS::HandleObject global) {
  JSContext* cx = context;
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
         JS_DefineFunction(cx, execution, "getVariable", GetVariable, 1, 0) !=
             nullptr &&
         JS_DefineFunction(cx, execution, "setVariable", SetVariable, 2, 0) !=
             nullptr;
}

bool ListBuiltins(JS::HandleObject global) {
  JS::RootedIdVector ids(context);
  if (!js::GetPropertyKeys(context, global, JSITER_OWNONLY | JSITER_HIDDEN,
                           &ids)) {
    return false;
  }
  for (size_t i = 0; i < ids.length(); ++i) {
    if (!ids[i].isString()) continue;
    JS::RootedString string(context, ids[i].toString());
    JS::UniqueChars name = JS_EncodeStringToUTF8(context, string);
    if (name != nullptr) run->builtins.emplace(name.get());
  }
  return true;
}

bool Evaluate(const std::string& text, bool compile_only,
              JS::MutableHandleValue value) {
  JS::CompileOptions options(context);
  options.setFileAndLine("script", 1);
  JS::SourceText<mozilla::Utf8Unit> source;
  if (!source.init(context, text.data(), text.size(),
                   JS::SourceOwnership::Borrowed)) {
    return false;
  }
  if (compile_only) {
    return JS::Compile(context, options, source) != nullptr;
  }
  if (!JS::Evaluate(context, options, source, value)) return false;
  // What promises wait for.
  jobs->runJobs(context);
  return time_is_up == 0;
}

JavaScriptMessage Exhausted(const std::string& what) {
  return {"exhausted", "JavaScript: " + what};
}

JavaScriptMessage TimeIsUp() {
  return Exhausted("more processor time, wanted at most kJavaScriptCpuMsMax (" +
                   std::to_string(kJavaScriptCpuMsMax) + ")");
}

// What went wrong, from the error that is pending.
JavaScriptMessage Failure() {
  if (time_is_up != 0) {
    JS_ClearPendingException(context);
    return TimeIsUp();
  }
  std::string message = "no error";
  JS::ExceptionStack exception(context);
  if (JS::StealPendingExceptionStack(context, &exception)) {
    JS::ErrorReportBuilder report(context);
    if (report.init(context, exception,
                    JS::ErrorReportBuilder::NoSideEffects)) {
      message = report.toStringResult().c_str();
      if (const unsigned line = report.report()->lineno; line > 0) {
        message = "line " + std::to_string(line) + ": " + message;
      }
    }
  }
  JS_ClearPendingException(context);
  if (run->bytes_left < 0) {
    return Exhausted(
        "the script's value and what it wrote are larger, wanted "
        "at most kVariablesBytesMax (" +
        std::to_string(kVariablesBytesMax) + ")");
  }
  if (message.find("out of memory") != message.npos ||
      message.find("allocation size overflow") != message.npos) {
    return Exhausted("more memory, wanted at most kJavaScriptMemoryMax (" +
                     std::to_string(kJavaScriptMemoryMax) + "); " + message);
  }
  if (message.find("too much recursion") != message.npos) {
    return Exhausted("a deeper stack, wanted at most kJavaScriptStackMax (" +
                     std::to_string(kJavaScriptStackMax) + "); " + message);
  }
  constexpr size_t kMessageShown = 1000;
  if (message.size() > kMessageShown) {
    // At the start of a character.
    size_t end = kMessageShown;
    while ((message[end] & 0xC0) == 0x80) --end;
    message.resize(end);
  }
  return {"invalid", "JavaScript: " + message};
}

JavaScriptMessage RunInRealm(const JavaScriptMessage& request) {
  JS::RootedObject global(context, NewGlobal());
  if (global == nullptr) return Failure();
  JSAutoRealm realm(context, global);
  run->read = JS::NewMapObject(context);
  if (run->read == nullptr || !AddGlobals(global) || !ListBuiltins(global))
    return Failure();
  const bool compile_only = request[0] == "check";
  JS::RootedValue value(context);
  JavaScriptMessage answer = {"ok", ""};
  if (!Evaluate(request[1], compile_only, &value) ||
      !AppendJson(context, value, "the script's value", &run->bytes_left,
                  &answer[1])) {
    return Failure();
  }
  for (auto& [name, json] : run->written) {
    answer.push_back(name);
    answer.push_back(std::move(json));
  }
  return answer;
}

}  // namespace

bool StartJavaScript() {
  // For dates without an offset; mozjs would look for the machine's.
  setenv("TZ", "UTC", 1);
  JS::DisableJitBackend();
  if (!JS_Init()) return false;
  context = JS_NewContext(kJavaScriptMemoryMax);
  if (context == nullptr || !JS::InitSelfHostedCode(context)) return false;
  jobs = new Jobs;
  JS::SetJobQueue(context, jobs);
  last_words = Encode(TimeIsUp());
  JS_SetNativeStackQuota(context, kJavaScriptStackMax);
  JS_AddInterruptCallback(context, OnInterrupt);
  JS::SetReduceMicrosecondTimePrecisionCallback(Now);
  struct sigaction action = {};
  action.sa_handler = OnTimer;
  action.sa_flags = SA_RESTART;
  sigaction(SIGPROF, &action, nullptr);
  // What mozjs makes at first use, files of the machine among it.
  const JavaScriptMessage answer =
      Answer({"run",
              "JSON.stringify([new Date().toString(), 'a'.localeCompare('b'), "
              "(1.5).toLocaleString(), /(a|b)+$/u.test('ab'), 'x'.normalize(), "
              "Math.random(), [3, 1].sort()])",
              "1", "0"});
  return answer[0] == "ok";
}

JavaScriptMessage Answer(const JavaScriptMessage& request) {
  if (request.size() < 4 || request.size() % 3 != 1) {
    return {"invalid", "JavaScript: got no request"};
  }
  Run this_run;
  this_run.random = std::strtoull(request[2].c_str(), nullptr, 10);
  this_run.now_us = 1000 * std::strtod(request[3].c_str(), nullptr);
  for (size_t i = 4; i < request.size(); i += 3) {
    this_run.variables[request[i]] = {request[i + 1], request[i + 2]};
  }
  run = &this_run;
  time_is_up = 0;
  SetTimer(kJavaScriptCpuMsMax);
  JavaScriptMessage answer = RunInRealm(request);
  SetTimer(0);
  jobs->Clear();
  // The realm is garbage now.
  static int runs = 0;
  if (++runs % 16 == 0) JS_GC(context);
  run = nullptr;
  return answer;
}

}  // namespace pawl::expression::script
