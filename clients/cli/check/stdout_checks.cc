#include "clients/cli/check/stdout_checks.h"

#include <string>
#include <string_view>

#include "clients/cli/check/child_checks.h"
#include "endpoint/wire/diagnosis.h"
#include "endpoint/wire/status_text.h"
#include "fmt/format.h"

namespace thespian::gateway::cli {
namespace {

constexpr uint64_t kMostUnasked = 1'000;

bool IsText(const Manner& manner) {
  return LooksLikeText(manner.offending_bytes);
}

// 5a or 7a, and a length that is right if its bytes are turned around.
bool IsLittleEndian(std::string_view bytes) {
  if (bytes.size() < kFrameHeadBytes) return false;
  const auto first = static_cast<uint8_t>(bytes[0]);
  return (first == 0x5a || first == 0x7a) && bytes[1] != 0 && bytes[3] == 0 &&
         bytes[4] == 0;
}

std::string FramingHint(std::string_view bytes) {
  if (IsLittleEndian(bytes)) {
    return "the length seems to be little-endian: write it big-endian";
  }
  const uint8_t first = bytes.empty() ? 0 : static_cast<uint8_t>(bytes[0]);
  if (first >= 0x80 && first <= 0x9f) {
    return "the message is there without a head: write 5a and its length in "
           "four bytes, big-endian, before it";
  }
  return "a frame is the byte 5a, the length of the content in four bytes, "
         "big-endian, and the content: one CBOR array";
}

std::string HeadsText(const Manner& manner) {
  std::string text;
  const auto add = [&text](bool seen, std::string_view what) {
    if (seen) text += fmt::format("{}{}", text.empty() ? "" : "; ", what);
  };
  add(manner.fixed_heads, "heads are 5a and a length of four bytes");
  add(manner.short_texts,
      "heads are those of text strings, as short as can be (accepted; as "
      "thespian wrote them before the fixed head)");
  add(manner.other_heads, "heads are those of other strings (accepted)");
  return text;
}

bool IsInForm(const IdForms& forms, IdForm form) {
  return form == IdForm::kPlain ? !forms.tagged : !forms.plain;
}

}  // namespace

Finding CheckFraming(CheckedChild& child, Facts& /*facts*/) {
  const Manner& manner = child.manner();
  if (!manner.violation.ok() && !IsText(manner)) {
    return Fail(std::string(MessageOf(manner.violation)),
                FramingHint(manner.offending_bytes));
  }
  if (manner.frames == 0) return CantTell("it wrote no frame");
  return Pass(HeadsText(manner));
}

Finding CheckIds(CheckedChild& child, Facts& /*facts*/) {
  const IdForms& forms = child.manner().ids;
  const bool plain = child.ids() == IdForm::kPlain;
  if (!forms.plain && !forms.tagged) return CantTell("it wrote no id");
  if (!IsInForm(forms, child.ids())) {
    return Fail(forms.plain && forms.tagged ? "it writes ids of both forms"
                : plain                     ? "it writes tagged ids"
                                            : "it writes plain ids",
                plain ? "write ids as numbers, or give the gateway --dialect "
                        "thespian"
                      : "write [\"LPID\", id] first and [\"RPID\", id] second, "
                        "or give the gateway --dialect plain");
  }
  if (forms.misplaced) {
    return Fail("a tag is in the wrong place",
                "tag the first id of a message, the writer's, with LPID, and "
                "the second, the reader's, with RPID");
  }
  return Pass(plain ? "they are plain numbers"
                    : "they are tagged, LPID first and RPID second");
}

Finding CheckStdout(CheckedChild& child, Facts& /*facts*/) {
  const Manner& manner = child.manner();
  if (!manner.violation.ok() && IsText(manner)) {
    return Fail(std::string(MessageOf(manner.violation)),
                "print to stderr: stdout is for frames");
  }
  if (manner.frames == 0) return CantTell("it wrote no frame");
  return Pass("nothing but frames is on stdout");
}

Finding CheckQuiet(CheckedChild& child, Facts& /*facts*/) {
  const Manner& manner = child.manner();
  if (manner.frames == 0) return CantTell("it wrote no frame");
  if (manner.passed_over <= kMostUnasked) {
    return Pass(fmt::format("{} frames in all, {} of them unasked",
                            manner.frames, manner.passed_over));
  }
  return Fail(fmt::format("{} of {} frames were unasked", manner.passed_over,
                          manner.frames),
              "write to a client what it asked for");
}

}  // namespace thespian::gateway::cli
