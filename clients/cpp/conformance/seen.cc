#include "clients/cpp/conformance/seen.h"

#include <string>

#include "absl/strings/strip.h"
#include "clients/cpp/error.h"
#include "google/protobuf/descriptor.h"

namespace thespian::gateway::conformance {
namespace {

using google::protobuf::EnumValueDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;
using nlohmann::json;

// RUNNING for ENDPOINT_STATE_RUNNING.
std::string Enumerator(const EnumValueDescriptor& value) {
  const std::string& none = value.type()->value(0)->name();
  return std::string(
      absl::StripPrefix(value.name(), absl::StripSuffix(none, "UNSPECIFIED")));
}

json SeenMessage(const Message& message) {
  if (message.GetDescriptor() == v1::Payload::descriptor()) {
    return SeenPayload(static_cast<const v1::Payload&>(message).cbor());
  }
  return Seen(message);
}

json SeenField(const Message& message, const FieldDescriptor* field) {
  const Reflection& fields = *message.GetReflection();
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return fields.GetInt32(message, field);
    case FieldDescriptor::CPPTYPE_INT64:
      return fields.GetInt64(message, field);
    case FieldDescriptor::CPPTYPE_UINT32:
      return fields.GetUInt32(message, field);
    case FieldDescriptor::CPPTYPE_UINT64:
      return fields.GetUInt64(message, field);
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return fields.GetDouble(message, field);
    case FieldDescriptor::CPPTYPE_FLOAT:
      return fields.GetFloat(message, field);
    case FieldDescriptor::CPPTYPE_BOOL:
      return fields.GetBool(message, field);
    case FieldDescriptor::CPPTYPE_ENUM:
      return Enumerator(*fields.GetEnum(message, field));
    case FieldDescriptor::CPPTYPE_STRING: {
      std::string text = fields.GetString(message, field);
      if (field->type() == FieldDescriptor::TYPE_STRING) return text;
      return SeenPayload(text);  // of the API's bytes, each is a payload
    }
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return SeenMessage(fields.GetMessage(message, field));
  }
  return nullptr;
}

// The API's lists are of messages or of texts.
json SeenList(const Message& message, const FieldDescriptor* field) {
  const Reflection& fields = *message.GetReflection();
  json list = json::array();
  for (int i = 0; i < fields.FieldSize(message, field); ++i) {
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      list.push_back(SeenMessage(fields.GetRepeatedMessage(message, field, i)));
    } else {
      list.push_back(fields.GetRepeatedString(message, field, i));
    }
  }
  return list;
}

// The API's maps have texts as keys.
json SeenMap(const Message& message, const FieldDescriptor* field) {
  json map = json::object();
  for (json& entry : SeenList(message, field)) {
    map[entry["key"].get<std::string>()] = entry["value"];
  }
  return map;
}

json SeenAny(const Message& message, const FieldDescriptor* field) {
  if (field->is_map()) return SeenMap(message, field);
  if (field->is_repeated()) return SeenList(message, field);
  return SeenField(message, field);
}

}  // namespace

json Seen(const Message& message) {
  json object = json::object();
  for (int i = 0; i < message.GetDescriptor()->field_count(); ++i) {
    const FieldDescriptor* field = message.GetDescriptor()->field(i);
    const bool left_out = field->has_presence() &&
                          !message.GetReflection()->HasField(message, field);
    if (!left_out) object[field->name()] = SeenAny(message, field);
  }
  return object;
}

json SeenEvent(const v1::ProxyEvent& event) {
  const FieldDescriptor* kind = event.GetReflection()->GetOneofFieldDescriptor(
      event, v1::ProxyEvent::descriptor()->FindOneofByName("event"));
  if (kind == nullptr) return nullptr;
  json fields = Seen(event.GetReflection()->GetMessage(event, kind));
  fields["sequence"] = event.sequence();
  fields["endpoint"] = event.endpoint();
  fields["incarnation"] = event.incarnation();
  return {{kind->name(), std::move(fields)}};
}

json SeenPayload(std::string_view cbor) {
  json value = json::from_cbor(cbor, /*strict=*/true,
                               /*allow_exceptions=*/false);
  if (!value.is_discarded()) return value;
  return json::binary({cbor.begin(), cbor.end()});
}

json SeenError(const absl::Status& status) {
  return {{"code", absl::StatusCodeToString(status.code())},
          {"reason", client::ReasonOf(status)},
          {"message", std::string(status.message())},
          {"retryable", client::IsRetryable(status)}};
}

}  // namespace thespian::gateway::conformance
