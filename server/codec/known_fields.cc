#include "server/codec/known_fields.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/wire_format.h>

#include <cstdint>
#include <limits>

namespace thespian::gateway {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::internal::WireFormat;
using google::protobuf::internal::WireFormatLite;
using google::protobuf::io::CodedInputStream;
using google::protobuf::io::CodedOutputStream;
using google::protobuf::io::StringOutputStream;
using google::protobuf::io::ZeroCopyInputStream;

// Null: the field is not known, or not in this form.
const FieldDescriptor* FindField(uint32_t tag, const Descriptor& kind) {
  const FieldDescriptor* field =
      kind.FindFieldByNumber(WireFormatLite::GetTagFieldNumber(tag));
  if (field == nullptr) return nullptr;
  const WireFormatLite::WireType type = WireFormatLite::GetTagWireType(tag);
  const bool packed =
      field->is_packable() && type == WireFormatLite::WIRETYPE_LENGTH_DELIMITED;
  return packed || type == WireFormat::WireTypeForFieldType(field->type())
             ? field
             : nullptr;
}

// Passes a field's value over. False: it can't be read.
bool Skip(CodedInputStream& in, uint32_t tag) {
  return WireFormatLite::SkipField(&in, tag);
}

// Calls `visit` with the stream limited to the message that comes. False: it
// can't be read.
template <typename Visit>
bool VisitMessage(CodedInputStream& in, Visit visit) {
  uint32_t size = 0;
  if (!in.ReadVarint32(&size) ||
      size > static_cast<uint32_t>(std::numeric_limits<int>::max()) ||
      !in.IncrementRecursionDepth()) {
    return false;
  }
  const CodedInputStream::Limit limit = in.PushLimit(static_cast<int>(size));
  const bool good = visit();
  in.PopLimit(limit);
  in.DecrementRecursionDepth();
  return good;
}

enum class Found { kKnown, kUnknown, kUnreadable };

Found Look(CodedInputStream& in, const Descriptor& kind) {
  while (const uint32_t tag = in.ReadTag()) {
    const FieldDescriptor* field = FindField(tag, kind);
    if (field == nullptr) return Found::kUnknown;
    if (field->message_type() == nullptr) {
      if (!Skip(in, tag)) return Found::kUnreadable;
      continue;
    }
    Found found = Found::kKnown;
    if (!VisitMessage(in, [&] {
          found = Look(in, *field->message_type());
          return found == Found::kKnown;
        })) {
      return found == Found::kKnown ? Found::kUnreadable : found;
    }
  }
  return Found::kKnown;
}

// What can't be read is copied as it is, to be refused.
bool Copy(CodedInputStream& in, const Descriptor& kind, std::string& known);

bool CopyField(CodedInputStream& in, const FieldDescriptor& field, uint32_t tag,
               std::string& known) {
  if (field.message_type() != nullptr) {
    std::string inner;
    const bool good = VisitMessage(
        in, [&] { return Copy(in, *field.message_type(), inner); });
    StringOutputStream stream(&known);
    CodedOutputStream out(&stream);
    out.WriteTag(tag);
    out.WriteVarint32(static_cast<uint32_t>(inner.size()));
    out.WriteString(inner);
    return good;
  }
  StringOutputStream stream(&known);
  CodedOutputStream out(&stream);
  return WireFormatLite::SkipField(&in, tag, &out);
}

bool Copy(CodedInputStream& in, const Descriptor& kind, std::string& known) {
  while (const uint32_t tag = in.ReadTag()) {
    const FieldDescriptor* field = FindField(tag, kind);
    if (field == nullptr ? !Skip(in, tag)
                         : !CopyField(in, *field, tag, known)) {
      return false;
    }
  }
  return in.ConsumedEntireMessage();
}

}  // namespace

bool HasOnlyKnownFields(ZeroCopyInputStream& bytes, const Descriptor& kind) {
  CodedInputStream in(&bytes);
  return Look(in, kind) != Found::kUnknown;
}

std::string KnownPart(ZeroCopyInputStream& bytes, const Descriptor& kind) {
  std::string known;
  CodedInputStream in(&bytes);
  if (!Copy(in, kind, known)) known.push_back('\0');  // which nothing reads
  return known;
}

}  // namespace thespian::gateway
