// log: the records of a store, decoded.
#include <algorithm>
#include <chrono>
#include <limits>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/record_text.h"
#include "cli/store.h"
#include "cli/values.h"
#include "replay/decoded_record.h"
#include "replay/store_names.h"

namespace pawl::cli {
namespace {

constexpr std::chrono::milliseconds kFollowEvery(200);

class LogCommand final : public BasicCommand {
 public:
  LogCommand()
      : BasicCommand("log", "The records of the log, decoded",
                     "pawl log --from 0:10 --instance 2") {}

  void Declare(Arguments* arguments) override {
    arguments->Option("--from", "POS", &from_, "From this record on");
    arguments->Option("--to", "POS", &to_, "Up to this record");
    arguments->Option("--instance", "KEY", &instance_,
                      "Records of this instance only");
    arguments->Flag("--follow", &follow_,
                    "Go on with what is written from now on");
  }

  int Run(Context& context) override {
    const absl::Status status = Show(context);
    return status.ok() ? kExitDone : context.console->Fail(status);
  }

 private:
  absl::Status Show(const Context& context) {
    PAWL_ASSIGN_OR_RETURN(const auto reader, Reader::Open(context));
    // With --follow it may start yet.
    if (instance_.has_value() && !follow_) {
      PAWL_RETURN_IF_ERROR(reader->PartitionOfInstance(*instance_).status());
    }
    std::vector<Position> next(reader->partitions().size(), 1);
    for (;;) {
      for (const auto& partition : reader->partitions()) {
        Position& from = next[partition->partition()];
        PAWL_RETURN_IF_ERROR(ShowPartition(context, partition.get(), from));
        from = partition->state().position + 1;
      }
      if (!follow_ || !context.console->out()) return absl::OkStatus();
      context.console->out().flush();
      std::this_thread::sleep_for(kFollowEvery);
      PAWL_RETURN_IF_ERROR(reader->Refresh());
    }
  }

  absl::Status ShowPartition(const Context& context, PartitionData* data,
                             Position from) const {
    const PartitionId partition = data->partition();
    Position to = data->state().position;
    if (from_.has_value()) {
      if (from_->partition > partition) return absl::OkStatus();
      if (from_->partition == partition) from = std::max(from, from_->position);
    }
    if (to_.has_value()) {
      if (to_->partition < partition) return absl::OkStatus();
      if (to_->partition == partition) to = std::min(to, to_->position);
    }
    if (from > to) return absl::OkStatus();
    replay::StoreNames names(data);
    absl::Status shown;
    const auto show = [&](Position, std::string_view bytes) {
      shown = ShowRecord(context, bytes, &names);
      return shown.ok() && bool{context.console->out()};
    };
    if (instance_.has_value()) {
      PAWL_RETURN_IF_ERROR(
          data->ReadInstance(InstanceKey(*instance_),
                             [&](Position position, std::string_view bytes) {
                               if (position > to) return false;
                               return position < from || show(position, bytes);
                             }));
    } else {
      // Without --from, from where the log begins.
      if (!from_.has_value()) {
        from = std::max(from, data->store().Floor(partition));
      }
      if (from > to) return absl::OkStatus();
      PAWL_RETURN_IF_ERROR(data->store().Read(partition, from, to, show));
    }
    return shown;
  }

  static absl::Status ShowRecord(const Context& context, std::string_view bytes,
                                 replay::StoreNames* names) {
    PAWL_ASSIGN_OR_RETURN(const Variables record,
                          replay::DecodeForReading(bytes, names));
    Console& console = *context.console;
    if (context.json) {
      console.Print(record.ToJson());
      return absl::OkStatus();
    }
    const Value& command = record["command"];
    console.Print(absl::StrCat(
        console.Styled(Style::kDim,
                       absl::StrCat(record["position"].string(), "  ",
                                    record["time"].string())),
        "  ",
        console.Styled(Style::kBold,
                       command.is_string() ? command.string() : "-"),
        ShowFields(record["arguments"], {"resources"}),
        record["actor"].is_string() && !record["actor"].string().empty()
            ? absl::StrCat(" by ", record["actor"].string())
            : "",
        record["caused_by"].is_string()
            ? absl::StrCat(" after ", record["caused_by"].string())
            : ""));
    for (const Value& event : record["events"].list()) {
      console.Print(absl::StrCat("    ", event["event"].string(),
                                 ShowFields(event, {"event", "xml"})));
    }
    return absl::OkStatus();
  }

  std::optional<LogPosition> from_;
  std::optional<LogPosition> to_;
  std::optional<uint64_t> instance_;
  bool follow_ = false;
};

}  // namespace

CommandPtr NewLogCommand() { return std::make_unique<LogCommand>(); }

}  // namespace pawl::cli
