// What must hold of every model that is written: it reads as what it was, and
// its diagram shows it.
#ifndef PAWL_ENGINE_MODEL_EXPORT_CHECK_H_
#define PAWL_ENGINE_MODEL_EXPORT_CHECK_H_

#include <string>
#include <string_view>
#include <vector>

#include "schemas/model_generated.h"

namespace pawl::model {

// `model` as FlatBuffers bytes, without lines and columns.
std::string BytesWithoutLines(const fb::ProcessT& model);

// What became of the processes of files.
struct WrittenModels {
  int written = 0;
  // Those of them that exchange messages along a message flow, and are written
  // with the processes that they exchange them with.
  int with_flows = 0;
  // `file: what ExportBpmn says`, of those that it can't write.
  std::vector<std::string> refused;
};

// Writes each process of the file that compiles and reads it again; says what
// differs.
std::vector<std::string> RoundTripFaults(std::string_view xml,
                                         std::string_view name,
                                         WrittenModels* models);

// What is wrong with the diagram of a file: a shape or edge that is missing,
// beside its place, or over another one.
std::vector<std::string> DiagramFaults(std::string_view xml);

}  // namespace pawl::model

#endif  // PAWL_ENGINE_MODEL_EXPORT_CHECK_H_
