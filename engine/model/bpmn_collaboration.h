// Pools and message flows of a file (BPMN 2.0.2, 9), and lanes (10.8). Internal
// to engine/model; docs/adr/0028-message-flows.md says what a flow delivers.
#ifndef PAWL_ENGINE_MODEL_BPMN_COLLABORATION_H_
#define PAWL_ENGINE_MODEL_BPMN_COLLABORATION_H_

#include <map>
#include <string>
#include <vector>

#include "engine/model/bpmn_raw.h"

namespace pawl::model {

// What goes along the message flow of an element.
struct MessageOnFlow {
  // Empty: the element has no flow that delivers.
  std::string name;
  // The message element; null: the name is made.
  const XmlNode* declared = nullptr;
  // Whether the message goes along the flow as such (fb::MessageDefinition's
  // along_flow); false where it is waited for by a key of the sender's.
  bool delivers = false;
};

class Collaboration {
 public:
  // Reads the collaborations below `definitions`. `context` has its ids, and
  // must outlive this.
  Collaboration(const XmlNode& definitions, const ParseContext& context);

  MessageOnFlow Of(const XmlNode& element) const;
  // Throws along a flow to what waits for it.
  bool Sends(const XmlNode& element) const { return sends_.contains(&element); }
  bool Takes(const XmlNode& element) const { return takes_.contains(&element); }

  // Advice about flows that could deliver and don't.
  void Advise() const;

  // What belongs to the process: pools and flows.
  void Keep(const XmlNode& process, fb::ProcessT* model) const;

 private:
  struct Flow {
    const XmlNode* xml = nullptr;
    // Elements or participants; null: the file has no such thing.
    const XmlNode* source = nullptr;
    const XmlNode* target = nullptr;
    const XmlNode* source_process = nullptr;
    const XmlNode* target_process = nullptr;
    bool delivers = false;
    // Why it doesn't although both ends are elements; empty: one isn't.
    std::string why;
  };

  void ReadFlow(const XmlNode& xml);
  void Connect(Flow* flow);
  const XmlNode* ProcessAt(const XmlNode* end) const;
  const XmlNode* HolderAt(const XmlNode& element);

  const ParseContext& context_;
  std::map<const XmlNode*, const XmlNode*> process_of_;
  // By process.
  std::map<const XmlNode*, std::vector<const XmlNode*>> pools_of_;
  std::vector<Flow> flows_;
  // What has the messageRef of an element at the end of a flow, or null.
  std::map<const XmlNode*, const XmlNode*> holders_;
  // Indexes by process.
  std::map<const XmlNode*, std::vector<size_t>> flows_of_;
  std::map<const XmlNode*, MessageOnFlow> sends_;
  std::map<const XmlNode*, MessageOnFlow> takes_;
};

// As Collaboration's, of the file; false and nothing without one.
MessageOnFlow FlowMessage(const XmlNode& element, const ParseContext& context);
bool SendsAlongFlow(const XmlNode& element, const ParseContext& context);
bool TakesFromFlow(const XmlNode& element, const ParseContext& context);

// The lanes of the process and of the sub-processes in it; members are elements
// of `model`.
void KeepLanes(const XmlNode& process, const ParseContext& context,
               fb::ProcessT* model);

}  // namespace pawl::model

#endif  // PAWL_ENGINE_MODEL_BPMN_COLLABORATION_H_
