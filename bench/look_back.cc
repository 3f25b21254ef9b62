// What a look back costs in a process that has the store open: instances drawn
// from a seed, each at one of its own positions. Prints median, 99th percentile
// and the slowest, in milliseconds. Reads only; an engine may be running on it.
//
//   bazel run //bench:look_back -- --data /tmp/big --looks 1000 --seed 1
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <iostream>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/numbers.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "engine/core/codec.h"
#include "engine/partition_data.h"
#include "engine/query.h"
#include "eventstore/rocksdb_event_store.h"
#include "replay/timeline.h"
#include "replay/why.h"

namespace pawl::bench {
namespace {

constexpr char kUsage[] =
    "usage: look_back --data DIR [--looks N] [--seed S]\n";

struct LookBackFlags {
  std::string data;
  uint64_t looks = 1000;
  uint64_t seed = 1;
};

bool Parse(int argc, char** argv, LookBackFlags* flags) {
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view name = argv[i];
    const std::string_view value = argv[i + 1];
    if (name == "--data") {
      flags->data = value;
    } else if (name != "--looks" && name != "--seed") {
      return false;
    } else if (!absl::SimpleAtoi(ToAbsl(value), name == "--looks"
                                                    ? &flags->looks
                                                    : &flags->seed)) {
      return false;
    }
  }
  return argc % 2 == 1 && !flags->data.empty() && flags->looks > 0;
}

// An instance and a position at which it was there.
struct Look {
  InstanceKey instance;
  Position position = 0;
};

absl::StatusOr<std::vector<Look>> Draw(PartitionData* data,
                                       const LookBackFlags& flags) {
  std::vector<InstanceKey> all;
  PAWL_RETURN_IF_ERROR(data->cache().Scan(
      eventstore::Table::kIndexInstance, eventstore::KeyRange::All(),
      [&](std::string_view key, std::string_view) {
        if (const auto number = core::DecodeU64(key)) all.emplace_back(*number);
        return true;
      }));
  std::vector<Look> looks;
  std::mt19937_64 random(flags.seed);
  while (looks.size() < flags.looks && !all.empty()) {
    const InstanceKey key = all[random() % all.size()];
    PAWL_ASSIGN_OR_RETURN(const std::vector<Position> positions,
                          data->PositionsOf(key));
    if (positions.empty()) {
      return absl::DataLossError("an instance without records");
    }
    looks.push_back({key, positions[random() % positions.size()]});
  }
  return looks;
}

absl::Status Time(const std::string& what, const std::vector<Look>& looks,
                  const std::function<absl::Status(const Look&)>& look) {
  std::vector<double> took;
  for (const Look& one : looks) {
    const auto began = std::chrono::steady_clock::now();
    PAWL_RETURN_IF_ERROR(look(one));
    took.push_back(std::chrono::duration<double, std::milli>(
                       std::chrono::steady_clock::now() - began)
                       .count());
  }
  std::sort(took.begin(), took.end());
  std::printf("%-28s median %.3f ms, 99 %% %.3f ms, slowest %.3f ms\n",
              what.c_str(), took[took.size() / 2], took[took.size() * 99 / 100],
              took.back());
  return absl::OkStatus();
}

absl::Status Run(const LookBackFlags& flags) {
  const auto began = std::chrono::steady_clock::now();
  eventstore::StoreOptions options;
  options.directory = flags.data;
  options.read_only = true;
  PAWL_ASSIGN_OR_RETURN(const auto store,
                        eventstore::OpenRocksDbEventStore(options, nullptr));
  PartitionData data(store.get(), 0, PartitionDataOptions());
  PAWL_RETURN_IF_ERROR(data.Recover());
  const std::chrono::duration<double, std::milli> opened =
      std::chrono::steady_clock::now() - began;
  PAWL_ASSIGN_OR_RETURN(const std::vector<Look> looks, Draw(&data, flags));
  if (looks.empty()) return absl::NotFoundError("no instances");
  std::printf("opened in %.0f ms; %zu looks, seed %llu\n", opened.count(),
              looks.size(), static_cast<unsigned long long>(flags.seed));
  PAWL_RETURN_IF_ERROR(
      Time("inspect now", looks, [&](const Look& look) -> absl::Status {
        return Inspect(data, look.instance, {}).status();
      }));
  PAWL_RETURN_IF_ERROR(
      Time("inspect at a position", looks, [&](const Look& look) {
        return Inspect(data, look.instance, look.position).status();
      }));
  PAWL_RETURN_IF_ERROR(Time("why", looks, [&](const Look& look) {
    return replay::Why(&data, look.instance).status();
  }));
  return Time("history", looks, [&](const Look& look) {
    return replay::ReadTimeline(&data, look.instance).status();
  });
}

}  // namespace
}  // namespace pawl::bench

int main(int argc, char** argv) {
  pawl::bench::LookBackFlags flags;
  if (!pawl::bench::Parse(argc, argv, &flags)) {
    std::cerr << pawl::bench::kUsage;
    return 2;
  }
  if (absl::Status done = pawl::bench::Run(flags); !done.ok()) {
    std::cerr << "look_back: " << done << "\n";
    return 1;
  }
  return 0;
}
