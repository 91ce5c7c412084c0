// Where a program may lie whose name has no slash: the directories of PATH.
//
// Threads:   safe as long as no thread changes the environment.
// Errors:    none; whether there is such a file is not looked for.
#ifndef ENDPOINT_PROCESS_SEARCH_PATH_H_
#define ENDPOINT_PROCESS_SEARCH_PATH_H_

#include <string>
#include <string_view>
#include <vector>

namespace thespian::gateway {

// In the order in which they are tried, as execvp does it. An empty directory
// of PATH is the one in which the process is.
std::vector<std::string> FilesInPath(std::string_view program);

}  // namespace thespian::gateway

#endif  // ENDPOINT_PROCESS_SEARCH_PATH_H_
