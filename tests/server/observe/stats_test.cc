#include "server/observe/stats.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/reflection.h>

#include <algorithm>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "endpoint/check.h"
#include "gmock/gmock.h"

namespace thespian::gateway {
namespace {

using google::protobuf::FieldDescriptor;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

// The fields that are set.
std::vector<std::string> FieldsOf(const v1::EndpointCounters& counters) {
  std::vector<const FieldDescriptor*> fields;
  counters.GetReflection()->ListFields(counters, &fields);
  std::vector<std::string> names;
  for (const FieldDescriptor* field : fields) names.push_back(field->name());
  return names;
}

void SetSomething(const EndpointStat& stat, v1::EndpointCounters& counters) {
  if (const auto* plain = std::get_if<PlainStat>(&stat.value)) {
    (counters.*plain->set)(1);
  } else {
    (*(counters.*std::get<StatByReason>(stat.value).field)())["reason"] = 1;
  }
}

TEST(StatsTest, ARowSetsTheFieldOfItsName) {
  for (const EndpointStat& stat : EndpointStatRows()) {
    v1::EndpointCounters counters;
    SetSomething(stat, counters);
    EXPECT_THAT(FieldsOf(counters), ElementsAre(std::string(stat.name)));
  }
}

TEST(StatsTest, EveryFieldOfTheApiHasOneRow) {
  std::multiset<std::string> rows;
  for (const EndpointStat& stat : EndpointStatRows()) rows.emplace(stat.name);
  std::multiset<std::string> fields;
  const auto& api = *v1::EndpointCounters::descriptor();
  for (int i = 0; i < api.field_count(); ++i) {
    fields.insert(api.field(i)->name());
  }
  EXPECT_EQ(rows, fields);
}

TEST(StatsTest, WhatCanFallIsAGauge) {
  std::vector<std::string> gauges;
  for (const EndpointStat& stat : EndpointStatRows()) {
    if (stat.type == StatType::kGauge) gauges.emplace_back(stat.name);
  }
  EXPECT_THAT(gauges,
              UnorderedElementsAre("waiting", "proxies_live", "queued_bytes"));
}

TEST(StatsTest, EachSaysWhatItIs) {
  for (const EndpointStat& stat : EndpointStatRows()) {
    EXPECT_EQ(std::string(stat.help).back(), '.') << stat.name;
  }
}

const EndpointStat& RowNamed(std::string_view name) {
  const auto rows = EndpointStatRows();
  const auto row = std::find_if(
      rows.begin(), rows.end(),
      [name](const EndpointStat& stat) { return stat.name == name; });
  Check(row != rows.end(), "there is a row of this name");
  return *row;
}

uint64_t Read(std::string_view name, const EndpointStatus& status) {
  return std::get<PlainStat>(RowNamed(name).value).read(status);
}

StatByReason::Counts ReadByReason(std::string_view name,
                                  const EndpointStatus& status) {
  return std::get<StatByReason>(RowNamed(name).value).read(status);
}

// accepted = written + dropped + waiting + refused.
TEST(StatsTest, TheBooksOfWhatWasAcceptedBalance) {
  EndpointStatus status;
  status.outbound.messages = {.taken = 100,
                              .written = 60,
                              .dropped = 30,
                              .withdrawn = 20,
                              .waiting = 10};
  status.refused = 5;
  EXPECT_EQ(Read("accepted", status), 105u);
  EXPECT_EQ(Read("written", status), 60u);
  EXPECT_EQ(Read("waiting", status), 10u);
  EXPECT_EQ(Read("refused", status), 5u);
  EXPECT_EQ(ReadByReason("dropped", status),
            (StatByReason::Counts{{"child_ended", 10}, {"withdrawn", 20}}));
}

TEST(StatsTest, WithoutLossesThereAreNoReasons) {
  EXPECT_THAT(ReadByReason("dropped", EndpointStatus()), IsEmpty());
}

TEST(StatsTest, FramesThatWereSkippedWereReceived) {
  EndpointStatus status;
  status.inbound.received = 7;
  status.inbound.skipped = 2;
  EXPECT_EQ(Read("received", status), 9u);
}

TEST(StatsTest, LiveProxiesAreThoseThatDidNotClose) {
  EndpointStatus status;
  status.inbound.proxies_created = 7;
  status.inbound.proxies_closed = 2;
  EXPECT_EQ(Read("proxies_live", status), 5u);
}

}  // namespace
}  // namespace thespian::gateway
