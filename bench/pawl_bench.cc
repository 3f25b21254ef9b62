// The figures of Pawl on this machine, beside a raw RocksDB loop that writes
// the same records: README.md in this folder.
//
//   bazel run -c opt //bench:pawl_bench -- --workload=W1 --instances=100000
//       --durability=sync --partitions=1 --json
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <string>
#include <string_view>

#include "absl/strings/numbers.h"
#include "base/strings.h"
#include "bench/workload.h"

namespace {

constexpr char kUsage[] =
    "usage: pawl_bench [--workload=W1|W2|W3|W4] [--instances=N]\n"
    "    [--durability=sync|buffered] [--partitions=P] [--json]\n"
    "    [--in-flight=N]        instances under way at a time (1000)\n"
    "    [--handler-threads=N]  (2)\n"
    "    [--dir=DIR]            where the store is made, on the disk that is\n"
    "                           to be measured (the folder for temporary "
    "files)\n";

// The value of `--name=value` in `argument`, or nothing.
bool Take(std::string_view argument, std::string_view name,
          std::string_view* value) {
  if (!argument.starts_with(name)) return false;
  argument.remove_prefix(name.size());
  if (!argument.starts_with("=")) return false;
  *value = argument.substr(1);
  return true;
}

bool TakeNumber(std::string_view value, int64_t* out) {
  return absl::SimpleAtoi(pawl::ToAbsl(value), out) && *out > 0;
}

bool Parse(int argc, char** argv, pawl::bench::Flags* flags, bool* json,
           std::string* directory) {
  for (int i = 1; i < argc; ++i) {
    std::string_view argument = argv[i];
    std::string_view value;
    int64_t number = 0;
    if (argument == "--json") {
      *json = true;
    } else if (Take(argument, "--workload", &value)) {
      flags->workload = value;
    } else if (Take(argument, "--durability", &value)) {
      if (value != "sync" && value != "buffered") return false;
      flags->durability = value == "sync" ? pawl::Durability::kSync
                                          : pawl::Durability::kBuffered;
    } else if (Take(argument, "--dir", &value)) {
      *directory = value;
    } else if (Take(argument, "--instances", &value)) {
      if (!TakeNumber(value, &flags->instances)) return false;
    } else if (Take(argument, "--partitions", &value)) {
      if (!TakeNumber(value, &number)) return false;
      flags->partitions = static_cast<int>(number);
    } else if (Take(argument, "--in-flight", &value)) {
      if (!TakeNumber(value, &number)) return false;
      flags->in_flight = static_cast<int>(number);
    } else if (Take(argument, "--handler-threads", &value)) {
      if (!TakeNumber(value, &number)) return false;
      flags->handler_threads = static_cast<int>(number);
    } else {
      return false;
    }
  }
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  pawl::bench::Flags flags;
  bool json = false;
  std::string directory = std::filesystem::temp_directory_path().string();
  if (!Parse(argc, argv, &flags, &json, &directory)) {
    std::cerr << kUsage;
    return 2;
  }
  directory += "/pawl-bench.XXXXXX";
  if (mkdtemp(directory.data()) == nullptr) {
    std::cerr << "pawl_bench: can't make a folder like " << directory << "\n";
    return 1;
  }
  flags.directory = directory;
  auto report = pawl::bench::RunWorkload(flags);
  std::filesystem::remove_all(directory);
  if (!report.ok()) {
    std::cerr << "pawl_bench: " << report.status() << "\n";
    return 1;
  }
  std::cout << (json ? report->ToJson() + "\n" : report->ToText());
  return 0;
}
