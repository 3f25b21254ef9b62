// The engine's own handler of jobs that run a JavaScript of a model. Private to
// engine/.
#ifndef PAWL_ENGINE_JAVASCRIPT_JOBS_H_
#define PAWL_ENGINE_JAVASCRIPT_JOBS_H_

#include <memory>

#include "engine/clock.h"
#include "engine/expression/script/javascript.h"
#include "engine/job.h"

namespace pawl {

// Runs the job's script with its variables; gives its value as the result
// variable, and what it sets. A script that fails has no attempt left: it would
// fail the same way again. `clock` must outlive the handler. Thread-safe.
JobHandler MakeJavaScriptHandler(
    std::shared_ptr<expression::script::JavaScript> javascript, Clock* clock);

}  // namespace pawl

#endif  // PAWL_ENGINE_JAVASCRIPT_JOBS_H_
