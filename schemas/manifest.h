// The frozen list of everything the schemas name: one line each for every
// table, field, enum, enum member, union and union member, with its number.
//
// A log is read for ever, so a name, number or field that was released never
// changes and never goes. `flatc --conform` misses members and fields that
// were removed; comparing with schemas/manifest.txt does not.
//
// A line is "<kind> <name>[ <definition>]". Its first two words identify it,
// the rest is what must stay the same:
//
//   enum pawl.fb.TaskKind : ubyte
//   member pawl.fb.TaskKind.receive = 1
//   union pawl.fb.Event
//   member pawl.fb.Event.FlowTaken = 16 pawl.fb.FlowTaken
//   table pawl.fb.Fact
//   field pawl.fb.Fact.lookup = 0 : pawl.fb.Lookup default 0
//   root schemas/record.fbs pawl.fb.Record
#ifndef PAWL_SCHEMAS_MANIFEST_H_
#define PAWL_SCHEMAS_MANIFEST_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace pawl::schemas {

// The lines of one schema and all it includes, ordered by name of type and by
// number, without repetition.
//
// `path` is the schema's path from the root of the repository, `text` its
// content; includes are read relative to the working directory, which must be
// that root. InvalidArgument with flatc's message (file, line, column) when it
// does not parse.
absl::StatusOr<std::vector<std::string>> DescribeSchema(
    const std::string& path, const std::string& text);

// The union of several descriptions, in the same order.
std::vector<std::string> MergeDescriptions(
    const std::vector<std::vector<std::string>>& descriptions);

struct ManifestDifference {
  // Released lines that are gone or say something else now. Each names the
  // line, and what took its place. Never acceptable.
  std::vector<std::string> broken;
  // Lines that the manifest lacks. Acceptable once it lists them.
  std::vector<std::string> added;
};

// Compares what was released with what the schemas say now. Blank lines and
// lines that start with '#' are no entries.
ManifestDifference CompareManifest(const std::vector<std::string>& released,
                                   const std::vector<std::string>& now);

// Whole content of manifest.txt for these lines.
std::string FormatManifest(const std::vector<std::string>& lines);

// Lines of a text, without their ends.
std::vector<std::string> SplitLines(const std::string& text);

}  // namespace pawl::schemas

#endif  // PAWL_SCHEMAS_MANIFEST_H_
