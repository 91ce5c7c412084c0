// Where a page of a list begins, as clients are given it: they can hand it back
// and nothing else.
//
// Threads:   stateless; safe from any thread.
// Errors:    FIELD_INVALID for a token that this process did not give for the
//   same list.
// Memory:    48 bytes.
#ifndef SERVER_RPC_PAGE_TOKEN_H_
#define SERVER_RPC_PAGE_TOKEN_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace thespian::gateway {

struct PageToken {
  uint64_t table = 0;  // which table the place is of, if there are several
  uint64_t place = 0;  // 0: the list begins
};

// `list` names the RPC.
std::string WritePageToken(std::string_view list, const PageToken& token);

// An empty text is the beginning.
absl::StatusOr<PageToken> ReadPageToken(std::string_view list,
                                        std::string_view text);

}  // namespace thespian::gateway

#endif  // SERVER_RPC_PAGE_TOKEN_H_
