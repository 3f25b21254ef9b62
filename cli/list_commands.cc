// instances, tasks, jobs, timers, incidents: what there is, oldest first.
#include <functional>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/shapes.h"
#include "cli/store.h"
#include "cli/values.h"
#include "engine/query.h"

namespace pawl::cli {
namespace {

constexpr TextTable::Align kRight = TextTable::Align::kRight;
// Entries asked for at a time.
constexpr int kPage = 1000;

std::string TimeCell(const std::optional<absl::Time>& time) {
  return time.has_value() ? ShowTime(*time) : "";
}

// Prints items as they come: JSON at once, a table at its end.
template <typename T>
class Lister {
 public:
  using Cells = std::function<std::vector<std::string>(const T&)>;

  using ShapeOf = std::function<Variables(const T&)>;

  Lister(
      const Context& context, std::vector<TextTable::Column> columns,
      Cells cells, ShapeOf shape = [](const T& item) { return Shape(item); })
      : context_(context),
        table_(std::move(columns)),
        cells_(std::move(cells)),
        shape_(std::move(shape)) {}

  void Add(const T& item) {
    if (context_.json) {
      context_.console->Print(shape_(item).ToJson());
    } else {
      table_.Row(cells_(item));
    }
  }
  void Finish() { table_.Print(context_.console); }

 private:
  const Context& context_;
  TextTable table_;
  Cells cells_;
  ShapeOf shape_;
};

// Options that several lists share.
class ListBase : public BasicCommand {
 public:
  using BasicCommand::BasicCommand;

  void Declare(Arguments* arguments) override {
    arguments->Option("--instance", "KEY", &instance_, "Of this instance only");
    arguments->Option("--limit", "N", &limit_, "At most so many");
    DeclareMore(arguments);
  }

 protected:
  virtual void DeclareMore(Arguments*) {}

  // Lists page by page over all partitions. `next` says where a page ends.
  template <typename T, typename List, typename Next>
  int ListAll(const Context& context, ListQuery query, Lister<T> lister,
              List list, Next next) {
    const auto run = [&]() -> absl::Status {
      PAWL_ASSIGN_OR_RETURN(const auto reader, Reader::Open(context));
      int left = limit_.value_or(std::numeric_limits<int>::max());
      query.instance = InstanceKey(instance_.value_or(0));
      for (const auto& partition : reader->partitions()) {
        query.after = 0;
        while (left > 0) {
          query.limit = std::min(left, page_);
          PAWL_ASSIGN_OR_RETURN(const std::vector<T> items,
                                list(*partition, query));
          for (const T& item : items) lister.Add(item);
          left -= static_cast<int>(items.size());
          if (static_cast<int>(items.size()) < query.limit) break;
          query.after = next(items.back());
        }
      }
      lister.Finish();
      return absl::OkStatus();
    };
    const absl::Status status = run();
    return status.ok() ? kExitDone : context.console->Fail(status);
  }

  // Timers come by due time, so there is no key to go on from.
  void OnePage() { page_ = std::numeric_limits<int>::max(); }

 private:
  std::optional<uint64_t> instance_;
  std::optional<int> limit_;
  int page_ = kPage;
};

class TasksCommand final : public ListBase {
 public:
  TasksCommand()
      : ListBase("tasks", "Tasks that wait for people", "pawl tasks --json") {}

  void DeclareMore(Arguments* arguments) override {
    arguments->Flag("--details", &details_,
                    "Also owner, delegation, follow-up date, priority, form");
  }

  int Run(Context& context) override {
    std::vector<TextTable::Column> columns = {
        {"key", kRight}, {"instance", kRight},
        {"process"},     {"element"},
        {"name"},        {"kind"},
        {"assignee"},    {"due"},
        {"created"}};
    if (details_) {
      for (const char* more :
           {"owner", "delegation", "follow up", "priority", "form"}) {
        columns.push_back({more});
      }
    }
    return ListAll<TaskInfo>(
        context, {},
        {context, std::move(columns),
         [this](const TaskInfo& task) { return Cells(task); },
         [this](const TaskInfo& task) {
           return details_ ? DetailedShape(task) : Shape(task);
         }},
        ListTasks, [](const TaskInfo& task) { return task.key.value(); });
  }

 private:
  std::vector<std::string> Cells(const TaskInfo& task) const {
    std::vector<std::string> cells = {
        ToString(task.key),
        ToString(task.instance),
        task.process_id,
        task.element_id,
        task.name,
        task.kind == TaskKind::kUser ? "user" : "receive",
        task.assignee,
        TimeCell(task.due),
        ShowTime(task.created)};
    if (!details_) return cells;
    cells.push_back(task.owner);
    cells.push_back(ToString(task.delegation));
    cells.push_back(TimeCell(task.follow_up));
    cells.push_back(std::to_string(task.priority));
    cells.push_back(FormCell(task.form));
    return cells;
  }

  // Its key or reference, and the ids of its fields.
  static std::string FormCell(const std::optional<Form>& form) {
    if (!form.has_value()) return "";
    std::string cell = form->key.empty() ? form->reference : form->key;
    for (const FormField& field : form->fields) {
      absl::StrAppend(&cell, cell.empty() ? "" : " ", field.id);
    }
    return cell;
  }

  bool details_ = false;
};

class JobsCommand final : public ListBase {
 public:
  JobsCommand()
      : ListBase("jobs", "Work for handlers and workers",
                 "pawl jobs --type charge-card") {}

  void DeclareMore(Arguments* arguments) override {
    arguments->Option("--type", "TYPE", &type_, "Of this type only");
  }

  int Run(Context& context) override {
    ListQuery query;
    query.job_type = type_;
    return ListAll<JobInfo>(
        context, query,
        {context,
         {{"key", kRight},
          {"instance", kRight},
          {"element"},
          {"type"},
          {"state"},
          {"retries", kRight},
          {"attempt", kRight},
          {"worker"},
          {"until"},
          {"message"}},
         [](const JobInfo& job) {
           return std::vector<std::string>{
               ToString(job.key),
               ToString(job.instance),
               job.element_id,
               job.type,
               ToString(job.state),
               absl::StrCat(job.retries),
               absl::StrCat(job.attempt),
               job.worker,
               TimeCell(job.lock_until.has_value() ? job.lock_until : job.due),
               job.message};
         }},
        ListJobs, [](const JobInfo& job) { return job.key.value(); });
  }

 private:
  std::string type_;
};

class TimersCommand final : public ListBase {
 public:
  TimersCommand() : ListBase("timers", "Timers, by due time", "pawl timers") {
    OnePage();
  }

  int Run(Context& context) override {
    return ListAll<TimerInfo>(
        context, {},
        {context,
         {{"key", kRight},
          {"instance", kRight},
          {"process"},
          {"element"},
          {"due"},
          {"cycle"}},
         [](const TimerInfo& timer) {
           return std::vector<std::string>{
               ToString(timer.key),
               timer.instance.valid() ? ToString(timer.instance) : "",
               timer.process_id,
               timer.element_id,
               ShowTime(timer.due),
               timer.cycle};
         }},
        ListTimers, [](const TimerInfo&) { return uint64_t{0}; });
  }
};

class IncidentsCommand final : public ListBase {
 public:
  IncidentsCommand()
      : ListBase("incidents", "Where processes stopped, and why",
                 "pawl incidents --json") {}

  int Run(Context& context) override {
    return ListAll<IncidentInfo>(
        context, {},
        {context,
         {{"key", kRight},
          {"instance", kRight},
          {"process"},
          {"element"},
          {"type"},
          {"job", kRight},
          {"message"}},
         [](const IncidentInfo& incident) {
           return std::vector<std::string>{
               ToString(incident.key),
               ToString(incident.instance),
               incident.process_id,
               incident.element_id,
               incident.type,
               incident.job.valid() ? ToString(incident.job) : "",
               incident.message};
         }},
        ListIncidents,
        [](const IncidentInfo& incident) { return incident.key.value(); });
  }
};

class InstancesCommand final : public BasicCommand {
 public:
  InstancesCommand()
      : BasicCommand("instances", "Process instances, running and ended",
                     "pawl instances --state active --process order") {}

  void Declare(Arguments* arguments) override {
    arguments->Option("--state", "S", &state_,
                      "active, suspended, completed, terminated, cancelled or "
                      "compensated");
    arguments->Option("--process", "ID", &query_.process_id,
                      "Of this process only");
    arguments->Option("--business-key", "K", &query_.business_key,
                      "With this business key only");
    arguments->Option("--from", "T", &query_.started_from,
                      "Started at this time or later");
    arguments->Option("--to", "T", &query_.started_to,
                      "Started before this time");
    arguments->Flag("--archived", &query_.archived,
                    "Those that retention moved to the archive, instead");
    arguments->Option("--limit", "N", &limit_, "At most so many");
  }

  int Run(Context& context) override {
    if (state_.has_value() && !ReadState()) {
      return context.console->FailUsage(
          absl::StrCat("--state: got '", *state_,
                       "', wanted active, suspended, completed, terminated, "
                       "cancelled or compensated"));
    }
    const absl::Status status = List(context);
    return status.ok() ? kExitDone : context.console->Fail(status);
  }

 private:
  bool ReadState() {
    for (const InstanceState state :
         {InstanceState::kActive, InstanceState::kSuspended,
          InstanceState::kCompleted, InstanceState::kTerminated,
          InstanceState::kCancelled, InstanceState::kCompensated}) {
      if (*state_ == ToString(state)) query_.state = state;
    }
    return query_.state.has_value();
  }

  absl::Status List(const Context& context) {
    PAWL_ASSIGN_OR_RETURN(const auto reader, Reader::Open(context));
    Lister<InstanceInfo> lister(
        context,
        {{"key", kRight},
         {"process"},
         {"version", kRight},
         {"business key"},
         {"state"},
         {"started"},
         {"ended"},
         {"incidents", kRight}},
        [](const InstanceInfo& instance) {
          return std::vector<std::string>{
              ToString(instance.key),         instance.process_id,
              absl::StrCat(instance.version), instance.business_key,
              ToString(instance.state),       ShowTime(instance.started),
              TimeCell(instance.ended),       absl::StrCat(instance.incidents)};
        });
    int left = limit_.value_or(std::numeric_limits<int>::max());
    for (const auto& partition : reader->partitions()) {
      query_.after = InstanceKey();
      while (left > 0) {
        query_.limit = std::min(left, kPage);
        PAWL_ASSIGN_OR_RETURN(const std::vector<InstanceInfo> instances,
                              ListInstances(*partition, query_));
        for (const InstanceInfo& instance : instances) lister.Add(instance);
        left -= static_cast<int>(instances.size());
        if (static_cast<int>(instances.size()) < query_.limit) break;
        query_.after = instances.back().key;
      }
    }
    lister.Finish();
    return absl::OkStatus();
  }

  std::optional<std::string> state_;
  InstanceQuery query_;
  std::optional<int> limit_;
};

}  // namespace

CommandPtr NewInstancesCommand() {
  return std::make_unique<InstancesCommand>();
}
CommandPtr NewTasksCommand() { return std::make_unique<TasksCommand>(); }
CommandPtr NewJobsCommand() { return std::make_unique<JobsCommand>(); }
CommandPtr NewTimersCommand() { return std::make_unique<TimersCommand>(); }
CommandPtr NewIncidentsCommand() {
  return std::make_unique<IncidentsCommand>();
}

}  // namespace pawl::cli
