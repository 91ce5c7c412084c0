// Whom a message is for, and who speaks.
#ifndef CLIENTS_CPP_TARGET_H_
#define CLIENTS_CPP_TARGET_H_

#include <string>

#include "endpoint/wire/ids.h"

namespace thespian::gateway::client {

// An actor of a child, by id. An empty endpoint is the only one there is, or
// the one called "default".
struct RemoteActor {
  std::string endpoint;
  RemoteId id;
  // The run of the child that `id` belongs to; 0: the current one.
  Incarnation incarnation;
};

// An actor of a child, by the name that it has registered there.
struct NamedActor {
  std::string endpoint;
  std::string name;
};

// The attached client that a unary call speaks for, and what proves it (see
// ActorHandler::OnOpened). Without an id the message is anonymous.
struct Speaker {
  LocalId id;
  std::string token;
};

}  // namespace thespian::gateway::client

#endif  // CLIENTS_CPP_TARGET_H_
