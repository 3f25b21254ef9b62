#include "tests/feel/feel_run.h"

#include <cstdlib>

#include "engine/expression/feel/feel.h"

namespace pawl::expression::feel {

std::string FeelText(std::string_view text, const Variables& variables) {
  const auto outcome = EvaluateText(text, variables, {});
  if (!outcome.ok()) {
    return "error: " + std::string(outcome.status().message());
  }
  return outcome->text;
}

uint64_t FirstSeed() {
  const char* const given = std::getenv("PAWL_FEEL_SEED");
  return given == nullptr ? 1 : std::strtoull(given, nullptr, 10);
}

int Runs(int usual) {
  const char* const given = std::getenv("PAWL_FEEL_RUNS");
  return given == nullptr ? usual : std::atoi(given);
}

std::string Repeat(std::string_view test, uint64_t seed) {
  return "repeat with: bazel test //tests/feel:" + std::string(test) +
         " --test_env=PAWL_FEEL_RUNS=1 --test_env=PAWL_FEEL_SEED=" +
         std::to_string(seed);
}

}  // namespace pawl::expression::feel
