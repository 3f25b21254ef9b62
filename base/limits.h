// Every bound of Pawl in one place, each with its reason. A limit that is hit
// gives ResourceExhausted or InvalidArgument naming the constant, or, in a
// running process, an incident of type `limit`. Each has a test at its edge.
#ifndef PAWL_BASE_LIMITS_H_
#define PAWL_BASE_LIMITS_H_

#include <cstddef>
#include <cstdint>

namespace pawl {

// --- Models ---------------------------------------------------------------
// The largest real model known to us is under 2 MB; the parser keeps the whole
// source in memory and in the deployment event.
inline constexpr size_t kModelBytesMax = 16u << 20;
// XML elements nested; real models stay under 30 even with diagrams.
inline constexpr int kXmlDepthMax = 256;
// XML elements of one file, the diagram left out: ten for each node and flow of
// the largest process. Bounds the tree at about 150 MB, which 16 MB of "<a/>"
// would exceed four times.
inline constexpr size_t kXmlNodesMax = 1'000'000;
// Flow nodes and flows of one process: indexes in events are 32 bit, but a
// model of this size is a generated mistake.
inline constexpr size_t kModelElementsMax = 100'000;
// Nodes of a scope for each flow into its inclusive joins and complex gateways,
// which say from where a token can reach the flow: 8 MB of memory, and under a
// second to work them out. Ten thousand elements never come near it.
inline constexpr size_t kJoinReachBitsMax = 64u << 20;
// Problems listed for one file before the parser gives up; people fix the
// first few.
inline constexpr size_t kModelProblemsMax = 100;

// --- Expressions and values -------------------------------------------------
// Length of one expression's text.
inline constexpr size_t kExpressionBytesMax = 64u << 10;
// Nesting of an expression: the parser recurses, so this bounds its stack.
inline constexpr int kExpressionDepthMax = 200;
// Nesting of a JSON value.
inline constexpr int kValueDepthMax = 200;
// JSON text of the variables of one command; they are copied into an event.
inline constexpr size_t kVariablesBytesMax = 4u << 20;
// Text of one number. Amounts and measurements stay under 40 digits; a longer
// one is kept as written, but expressions only take 34 digits.
inline constexpr size_t kNumberBytesMax = 1024;
// Exponent of a number, either sign: decimal128 ends at 6144, and comparing
// two numbers adds exponents.
inline constexpr int kNumberExponentMax = 999'999;
// Work of one evaluation: a node is one step, comparing texts or lists one for
// each entry and each 64 bytes. A million take some 20 ms, so that no condition
// can hold a partition.
inline constexpr int64_t kExpressionStepsMax = 1'000'000;
// Length of a variable's name, a key, a worker's or a user's name.
inline constexpr size_t kNameBytesMax = 4096;
// Runs of one multi-instance activity: each is state in memory while it runs,
// and the record that ends them all at once must stay below kRecordBytesMax.
inline constexpr size_t kLoopRunsMax = 100'000;
// Elements that one command, or one list of a model, begins in an ad-hoc
// sub-process: all of them begin in one record.
inline constexpr size_t kAdHocElementsMax = 1000;
// How long the id of a published message is remembered at least: retries of a
// publisher come within a day.
inline constexpr int64_t kMessageIdKeptMs = int64_t{24} * 60 * 60 * 1000;
// How long what was sent along a message flow waits for its receiver: pools
// that belong together are started on one day.
inline constexpr int64_t kMessageFlowKeptMs = int64_t{24} * 60 * 60 * 1000;

// --- Execution --------------------------------------------------------------
// Elements activated by one command before the engine stops with an incident
// `limit`: a cycle without a wait state would never return. Resolving the
// incident grants as many again.
inline constexpr int kActivationsPerCommandMax = 10'000;
// Steps of scripts (ScriptResult::steps) that one command may take in the same
// way, a quarter of a second: ten thousand activations with a script each would
// keep a partition from everybody else.
inline constexpr int64_t kScriptStepsPerCommandMax = 20'000'000;
// Steps of all expressions (as kExpressionStepsMax counts them) of one command,
// some 0.2 s: thousands of activations, or mappings, with a million steps each
// would keep a partition from everybody else for minutes.
inline constexpr int64_t kExpressionStepsPerCommandMax = 10'000'000;
// Steps of deciding whether inclusive joins and complex gateways may fire, in
// words of such sets and activations looked at, some 0.1 s: more than a hundred
// times all that kJoinReachBitsMax allows.
inline constexpr int64_t kJoinStepsPerCommandMax = 200'000'000;
// Growth of a backoff from one failure to the next; a thousandfold is past any
// use already at the third.
inline constexpr uint32_t kBackoffFactorMax = 1000;
// Bytes of variables that scripts write in one command before the engine stops
// in the same way: the command's record holds every write.
inline constexpr size_t kWrittenBytesPerCommandMax = 16u << 20;
// Retries that a model or a worker may ask for.
inline constexpr int kRetriesMax = 1'000'000;
// Lists and maps inside a mapping, and entries of its target's path.
inline constexpr int kMappingDepthMax = 32;
// Call activities inside one another. A process that calls itself without end
// stops here, instead of filling the store.
inline constexpr uint32_t kCallDepthMax = 100;
// Backoff, lock time and timers up to 1000 years, so that adding to a present
// time stays far from the end of int64 milliseconds.
inline constexpr int64_t kDurationMsMax =
    int64_t{1000} * 366 * 24 * 3600 * 1000;

// --- Log --------------------------------------------------------------------
// 13 bits of a key (base/ids.h).
inline constexpr int kPartitionsMax = 1 << 13;
// One record; a larger one can't be read back within the memory that a reader
// plans for.
inline constexpr size_t kRecordBytesMax = 64u << 20;

// Records of one round together; it is one write, held in memory twice.
inline constexpr size_t kRoundBytesMax = 256u << 20;
// Partitions of one store: each has a column family with a memtable of its own,
// and all of them share the one 4 KiB slot of the mark.
inline constexpr int kStorePartitionsMax = 128;
// Rounds that wait are merged into one write up to this size; more gains
// nothing over the disk's own speed.
inline constexpr size_t kLogWriteBytesMax = 8u << 20;
// A key in the caches; RocksDB would take 8 MB, ours are names and numbers.
inline constexpr size_t kCacheKeyBytesMax = 64u << 10;

// --- Shell ------------------------------------------------------------------
// A round ends after this many records or bytes: enough that the sync's cost is
// spread thin, few enough that a caller waits for little besides its own.
inline constexpr size_t kRoundRecordsMax = 1024;
inline constexpr size_t kRoundBytesTarget = 1u << 20;
// Rounds decided but not yet durable: one syncs while the next is decided. More
// would only make the unsynced state longer.
inline constexpr size_t kRoundsUnsyncedMax = 2;
// Timers and other due work of one round, and ready jobs given to handlers: the
// rest of the round belongs to callers.
inline constexpr size_t kDuePerRoundMax = 256;
inline constexpr size_t kPullsPerRoundMax = 256;
// Commands that wait for their round; a caller who doesn't wait for answers
// hears ResourceExhausted rather than fill the memory.
inline constexpr size_t kQueuedCommandsMax = 65'536;
// Jobs of one fetch: all are locked in one round.
inline constexpr int kFetchJobsMax = 1000;
// Jobs in one handler's hands.
inline constexpr int kHandlerInFlightMax = 1'000'000;
// What a failed script says; longer messages are cut. Each is kept twice, with
// the result and in the incident.
inline constexpr size_t kScriptMessageBytesMax = 4096;
// Text of a failure or a reason; longer ones are cut.
inline constexpr size_t kMessageBytesMax = 64u << 10;
// Rounds that a driver without threads runs before it says that the work never
// ends, as with a timer loop whose date is past.
inline constexpr int kIdleRoundsMax = 100'000;

// --- Scenarios --------------------------------------------------------------
// A file of scenarios; a thousand long ones are under a megabyte.
inline constexpr size_t kScenarioBytesMax = 4u << 20;
// YAML nodes of one file once aliases are followed, some 2,000 scenarios: a few
// lines of nested aliases would otherwise stand for billions.
inline constexpr size_t kScenarioNodesMax = 200'000;

}  // namespace pawl

#endif  // PAWL_BASE_LIMITS_H_
