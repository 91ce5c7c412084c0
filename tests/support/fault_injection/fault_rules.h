// Which system calls of this process fail, for tests.
//
//   rules := rule *("," rule)
//   rule  := CALL ":" WHICH ":" ERROR [":" ROLE [":" MOST]]
//
//   CALL   as interposed.cc names it: pipe2, writev, F_SETFL, ...
//   WHICH  3: the third call; 3+: from the third on; 3-9: those; /3: each third
//   ERROR  EMFILE, ... or SHORT: a read or write of one byte
//   ROLE   gateway (if it is left out), trampoline, guard or child: what the
//          process is, by its program and first argument
//   MOST   so many are injected at most, in all processes together
//
// The rules of a process that is started with the library are those of the
// variable TG_FAULT. Each fault that is injected adds a line to the file that
// TG_FAULT_NOTE names, by which tests know that it was.
//
// Ownership: owns nothing; the rules are the process's.
// Threads:   safe from any thread, but for SetFaults.
// Errors:    rules that can't be read end the process.
// Memory:    constant; nothing is allocated, since it runs within any call.
#ifndef TESTS_SUPPORT_FAULT_INJECTION_FAULT_RULES_H_
#define TESTS_SUPPORT_FAULT_INJECTION_FAULT_RULES_H_

namespace thespian::gateway {

inline constexpr int kNoFault = 0;
inline constexpr int kShortFault = -1;

// Replaces the rules, for tests that inject into their own process, whose role
// is then "gateway". Empty: none.
void SetFaults(const char* rules);
// How many were injected since.
int FaultsInjected();

// Whether any rule is about this call, which costs next to nothing.
bool HasFaultsFor(const char* call);
// Counts a call. The error with which it is to fail; kShortFault, kNoFault.
int NextFault(const char* call);

}  // namespace thespian::gateway

#endif  // TESTS_SUPPORT_FAULT_INJECTION_FAULT_RULES_H_
