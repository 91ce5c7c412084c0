// Words for bytes that should have been a frame.
//
// Threads:   stateless; safe from any thread.
#ifndef ENDPOINT_WIRE_DIAGNOSIS_H_
#define ENDPOINT_WIRE_DIAGNOSIS_H_

#include <string>
#include <string_view>

namespace thespian::gateway {

// Whether the first 64 of `bytes` begin with a run of text.
bool LooksLikeText(std::string_view bytes);

// The first 64 of the bytes `first` and then `rest`, in hex; and, if they look
// like text, the text and the question whether the child printed to stdout.
std::string DescribeBytes(std::string_view first, std::string_view rest);

}  // namespace thespian::gateway

#endif  // ENDPOINT_WIRE_DIAGNOSIS_H_
