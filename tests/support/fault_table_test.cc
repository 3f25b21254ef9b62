#include "tests/support/fault_table.h"

#include <algorithm>
#include <set>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace pawl {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr uint64_t kKey = 7;

fb::RecordT Completing() {
  fb::RecordT record;
  fb::ElementCompletingT event;
  event.key = kKey;
  record.events.emplace_back();
  record.events.back().Set(event);
  return record;
}

fb::RecordT Completed() {
  fb::RecordT record;
  fb::ElementCompletedT event;
  event.key = kKey;
  record.events.emplace_back();
  record.events.back().Set(event);
  return record;
}

fb::RecordT Terminated() {
  fb::RecordT record;
  fb::ElementTerminatedT event;
  event.key = kKey;
  record.events.emplace_back();
  record.events.back().Set(event);
  return record;
}

FaultTable::RowOfElement Row(fb::ElementKind kind, fb::EventType type) {
  return [=](uint64_t) { return ElementRowOf(kind, type); };
}

TEST(FaultTableTest, EveryKindOfTheSchemaHasARow) {
  std::set<fb::ElementKind> kinds;
  std::set<std::string> names;
  for (const ElementRow& row : ElementRows()) {
    kinds.insert(row.kind);
    EXPECT_TRUE(names.insert(row.name).second) << row.name;
  }
  for (const fb::ElementKind kind : fb::EnumValuesElementKind()) {
    // No token is ever at one of the definitions of an event.
    EXPECT_EQ(kinds.contains(kind),
              kind != fb::ElementKind::unknown &&
                  kind != fb::ElementKind::event_definition)
        << fb::EnumNameElementKind(kind);
  }
  std::set<fb::EventType> types;
  for (const ElementRow& row : ElementRows()) types.insert(row.event_type);
  for (const fb::EventType type : fb::EnumValuesEventType()) {
    EXPECT_TRUE(types.contains(type)) << fb::EnumNameEventType(type);
  }
}

TEST(FaultTableTest, AHitFillsItsCellAndNoOther) {
  FaultTable table({{"a"}, {"b"}});
  const size_t all = table.EmptyCells().size();
  EXPECT_THAT(table.EmptyCells(), Contains("user_task completing b"));
  table.Struck(1, Completing(),
               Row(fb::ElementKind::user_task, fb::EventType::none));
  EXPECT_EQ(table.EmptyCells().size(), all - 1);
  EXPECT_THAT(table.EmptyCells(), Not(Contains("user_task completing b")));
  EXPECT_EQ(table.hits(0), 0);
  EXPECT_EQ(table.hits(1), 1);
  EXPECT_THAT(table.ImpossibleCells(), IsEmpty());
}

TEST(FaultTableTest, EachCellOfWhatIsRareIsAskedForOnDemand) {
  FaultTable table({{"a"}, {"lost_reply", /*of_commands=*/true}},
                   /*all_drawn=*/true);
  table.Struck(1, Completing(),
               Row(fb::ElementKind::call_activity, fb::EventType::none));
  constexpr char kCell[] = "call_activity completing a";
  EXPECT_THAT(table.EmptyCells(), Not(Contains(kCell)));
  EXPECT_THAT(table.EmptyCells(/*each=*/true), Contains(kCell));
  // The engine delivers the message by itself.
  EXPECT_THAT(table.EmptyCells(/*each=*/true),
              Contains("message_catch_event completing a"));
  EXPECT_THAT(table.EmptyCells(/*each=*/true),
              Not(Contains("message_catch_event completing lost_reply")));
}

TEST(FaultTableTest, WhatCannotBeHitIsNotMissedAndIsToldWhenItIs) {
  FaultTable table({{"a"}, {"lost_reply", /*of_commands=*/true}});
  EXPECT_THAT(table.EmptyCells(), Not(Contains("end_event terminating a")));
  EXPECT_THAT(table.EmptyCells(), Contains("timer_catch_event completing a"));
  EXPECT_THAT(table.EmptyCells(),
              Not(Contains("timer_catch_event completing lost_reply")));
  // While a listener ran.
  table.Struck(0, Terminated(),
               Row(fb::ElementKind::end_event, fb::EventType::none));
  table.Struck(
      1, Completing(),
      Row(fb::ElementKind::intermediate_catch_event, fb::EventType::timer));
  // Its way out may have been an incident, which a command resolves.
  table.Struck(
      1, Completed(),
      Row(fb::ElementKind::intermediate_catch_event, fb::EventType::timer));
  EXPECT_THAT(table.ImpossibleCells(),
              ElementsAre("timer_catch_event completing lost_reply"));
}

TEST(FaultTableTest, TablesAddUp) {
  FaultTable a({{"x"}});
  FaultTable b({{"x"}});
  const auto row = Row(fb::ElementKind::script_task, fb::EventType::none);
  a.Struck(0, Completing(), row);
  b.Struck(0, Completing(), row);
  a.Add(b);
  EXPECT_EQ(
      a.hits(ElementRowOf(fb::ElementKind::script_task, fb::EventType::none), 2,
             0),
      2);
  EXPECT_EQ(a.hits(0), 2);
}

TEST(FaultTableTest, PrintsARowForEachTransitionAndADashForWhatCannotBe) {
  const std::string text = FaultTable({{"x"}}).Print();
  EXPECT_THAT(text, HasSubstr("x, struck 0 records"));
  EXPECT_EQ(static_cast<size_t>(std::count(text.begin(), text.end(), '\n')),
            2 + ElementRows().size() * kTransitionCount);
  EXPECT_THAT(text, HasSubstr("parallel_gateway terminated            -"));
  EXPECT_THAT(text, HasSubstr("parallel_gateway completed             0"));
}

}  // namespace
}  // namespace pawl
