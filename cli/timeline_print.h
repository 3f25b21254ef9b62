// A timeline on the console; `history` and `run` print alike.
#ifndef PAWL_CLI_TIMELINE_PRINT_H_
#define PAWL_CLI_TIMELINE_PRINT_H_

#include "cli/command.h"
#include "replay/timeline.h"

namespace pawl::cli {

// One line: position, time, what happened. JSON when the context says so.
void PrintEntry(const Context& context, const replay::TimelineEntry& entry,
                InstanceKey instance);

}  // namespace pawl::cli

#endif  // PAWL_CLI_TIMELINE_PRINT_H_
