// What a user task has beside its assignment: listeners, and the form that a
// person fills in; a start event may have a form, too. Internal to
// engine/model.
#ifndef PAWL_ENGINE_MODEL_BPMN_TASK_H_
#define PAWL_ENGINE_MODEL_BPMN_TASK_H_

#include "engine/model/bpmn_raw.h"

namespace pawl::model {

// camunda:taskListener and zeebe:taskListeners, in this order, into
// element->user_task.
void ParseTaskListeners(const XmlNode& xml, const ParseContext& context,
                        fb::ElementT* element);

// Keys, references and fields of both Camunda dialects into element->form;
// nothing where there is none.
void ParseForm(const XmlNode& xml, fb::ElementT* element);

}  // namespace pawl::model

#endif  // PAWL_ENGINE_MODEL_BPMN_TASK_H_
