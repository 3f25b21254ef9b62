// Limits of scripts, beside those that all expressions share (base/limits.h:
// kExpressionBytesMax for the text, kVariablesBytesMax and kValueDepthMax for
// what goes in and out, kNameBytesMax for names). A script that reaches one
// ends with ResourceExhausted, naming it.
#ifndef PAWL_ENGINE_EXPRESSION_SCRIPT_LIMITS_H_
#define PAWL_ENGINE_EXPRESSION_SCRIPT_LIMITS_H_

#include <cstddef>
#include <cstdint>

#include "base/limits.h"

namespace pawl::expression::script {

// --- Lua
// ---------------------------------------------------------------------- Work
// of one run: an instruction of Lua's machine is a step, and what a library
// function does in one instruction counts as well: a step for each element,
// each comparison of a pattern with a character, each 64 bytes copied or
// allocated. Two million take about 25 ms, which a partition can spare; a
// script over a list of 100,000 entries fits.
inline constexpr int64_t kLuaStepsMax = 2'000'000;
// Memory of one run, everything in it: the variables that it reads, its stack
// and its compiled text. A list of 100,000 small contexts takes about 12 MB.
inline constexpr size_t kLuaMemoryMax = 16u << 20;
// Address space of the pool that this memory comes from. Freed blocks are used
// again only for their own size, so a table that grows by doubling leaves as
// much behind as it takes.
inline constexpr size_t kLuaPoolBytes = 3 * kLuaMemoryMax;
// One string: what a variable may be. Comparing two longer ones would take
// milliseconds in one instruction.
inline constexpr size_t kLuaStringBytesMax = kVariablesBytesMax;
// Processor time of one run. Only scripts that look for slow instructions get
// here before they have used up their steps: comparing strings of 4 MB, asking
// an emptied table of a million slots for its first entry.
inline constexpr int64_t kLuaCpuMsMax = 250;
// Lists and contexts within each other, of a variable that a script writes: the
// record keeps all of them in a context of its own.
inline constexpr int kLuaWrittenDepthMax = kValueDepthMax - 1;
// Instructions between two looks at the steps and the clock: at 1 ms for the
// slowest of them, a run is over its time by a tenth of a second at most.
inline constexpr int kLuaHookSteps = 100;
// Matches of a pattern within each other, as in Lua itself: each takes some 200
// bytes of C++ stack.
inline constexpr int kLuaPatternDepthMax = 200;

// --- JavaScript --------------------------------------------------------------
// Processor time of one run, start-up not counted. The engine waits for no
// script, so it may take longer than Lua's; without a compiler (which would
// need memory that is writable and executable) a loop does some 20 million
// steps in it.
inline constexpr int64_t kJavaScriptCpuMsMax = 500;
// Wall-clock time after which the child process is killed, whatever it does:
// one that has used up its processor time has said so by then, even on a
// machine with fifty busy processes for each core.
inline constexpr int64_t kJavaScriptWallMsMax = 30'000;
// Memory that a child may take beyond what it has after start-up: the address
// space of the process, so that no allocation is missed. mozjs's own cap on its
// heap leaves out most of what a script can allocate.
inline constexpr size_t kJavaScriptMemoryMax = 96u << 20;
// C++ stack of a script; deeper recursion is an error of the script.
inline constexpr size_t kJavaScriptStackMax = 512u << 10;
// One message between engine and child: variables of kVariablesBytesMax, the
// text, names and lengths.
inline constexpr size_t kJavaScriptMessageMax = kVariablesBytesMax + (1u << 20);
// Scripts that one child runs before another takes its place: what fragments
// its memory doesn't add up.
inline constexpr int kJavaScriptRunsMax = 500;
// Children that wait for the next script; others end after theirs.
inline constexpr size_t kJavaScriptIdleMax = 2;

}  // namespace pawl::expression::script

#endif  // PAWL_ENGINE_EXPRESSION_SCRIPT_LIMITS_H_
