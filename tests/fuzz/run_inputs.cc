// run_inputs TARGET FOLDER...: every file of the folders through the target.
// tools/fuzz ends with it, in the build that ships.
#include <cstdio>
#include <cstring>
#include <vector>

#include "tests/fuzz/input_runner.h"

int main(int argc, char** argv) {
  using pawl::fuzz::Target;
  for (const Target& target : pawl::fuzz::Targets()) {
    if (argc < 3 || std::strcmp(target.name, argv[1]) != 0) continue;
    std::vector<std::filesystem::path> files;
    for (int i = 2; i < argc; ++i) {
      for (auto& file : pawl::fuzz::FilesOf(argv[i])) {
        files.push_back(std::move(file));
      }
    }
    const auto report = pawl::fuzz::RunInputs(target, files);
    std::printf("%zu inputs, %s\n", files.size(), report.ToString().c_str());
    for (const std::string& failure : report.failures) {
      std::printf("  %s\n", failure.c_str());
    }
    return report.failures.empty() ? 0 : 1;
  }
  std::fprintf(stderr, "usage: run_inputs TARGET FOLDER...\n");
  return 2;
}
