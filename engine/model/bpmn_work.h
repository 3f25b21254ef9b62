// What a task does when a token arrives: a job, an expression, a task for
// people. Reads the attributes of both Camunda dialects and ours. Internal to
// engine/model.
#ifndef PAWL_ENGINE_MODEL_BPMN_WORK_H_
#define PAWL_ENGINE_MODEL_BPMN_WORK_H_

#include "engine/model/bpmn_raw.h"

namespace pawl::model {

// Whether the task or throwing message event `xml` names who does its work.
// `definition`: its messageEventDefinition, where camunda and pawl attributes
// stand; of a task the task itself.
bool HasImplementation(const XmlNode& xml, const XmlNode& definition);

// Fill element->job, ->script or ->user_task from the task `xml`, whose id and
// kind `element` already has. Faults are reported to the context's problems.
void ParseServiceTask(const XmlNode& xml, const ParseContext& context,
                      fb::ElementT* element);
void ParseScriptTask(const XmlNode& xml, const ParseContext& context,
                     fb::ElementT* element);
void ParseUserTask(const XmlNode& xml, const ParseContext& context,
                   fb::ElementT* element);

// The job or expression of a throwing message event.
void ParseEventWork(const XmlNode& xml, const XmlNode& definition,
                    const ParseContext& context, fb::ElementT* element);

// A job of this type, an expression; null retries: the default.
std::unique_ptr<fb::JobDefinitionT> MakeJob(const XmlNode& xml,
                                            const ParseContext& context,
                                            std::string_view type,
                                            const std::string* retries);

// Refuses the extensions of `xml` that the tables of coverage.h refuse, and
// attributes in our own namespace that don't exist there.
void CheckExtensions(const XmlNode& xml, const ParseContext& context);

}  // namespace pawl::model

#endif  // PAWL_ENGINE_MODEL_BPMN_WORK_H_
