#include "cli/parser.h"

#include <sstream>

#include "cli/console.h"
#include "gtest/gtest.h"

namespace pawl::cli {
namespace {

// A command with one argument of each form; says what it got.
class Probe final : public Command {
 public:
  std::string_view name() const override { return "probe"; }
  std::string_view summary() const override { return "Says what it got"; }
  std::string_view example() const override { return "pawl probe 5"; }
  void Declare(Arguments* arguments) override {
    arguments->Required("KEY", &key_, "A key");
    arguments->Optional("REST", &rest_, "More");
    arguments->Option("--vars", "JSON", &vars_, "Variables");
    arguments->Option("--lock", "DUR", &lock_, "Lock time");
    arguments->Option("--at", "POS", &at_, "Position");
    arguments->Option("--max", "N", &max_, "Number");
    arguments->OptionList("--worker", "TYPE=CMD", &workers_, "Workers");
    arguments->Flag("--all", &all_, "All");
  }
  int Run(Context& context) override {
    context.console->out() << key_ << '|' << rest_ << '|' << vars_ << '|'
                           << (lock_ ? absl::ToInt64Milliseconds(*lock_) : -1)
                           << '|' << (at_ ? at_->position : 0) << '|'
                           << max_.value_or(-1) << '|';
    for (const std::string& worker : workers_) {
      context.console->out() << worker << ';';
    }
    context.console->out() << '|' << all_ << '|' << context.data << '|'
                           << context.data_given << '|' << context.json;
    return kExitDone;
  }

 private:
  uint64_t key_ = 0;
  std::string rest_;
  std::string vars_;
  std::optional<absl::Duration> lock_;
  std::optional<LogPosition> at_;
  std::optional<int> max_;
  std::vector<std::string> workers_;
  bool all_ = false;
};

// Takes any number of arguments, and a flag on either side of them.
class Many final : public Command {
 public:
  std::string_view name() const override { return "many"; }
  std::string_view summary() const override { return "Says how many"; }
  std::string_view example() const override { return "pawl many a b"; }
  void Declare(Arguments* arguments) override {
    arguments->RequiredList("FILE", &files_, "Files");
    arguments->Flag("--all", &all_, "All");
  }
  int Run(Context& context) override {
    for (const std::string& file : files_) {
      context.console->out() << file << ';';
    }
    context.console->out() << all_;
    return kExitDone;
  }

 private:
  std::vector<std::string> files_;
  bool all_ = false;
};

class Group final : public Command {
 public:
  std::string_view name() const override { return "group"; }
  std::string_view summary() const override { return "Holds others"; }
  std::string_view example() const override { return "pawl group probe 5"; }
  std::vector<std::unique_ptr<Command>> TakeChildren() override {
    std::vector<std::unique_ptr<Command>> children;
    children.push_back(std::make_unique<Probe>());
    return children;
  }
  void Declare(Arguments*) override {}
  int Run(Context&) override { return kExitRefused; }
};

struct Outcome {
  int code = -1;
  std::string out;
  std::string err;
};

Outcome Parse(const std::vector<std::string>& args) {
  std::ostringstream out;
  std::ostringstream err;
  Console console(&out, &err, {});
  std::vector<std::unique_ptr<Command>> commands;
  commands.push_back(std::make_unique<Probe>());
  commands.push_back(std::make_unique<Group>());
  commands.push_back(std::make_unique<Many>());
  Context context;
  context.console = &console;
  const int code = ParseAndRun(std::move(commands), args, context);
  return {code, out.str(), err.str()};
}

TEST(ParserTest, AllForms) {
  const Outcome outcome =
      Parse({"probe", "5", "more", "--vars", "{\"a\": [1]}", "--lock", "30s",
             "--at", "0:7", "--max", "3", "--worker", "a=echo {}", "--worker",
             "b=x,y", "--all"});
  EXPECT_EQ(outcome.out,
            "5|more|{\"a\": [1]}|30000|7|3|a=echo {};b=x,y;|1|"
            "./pawl-data|0|0");
  EXPECT_EQ(outcome.code, kExitDone);
}

TEST(ParserTest, JsonTextsPassUnchanged) {
  for (const char* json : {"{}", "[]", "[1,2]", "\"\"", "", "{\"a\":1}", "%"}) {
    EXPECT_EQ(Parse({"probe", "5", "--vars", json}).out,
              "5||" + std::string(json) + "|-1|0|-1||0|./pawl-data|0|0");
  }
}

TEST(ParserTest, GlobalFlagsOnEitherSide) {
  EXPECT_EQ(Parse({"--json", "--data", "d", "probe", "5"}).out,
            "5|||-1|0|-1||0|d|1|1");
  EXPECT_EQ(Parse({"probe", "5", "--json", "--data=d"}).out,
            "5|||-1|0|-1||0|d|1|1");
  EXPECT_EQ(Parse({"group", "probe", "5", "--json"}).out,
            "5|||-1|0|-1||0|./pawl-data|0|1");
}

TEST(ParserTest, Lists) {
  EXPECT_EQ(Parse({"many", "a"}).out, "a;0");
  EXPECT_EQ(Parse({"many", "a", "b", "c", "--all"}).out, "a;b;c;1");
  EXPECT_EQ(Parse({"many", "--all", "a", "b"}).out, "a;b;1");
  EXPECT_EQ(Parse({"many"}).code, kExitUsage);
}

TEST(ParserTest, UsageErrors) {
  for (const std::vector<std::string>& args :
       std::vector<std::vector<std::string>>{{},
                                             {"nothing"},
                                             {"probe"},
                                             {"probe", "x"},
                                             {"probe", "-5"},
                                             {"probe", "5", "--lock", "5"},
                                             {"probe", "5", "--at", "a"},
                                             {"probe", "5", "--max"},
                                             {"probe", "5", "--max", "-1"},
                                             {"probe", "5", "a", "b"},
                                             {"probe", "5", "--unknown"},
                                             {"group"},
                                             {"help", "nothing"}}) {
    const Outcome outcome = Parse(args);
    EXPECT_EQ(outcome.code, kExitUsage) << testing::PrintToString(args);
    EXPECT_EQ(outcome.out, "") << testing::PrintToString(args);
    EXPECT_NE(outcome.err, "") << testing::PrintToString(args);
  }
}

TEST(ParserTest, HelpIsNoError) {
  for (const std::vector<std::string>& args :
       std::vector<std::vector<std::string>>{{"help"}, {"--help"}, {"-h"}}) {
    const Outcome outcome = Parse(args);
    EXPECT_EQ(outcome.code, kExitDone);
    EXPECT_NE(outcome.out.find("Says what it got"), std::string::npos);
    EXPECT_EQ(outcome.err, "");
  }
  for (const std::vector<std::string>& args :
       std::vector<std::vector<std::string>>{{"probe", "--help"},
                                             {"help", "probe"},
                                             {"help", "group", "probe"},
                                             {"group", "probe", "--help"}}) {
    const Outcome outcome = Parse(args);
    EXPECT_EQ(outcome.code, kExitDone) << testing::PrintToString(args);
    EXPECT_NE(outcome.out.find("pawl probe 5"), std::string::npos)
        << outcome.out;
  }
}

}  // namespace
}  // namespace pawl::cli
