// What a model has around the work of a flow node: input and output mappings,
// execution listeners. Internal to engine/model.
#ifndef PAWL_ENGINE_MODEL_BPMN_MAPPING_H_
#define PAWL_ENGINE_MODEL_BPMN_MAPPING_H_

#include <memory>

#include "engine/model/bpmn_raw.h"

namespace pawl::model {

// camunda:inputOutput and zeebe:ioMapping, in this order.
void ParseMappings(const XmlNode& xml, const ParseContext& context,
                   fb::ElementT* element);

// camunda:in of a signal that the event `xml` throws: what it carries becomes
// the event's inputs, since a signal carries those.
void ParseSignalVariables(const XmlNode& xml, const XmlNode& definition,
                          const ParseContext& context, fb::ElementT* element);

// The variable that a camunda:in or camunda:out `one` of the call activity
// `xml` gives; null: something is wrong, which is reported.
std::unique_ptr<fb::MappingT> ParseCrossing(const XmlNode& xml,
                                            const XmlNode& one,
                                            const ParseContext& context);

// The script or expression of <camunda:executionListener> or <taskListener> of
// the element `xml`; null when it has none that can run, which is reported.
std::unique_ptr<fb::ScriptDefinitionT> ParseListenerScript(
    const XmlNode& xml, const XmlNode& listener, const ParseContext& context);

// camunda:executionListener and zeebe:executionListeners, in this order.
void ParseListeners(const XmlNode& xml, const ParseContext& context,
                    fb::ElementT* element);

}  // namespace pawl::model

#endif  // PAWL_ENGINE_MODEL_BPMN_MAPPING_H_
