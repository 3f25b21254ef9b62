// The fuzz targets: what Pawl does with bytes that it didn't write. One
// function each, so that libFuzzer (fuzzer_main.cc) and the default suite
// (regression_test.cc) call the same code.
//
// A target never fails softly: a broken promise is a PAWL_CHECK, so that the
// fuzzer sees a crash. docs/testing.md, "Fuzzing", says how to run them.
#ifndef PAWL_TESTS_FUZZ_TARGETS_H_
#define PAWL_TESTS_FUZZ_TARGETS_H_

#include <string_view>

namespace pawl::fuzz {

// A BPMN file. What the parser calls sound must load.
void FuzzBpmnXml(std::string_view bytes);

// Records of the log: the bytes as one record; and as a recipe that damages
// some records of a sound log (record_recipe.h), which is then folded on every
// way that there is. DataLoss or Unimplemented, or a fold that all ways agree
// on.
void FuzzLogRecord(std::string_view bytes);

// Snapshots of an instance and of a partition, and the fold on top of them.
void FuzzSnapshot(std::string_view bytes);

// Commands with hostile fields, time and restarts, on a partition with a small
// process. Live state, caches and log must agree, and the log must verify.
void FuzzCommand(std::string_view bytes);

// An expression, a zero byte, and variables as JSON.
void FuzzCondition(std::string_view bytes);

// FEEL: an expression, a zero byte, and names that are known, a line each. What
// is read is printed, and read again as the same tree.
void FuzzFeelParse(std::string_view bytes);

// An expression of FEEL, a zero byte, and variables as JSON.
void FuzzFeelEval(std::string_view bytes);

// A script in Lua, a zero byte, and variables as JSON. Twice the same, within
// its limits, and the next script runs.
void FuzzLua(std::string_view bytes);

// A pattern of Lua, a zero byte, a replacement, a zero byte, and a text: find,
// match, gmatch and gsub give what Lua's own give.
void FuzzLuaPattern(std::string_view bytes);

// A scenario file; what can be read is run, on models of our own.
void FuzzScenario(std::string_view bytes);

}  // namespace pawl::fuzz

#endif  // PAWL_TESTS_FUZZ_TARGETS_H_
