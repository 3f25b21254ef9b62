// A small process with every kind of wait state, a partition that has it
// deployed, and a log that it wrote: what the fuzz targets start from. All of
// it is made by the engine itself, the same in every run.
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

// A disk with kSampleProcess deployed, on which nothing is open; a fresh copy
// each time. O(size of the copy).
std::shared_ptr<eventstore::MemoryDisk> SampleDisk();

// The records, position 1 first, of a log in which instances were completed,
// cancelled, suspended, failed, and one still runs. Made once.
const std::vector<std::string>& SampleLog();

// Adds to `*records` what is in partition 0 of the store.
void ReadLog(const eventstore::EventStore& store,
             std::vector<std::string>* records);

}  // namespace pawl::fuzz

#endif  // PAWL_TESTS_FUZZ_SAMPLE_H_
