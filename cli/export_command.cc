// export: the log for other programs; once, or on and on into a folder.
#include <chrono>
#include <filesystem>
#include <fstream>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "base/utf8.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/store.h"
#include "cli/values.h"
#include "replay/csv_export.h"
#include "replay/decoded_record.h"
#include "replay/exporter.h"
#include "replay/store_names.h"

namespace pawl::cli {
namespace {

constexpr std::chrono::milliseconds kFollowEvery(200);
constexpr uint64_t kFileMegabytes = 64;

class ExportCommand final : public BasicCommand {
 public:
  ExportCommand()
      : BasicCommand("export", "The log as JSON lines or CSV",
                     "pawl export --format csv -o events.csv") {}

  void Declare(Arguments* arguments) override {
    arguments->Option("--format", "jsonl or csv", &format_,
                      "A record a line (jsonl, unless said), or an event of an "
                      "instance a row (csv)");
    arguments->Option("-o", "FILE", &file_,
                      "Written whole or not at all; - is stdout");
    arguments->Option("--into", "DIR", &folder_,
                      "Instead: JSON lines into files of this folder, behind "
                      "what an earlier export brought there");
    arguments->Option("--name", "NAME", &name_,
                      "With --into: whose cursor (default `jsonl`)");
    arguments->Option("--rotate", "MB", &megabytes_,
                      "With --into: a new file after so many megabytes "
                      "(default 64)");
    arguments->Flag("--follow", &follow_,
                    "With --into: go on with what is written from now on");
  }

  int Run(Context& context) override {
    if (format_.has_value() && *format_ != "jsonl" && *format_ != "csv") {
      return context.console->FailUsage(
          absl::StrCat("--format: got '", *format_, "', wanted jsonl or csv"));
    }
    if (folder_.has_value() && (file_.has_value() || format_ == "csv")) {
      return context.console->FailUsage(
          "--into writes JSON lines into a folder: no -o, no --format csv");
    }
    if (!folder_.has_value() &&
        (name_.has_value() || megabytes_.has_value() || follow_)) {
      return context.console->FailUsage(
          "--name, --rotate and --follow go with --into");
    }
    if (megabytes_ == 0u) {
      return context.console->FailUsage("--rotate: got 0, wanted 1 or more");
    }
    const absl::Status status =
        folder_.has_value() ? Feed(context) : Once(context);
    return status.ok() ? kExitDone : context.console->Fail(status);
  }

 private:
  absl::Status Feed(const Context& context) const {
    PAWL_RETURN_IF_ERROR(RequireStore(context));
    PAWL_ASSIGN_OR_RETURN(
        const auto exporter,
        replay::JsonLinesExporter::Open(
            *folder_, megabytes_.value_or(kFileMegabytes) << 20));
    PAWL_ASSIGN_OR_RETURN(
        const auto feed,
        replay::ExportFeed::Open(context.data, name_.value_or("jsonl"),
                                 exporter.get()));
    uint64_t exported = 0;
    for (;;) {
      Progress progress(context.console, "records");
      PAWL_ASSIGN_OR_RETURN(const uint64_t given,
                            feed->CatchUp([&](uint64_t done, uint64_t total) {
                              progress.Update(done, total);
                            }));
      exported += given;
      if (!follow_) break;
      std::this_thread::sleep_for(kFollowEvery);
    }
    context.console->Print(
        context.json
            ? Variables{{"records", exported}}.ToJson()
            : absl::StrCat(exported, " records exported to ", *folder_));
    return absl::OkStatus();
  }

  absl::Status Once(const Context& context) const {
    PAWL_ASSIGN_OR_RETURN(const auto reader, Reader::Open(context));
    if (!file_.has_value() || *file_ == "-") {
      return WriteTo(context, reader.get(), &context.console->out());
    }
    const std::string unfinished = *file_ + ".new";
    {
      std::ofstream out(unfinished, std::ios::binary | std::ios::trunc);
      const absl::Status written = WriteTo(context, reader.get(), &out);
      out.close();
      if (!written.ok() || !out) {
        std::error_code ignored;
        std::filesystem::remove(unfinished, ignored);
        PAWL_RETURN_IF_ERROR(written);
        return absl::UnavailableError(
            absl::StrCat("file ", *file_, ": can't be written"));
      }
    }
    std::error_code error;
    std::filesystem::rename(unfinished, *file_, error);
    if (!error) return absl::OkStatus();
    return absl::UnavailableError(
        absl::StrCat("file ", *file_, ": ", error.message()));
  }

  absl::Status WriteTo(const Context& context, Reader* reader,
                       std::ostream* out) const {
    const bool csv = format_ == "csv";
    if (csv) *out << replay::CsvExport::Header();
    Progress progress(context.console, "records");
    for (const auto& data : reader->partitions()) {
      const Position end = data->state().position;
      if (end == 0) continue;
      replay::StoreNames names(data.get());
      replay::CsvExport table(data.get());
      absl::Status status;
      PAWL_RETURN_IF_ERROR(data->store().Read(
          data->partition(), data->store().Floor(data->partition()), end,
          [&](Position position, std::string_view bytes) {
            const auto text = csv ? table.Rows(bytes) : Line(bytes, &names);
            status = text.status();
            if (status.ok()) *out << *text;
            progress.Update(position, end);
            return status.ok() && bool{*out};
          }));
      PAWL_RETURN_IF_ERROR(status);
    }
    out->flush();
    return *out ? absl::OkStatus()
                : absl::UnavailableError("export: the output can't be written");
  }

  static absl::StatusOr<std::string> Line(std::string_view bytes,
                                          replay::StoreNames* names) {
    PAWL_ASSIGN_OR_RETURN(const Variables record,
                          replay::DecodeForReading(bytes, names));
    return ReplaceInvalidUtf8(record.ToJson()) + "\n";
  }

  std::optional<std::string> format_;
  std::optional<std::string> file_;
  std::optional<std::string> folder_;
  std::optional<std::string> name_;
  std::optional<uint64_t> megabytes_;
  bool follow_ = false;
};

}  // namespace

CommandPtr NewExportCommand() { return std::make_unique<ExportCommand>(); }

}  // namespace pawl::cli
