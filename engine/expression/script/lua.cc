#include "engine/expression/script/lua.h"

#include <locale.h>
#include <time.h>

#include <algorithm>
#include <memory>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/limits.h"
#include "base/strings.h"
#include "engine/expression/script/lua_pool.h"
#include "engine/expression/script/lua_run.h"

namespace pawl::expression::script {
namespace {

// What the error that ends a run carries.
char stop_mark;

// Steps of library functions between two looks at the clock.
constexpr int64_t kLookSteps = 4096;

// The chunk's name, which Lua puts before the line in its messages.
constexpr char kChunk[] = "=script";
constexpr std::string_view kChunkPrefix = "script:";

// Of a long string in Lua's memory, with the zero at its end.
constexpr size_t kStringHeaderBytes = 25;

int64_t NowNs(clockid_t clock) {
  timespec time;
  PAWL_CHECK_EQ(clock_gettime(clock, &time), 0);
  return int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

absl::Status Exhausted(std::string_view what, std::string_view limit,
                       int64_t value) {
  return absl::ResourceExhaustedError(
      absl::StrCat("Lua: ", ToAbsl(what), ", wanted at most ", ToAbsl(limit),
                   " (", value, ")"));
}

// Not OK when the run has no steps or no time left.
absl::Status Overdrawn(LuaRun* run) {
  if (run->steps_left < 0) {
    return Exhausted("more steps", "kLuaStepsMax", kLuaStepsMax);
  }
  run->look_steps = std::max<int64_t>(run->steps_left - kLookSteps, 0);
  const int64_t now = NowNs(CLOCK_MONOTONIC);
  if (now < run->look_ns) return absl::OkStatus();
  const int64_t cpu_left = run->cpu_end_ns - NowNs(CLOCK_THREAD_CPUTIME_ID);
  if (cpu_left <= 0) {
    return Exhausted("more processor time", "kLuaCpuMsMax", kLuaCpuMsMax);
  }
  run->look_ns = now + cpu_left;
  return absl::OkStatus();
}

// Strings compare and numbers print as in "C", whatever locale the program
// that we are part of has set.
class PlainLocale {
 public:
  PlainLocale() : former_(uselocale(Plain())) {}
  ~PlainLocale() { uselocale(former_); }
  PlainLocale(const PlainLocale&) = delete;
  PlainLocale& operator=(const PlainLocale&) = delete;

 private:
  static locale_t Plain() {
    static const locale_t plain = newlocale(LC_ALL_MASK, "C", locale_t{});
    PAWL_CHECK(plain != locale_t{});
    return plain;
  }
  const locale_t former_;
};

// Every kLuaHookSteps instructions; at every one once the run is stopped. What
// lies between here and Execute() are functions of Lua, which is C, and those
// of ours that call back into Lua: none of them has an object to destroy.
// Raising an error instead would let each <close> variable have its turn.
void Hook(lua_State* lua, lua_Debug*) {
  LuaRun* run = RunOf(lua);
  if (run->stopped.ok()) {
    run->steps_left -= kLuaHookSteps;
    run->stopped = Overdrawn(run);
  }
  if (!run->stopped.ok()) longjmp(run->out, 1);
}

// One Lua with its libraries, and a pool that it lives in.
class Machine {
 public:
  Machine();

  // The machine as it was built, for `run`.
  lua_State* Start(LuaRun* run) {
    PAWL_CHECK(run_ == nullptr) << "a script runs within a script";
    pool_.Restore();
    run_ = run;
    run->refs = refs_;
    *static_cast<LuaRun**>(lua_getextraspace(lua_)) = run;
    return lua_;
  }
  void End() { run_ = nullptr; }

  static Machine& OfThisThread() {
    thread_local const std::unique_ptr<Machine> machine =
        std::make_unique<Machine>();
    return *machine;
  }

 private:
  static void* Allocate(void* self, void* block, size_t old_size,
                        size_t new_size);
  void* Grow(void* block, size_t old_size, size_t new_size);
  static int Build(lua_State* lua);

  LuaPool pool_;
  lua_State* lua_ = nullptr;
  LuaRefs refs_;
  LuaRun* run_ = nullptr;
};

void* Machine::Allocate(void* self, void* block, size_t old_size,
                        size_t new_size) {
  Machine* machine = static_cast<Machine*>(self);
  if (new_size == 0) {
    machine->pool_.Free(block, old_size);
    return nullptr;
  }
  LuaRun* run = machine->run_;
  if (block == nullptr) {
    // The type of what is allocated.
    if (old_size == LUA_TSTRING && run != nullptr &&
        new_size > kLuaStringBytesMax + kStringHeaderBytes) {
      run->refused_string = true;
      return nullptr;
    }
    old_size = 0;
  }
  if (new_size <= old_size) {
    return machine->pool_.Resize(block, old_size, new_size);
  }
  return machine->Grow(block, old_size, new_size);
}

void* Machine::Grow(void* block, size_t old_size, size_t new_size) {
  if (run_ != nullptr) {
    run_->steps_left -= static_cast<int64_t>(new_size / 64);
    // Lua makes an error of this, and the hook the right one.
    if (run_->steps_left < 0) return nullptr;
  }
  if (pool_.live() - old_size + new_size <= kLuaMemoryMax) {
    void* grown = block == nullptr ? pool_.Allocate(new_size)
                                   : pool_.Resize(block, old_size, new_size);
    if (grown != nullptr) return grown;
  }
  if (run_ != nullptr) {
    // Lua collects all garbage now, then asks once more.
    run_->steps_left -= static_cast<int64_t>(pool_.live() / 256);
    run_->refused_string = false;
  }
  return nullptr;
}

Machine::Machine() {
  lua_ = lua_newstate(Allocate, this);
  PAWL_CHECK(lua_ != nullptr);
  LuaRun run;
  run_ = &run;
  *static_cast<LuaRun**>(lua_getextraspace(lua_)) = &run;
  lua_pushcfunction(lua_, Build);
  PAWL_CHECK_EQ(lua_pcall(lua_, 0, 0, 0), LUA_OK) << lua_tostring(lua_, -1);
  refs_ = run.refs;
  run_ = nullptr;
  lua_settop(lua_, 0);
  lua_gc(lua_, LUA_GCCOLLECT);
  lua_sethook(lua_, Hook, LUA_MASKCOUNT, kLuaHookSteps);
  pool_.Save();
}

int Machine::Build(lua_State* lua) {
  LuaRefs& refs = RunOf(lua)->refs;
  for (int* ref : {&refs.globals, &refs.library, &refs.read, &refs.list,
                   &refs.execution, &refs.nulls}) {
    lua_newtable(lua);
    *ref = luaL_ref(lua, LUA_REGISTRYINDEX);
  }
  lua_rawgeti(lua, LUA_REGISTRYINDEX, refs.library);
  AddBaseLibrary(lua);
  AddStringLibrary(lua);
  AddTableLibrary(lua);
  AddNumberLibraries(lua);
  AddVariables(lua);
  // A chunk's globals; the base library's own are gone with that.
  lua_rawgeti(lua, LUA_REGISTRYINDEX, refs.globals);
  lua_rawseti(lua, LUA_REGISTRYINDEX, LUA_RIDX_GLOBALS);
  lua_pushnil(lua);
  lua_setfield(lua, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);

  lua_rawgeti(lua, LUA_REGISTRYINDEX, refs.nulls);
  lua_newtable(lua);
  lua_pushliteral(lua, "k");
  lua_setfield(lua, -2, "__mode");
  lua_setmetatable(lua, -2);

  lua_rawgeti(lua, LUA_REGISTRYINDEX, refs.list);
  lua_pushliteral(lua, "list");
  lua_setfield(lua, -2, "__metatable");
  return 0;
}

struct Chunk {
  std::string_view pieces[2];
  int next = 0;
};

const char* ReadChunk(lua_State*, void* data, size_t* size) {
  Chunk* chunk = static_cast<Chunk*>(data);
  if (chunk->next == 2) return nullptr;
  const std::string_view piece = chunk->pieces[chunk->next++];
  *size = piece.size();
  // An empty piece would be the end.
  if (piece.empty()) return ReadChunk(nullptr, data, size);
  return piece.data();
}

// Whether `text` begins with a word that no expression begins with. An attempt
// to compile that fails costs as much as a small script.
bool IsStatement(std::string_view text) {
  const size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin == text.npos) return true;
  text.remove_prefix(begin);
  for (std::string_view word : {"return", "local", "if", "for", "while", "do",
                                "repeat", "goto", "break"}) {
    if (text.substr(0, word.size()) == word &&
        (text.size() == word.size() ||
         (!absl::ascii_isalnum(static_cast<unsigned char>(text[word.size()])) &&
          text[word.size()] != '_'))) {
      return true;
    }
  }
  return false;
}

// Pushes `text` compiled as statements.
void LoadStatements(lua_State* lua, std::string_view text) {
  Chunk statements{{text, ""}};
  if (lua_load(lua, ReadChunk, &statements, kChunk, "t") != LUA_OK) {
    lua_error(lua);
  }
}

// Pushes the compiled text: as an expression if it is one, else as statements.
void Load(lua_State* lua, std::string_view text) {
  if (IsStatement(text)) return LoadStatements(lua, text);
  Chunk expression{{"return ", text}};
  const int status = lua_load(lua, ReadChunk, &expression, kChunk, "t");
  if (status == LUA_OK) return;
  if (status != LUA_ERRSYNTAX) lua_error(lua);
  lua_pop(lua, 1);
  LoadStatements(lua, text);
}

// What runs under lua_pcall. Argument: the text.
int Compile(lua_State* lua) {
  Load(lua, *static_cast<const std::string_view*>(lua_touserdata(lua, 1)));
  return 0;
}

int Execute(lua_State* lua) {
  Compile(lua);
  lua_call(lua, 0, 1);
  RunOf(lua)->result.value = ToValue(lua, -1, "the script's value");
  return 0;
}

// The outermost function: knows the errors that end a run by their status.
int Guard(lua_State* lua) {
  const int status = lua_pcall(lua, 1, 0, 0);
  if (status == LUA_OK) return 0;
  StopAfter(lua, status);
  return lua_error(lua);
}

// `script:3: what` as `line 3: what`.
std::string WithLine(std::string_view message) {
  if (message.substr(0, kChunkPrefix.size()) == kChunkPrefix) {
    return absl::StrCat("line ", ToAbsl(message.substr(kChunkPrefix.size())));
  }
  return std::string(message);
}

absl::Status ToStatus(lua_State* lua, int status) {
  if (status == LUA_OK) return absl::OkStatus();
  std::string message;
  if (lua_type(lua, -1) == LUA_TSTRING) {
    message = WithLine(ToView(lua, -1));
    // Of Lua's stack, which is memory, or of nested calls to library functions.
    if (message.find("stack overflow") != message.npos) {
      return absl::ResourceExhaustedError(absl::StrCat("Lua: ", message));
    }
  } else {
    message = absl::StrCat("an error that is a ", luaL_typename(lua, -1),
                           ", wanted a string");
  }
  return absl::InvalidArgumentError(absl::StrCat("Lua: ", message));
}

// run->stopped is the outcome.
void Call(lua_State* lua, lua_CFunction function, std::string_view* text) {
  lua_pushcfunction(lua, Guard);
  lua_pushcfunction(lua, function);
  lua_pushlightuserdata(lua, text);
  const int status = lua_pcall(lua, 2, 0, 0);
  LuaRun* run = RunOf(lua);
  if (run->stopped.ok()) run->stopped = ToStatus(lua, status);
}

absl::Status RunFunction(lua_CFunction function, std::string_view text,
                         LuaRun* run) {
  if (text.size() > kExpressionBytesMax) {
    return absl::ResourceExhaustedError(
        absl::StrCat("Lua: a text of ", text.size(),
                     " bytes, wanted at most kExpressionBytesMax (",
                     kExpressionBytesMax, ")"));
  }
  const PlainLocale locale;
  Machine& machine = Machine::OfThisThread();
  lua_State* lua = machine.Start(run);
  run->cpu_end_ns = NowNs(CLOCK_THREAD_CPUTIME_ID) + kLuaCpuMsMax * 1'000'000;
  run->look_ns = NowNs(CLOCK_MONOTONIC) + kLuaCpuMsMax * 1'000'000;
  if (setjmp(run->out) == 0) Call(lua, function, &text);
  machine.End();
  return run->stopped;
}

}  // namespace

void RaiseStopped(lua_State* lua) {
  lua_pushlightuserdata(lua, &stop_mark);
  lua_error(lua);
  __builtin_unreachable();
}

void Stop(lua_State* lua, const absl::Status& status) {
  RunOf(lua)->stopped = status;
  // Whatever holds the error is ended at its next instruction.
  lua_sethook(lua, Hook, LUA_MASKCOUNT, 1);
  RaiseStopped(lua);
}

void Stop(lua_State* lua, std::string_view what, std::string_view limit,
          int64_t value) {
  Stop(lua, Exhausted(what, limit, value));
}

void Look(lua_State* lua) {
  if (absl::Status status = Overdrawn(RunOf(lua)); !status.ok()) {
    Stop(lua, status);
  }
}

void StopAfter(lua_State* lua, int status) {
  const LuaRun* run = RunOf(lua);
  if (!run->stopped.ok()) RaiseStopped(lua);
  if (status != LUA_ERRMEM) return;
  // The pool refuses everything once there are no steps left.
  if (run->steps_left < 0) Look(lua);
  if (run->refused_string) {
    Stop(lua, "a longer string", "kLuaStringBytesMax", kLuaStringBytesMax);
  }
  Stop(lua, "more memory", "kLuaMemoryMax", kLuaMemoryMax);
}

absl::Status CheckLua(std::string_view text) {
  LuaRun run;
  return RunFunction(Compile, text, &run);
}

absl::StatusOr<ScriptResult> RunLua(std::string_view text,
                                    const ScopeView& scope) {
  LuaRun run;
  run.scope = &scope;
  const absl::Status status = RunFunction(Execute, text, &run);
  // Making ready takes as long as some hundred steps.
  run.result.steps = kLuaHookSteps + kLuaStepsMax - run.steps_left;
  if (absl::IsResourceExhausted(status)) {
    // Also where it was memory or time: nobody could have taken more of it.
    return WithSteps(status, std::max(run.result.steps, kLuaStepsMax));
  }
  if (!status.ok()) return WithSteps(status, run.result.steps);
  return std::move(run.result);
}

}  // namespace pawl::expression::script
