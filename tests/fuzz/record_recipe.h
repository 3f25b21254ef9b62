// A recipe: bytes that say how to damage a sound log. Flipping bytes at random
// hardly ever leaves a record that FlatBuffers' verifier lets through; a recipe
// reaches what comes after it.
#ifndef PAWL_TESTS_FUZZ_RECORD_RECIPE_H_
#define PAWL_TESTS_FUZZ_RECORD_RECIPE_H_

#include <string>
#include <vector>

#include "tests/fuzz/byte_source.h"

namespace pawl::fuzz {

// Carries out the steps that `recipe` holds, kRecipeStepsMax at most:
// overwritten bytes, records lost, doubled, swapped or replaced, events moved
// between records, numbers changed. After "mend" the sequences of all records
// fit their events again, so that the events themselves are what is wrong.
std::vector<std::string> ApplyRecipe(std::vector<std::string> log,
                                     ByteSource* recipe);

}  // namespace pawl::fuzz

#endif  // PAWL_TESTS_FUZZ_RECORD_RECIPE_H_
