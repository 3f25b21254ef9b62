// Adds what the schemas say and schemas/manifest.txt lacks. Refuses, and
// changes nothing, when a released line is gone or changed. Run it as
// tools/update-manifest.
//
//   update_manifest MANIFEST SCHEMA...
//
// The working directory is the root of the repository.
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "schemas/manifest.h"

namespace {

bool ReadFile(const std::string& path, std::string* text) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    std::cerr << "update-manifest: can't read " << path << "\n";
    return false;
  }
  std::ostringstream content;
  content << file.rdbuf();
  *text = content.str();
  return true;
}

int Run(const std::string& manifest_path,
        const std::vector<std::string>& schema_paths) {
  std::vector<std::vector<std::string>> descriptions;
  for (const std::string& path : schema_paths) {
    std::string text;
    if (!ReadFile(path, &text)) return 1;
    absl::StatusOr<std::vector<std::string>> lines =
        pawl::schemas::DescribeSchema(path, text);
    if (!lines.ok()) {
      std::cerr << "update-manifest: " << lines.status().message() << "\n";
      return 1;
    }
    descriptions.push_back(*std::move(lines));
  }
  const std::vector<std::string> now =
      pawl::schemas::MergeDescriptions(descriptions);
  std::string released;
  if (!ReadFile(manifest_path, &released)) return 1;
  const pawl::schemas::ManifestDifference difference =
      pawl::schemas::CompareManifest(pawl::schemas::SplitLines(released), now);
  if (!difference.broken.empty()) {
    std::cerr << "update-manifest: released lines never change or go; add a "
                 "new name instead\n";
    for (const std::string& line : difference.broken) {
      std::cerr << "  " << line << "\n";
    }
    return 1;
  }
  const std::string text = pawl::schemas::FormatManifest(now);
  if (text != released) {
    std::ofstream file(manifest_path, std::ios::binary | std::ios::trunc);
    file << text;
    file.close();
    if (!file) {
      std::cerr << "update-manifest: can't write " << manifest_path << "\n";
      return 1;
    }
  }
  for (const std::string& line : difference.added) {
    std::cout << "added: " << line << "\n";
  }
  std::cout << now.size() << " lines, " << difference.added.size() << " new\n";
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::cerr << "usage: update_manifest MANIFEST SCHEMA...\n";
    return 2;
  }
  return Run(argv[1], std::vector<std::string>(argv + 2, argv + argc));
}
