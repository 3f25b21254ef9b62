#include "engine/javascript_jobs.h"

#include <string>
#include <utility>

#include "xxhash.h"

namespace pawl {

JobHandler MakeJavaScriptHandler(
    std::shared_ptr<expression::script::JavaScript> javascript, Clock* clock) {
  return [javascript = std::move(javascript),
          clock](const Job& job) -> JobResult {
    // Every attempt of a job draws the same random numbers.
    const uint64_t key = job.key().value();
    auto result = javascript->Run(job.script(), job.variables(),
                                  XXH64(&key, sizeof(key), 0), clock->NowMs());
    if (!result.ok()) {
      return JobResult::Failed(std::string(result.status().message()))
          .NoRetry();
    }
    Variables written = std::move(result->written);
    if (!job.result_variable().empty()) {
      written[job.result_variable()] = std::move(result->value);
    }
    return written;
  };
}

}  // namespace pawl
