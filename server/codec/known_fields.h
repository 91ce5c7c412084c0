// What of a message its kind knows. Protobuf keeps the rest, at up to 30 times
// its size; the gateway has no use for it.
//
// Threads:   stateless; safe from any thread.
// Errors:    bytes that can't be read are left for Protobuf to refuse.
// Memory:    KnownPart: at most as much as the message.
#ifndef SERVER_CODEC_KNOWN_FIELDS_H_
#define SERVER_CODEC_KNOWN_FIELDS_H_

#include <google/protobuf/descriptor.h>
#include <google/protobuf/io/zero_copy_stream.h>

#include <string>

namespace thespian::gateway {

// Whether all fields of the message, and of those in it, are known.
bool HasOnlyKnownFields(google::protobuf::io::ZeroCopyInputStream& bytes,
                        const google::protobuf::Descriptor& kind);

// The message without those that are not.
std::string KnownPart(google::protobuf::io::ZeroCopyInputStream& bytes,
                      const google::protobuf::Descriptor& kind);

}  // namespace thespian::gateway

#endif  // SERVER_CODEC_KNOWN_FIELDS_H_
