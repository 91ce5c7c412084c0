// The rows of the table, by what they are about.
//
// Threads: each measures for as long as the setting's effort says.
// Errors:  what fails ends the program.
#ifndef TESTS_BENCH_ROWS_H_
#define TESTS_BENCH_ROWS_H_

#include "tests/bench/report.h"
#include "tests/bench/setting.h"

namespace thespian::gateway::bench {

// Unary calls.
void MeasureUnaryRate(Setting& setting, Report& report);
void MeasureUnaryTime(Setting& setting, Report& report);
void MeasureCallTime(Setting& setting, Report& report);
void MeasureIdleWakeup(Setting& setting, Report& report);

// A pair of pipes, without any gRPC.
void MeasurePipeTime(Setting& setting, Report& report);

// Attached clients.
void MeasureAttachTime(Setting& setting, Report& report);
void MeasureAttachRate(Setting& setting, Report& report);
void MeasureAttachRateOf100(Setting& setting, Report& report);
void MeasureLarge(Setting& setting, Report& report);
void MeasureCallBesideFlood(Setting& setting, Report& report);

// The codec alone.
void MeasureCodec(Setting& setting, Report& report);

// What watchers cost those who send.
void MeasureWatchedSend(Setting& setting, Report& report);
void MeasureWatchedCall(Setting& setting, Report& report);
void MeasureWatchedRate(Setting& setting, Report& report);

// What the process itself costs.
void MeasureWatchFanout(Setting& setting, Report& report);
void MeasureStart(Setting& setting, Report& report);
void MeasureMemory(Setting& setting, Report& report);
void MeasureGrowth(Setting& setting, Report& report);
void MeasureRestart(Setting& setting, Report& report);

// Several endpoints.
void MeasureTwoEndpoints(Setting& setting, Report& report);
void MeasureRelayed(Setting& setting, Report& report);
void MeasureOnDemandStart(Setting& setting, Report& report);

// Certificates and rules.
void MeasureSecured(Setting& setting, Report& report);
void MeasureCallBesideLimited(Setting& setting, Report& report);

// What one could take instead of the gateway.
void MeasureRivals(Setting& setting, Report& report);

}  // namespace thespian::gateway::bench

#endif  // TESTS_BENCH_ROWS_H_
