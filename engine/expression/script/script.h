// ScriptResult under the name that the runners give it.
#ifndef PAWL_ENGINE_EXPRESSION_SCRIPT_SCRIPT_H_
#define PAWL_ENGINE_EXPRESSION_SCRIPT_SCRIPT_H_

#include "engine/expression/scope_view.h"

namespace pawl::expression::script {

using expression::ScriptResult;

}  // namespace pawl::expression::script

#endif  // PAWL_ENGINE_EXPRESSION_SCRIPT_SCRIPT_H_
