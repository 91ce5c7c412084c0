#include "tests/examples/child_talk.h"

#include <sys/wait.h>

#include <cstdint>

#include "fmt/format.h"
#include "nlohmann/json.hpp"

namespace thespian::gateway {

std::string FramesOf(const std::vector<std::string_view>& messages) {
  std::string frames;
  for (const std::string_view message : messages) {
    const std::vector<uint8_t> content =
        nlohmann::json::to_cbor(nlohmann::json::parse(message));
    frames += '\x5a';
    for (const int shift : {24, 16, 8, 0}) {
      frames += static_cast<char>(content.size() >> shift);
    }
    frames.append(content.begin(), content.end());
  }
  return frames;
}

std::string MessageOfContent(std::string_view content) {
  const nlohmann::json message = nlohmann::json::from_cbor(
      content, /*strict=*/true, /*allow_exceptions=*/false);
  return message.is_discarded() ? "malformed" : message.dump();
}

void ChildTalk::Begin(const std::vector<std::string>& command) {
  absl::StatusOr<std::unique_ptr<PipedChild>> child =
      PipedChild::Start(command);
  ASSERT_TRUE(child.ok()) << child.status();
  child_ = *std::move(child);
}

void ChildTalk::Say(const std::vector<std::string_view>& messages) {
  SayBytes(FramesOf(messages));
}

void ChildTalk::SayBytes(std::string_view bytes) {
  const absl::Status status = child_->Write(bytes);
  EXPECT_TRUE(status.ok()) << status;
}

std::string ChildTalk::Hear() {
  const absl::StatusOr<std::string> content = child_->NextFrame();
  return content.ok() ? MessageOfContent(*content)
                      : content.status().ToString();
}

std::vector<std::string> ChildTalk::Hear(size_t count) {
  std::vector<std::string> messages;
  while (messages.size() < count) messages.push_back(Hear());
  return messages;
}

std::vector<std::string> ChildTalk::HearTheRest() {
  child_->CloseStdin();
  std::vector<std::string> messages;
  absl::StatusOr<std::string> content = child_->NextFrame();
  for (; content.ok(); content = child_->NextFrame()) {
    messages.push_back(MessageOfContent(*content));
  }
  EXPECT_EQ(content.status().code(), absl::StatusCode::kOutOfRange)
      << content.status();
  return messages;
}

std::string ChildTalk::Ending() {
  const absl::StatusOr<int> how = child_->Wait();
  if (!how.ok()) return how.status().ToString();
  if (WIFSIGNALED(*how)) return fmt::format("signal {}", WTERMSIG(*how));
  return fmt::format("exit {}", WEXITSTATUS(*how));
}

}  // namespace thespian::gateway
