// Evaluations: what the expressions of one decision share: the work they may
// still do, and variables as they were parsed, each once.
#ifndef PAWL_ENGINE_CORE_EVALUATIONS_H_
#define PAWL_ENGINE_CORE_EVALUATIONS_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/container/btree_map.h"
#include "absl/status/status.h"
#include "base/ids.h"
#include "base/strings.h"
#include "engine/core/lookups.h"
#include "engine/value.h"
#include "schemas/event_generated.h"

namespace pawl::core {

class Evaluations {
 public:
  // `lookups` counts what scripts do.
  explicit Evaluations(Lookups* lookups) : lookups_(*lookups) {}
  Evaluations(const Evaluations&) = delete;
  Evaluations& operator=(const Evaluations&) = delete;

  Lookups& lookups() const { return lookups_; }

  void Spend(int64_t steps) { steps_ += steps; }
  // Which limit of one command they have reached; empty: none.
  std::string LimitReached() const;
  // ResourceExhausted when one is.
  absl::Status MayEvaluate() const;

  // The variable `name` of `scope`, whose text is `json`. It lives until the
  // variable is written again.
  const Value* Parsed(ElementKey scope, std::string_view name,
                      std::string_view json);
  // To be told of each write, so that nobody sees the value before it.
  void Forget(const fb::VariablesWrittenT& write);

 private:
  Lookups& lookups_;
  int64_t steps_ = 0;
  absl::btree_map<ElementKey, StringMap<std::unique_ptr<Value>>> parsed_;
};

}  // namespace pawl::core

#endif  // PAWL_ENGINE_CORE_EVALUATIONS_H_
