// The steps of streams: those that make one (`as`) and those on one (`on`).
//
// Threads:   each waits until it is done, as the README says of it.
// Errors:    see StepResult.
#ifndef CLIENTS_CPP_CONFORMANCE_STREAM_STEPS_H_
#define CLIENTS_CPP_CONFORMANCE_STREAM_STEPS_H_

#include "clients/cpp/conformance/outcome.h"
#include "clients/cpp/conformance/stage.h"
#include "clients/cpp/conformance/step.h"

namespace thespian::gateway::conformance {

StepResult Attach(Stage& stage, const Step& step);
StepResult Listen(Stage& stage, const Step& step);
StepResult Watch(Stage& stage, const Step& step);
StepResult SendOnStream(Stage& stage, const Step& step);
StepResult Link(Stage& stage, const Step& step);
StepResult HalfClose(Stage& stage, const Step& step);
StepResult Cancel(Stage& stage, const Step& step);
StepResult See(Stage& stage, const Step& step);
StepResult End(Stage& stage, const Step& step);

}  // namespace thespian::gateway::conformance

#endif  // CLIENTS_CPP_CONFORMANCE_STREAM_STEPS_H_
