// `--at POS or TIME`: which moment of an instance a command shows.
#ifndef PAWL_CLI_MOMENT_OPTION_H_
#define PAWL_CLI_MOMENT_OPTION_H_

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "base/ids.h"
#include "engine/partition_data.h"

namespace pawl::cli {

// InvalidArgument, a usage error: neither a position nor a time. `name` is the
// argument's.
absl::Status CheckMoment(std::string_view name, std::string_view text);

// The position in the log of `data` that a text stands for, which CheckMoment
// has accepted: itself, or of a time the last record until then.
// InvalidArgument: of another partition. NotFound: nothing was there yet at
// that time. DataLoss.
absl::StatusOr<Position> ResolveMoment(std::string_view name,
                                       std::string_view text,
                                       const PartitionData& data,
                                       InstanceKey instance);
// As above, of the store as a whole: where a time was before a trim, the
// archive is read for it.
absl::StatusOr<Position> ResolveStoreMoment(std::string_view name,
                                            std::string_view text,
                                            const PartitionData& data,
                                            InstanceKey instance);

// As ResolveMoment; nothing without a text.
absl::StatusOr<std::optional<Position>> ResolveMoment(
    std::string_view name, const std::optional<std::string>& text,
    const PartitionData& data, InstanceKey instance);

}  // namespace pawl::cli

#endif  // PAWL_CLI_MOMENT_OPTION_H_
