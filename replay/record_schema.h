// The binary schema of records (schemas/record.fbs), compiled into the program,
// so that any record can be shown field by field without code for each event.
#ifndef PAWL_REPLAY_RECORD_SCHEMA_H_
#define PAWL_REPLAY_RECORD_SCHEMA_H_

#include <string_view>

namespace pawl::replay {

// A FlatBuffers reflection.Schema; lives for ever, aligned for reading.
std::string_view RecordSchema();

}  // namespace pawl::replay

#endif  // PAWL_REPLAY_RECORD_SCHEMA_H_
