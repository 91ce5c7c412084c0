// Whether the undefined behaviour sanitizer is there. It opens a pipe to look
// whether an object's memory can be read, and takes the lack of one for an
// object that is none: tests that use up the descriptors can't run with it. The
// other builds run them.
#ifndef TESTS_SUPPORT_UBSAN_H_
#define TESTS_SUPPORT_UBSAN_H_

#ifdef __has_feature
#if __has_feature(undefined_behavior_sanitizer)
#define TG_HAS_UBSAN
#endif
#endif

#endif  // TESTS_SUPPORT_UBSAN_H_
