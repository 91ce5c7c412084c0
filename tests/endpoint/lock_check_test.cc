#include "endpoint/lock_check.h"

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>

#include "endpoint/mutex.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/temp_dir.h"

namespace thespian::gateway {
namespace {

using ::testing::ContainsRegex;
using ::testing::Not;
using ::testing::SizeIs;

void TakeAlone(Mutex& mutex) { MutexLock lock(mutex); }

void TakeUnderAnother(Mutex& outer, Mutex& inner) {
  MutexLock lock(outer);
  TakeAlone(inner);
}

void CallOutUnder(Mutex& mutex) {
  MutexLock lock(mutex);
  AssertNoLockHeld();
}

TEST(LockCheckTest, LocksOneAfterTheOtherAreFine) {
  Mutex first;
  Mutex second;
  AssertNoLockHeld();

  TakeAlone(first);
  TakeAlone(second);
  TakeAlone(first);

  AssertNoLockHeld();
}

TEST(LockCheckTest, WhatAnotherThreadHoldsDoesNotMatter) {
  Mutex held;
  Mutex other;
  MutexLock lock(held);

  std::thread([&other] {
    AssertNoLockHeld();
    TakeAlone(other);
  }).join();
}

TEST(LockCheckTest, ALockUnderAnotherEndsTheProcessWithBothPlaces) {
  Mutex outer;
  Mutex inner;

  EXPECT_DEATH(
      TakeUnderAnother(outer, inner),
      "lock_check_test.cc:[0-9]+ .TakeAlone. takes a lock while a lock is "
      "held, since .*lock_check_test.cc:[0-9]+ .TakeUnderAnother");
}

TEST(LockCheckTest, ALockTakenByHandIsSeenToo) {
  Mutex outer;
  Mutex inner;
  outer.Lock();

  EXPECT_DEATH(TakeAlone(inner), "TakeAlone.*since .*TestBody");

  outer.Unlock();
  TakeAlone(inner);
}

TEST(LockCheckTest, CallingOutUnderALockEndsTheProcess) {
  Mutex mutex;

  EXPECT_DEATH(CallOutUnder(mutex), "CallOutUnder. calls out while a lock");
}

TEST(LockCheckTest, AReportHasEachBreachOnceAndTheProcessGoesOn) {
  const TempDir dir;
  const std::string file = dir.File("report");
  const auto breach_often = [&file] {
    setenv("TG_LOCK_REPORT", file.c_str(), /*overwrite=*/1);
    Mutex outer;
    Mutex inner;
    for (int i = 0; i < 3; ++i) TakeUnderAnother(outer, inner);
    CallOutUnder(outer);
    std::_Exit(7);
  };

  EXPECT_EXIT(breach_often(), ::testing::ExitedWithCode(7), "");

  std::ifstream report(file);
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(report), {}),
            "tests/endpoint/lock_check_test.cc TakeUnderAnother | "
            "tests/endpoint/lock_check_test.cc TakeAlone | takes a lock\n"
            "tests/endpoint/lock_check_test.cc CallOutUnder | "
            "tests/endpoint/lock_check_test.cc CallOutUnder | calls out\n");
}

TEST(LockCheckTest, ARecordHasTheAcquisitionsOfAllThreads) {
  Mutex first;
  Mutex second;
  TakeAlone(first);
  LockRecord record;

  TakeAlone(first);
  std::thread([&second] { TakeAlone(second); }).join();

  const auto entries = record.Take();
  ASSERT_THAT(entries, SizeIs(2));
  EXPECT_EQ(entries[0].mutex, &first);
  EXPECT_EQ(entries[1].mutex, &second);
  EXPECT_EQ(NameOf(entries[0].place),
            "tests/endpoint/lock_check_test.cc TakeAlone");
  EXPECT_THAT(record.Take(), SizeIs(0));
}

}  // namespace
}  // namespace thespian::gateway
