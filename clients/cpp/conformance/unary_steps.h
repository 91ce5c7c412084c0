// The steps with one answer each.
//
// Threads:   each waits for its answer.
// Errors:    see StepResult.
#ifndef CLIENTS_CPP_CONFORMANCE_UNARY_STEPS_H_
#define CLIENTS_CPP_CONFORMANCE_UNARY_STEPS_H_

#include "clients/cpp/conformance/outcome.h"
#include "clients/cpp/conformance/stage.h"
#include "clients/cpp/conformance/step.h"

namespace thespian::gateway::conformance {

StepResult Call(Stage& stage, const Step& step);
StepResult SendUnary(Stage& stage, const Step& step);
StepResult Release(Stage& stage, const Step& step);
StepResult ListProxies(Stage& stage, const Step& step);
StepResult ListLocalActors(Stage& stage, const Step& step);
StepResult ListEndpoints(Stage& stage, const Step& step);
StepResult GetEndpoint(Stage& stage, const Step& step);

}  // namespace thespian::gateway::conformance

#endif  // CLIENTS_CPP_CONFORMANCE_UNARY_STEPS_H_
