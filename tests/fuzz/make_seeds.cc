// Writes the binary seeds of the corpus: records, snapshots and recipes that
// the engine itself makes. `bazel run //tests/fuzz:make_seeds --
// $PWD/tests/fuzz/corpus` after a change of the log's format; the others are
// text and written by hand.
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/check.h"
#include "engine/core/apply.h"
#include "engine/core/codec.h"
#include "tests/fuzz/sample.h"

namespace pawl::fuzz {
namespace {

namespace fs = std::filesystem;

int g_written = 0;

void Write(const fs::path& folder, const std::string& name,
           const std::string& bytes) {
  fs::create_directories(folder);
  std::ofstream out(folder / name, std::ios::binary);
  out << bytes;
  PAWL_CHECK(out.good()) << folder / name;
  ++g_written;
}

// One record of each command and, beyond those, of each new event.
void WriteRecords(const fs::path& folder, Sample sample,
                  const std::string& prefix) {
  std::vector<bool> commands(256), events(256);
  for (const std::string& bytes : SampleLog(sample)) {
    const auto record = core::DecodeRecord(bytes);
    PAWL_CHECK_OK(record.status());
    const auto type = static_cast<size_t>((*record)->command.type);
    bool is_new = !commands[type];
    commands[type] = true;
    for (const fb::EventUnion& event : (*record)->events) {
      const auto event_type = static_cast<size_t>(event.type);
      is_new = is_new || !events[event_type];
      events[event_type] = true;
    }
    if (!is_new) continue;
    Write(folder,
          prefix + "record-" + fb::EnumNameCommand((*record)->command.type) +
              "-" + std::to_string((*record)->position),
          std::string(1, '\0') + bytes);
  }
  // Recipes: odd first byte, then steps (record_recipe.cc).
  const auto recipe = [&](const char* name, const std::string& steps) {
    Write(folder, prefix + "recipe-" + name,
          (sample == Sample::kWork ? "\x01" : "\x81") + steps);
  };
  recipe("nothing", "");
  recipe("overwrite", std::string("\x00\x05\x00\x28\x00\x03\xff\x07", 8));
  recipe("lose-and-mend", std::string("\x06\x09\x00\x00\x05\x00\x00", 7));
  recipe("double-and-mend", std::string("\x06\x09\x00\x01\x05\x00\x00", 7));
  recipe("lose-event", std::string("\x02\x03\x00\x01\x00\x00\x05\x00\x00", 9));
  recipe(
      "foreign-event",
      std::string("\x02\x08\x00\x01\x00\x01\x03\x00\x02\x00\x05\x00\x00", 13));
  recipe("swap-events", std::string("\x02\x08\x00\x02\x00\x02\x05\x00\x00", 9));
  recipe("time", std::string("\x04\x04\x00\x0d\x01", 5));
  recipe("instance", std::string("\x04\x06\x00\x01\x03\x05\x00\x00", 8));
}

// The states of instances and partition after each record.
void WriteSnapshots(const fs::path& folder, Sample sample,
                    const std::string& prefix) {
  core::Partition partition;
  int last_key = 0;
  std::map<uint64_t, core::Instance> at;
  for (const std::string& bytes : SampleLog(sample)) {
    const auto record = core::DecodeRecord(bytes);
    PAWL_CHECK_OK(record.status());
    const Position position = (*record)->position;
    PAWL_CHECK_OK(core::ApplyHeader(&partition, position, (*record)->time_ms));
    InstanceKey key;
    for (size_t i = 0; i < (*record)->events.size(); ++i) {
      key = core::InstanceOf(**record, i);
      const fb::EventUnion& event = (*record)->events[i];
      PAWL_CHECK_OK(core::Apply(&partition, event, key, position));
      if (!key.valid()) continue;
      PAWL_CHECK_OK(core::Apply(&at[key.value()], event, (*record)->time_ms));
    }
    if (position % 4 != 1) continue;
    if (key.valid()) {
      Write(folder, prefix + "instance-" + std::to_string(++last_key),
            std::string(1, '\0') +
                core::EncodeSnapshot(at[key.value()], position));
    }
    Write(folder, prefix + "partition-" + std::to_string(position),
          "\x01" + core::EncodePartition(partition));
  }
}

}  // namespace
}  // namespace pawl::fuzz

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: make_seeds CORPUS_FOLDER\n";
    return 2;
  }
  const std::filesystem::path corpus = argv[1];
  using pawl::fuzz::Sample;
  for (const auto& [sample, prefix] :
       {std::pair{Sample::kWork, ""}, std::pair{Sample::kEvents, "events-"}}) {
    pawl::fuzz::WriteRecords(corpus / "log_record", sample, prefix);
    pawl::fuzz::WriteSnapshots(corpus / "snapshot", sample, prefix);
  }
  std::cout << pawl::fuzz::g_written << " seeds\n";
}
