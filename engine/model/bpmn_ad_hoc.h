// Ad-hoc sub-processes in BPMN XML (BPMN 2.0.2, 10.3.5). Internal to
// engine/model.
#ifndef PAWL_ENGINE_MODEL_BPMN_AD_HOC_H_
#define PAWL_ENGINE_MODEL_BPMN_AD_HOC_H_

#include "engine/model/bpmn_raw.h"
#include "engine/model/bpmn_xml.h"
#include "schemas/model_generated.h"

namespace pawl::model {

// Reads what `xml`, an adHocSubProcess, says of how it runs.
void ParseAdHoc(const XmlNode& xml, const ParseContext& context,
                fb::ElementT* element);

// What BPMN allows inside of ad-hoc sub-processes.
void CheckAdHocs(const ParseContext& context, const RawProcess& process);

}  // namespace pawl::model

#endif  // PAWL_ENGINE_MODEL_BPMN_AD_HOC_H_
