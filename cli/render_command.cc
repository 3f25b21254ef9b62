// render: a model as a picture, with what an instance has been through.
#include <fstream>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/moment_option.h"
#include "cli/store.h"
#include "cli/values.h"
#include "engine/deployment.h"
#include "replay/render/animation.h"
#include "replay/render/diagram_read.h"
#include "replay/render/instance_view.h"
#include "replay/render/render.h"

namespace pawl::cli {
namespace {

class RenderCommand final : public BasicCommand {
 public:
  RenderCommand()
      : BasicCommand("render", "Draw an instance or a model, as SVG",
                     "pawl render 2 --at 0:17 -o order.svg") {}

  void Declare(Arguments* arguments) override {
    arguments->Required("INSTANCE or FILE", &target_,
                        "Key of an instance, or a BPMN 2.0 XML file");
    arguments->Option("--at", "POS or TIME", &at_,
                      "The instance as it was after this record, or at this "
                      "time");
    arguments->Option("-o,--output", "FILE", &output_,
                      "Where to; - or nothing: standard output");
    arguments->Option("--diagram", "ID", &diagram_,
                      "Only this one of several diagrams: its id, its name, "
                      "what it shows, or its number");
    arguments->Flag("--animate", &animate_,
                    "An HTML page that plays the instance, up to --at; it "
                    "needs no network");
    arguments->Flag("--no-heat", &no_heat_,
                    "No colours for how long elements took");
  }

  int Run(Context& context) override {
    const auto instance = ParseNumber(target_);
    if (!instance.ok() && (at_.has_value() || animate_)) {
      return context.console->FailUsage(absl::StrCat(
          "render: got --", animate_ ? "animate" : "at", " and the file ",
          target_, ", wanted the key of an instance with it"));
    }
    if (at_.has_value()) {
      if (const auto status = CheckMoment("--at", *at_); !status.ok()) {
        return context.console->FailUsage(status.message().data());
      }
    }
    const absl::Status status =
        instance.ok() ? DrawInstance(context, *instance) : DrawFile(context);
    return status.ok() ? kExitDone : context.console->Fail(status);
  }

 private:
  absl::Status DrawFile(const Context& context) const {
    PAWL_ASSIGN_OR_RETURN(const std::string xml, ReadModelFile(target_));
    PAWL_ASSIGN_OR_RETURN(const auto diagrams, Diagrams(xml, target_));
    PAWL_ASSIGN_OR_RETURN(const std::string svg,
                          replay::RenderSvg(diagrams, nullptr));
    return Write(context, diagrams, svg, Variables{{"file", target_}});
  }

  absl::Status DrawInstance(const Context& context, uint64_t key) const {
    PAWL_ASSIGN_OR_RETURN(const auto reader, Reader::Open(context));
    PAWL_ASSIGN_OR_RETURN(PartitionData* const data, reader->PartitionOf(key));
    PAWL_ASSIGN_OR_RETURN(const std::optional<Position> at,
                          ResolveMoment("--at", at_, *data, InstanceKey(key)));
    if (animate_) return Animate(context, data, InstanceKey(key), at);
    // Until a time that somebody gives, what waits has waited.
    std::optional<int64_t> now_ms;
    if (at_.has_value() && !ParsePosition(*at_).ok()) {
      PAWL_ASSIGN_OR_RETURN(const absl::Time time, ParseTime(*at_));
      now_ms = absl::ToUnixMillis(time);
    }
    PAWL_ASSIGN_OR_RETURN(
        replay::InstanceView view,
        replay::ViewInstance(data, InstanceKey(key), at, now_ms));
    view.overlay.heat = !no_heat_;
    PAWL_ASSIGN_OR_RETURN(const auto diagrams,
                          Diagrams(view.xml, view.process_id));
    PAWL_ASSIGN_OR_RETURN(const std::string svg,
                          replay::RenderSvg(diagrams, &view.overlay));
    return Write(
        context, diagrams, svg,
        Variables{{"instance", std::to_string(key)},
                  {"process", view.process_id},
                  {"version", static_cast<int64_t>(view.version)},
                  {"state", view.state},
                  {"position", ShowPosition(data->partition(), view.position)},
                  {"time", ShowTime(absl::FromUnixMillis(view.time_ms))}});
  }

  absl::Status Animate(const Context& context, PartitionData* data,
                       InstanceKey instance,
                       std::optional<Position> until) const {
    PAWL_ASSIGN_OR_RETURN(const replay::Animation animation,
                          replay::ReadAnimation(data, instance, until));
    PAWL_ASSIGN_OR_RETURN(const auto diagrams,
                          Diagrams(animation.xml, animation.process_id));
    PAWL_ASSIGN_OR_RETURN(const std::string page,
                          replay::RenderAnimation(diagrams, animation));
    const replay::AnimationFrame& last = animation.frames.back();
    return Write(
        context, diagrams, page,
        Variables{
            {"instance", std::to_string(instance.value())},
            {"process", animation.process_id},
            {"version", static_cast<int64_t>(animation.version)},
            {"frames", static_cast<int64_t>(animation.frames.size())},
            {"position", ShowPosition(animation.partition, last.position)},
            {"time", ShowTime(absl::FromUnixMillis(last.time_ms))}});
  }

  absl::StatusOr<std::vector<replay::Diagram>> Diagrams(
      const std::string& xml, const std::string& of) const {
    auto diagrams = replay::ReadDiagrams(xml);
    if (!diagrams.ok()) {
      return absl::Status(diagrams.status().code(),
                          absl::StrCat(of, ":", diagrams.status().message()));
    }
    if (!diagram_.has_value()) return diagrams;
    return replay::ChooseDiagrams(*std::move(diagrams), *diagram_);
  }

  bool ToStandardOutput() const {
    return !output_.has_value() || *output_ == "-";
  }

  // The picture, and what is said about it: by --json one document, which has
  // the picture in it when that goes to the same place; else what was left out,
  // beside it.
  absl::Status Write(const Context& context,
                     const std::vector<replay::Diagram>& diagrams,
                     const std::string& picture, Variables drawn) const {
    Value::List list;
    for (const replay::Diagram& diagram : diagrams) {
      Value::List left_out(diagram.left_out.begin(), diagram.left_out.end());
      if (!context.json) {
        for (const std::string& what : diagram.left_out) {
          context.console->Error(absl::StrCat("left out: ", what));
        }
      }
      list.emplace_back(
          Variables{{"id", diagram.id},
                    {"name", diagram.name},
                    {"element", diagram.plane},
                    {"shapes", static_cast<int64_t>(diagram.shapes.size())},
                    {"edges", static_cast<int64_t>(diagram.edges.size())},
                    {"left_out", std::move(left_out)}});
    }
    if (!ToStandardOutput()) {
      PAWL_RETURN_IF_ERROR(WriteFile(picture));
      drawn.Set("output", *output_);
    }
    if (!context.json) {
      if (ToStandardOutput()) context.console->out() << picture;
      return absl::OkStatus();
    }
    drawn.Set("bytes", static_cast<int64_t>(picture.size()));
    drawn.Set("diagrams", std::move(list));
    if (ToStandardOutput()) drawn.Set(animate_ ? "html" : "svg", picture);
    context.console->Print(drawn.ToJson());
    return absl::OkStatus();
  }

  absl::Status WriteFile(const std::string& picture) const {
    std::ofstream file(*output_, std::ios::binary | std::ios::trunc);
    file << picture;
    file.close();
    if (!file.good()) {
      return absl::InvalidArgumentError(absl::StrCat(
          "--output: got ", *output_, ", wanted a file that can be written"));
    }
    return absl::OkStatus();
  }

  std::string target_;
  std::optional<std::string> at_;
  std::optional<std::string> output_;
  std::optional<std::string> diagram_;
  bool animate_ = false;
  bool no_heat_ = false;
};

}  // namespace

CommandPtr NewRenderCommand() { return std::make_unique<RenderCommand>(); }

}  // namespace pawl::cli
