// RandomLife: an engine on a disk in memory with a random process that a random
// person works on. The same for a seed.
#ifndef PAWL_TESTS_PROPERTY_RANDOM_LIFE_H_
#define PAWL_TESTS_PROPERTY_RANDOM_LIFE_H_

#include <cstdint>
#include <memory>

#include "base/ids.h"
#include "engine/manual_driver.h"
#include "engine/value.h"
#include "eventstore/memory_event_store.h"
#include "tests/support/random.h"

namespace pawl::property {

class RandomLife {
 public:
  explicit RandomLife(uint64_t seed, ManualDriver::Options options = {});

  // Deploys a process and starts the first instance.
  void Begin();
  // One act, and all that follows from it at once.
  void Act();
  // Both, as many acts as make a life.
  void Live();

  // The process is killed and begins again, with the clock where it was.
  void Close();
  void Open();

  // None while it is closed.
  ManualDriver& driver() { return *driver_; }
  const std::shared_ptr<eventstore::MemoryDisk>& disk() const { return disk_; }
  int64_t now_ms() const { return now_ms_; }
  // The first one.
  InstanceKey instance() const { return instance_; }
  // The record that started it.
  Position first() const { return first_; }

 private:
  Variables DrawVariables();
  template <typename CommandT>
  void Do(CommandT command);
  void Start();
  void Advance();
  void Publish();
  void Signal();
  void SetVariables();
  void Work();
  void WorkOn(JobKey job);

  Random random_;
  ManualDriver::Options options_;
  const std::shared_ptr<eventstore::MemoryDisk> disk_;
  std::unique_ptr<ManualDriver> driver_;
  int64_t now_ms_;
  InstanceKey instance_;
  Position first_ = 0;
};

}  // namespace pawl::property

#endif  // PAWL_TESTS_PROPERTY_RANDOM_LIFE_H_
