// The golden logs and the frozen ones; README.md says what each is for.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "engine/core/codec.h"
#include "eventstore/record_codec.h"
#include "gtest/gtest.h"
#include "tests/golden/golden_log.h"

namespace pawl::golden {
namespace {

namespace fs = std::filesystem;

constexpr char kFolder[] = "tests/golden";
// Fewer mean that files went missing, and a run without them proves nothing.
constexpr size_t kCasesMin = 27;
constexpr size_t kFrozenMin = 19;

std::string Read(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// Files below `folder` that end in `extension`, sorted.
std::vector<fs::path> Files(const fs::path& folder, const char* extension) {
  std::vector<fs::path> files;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(folder, none)) {
    if (entry.path().extension() == extension) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

TEST(Golden, ThisBuildWritesTheLogsThatWereReviewed) {
  const std::vector<std::string> cases = CaseNames(kFolder);
  EXPECT_GE(cases.size(), kCasesMin);
  for (const std::string& name : cases) {
    SCOPED_TRACE(name);
    const absl::StatusOr<Log> log = RunCase(kFolder, name);
    ASSERT_TRUE(log.ok()) << log.status();
    const absl::StatusOr<std::string> text = LogText(*log);
    ASSERT_TRUE(text.ok()) << text.status();
    const fs::path golden = fs::path(kFolder) / (name + ".log.txt");
    const std::string difference = Difference(Read(golden), *text);
    EXPECT_EQ(difference, "")
        << "the log differs from " << golden
        << "\nif that is meant: tools/golden --update, and review the diff";
  }
}

// Not a text without its case, nor a model that nothing runs.
TEST(Golden, EveryFileHasItsCase) {
  const std::vector<std::string> cases = CaseNames(kFolder);
  for (const char* extension : {".txt", ".bpmn"}) {
    for (const fs::path& file : Files(kFolder, extension)) {
      std::string name = file.filename();
      name.resize(name.find('.'));
      // A second version of a model goes by the first one's case.
      if (name.ends_with("-2")) name.resize(name.size() - 2);
      EXPECT_TRUE(std::binary_search(cases.begin(), cases.end(), name)) << file;
    }
  }
}

// What a log is made of, as the schemas name it.
void Collect(const Log& log, std::set<std::string>* seen) {
  eventstore::RecordAligner aligner;
  for (const std::string& bytes : log) {
    const auto record = core::DecodeRecord(aligner.Align(bytes));
    ASSERT_TRUE(record.ok()) << record.status();
    seen->insert(fb::EnumNameCommand((*record)->command.type));
    for (const fb::EventUnion& event : (*record)->events) {
      seen->insert(fb::EnumNameEvent(event.type));
      const auto* deployed = event.AsDefinitionDeployed();
      if (deployed == nullptr) continue;
      for (const auto& element : deployed->model->elements) {
        seen->insert(fb::EnumNameElementKind(element->kind));
        seen->insert(fb::EnumNameEventType(element->event_type));
      }
    }
  }
}

// Whoever adds an element, a command or an event adds a golden case of it.
TEST(Golden, CasesHaveEveryElementCommandAndEvent) {
  std::set<std::string> seen;
  for (const std::string& name : CaseNames(kFolder)) {
    const absl::StatusOr<Log> log = RunCase(kFolder, name);
    ASSERT_TRUE(log.ok()) << log.status();
    Collect(*log, &seen);
  }
  for (const fb::ElementKind kind : fb::EnumValuesElementKind()) {
    if (kind == fb::ElementKind::unknown) continue;
    EXPECT_TRUE(seen.contains(fb::EnumNameElementKind(kind)))
        << "no golden case with a " << fb::EnumNameElementKind(kind);
  }
  for (const fb::EventType type : fb::EnumValuesEventType()) {
    EXPECT_TRUE(seen.contains(fb::EnumNameEventType(type)))
        << "no golden case with an event of " << fb::EnumNameEventType(type);
  }
  for (const fb::Command command : fb::EnumValuesCommand()) {
    if (command == fb::Command::NONE) continue;
    EXPECT_TRUE(seen.contains(fb::EnumNameCommand(command)))
        << "no golden case with " << fb::EnumNameCommand(command);
  }
  for (const fb::Event event : fb::EnumValuesEvent()) {
    if (event == fb::Event::NONE) continue;
    EXPECT_TRUE(seen.contains(fb::EnumNameEvent(event)))
        << "no golden case with " << fb::EnumNameEvent(event);
  }
}

// "digest records name" a line.
std::map<std::string, std::pair<std::string, size_t>> Digests(
    const fs::path& file) {
  std::map<std::string, std::pair<std::string, size_t>> digests;
  std::istringstream in(Read(file));
  std::string digest, name;
  size_t records = 0;
  while (in >> digest >> records >> name) digests[name] = {digest, records};
  return digests;
}

TEST(Released, EveryFrozenLogFoldsToItsDigestAndIsDecidedAgain) {
  size_t versions = 0;
  for (const auto& version : fs::directory_iterator("tests/golden/released")) {
    if (!version.is_directory()) continue;
    ++versions;
    auto digests = Digests(version.path() / "DIGESTS.txt");
    EXPECT_GE(digests.size(), kFrozenMin) << version.path();
    for (const fs::path& file : Files(version.path(), ".log")) {
      SCOPED_TRACE(file.string());
      const absl::StatusOr<Log> log = Thaw(Read(file));
      ASSERT_TRUE(log.ok()) << log.status();
      const auto wanted = digests.find(file.stem());
      ASSERT_NE(wanted, digests.end()) << "no line in DIGESTS.txt";
      EXPECT_EQ(log->size(), wanted->second.second);
      const absl::StatusOr<std::string> digest = Digest(*log);
      ASSERT_TRUE(digest.ok()) << digest.status();
      EXPECT_EQ(*digest, wanted->second.first)
          << "an old event means something else now; that must never be";
      const absl::Status verified = Verify(*log);
      EXPECT_TRUE(verified.ok()) << verified;
      EXPECT_TRUE(LogText(*log).ok());
      digests.erase(wanted);
    }
    EXPECT_TRUE(digests.empty()) << digests.begin()->first << ".log is missing";
  }
  EXPECT_GE(versions, 1u);
}

TEST(Frozen, FormRefusesWhatIsDamaged) {
  const Log log = {"first", "2", "third"};
  const std::string bytes = Freeze(log);
  ASSERT_TRUE(Thaw(bytes).ok());
  EXPECT_EQ(*Thaw(bytes), log);
  for (size_t cut = 0; cut < bytes.size(); ++cut) {
    const auto thawed = Thaw(std::string_view(bytes).substr(0, cut));
    // Cut between two records it is a shorter log: DIGESTS.txt counts them.
    if (thawed.ok()) {
      EXPECT_LT(thawed->size(), log.size());
    }
  }
  for (size_t at = 0; at < bytes.size(); ++at) {
    std::string changed = bytes;
    changed[at] = static_cast<char>(changed[at] ^ 1);
    EXPECT_FALSE(Thaw(changed).ok()) << "byte " << at;
  }
}

TEST(Difference, ShowsTheLinesThatDiffer) {
  EXPECT_EQ(Difference("a\nb\nc", "a\nb\nc"), "");
  EXPECT_EQ(Difference("a\nb\nc", "a\nx\nc"),
            "@@ line 2 @@\n  a\n- b\n+ x\n  c\n");
  EXPECT_EQ(Difference("a", "a\nb"), "@@ line 2 @@\n  a\n+ b\n");
}

}  // namespace
}  // namespace pawl::golden
