#include "tests/fuzz/input_runner.h"

#include <sys/resource.h>
#include <time.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/check.h"
#include "tests/fuzz/targets.h"

namespace pawl::fuzz {
namespace {

namespace fs = std::filesystem;

std::string Read(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  PAWL_CHECK(in.good()) << "can't read " << file;
  return {std::istreambuf_iterator<char>(in), {}};
}

double CpuSeconds() {
  timespec now;
  PAWL_CHECK(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now) == 0);
  return static_cast<double>(now.tv_sec) +
         static_cast<double>(now.tv_nsec) / 1e9;
}

int64_t PeakMb() {
  if (!kMemoryIsOurs) return 0;
  rusage usage;
  PAWL_CHECK(getrusage(RUSAGE_SELF, &usage) == 0);
  return usage.ru_maxrss / 1024;
}

}  // namespace

const std::vector<Target>& Targets() {
  static const auto* const targets = new std::vector<Target>{
      {"bpmn_xml", FuzzBpmnXml},
      {"log_record", FuzzLogRecord},
      {"snapshot", FuzzSnapshot},
      {"command", FuzzCommand},
      {"condition", FuzzCondition},
      {"scenario", FuzzScenario},
      {"feel_parse", FuzzFeelParse},
      {"feel_eval", FuzzFeelEval},
      {"lua", FuzzLua},
      {"lua_pattern", FuzzLuaPattern},
  };
  return *targets;
}

std::vector<fs::path> FilesOf(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code none;
  for (const fs::directory_entry& entry :
       fs::directory_iterator(folder, none)) {
    if (entry.is_regular_file()) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

std::string InputsReport::ToString() const {
  return absl::StrFormat("slowest %.3f s; peak memory %d MiB", slowest_s,
                         peak_mb);
}

InputsReport RunInputs(const Target& target,
                       const std::vector<fs::path>& files) {
  InputsReport report;
  const auto fail = [&](const fs::path& file, const std::string& what) {
    report.failures.push_back(absl::StrCat(file.string(), ": ", what,
                                           "; repeat with: tools/fuzz ",
                                           target.name, " ", file.string()));
  };
  for (const fs::path& file : files) {
    std::fprintf(stderr, "repeat with: tools/fuzz %s %s\n", target.name,
                 file.c_str());
    const std::string bytes = Read(file);
    const double start = CpuSeconds();
    target.run(bytes);
    const double took = CpuSeconds() - start;
    report.slowest_s = std::max(report.slowest_s, took);
    if (took > kCpuSecondsMax) {
      fail(file, absl::StrFormat("%.3f s of processor time, wanted at most %g",
                                 took, kCpuSecondsMax));
    }
    const bool was_over = report.peak_mb > kMemoryMbMax;
    report.peak_mb = PeakMb();
    if (report.peak_mb > kMemoryMbMax && !was_over) {
      fail(file, absl::StrFormat("%d MiB, wanted at most %d", report.peak_mb,
                                 kMemoryMbMax));
    }
  }
  return report;
}

}  // namespace pawl::fuzz
