// What a picture is made of: the shapes and edges of a file's diagrams, each
// with what its BPMN element says about how it looks. Plain data, made by
// ReadDiagrams (diagram_read.h); whoever draws sees no XML.
#ifndef PAWL_REPLAY_RENDER_DIAGRAM_H_
#define PAWL_REPLAY_RENDER_DIAGRAM_H_

#include <optional>
#include <string>
#include <vector>

#include "replay/render/geometry.h"

namespace pawl::replay {

enum class ShapeKind {
  // BPMN's element isn't known, or isn't in the file.
  kUnknown,
  kEvent,
  kActivity,
  kGateway,
  kPool,
  kLane,
  kData,
  kDataStore,
  kAnnotation,
  kGroup,
  kMessage,
  kConversation,
  kChoreography,
  // A participant's part of a choreography activity.
  kBand,
};

enum class EventPosition { kStart, kCatch, kThrow, kBoundary, kEnd };

enum class EventSymbol {
  kNone,
  kMessage,
  kTimer,
  kEscalation,
  kConditional,
  kLink,
  kError,
  kCancel,
  kCompensation,
  kSignal,
  kMultiple,
  kParallelMultiple,
  kTerminate,
};

enum class ActivityKind {
  kTask,
  kSubProcess,
  kTransaction,
  kEventSubProcess,
  kCall,
};

enum class TaskSymbol {
  kNone,
  kUser,
  kManual,
  kService,
  kScript,
  kBusinessRule,
  kSend,
  kReceive,
};

enum class LoopMarker { kNone, kStandard, kParallel, kSequential };

enum class GatewaySymbol {
  kNone,
  kExclusive,
  kInclusive,
  kParallel,
  kComplex,
  kEvent,
  kStartEvent,
  kStartParallelEvent,
};

enum class DataRole { kObject, kInput, kOutput };

// How a label is written; of a bpmndi:BPMNLabelStyle.
struct LabelFont {
  double size = 11;
  bool bold = false;
  bool italic = false;
};

struct Label {
  std::string text;
  // Where the diagram wants it. Width or height may be 0: only a place.
  std::optional<Bounds> bounds;
  LabelFont font;
};

// What any element may have. Colours are "#rrggbb" or empty.
struct Look {
  // Of the BPMN element, or of the shape where it names none. Never empty.
  std::string id;
  // Name of the BPMN element: "userTask"; empty when it isn't in the file.
  std::string tag;
  Label label;
  std::string stroke;
  std::string fill;
};

struct Shape : Look {
  ShapeKind kind = ShapeKind::kUnknown;
  Bounds bounds;
  // Elements of BPMN around it: what is deeper is drawn later.
  int depth = 0;

  // Of events; a boundary or start event may let go on what it is at.
  EventPosition position = EventPosition::kStart;
  EventSymbol event = EventSymbol::kNone;
  bool interrupting = true;
  // The activity that a boundary event is at.
  std::string host;

  // Of activities, conversations and choreographies.
  ActivityKind activity = ActivityKind::kTask;
  TaskSymbol task = TaskSymbol::kNone;
  LoopMarker loop = LoopMarker::kNone;
  bool for_compensation = false;
  bool ad_hoc = false;
  bool expanded = false;
  // A receive task that starts its process.
  bool instantiates = false;
  // Conversations and choreographies that have others in them.
  bool compound = false;
  // Ones that call another.
  bool calls = false;

  GatewaySymbol gateway = GatewaySymbol::kNone;

  // Of pools and lanes: the title stands at the left, not at the top.
  bool horizontal = true;
  // Nothing of what is inside is shown.
  bool black_box = false;
  // Of a pool: several of its kind.
  bool multiple = false;

  DataRole data = DataRole::kObject;
  bool collection = false;

  // Of a message or a band: it doesn't begin the exchange, it is grey.
  bool answers = false;
  // Of a band: an envelope hangs at it.
  bool has_message = false;
  bool is_top = false;
};

enum class EdgeKind {
  kUnknown,
  kSequence,
  kMessage,
  kAssociation,
  kDataAssociation,
  kConversation,
};

enum class Envelope { kNone, kBegins, kAnswers };

struct Edge : Look {
  EdgeKind kind = EdgeKind::kUnknown;
  // Two at least.
  std::vector<Point> line;
  bool conditional = false;
  bool is_default = false;
  // Arrow heads of associations.
  bool at_source = false;
  bool at_target = false;
  Envelope envelope = Envelope::kNone;
};

struct Diagram {
  // Of the bpmndi:BPMNDiagram; may be empty.
  std::string id;
  std::string name;
  // The element whose inside it shows.
  std::string plane;
  // In the order of the file.
  std::vector<Shape> shapes;
  std::vector<Edge> edges;
  // What could not be drawn, and why: "flow_1: no waypoints".
  std::vector<std::string> left_out;
};

}  // namespace pawl::replay

#endif  // PAWL_REPLAY_RENDER_DIAGRAM_H_
