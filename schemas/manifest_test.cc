// The schemas still say all that was released; and each way of taking
// something back is noticed.
#include "schemas/manifest.h"

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace pawl::schemas {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file.good()) << path;
  std::ostringstream content;
  content << file.rdbuf();
  return content.str();
}

std::vector<std::string> Describe(const std::string& text,
                                  const std::string& path = "test.fbs") {
  auto lines = DescribeSchema(path, text);
  EXPECT_TRUE(lines.ok()) << lines.status();
  return lines.ok() ? *lines : std::vector<std::string>();
}

std::vector<std::string> SchemaPaths() {
  std::vector<std::string> paths;
  for (const auto& entry : std::filesystem::directory_iterator("schemas")) {
    if (entry.path().extension() == ".fbs") {
      paths.push_back(entry.path().string());
    }
  }
  return paths;
}

TEST(ManifestTest, SchemasKeepWhatWasReleased) {
  std::vector<std::vector<std::string>> descriptions;
  for (const std::string& path : SchemaPaths()) {
    descriptions.push_back(Describe(ReadFile(path), path));
  }
  ASSERT_GE(descriptions.size(), 6u);
  const ManifestDifference difference =
      CompareManifest(SplitLines(ReadFile("schemas/manifest.txt")),
                      MergeDescriptions(descriptions));
  EXPECT_THAT(difference.broken, IsEmpty())
      << "a released name, number or field never changes and never goes";
  EXPECT_THAT(difference.added, IsEmpty()) << "run tools/update-manifest";
}

TEST(ManifestTest, IsWrittenByTheCommand) {
  std::vector<std::vector<std::string>> descriptions;
  for (const std::string& path : SchemaPaths()) {
    descriptions.push_back(Describe(ReadFile(path), path));
  }
  EXPECT_EQ(ReadFile("schemas/manifest.txt"),
            FormatManifest(MergeDescriptions(descriptions)));
}

// A schema with one of each kind, and what is done to it.
constexpr char kSchema[] = R"(
namespace t;
enum Kind : ubyte { unknown = 0, first, second }
struct Point { x: int; y: uint; }
table Leaf { kind: Kind; at: Point; note: string; size: int = 7; }
table Other { leaf: Leaf; }
union Event { Leaf, Other }
table Root { events: [Event]; leaves: [Leaf]; bytes: [ubyte]; one: Event; }
root_type Root;
)";

std::string Replaced(const std::string& from, const std::string& to) {
  std::string text = kSchema;
  const size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  text.replace(at, from.size(), to);
  return text;
}

std::vector<std::string> Broken(const std::string& changed) {
  return CompareManifest(Describe(kSchema), Describe(changed)).broken;
}

TEST(ManifestTest, DescribesEverything) {
  EXPECT_THAT(
      Describe(kSchema),
      ElementsAre(
          "union t.Event", "member t.Event.NONE = 0",
          "member t.Event.Leaf = 1 t.Leaf", "member t.Event.Other = 2 t.Other",
          "enum t.Kind : ubyte", "member t.Kind.unknown = 0",
          "member t.Kind.first = 1", "member t.Kind.second = 2", "table t.Leaf",
          "field t.Leaf.kind = 0 : t.Kind default 0",
          "field t.Leaf.at = 1 : t.Point", "field t.Leaf.note = 2 : string",
          "field t.Leaf.size = 3 : int default 7", "table t.Other",
          "field t.Other.leaf = 0 : t.Leaf", "struct t.Point",
          "field t.Point.x = 0 : int default 0",
          "field t.Point.y = 1 : uint default 0", "table t.Root",
          "field t.Root.events_type = 0 : [type of t.Event]",
          "field t.Root.events = 1 : [t.Event]",
          "field t.Root.leaves = 2 : [t.Leaf]",
          "field t.Root.bytes = 3 : [ubyte]",
          "field t.Root.one_type = 4 : type of t.Event default 0",
          "field t.Root.one = 5 : t.Event", "root test.fbs t.Root"));
}

TEST(ManifestTest, AnUnchangedSchemaIsFine) {
  EXPECT_THAT(Broken(kSchema), IsEmpty());
}

TEST(ManifestTest, RemovedEnumMember) {
  EXPECT_THAT(Broken(Replaced(", second }", " }")),
              ElementsAre("gone: member t.Kind.second = 2"));
}

TEST(ManifestTest, RenumberedEnumMember) {
  EXPECT_THAT(Broken(Replaced("first, second", "second, first")), SizeIs(2));
}

TEST(ManifestTest, RenamedEnumMember) {
  EXPECT_THAT(Broken(Replaced("second", "third")),
              ElementsAre("gone: member t.Kind.second = 2"));
}

TEST(ManifestTest, ChangedEnumWidth) {
  EXPECT_THAT(Broken(Replaced("Kind : ubyte", "Kind : ushort")),
              Contains("changed: enum t.Kind : ubyte -> enum t.Kind : ushort"));
}

TEST(ManifestTest, RemovedUnionMember) {
  EXPECT_THAT(Broken(Replaced("{ Leaf, Other }", "{ Leaf }")),
              ElementsAre("gone: member t.Event.Other = 2 t.Other"));
}

TEST(ManifestTest, ReorderedUnionMembers) {
  EXPECT_THAT(Broken(Replaced("{ Leaf, Other }", "{ Other, Leaf }")),
              SizeIs(2));
}

TEST(ManifestTest, RemovedFieldAtTheEnd) {
  EXPECT_THAT(Broken(Replaced(" size: int = 7;", "")),
              ElementsAre("gone: field t.Leaf.size = 3 : int default 7"));
}

TEST(ManifestTest, RemovedFieldInTheMiddle) {
  EXPECT_THAT(Broken(Replaced(" note: string;", "")),
              ElementsAre("gone: field t.Leaf.note = 2 : string",
                          AllOf(HasSubstr("changed: field t.Leaf.size = 3"),
                                HasSubstr("-> field t.Leaf.size = 2"))));
}

TEST(ManifestTest, RetypedField) {
  EXPECT_THAT(Broken(Replaced("size: int", "size: long")), SizeIs(1));
}

TEST(ManifestTest, ChangedDefault) {
  EXPECT_THAT(Broken(Replaced("int = 7", "int = 8")), SizeIs(1));
}

TEST(ManifestTest, DeprecatedField) {
  EXPECT_THAT(Broken(Replaced("note: string", "note: string (deprecated)")),
              SizeIs(1));
}

TEST(ManifestTest, RemovedTable) {
  EXPECT_THAT(
      Broken(R"(
namespace t;
enum Kind : ubyte { unknown = 0, first, second }
table Root { kind: Kind; }
root_type Root;
)"),
      AllOf(Contains("gone: table t.Other"), Contains("gone: union t.Event"),
            Not(Contains("gone: enum t.Kind : ubyte"))));
}

TEST(ManifestTest, ChangedRoot) {
  EXPECT_THAT(
      Broken(Replaced("root_type Root", "root_type Leaf")),
      ElementsAre("changed: root test.fbs t.Root -> root test.fbs t.Leaf"));
}

TEST(ManifestTest, AdditionsAreAllowedAndListed) {
  const std::string changed = Replaced("second }", "second, third }");
  const ManifestDifference difference =
      CompareManifest(Describe(kSchema), Describe(changed));
  EXPECT_THAT(difference.broken, IsEmpty());
  EXPECT_THAT(difference.added, ElementsAre("member t.Kind.third = 3"));
}

TEST(ManifestTest, ALineListedTwiceIsAMistake) {
  EXPECT_THAT(CompareManifest({"table t.A", "table t.A"}, {"table t.A"}).broken,
              ElementsAre("listed twice: table t.A"));
}

TEST(ManifestTest, CommentsAndBlankLinesAreNoEntries) {
  EXPECT_THAT(
      CompareManifest({"# comment", "", "table t.A"}, {"table t.A"}).broken,
      IsEmpty());
}

TEST(ManifestTest, MergesSharedTypesOnce) {
  const std::vector<std::string> one = Describe(kSchema);
  EXPECT_EQ(MergeDescriptions({one, one}), one);
}

TEST(ManifestTest, ASchemaThatDoesNotParseIsRefused) {
  auto lines = DescribeSchema("broken.fbs", "table {");
  ASSERT_FALSE(lines.ok());
  EXPECT_THAT(std::string(lines.status().message()), HasSubstr("broken.fbs"));
}

}  // namespace
}  // namespace pawl::schemas
