// Partitions with small processes deployed, and the logs that they wrote: what
// the fuzz targets start from. All of it is made by the engine itself, the same
// in every run.
#ifndef PAWL_TESTS_FUZZ_SAMPLE_H_
#define PAWL_TESTS_FUZZ_SAMPLE_H_

#include <memory>
#include <string>
#include <vector>

#include "engine/manual_driver.h"
#include "eventstore/memory_event_store.h"

namespace pawl::fuzz {

// Id of the process: fork to a service task, a user task and a timer, join, a
// script, a gateway with conditions that may fail.
inline constexpr char kSampleProcess[] = "sample";
// Types of its jobs.
inline constexpr char kSampleJob[] = "charge";

ManualDriver::Options SampleOptions();

// kWork has kSampleProcess; kEvents has that and the processes of
// events_model.h. Inputs that are remembered mean records of kWork's log by
// their number, so that one never changes.
enum class Sample { kWork, kEvents };

// A disk with the processes of `sample` deployed, on which nothing is open; a
// fresh copy each time. O(size of the copy).
std::shared_ptr<eventstore::MemoryDisk> SampleDisk(Sample sample);

// The records, position 1 first, of a log. kWork: instances were completed,
// cancelled, suspended, failed, and one still runs. kEvents: messages, signals,
// calls, loops, compensation, and instances that wait for each of them. Made
// once.
const std::vector<std::string>& SampleLog(Sample sample);

// Adds to `*records` what is in partition 0 of the store.
void ReadLog(const eventstore::EventStore& store,
             std::vector<std::string>* records);

}  // namespace pawl::fuzz

#endif  // PAWL_TESTS_FUZZ_SAMPLE_H_
