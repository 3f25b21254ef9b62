// GenerateProcess: a random process that deploys, from a source of chance. The
// same draws give the same process, bit for bit.
#ifndef PAWL_TESTS_PROPERTY_PROCESS_GENERATOR_H_
#define PAWL_TESTS_PROPERTY_PROCESS_GENERATOR_H_

#include <cstddef>
#include <string>
#include <vector>

#include "tests/property/process_graph.h"
#include "tests/support/random.h"

namespace pawl::property {

struct GeneratorOptions {
  std::string process_id = "p";
  // Of the ids in it: those of a file differ.
  std::string id_prefix;
  // Blocks (sequence, choice, fork and join, loop) nested in each other: every
  // instance can end, every fork is joined. Otherwise any node may lead to any
  // other but the start: forks that are never joined, joins that starve,
  // several tokens in one element, cycles, no start event, conditions and
  // default flows where they don't count.
  bool structured = true;
  // Unstructured only. False: every cycle passes a node that waits outside.
  // True: one process in four may have others, and a token in one goes round
  // until the engine's limit stops it; records then are megabytes.
  bool busy_cycles = false;
  // Messages, signals, escalations, conditions, event sub-processes and event
  // gateways.
  bool events = true;
  // With those, starts by a message, a signal, a time or a condition beside the
  // none start event. Of processes that are deployed together one may start by
  // each message.
  bool event_starts = true;
  // With those, some have no none start event: only an event starts them, or
  // what instantiates in the place of one.
  bool only_event_starts = false;
  // Some more of what sends and waits for messages.
  bool is_pool = false;
  // Structured only. A start event beside the none start event, by
  // kPoolMessage.
  bool pool_start = false;
  // Structured only. A process to be called by call activities; empty: none is.
  std::string called;
  // Structured only. Some end with an error or escalation for who calls them.
  bool throws = false;
  // Some timers have a date, soon after a clock that begins at 1,000,000, or
  // fire for ever (cron).
  bool dates = false;
  // About how many nodes, 3 or more.
  size_t nodes = 12;
};

ProcessGraph GenerateProcess(const GeneratorOptions& options, Random* random);

// Draws message flows between two processes, some in each direction, and what
// their ends say for it; only the second one may be started by one. Their ids
// differ.
std::vector<MessageFlow> ConnectPools(ProcessGraph* first, ProcessGraph* second,
                                      Random* random);

}  // namespace pawl::property

#endif  // PAWL_TESTS_PROPERTY_PROCESS_GENERATOR_H_
