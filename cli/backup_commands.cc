// backup, restore: a store copied to another folder, and back to any moment.
#include <chrono>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/store.h"
#include "cli/values.h"
#include "replay/backup.h"

namespace pawl::cli {
namespace {

void Sleep() { std::this_thread::sleep_for(std::chrono::microseconds(200)); }

replay::CopyOptions OptionsOf(Progress* progress) {
  return {
      .progress = [progress](uint64_t done,
                             uint64_t total) { progress->Update(done, total); },
      .pause = Sleep};
}

void Print(Console* console, bool json, std::string_view done,
           const std::string& into, const replay::CopyResult& result) {
  std::vector<Value> ends;
  std::string up_to;
  for (size_t p = 0; p < result.ends.size(); ++p) {
    const std::string end =
        ShowPosition(static_cast<PartitionId>(p), result.ends[p]);
    absl::StrAppend(&up_to, p > 0 ? ", " : "", end);
    ends.emplace_back(end);
  }
  console->Print(json ? Variables{{"copied", result.copied},
                                  {"records", result.records},
                                  {"instances", result.instances},
                                  {"ends", std::move(ends)},
                                  {"digest", result.digest}}
                            .ToJson()
                      : absl::StrCat(ToAbsl(done), " ", into, ": ",
                                     result.copied, " records copied, ",
                                     result.records, " in all, up to ", up_to,
                                     ", ", result.instances,
                                     " instances; digest ", result.digest));
}

class BackupCommand final : public BasicCommand {
 public:
  BackupCommand()
      : BasicCommand("backup",
                     "Copy a store, also while it is in use; again: what is "
                     "new",
                     "pawl backup /backups/orders --data pawl-data") {}

  void Declare(Arguments* arguments) override {
    arguments->Required("DIR", &directory_, "The copy, itself a store");
  }

  int Run(Context& context) override {
    const auto result = Copy(context);
    if (!result.ok()) return context.console->Fail(result.status());
    Print(context.console, context.json, "backed up to", directory_, *result);
    return kExitDone;
  }

 private:
  absl::StatusOr<replay::CopyResult> Copy(const Context& context) const {
    PAWL_RETURN_IF_ERROR(RequireStore(context));
    PAWL_RETURN_IF_ERROR(CheckOutside("backup", directory_, context.data));
    Progress progress(context.console, "records");
    return replay::Backup(context.data, directory_, OptionsOf(&progress));
  }

  std::string directory_;
};

class RestoreCommand final : public BasicCommand {
 public:
  RestoreCommand()
      : BasicCommand("restore",
                     "Make a store from a backup, as it was at any moment",
                     "pawl restore /backups/orders --to "
                     "2024-03-01T12:00:00Z --data pawl-data") {}

  void Declare(Arguments* arguments) override {
    arguments->Required("DIR", &directory_, "A backup, or any other store");
    arguments->Option("--to", "POS or TIME", &to_,
                      "Up to this record, or to this time");
  }

  int Run(Context& context) override {
    replay::RestorePoint point;
    if (to_.has_value()) {
      const auto position = ParsePosition(*to_);
      const auto time = ParseTime(*to_);
      if (position.ok()) {
        point.position = position->position;
        point.partition = position->partition;
      } else if (time.ok()) {
        point.time = *time;
      } else {
        return context.console->FailUsage(
            absl::StrCat("--to: got '", *to_,
                         "', wanted a position such as 0:17 or a time such as "
                         "2024-03-01T12:00:00Z"));
      }
    }
    if (const absl::Status outside =
            CheckOutside("restore --data", context.data, directory_);
        !outside.ok()) {
      return context.console->Fail(outside);
    }
    Progress progress(context.console, "records");
    const auto result =
        replay::Restore(directory_, context.data, point, OptionsOf(&progress));
    if (!result.ok()) return context.console->Fail(result.status());
    Print(context.console, context.json, "restored to", context.data, *result);
    return kExitDone;
  }

 private:
  std::string directory_;
  std::optional<std::string> to_;
};

}  // namespace

CommandPtr NewBackupCommand() { return std::make_unique<BackupCommand>(); }
CommandPtr NewRestoreCommand() { return std::make_unique<RestoreCommand>(); }

}  // namespace pawl::cli
