#include "cli/console.h"

#include <sstream>

#include "cli/command.h"
#include "gtest/gtest.h"

namespace pawl::cli {
namespace {

TEST(TextTableTest, AlignsByCodePoints) {
  std::ostringstream out;
  std::ostringstream err;
  Console console(&out, &err, {});
  TextTable table({{"name"}, {"n", TextTable::Align::kRight}, {"x"}});
  table.Row({"Grüße", "7", "a"});
  table.Row({"b", "1234", ""});
  table.Print(&console);
  EXPECT_EQ(out.str(),
            "name      n  x\n"
            "Grüße     7  a\n"
            "b      1234  -\n");
}

TEST(TextTableTest, NoRowsPrintNothing) {
  std::ostringstream out;
  std::ostringstream err;
  Console console(&out, &err, {.color = true});
  TextTable({{"key"}}).Print(&console);
  EXPECT_EQ(out.str(), "");
}

TEST(ConsoleTest, JsonIsUtf8) {
  std::ostringstream out;
  std::ostringstream err;
  Console console(&out, &err, {});
  console.Print("\xFF");
  console.set_json(true);
  console.Print("{\"file\":\"\xFF.bpmn \xE6\x97\",\"\u65e5\":1}");
  console.Print("{\"\u65e5\":1}");
  EXPECT_EQ(out.str(),
            "\xFF\n"
            "{\"file\":\"\uFFFD.bpmn \uFFFD\uFFFD\",\"\u65e5\":1}\n"
            "{\"\u65e5\":1}\n");
}

TEST(ConsoleTest, ColourOnlyWhereAllowed) {
  std::ostringstream out;
  std::ostringstream err;
  EXPECT_EQ(Console(&out, &err, {}).Styled(Style::kRed, "x"), "x");
  EXPECT_EQ(Console(&out, &err, {.color = true}).Styled(Style::kRed, "x"),
            "\033[31mx\033[0m");
}

TEST(ConsoleTest, FailSaysWhoAndGivesTheExitCode) {
  std::ostringstream out;
  std::ostringstream err;
  Console console(&out, &err, {});
  EXPECT_EQ(console.Fail(absl::NotFoundError("instance 5: unknown")),
            kExitRefused);
  EXPECT_EQ(err.str(), "pawl: instance 5: unknown\n");
  EXPECT_EQ(console.Fail(absl::DataLossError("log 0:7: damaged")),
            kExitDataLoss);
  EXPECT_EQ(out.str(), "");
}

}  // namespace
}  // namespace pawl::cli
