#include "schemas/manifest.h"

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "flatbuffers/idl.h"
#include "flatbuffers/reflection.h"

namespace pawl::schemas {
namespace {

std::string Lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(c));
  return text;
}

// Name of a type as a schema writes it: `uint`, `[pawl.fb.Variable]`.
std::string TypeName(const reflection::Schema& schema,
                     const reflection::Type& type) {
  auto name = [&](reflection::BaseType base) -> std::string {
    if (base == reflection::BaseType::Obj) {
      return schema.objects()->Get(type.index())->name()->str();
    }
    // A number with an index is an enum; UType, the hidden field beside a
    // union, has the union's.
    if (type.index() >= 0 && base != reflection::BaseType::String) {
      std::string enum_name = schema.enums()->Get(type.index())->name()->str();
      return base == reflection::BaseType::UType
                 ? absl::StrCat("type of ", enum_name)
                 : enum_name;
    }
    return Lower(reflection::EnumNameBaseType(base));
  };
  switch (type.base_type()) {
    case reflection::BaseType::Vector:
      return absl::StrCat("[", name(type.element()), "]");
    case reflection::BaseType::Array:
      return absl::StrCat("[", name(type.element()), ":", type.fixed_length(),
                          "]");
    default:
      return name(type.base_type());
  }
}

std::vector<std::string> DescribeEnum(const reflection::Schema& schema,
                                      const reflection::Enum& type) {
  std::vector<std::string> lines;
  const std::string name = type.name()->str();
  lines.push_back(
      type.is_union()
          ? absl::StrCat("union ", name)
          : absl::StrCat("enum ", name, " : ",
                         Lower(reflection::EnumNameBaseType(
                             type.underlying_type()->base_type()))));
  std::vector<std::pair<int64_t, std::string>> members;
  for (const reflection::EnumVal* value : *type.values()) {
    std::string line = absl::StrCat("member ", name, ".", value->name()->str(),
                                    " = ", value->value());
    if (type.is_union() && value->union_type() != nullptr &&
        value->union_type()->base_type() == reflection::BaseType::Obj) {
      absl::StrAppend(&line, " ", TypeName(schema, *value->union_type()));
    }
    members.emplace_back(value->value(), std::move(line));
  }
  std::sort(members.begin(), members.end());
  for (auto& [number, line] : members) lines.push_back(std::move(line));
  return lines;
}

std::vector<std::string> DescribeObject(const reflection::Schema& schema,
                                        const reflection::Object& type) {
  std::vector<std::string> lines;
  const std::string name = type.name()->str();
  lines.push_back(absl::StrCat(type.is_struct() ? "struct " : "table ", name));
  std::vector<std::pair<uint16_t, std::string>> fields;
  for (const reflection::Field* field : *type.fields()) {
    std::string line =
        absl::StrCat("field ", name, ".", field->name()->str(), " = ",
                     field->id(), " : ", TypeName(schema, *field->type()));
    // An absent field reads as its default, so that is part of the format.
    switch (field->type()->base_type()) {
      case reflection::BaseType::Float:
      case reflection::BaseType::Double:
        absl::StrAppend(&line, " default ", field->default_real());
        break;
      case reflection::BaseType::String:
      case reflection::BaseType::Vector:
      case reflection::BaseType::Obj:
      case reflection::BaseType::Union:
      case reflection::BaseType::Array:
        break;
      default:
        absl::StrAppend(&line, " default ", field->default_integer());
    }
    if (field->required()) absl::StrAppend(&line, " required");
    if (field->optional() &&
        flatbuffers::IsScalar(
            static_cast<flatbuffers::BaseType>(field->type()->base_type()))) {
      absl::StrAppend(&line, " optional");
    }
    // A deprecated field has no accessor: old records could not be read.
    if (field->deprecated()) absl::StrAppend(&line, " deprecated");
    fields.emplace_back(field->id(), std::move(line));
  }
  std::sort(fields.begin(), fields.end());
  for (auto& [number, line] : fields) lines.push_back(std::move(line));
  return lines;
}

// "<kind> <name>" of a line: what may stand in the manifest once.
std::string Identity(const std::string& line) {
  const size_t kind_end = line.find(' ');
  if (kind_end == std::string::npos) return line;
  return line.substr(0, line.find(' ', kind_end + 1));
}

bool IsEntry(const std::string& line) {
  return !line.empty() && line[0] != '#';
}

}  // namespace

absl::StatusOr<std::vector<std::string>> DescribeSchema(
    const std::string& path, const std::string& text) {
  flatbuffers::Parser parser;
  const char* include_directories[] = {".", nullptr};
  if (!parser.Parse(text.c_str(), include_directories, path.c_str())) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": not a schema: ", parser.error_));
  }
  parser.Serialize();
  const reflection::Schema& schema =
      *reflection::GetSchema(parser.builder_.GetBufferPointer());

  std::map<std::string, std::vector<std::string>> types;
  for (const reflection::Enum* type : *schema.enums()) {
    types[type->name()->str()] = DescribeEnum(schema, *type);
  }
  for (const reflection::Object* type : *schema.objects()) {
    types[type->name()->str()] = DescribeObject(schema, *type);
  }
  std::vector<std::string> lines;
  for (auto& [name, described] : types) {
    for (std::string& line : described) lines.push_back(std::move(line));
  }
  if (schema.root_table() != nullptr) {
    lines.push_back(
        absl::StrCat("root ", path, " ", schema.root_table()->name()->str()));
  }
  return lines;
}

std::vector<std::string> MergeDescriptions(
    const std::vector<std::vector<std::string>>& descriptions) {
  // Blocks that start with a type and go on with its members, by that type's
  // name; equal types of several schemas are equal blocks.
  std::map<std::string, std::vector<std::string>> blocks;
  for (const std::vector<std::string>& lines : descriptions) {
    std::string head;
    for (const std::string& line : lines) {
      const std::string identity = Identity(line);
      const std::string kind = identity.substr(0, identity.find(' '));
      if (kind != "member" && kind != "field") {
        // Roots after all types.
        head = absl::StrCat(kind == "root" ? "~" : "",
                            identity.substr(identity.find(' ') + 1));
      }
      std::vector<std::string>& block = blocks[head];
      if (std::find(block.begin(), block.end(), line) == block.end()) {
        block.push_back(line);
      }
    }
  }
  std::vector<std::string> merged;
  for (auto& [head, lines] : blocks) {
    merged.insert(merged.end(), lines.begin(), lines.end());
  }
  return merged;
}

ManifestDifference CompareManifest(const std::vector<std::string>& released,
                                   const std::vector<std::string>& now) {
  std::map<std::string, std::string> present;
  for (const std::string& line : now) present[Identity(line)] = line;
  ManifestDifference difference;
  std::set<std::string> known;
  for (const std::string& line : released) {
    if (!IsEntry(line)) continue;
    const std::string identity = Identity(line);
    if (!known.insert(identity).second) {
      difference.broken.push_back(absl::StrCat("listed twice: ", identity));
      continue;
    }
    auto found = present.find(identity);
    if (found == present.end()) {
      difference.broken.push_back(absl::StrCat("gone: ", line));
    } else if (found->second != line) {
      difference.broken.push_back(
          absl::StrCat("changed: ", line, " -> ", found->second));
    }
  }
  for (const std::string& line : now) {
    if (!known.contains(Identity(line))) difference.added.push_back(line);
  }
  return difference;
}

std::string FormatManifest(const std::vector<std::string>& lines) {
  std::string text =
      "# Every name and number of the wire formats; see schemas/manifest.h.\n"
      "# A line that was released never changes and never goes.\n"
      "# tools/update-manifest adds the new ones.\n";
  for (const std::string& line : lines) absl::StrAppend(&text, line, "\n");
  return text;
}

std::vector<std::string> SplitLines(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

}  // namespace pawl::schemas
