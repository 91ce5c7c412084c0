// What the transcripts leave out of long steps.
#ifndef TESTS_SUPPORT_TRANSCRIPT_REST_H_
#define TESTS_SUPPORT_TRANSCRIPT_REST_H_

#include <string>

#include "tests/support/transcripts.h"

namespace thespian::gateway {

// The bytes of a step in full, as they were recorded. What is made up begins
// with the recorded bytes and has the recorded size, or the process ends.
std::string WithItsRest(const Transcript& transcript,
                        const TranscriptStep& step);

}  // namespace thespian::gateway

#endif  // TESTS_SUPPORT_TRANSCRIPT_REST_H_
