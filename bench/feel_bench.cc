// FEEL: a condition and a filter on bound variables, a parse. Counts what is
// allocated; a condition must ask for nothing once its thread is warm.
//
//   bazel run -c opt //bench:feel_bench
#include <atomic>
#include <cstdlib>
#include <new>
#include <string>

#include "base/check.h"
#include "benchmark/benchmark.h"
#include "engine/expression/feel/feel.h"
#include "engine/expression/scope_view.h"
#include "engine/value.h"

namespace {

std::atomic<int64_t> g_allocations{0};

void* Allocate(size_t bytes) {
  g_allocations.fetch_add(1, std::memory_order_relaxed);
  void* const memory = std::malloc(bytes == 0 ? 1 : bytes);
  if (memory == nullptr) std::abort();
  return memory;
}

}  // namespace

void* operator new(size_t bytes) { return Allocate(bytes); }
void* operator new[](size_t bytes) { return Allocate(bytes); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, size_t) noexcept { std::free(memory); }

namespace pawl::bench {
namespace {

using expression::VariablesView;
using expression::feel::CompileText;
using expression::feel::EvaluateConditionIn;
using expression::feel::EvaluateIn;
using expression::feel::Program;

constexpr char kCondition[] = "amount > 100 and status = \"approved\"";
constexpr char kFilter[] = "items[item > 500]";
// 200 characters, of the kind that decisions have.
constexpr char kLong[] =
    "if applicant.age >= 18 and applicant.income * 12 > loan.amount / "
    "loan.years then sum(loan.fees[rate < 0.05].total) + max(loan.base, 250) "
    "else (loan.amount - applicant.deposit) ** 2 / 1000 + 12.5 * 100";
static_assert(sizeof(kLong) == 200 + 1);

Program Compiled(const char* text) {
  auto program = CompileText(text);
  PAWL_CHECK_OK(program.status());
  return *std::move(program);
}

Variables Usual() {
  Value::List items;
  for (int i = 1; i <= 1000; ++i) items.push_back(i);
  return {{"orderId", "A-1"},
          {"amount", 120},
          {"status", "approved"},
          {"items", std::move(items)}};
}

// Allocations in a run of the loop's body.
class Counted {
 public:
  explicit Counted(benchmark::State* state)
      : state_(*state), before_(g_allocations.load()) {}
  ~Counted() {
    state_.counters["allocations"] =
        static_cast<double>(g_allocations.load() - before_) /
        static_cast<double>(state_.iterations());
  }

 private:
  benchmark::State& state_;
  const int64_t before_;
};

void Condition(benchmark::State& state) {
  const Program program = Compiled(kCondition);
  const Variables variables = Usual();
  const VariablesView scope(variables);
  PAWL_CHECK(*EvaluateConditionIn(program, scope));
  const int64_t before = g_allocations.load();
  for (int i = 0; i < 1000; ++i) {
    benchmark::DoNotOptimize(EvaluateConditionIn(program, scope));
  }
  PAWL_CHECK(g_allocations.load() == before)
      << g_allocations.load() - before << " allocations in 1000 evaluations";
  const Counted counted(&state);
  for (auto _ : state) {
    benchmark::DoNotOptimize(EvaluateConditionIn(program, scope));
  }
}
BENCHMARK(Condition);

// The whole result as a value that a variable can hold.
void Filter1000(benchmark::State& state) {
  const Program program = Compiled(kFilter);
  const Variables variables = Usual();
  const VariablesView scope(variables);
  PAWL_CHECK(EvaluateIn(program, scope, nullptr)->size() == 500);
  const Counted counted(&state);
  for (auto _ : state) {
    benchmark::DoNotOptimize(EvaluateIn(program, scope, nullptr));
  }
}
BENCHMARK(Filter1000)->Unit(benchmark::kMicrosecond);

void FilterCount1000(benchmark::State& state) {
  const Program program = Compiled("count(items[item > 500]) > 100");
  const Variables variables = Usual();
  const VariablesView scope(variables);
  PAWL_CHECK(*EvaluateConditionIn(program, scope));
  const Counted counted(&state);
  for (auto _ : state) {
    benchmark::DoNotOptimize(EvaluateConditionIn(program, scope));
  }
}
BENCHMARK(FilterCount1000)->Unit(benchmark::kMicrosecond);

void Parse200(benchmark::State& state) {
  const Counted counted(&state);
  for (auto _ : state) {
    auto program = CompileText(kLong);
    PAWL_CHECK_OK(program.status());
    benchmark::DoNotOptimize(program);
  }
}
BENCHMARK(Parse200)->Unit(benchmark::kMicrosecond);

// Compiled each time, as who has no compiled form must.
void ConditionFromText(benchmark::State& state) {
  const Variables variables = Usual();
  const VariablesView scope(variables);
  for (auto _ : state) {
    benchmark::DoNotOptimize(EvaluateConditionIn(Compiled(kCondition), scope));
  }
}
BENCHMARK(ConditionFromText);

}  // namespace
}  // namespace pawl::bench

BENCHMARK_MAIN();
