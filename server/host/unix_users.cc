#include "server/host/unix_users.h"

#include <grpcpp/security/auth_metadata_processor.h>
#include <grpcpp/security/server_credentials.h>

#include <string>

#include "endpoint/mutex.h"
#include "server/rpc/peer_principal.h"

namespace thespian::gateway {

// Writes the user into the context of each connection, before its first call
// goes on. gRPC asks for every call, from many threads, and does not lock the
// context: whoever reads it has been here, and here only the first one writes.
class UnixUsers::Marker final : public grpc::AuthMetadataProcessor {
 public:
  // Before any connection is there.
  void Set(uid_t user, gid_t group) {
    MutexLock lock(mutex_);
    user_ = user;
    group_ = group;
  }

  bool Is(uid_t user, gid_t group) const {
    MutexLock lock(mutex_);
    return user_ == user && group_ == group;
  }

  bool IsBlocking() const override { return false; }

  grpc::Status Process(const InputMetadata& /*metadata*/,
                       grpc::AuthContext* context, OutputMetadata* /*consumed*/,
                       OutputMetadata* /*response*/) override {
    MutexLock lock(mutex_);
    if (context->FindPropertyValues(kUnixUserProperty).empty()) {
      context->AddProperty(kUnixUserProperty, std::to_string(user_));
      context->AddProperty(kUnixGroupProperty, std::to_string(group_));
    }
    return grpc::Status::OK;
  }

 private:
  mutable Mutex mutex_;
  uid_t user_ ABSL_GUARDED_BY(mutex_) = 0;
  gid_t group_ ABSL_GUARDED_BY(mutex_) = 0;
};

UnixUsers::UnixUsers(grpc::ServerBuilder& builder) {
  for (Place& place : places_) {
    place.marker = std::make_shared<Marker>();
    const auto credentials = grpc::experimental::LocalServerCredentials(UDS);
    credentials->SetAuthMetadataProcessor(place.marker);
    place.acceptor = builder.experimental().AddExternalConnectionAcceptor(
        grpc::ServerBuilder::experimental_type::ExternalConnectionType::FROM_FD,
        credentials);
  }
}

UnixUsers::~UnixUsers() = default;

UnixUsers::Acceptor* UnixUsers::AcceptorOf(const PeerIdentity& peer) {
  if (!peer.uid.has_value() || !peer.gid.has_value()) return nullptr;
  for (size_t i = 0; i < taken_; ++i) {
    if (places_[i].marker->Is(*peer.uid, *peer.gid)) {
      return places_[i].acceptor.get();
    }
  }
  if (taken_ == kMost) return nullptr;
  Place& place = places_[taken_++];
  place.marker->Set(*peer.uid, *peer.gid);
  return place.acceptor.get();
}

}  // namespace thespian::gateway
