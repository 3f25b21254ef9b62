#include "engine/model/time_to_live.h"

#include <string>

#include "gtest/gtest.h"

namespace pawl::model {
namespace {

TEST(TimeToLive, IsDaysOrADuration) {
  const IsoDuration month = {0, int64_t{30} * 86'400'000};
  EXPECT_EQ(ParseTimeToLiveText("30").value(), month);
  EXPECT_EQ(ParseTimeToLiveText("P30D").value(), month);
  EXPECT_EQ(ParseTimeToLiveText("P1Y").value(), (IsoDuration{12, 0}));
  EXPECT_EQ(ParseTimeToLiveText("0").value(), IsoDuration());
}

TEST(TimeToLive, SaysWhatIsWrong) {
  for (const std::string text :
       {"", "soon", "-3", "3 days", "99999999999999999999"}) {
    const auto parsed = ParseTimeToLiveText(text);
    ASSERT_FALSE(parsed.ok()) << text;
    EXPECT_NE(parsed.status().message().find("got '" + text + "'"),
              absl::string_view::npos)
        << parsed.status();
    EXPECT_NE(parsed.status().message().find("wanted days such as 30"),
              absl::string_view::npos);
  }
}

}  // namespace
}  // namespace pawl::model
