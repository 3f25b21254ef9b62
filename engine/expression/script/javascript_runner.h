// Runs scripts on mozjs, in the process that is nothing else: each in a realm
// of its own. Internal to that process.
#ifndef PAWL_ENGINE_EXPRESSION_SCRIPT_JAVASCRIPT_RUNNER_H_
#define PAWL_ENGINE_EXPRESSION_SCRIPT_JAVASCRIPT_RUNNER_H_

#include "engine/expression/script/javascript_message.h"

namespace pawl::expression::script {

// Starts mozjs, once, and lets it load all that it may need. False: it can't.
bool StartJavaScript();

// The answer to a request. Never fails; a run that takes too much memory may
// end the process instead.
JavaScriptMessage Answer(const JavaScriptMessage& request);

}  // namespace pawl::expression::script

#endif  // PAWL_ENGINE_EXPRESSION_SCRIPT_JAVASCRIPT_RUNNER_H_
