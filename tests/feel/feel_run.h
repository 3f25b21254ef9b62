// What the property tests of FEEL share: an expression with its variables in,
// the text of its value out; and the seeds.
#ifndef PAWL_TESTS_FEEL_FEEL_RUN_H_
#define PAWL_TESTS_FEEL_FEEL_RUN_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/value.h"

namespace pawl::expression::feel {

// The value's text, or "error: ..." where there is none.
std::string FeelText(std::string_view text, const Variables& variables = {});

// PAWL_FEEL_SEED and PAWL_FEEL_RUNS of the environment, else these.
uint64_t FirstSeed();
int Runs(int usual);
// "repeat with: ...", for the message of a failure.
std::string Repeat(std::string_view test, uint64_t seed);

}  // namespace pawl::expression::feel

#endif  // PAWL_TESTS_FEEL_FEEL_RUN_H_
