/** A client of thespian-gateway; start with `connect`. */
export {
  Actor,
  type AttachOptions,
  type ByIdOptions,
  type CommandOptions,
  Listener,
  type ListenOptions,
  type Speaker,
} from "./actor.js";
export type {
  ActorEvent,
  Closing,
  CommandFailed,
  EndpointChanged,
} from "./actor-event.js";
export type { BackoffOptions } from "./backoff.js";
export {
  Client,
  connect,
  type EndpointOptions,
  type PageOptions,
  type RemoteOptions,
  type SpeakOptions,
} from "./client.js";
export type { CallOptions, ConnectOptions } from "./connection.js";
export { type Code, GatewayError } from "./error.js";
export {
  type ChildExit,
  type Endpoint,
  EndpointState,
  type LocalActor,
  type Proxy,
  ProxyCloseCause,
} from "./gen/thespian/gateway/v1/gateway.js";
export type { Id } from "./ids.js";
export { decode, encode, Raw } from "./payload.js";
export { Delivery, Exited, Reply } from "./received.js";
export { Watch, type WatchOptions } from "./watch.js";
export type {
  NotResumed,
  Occurrence,
  ProxyEventName,
  WatchEvent,
} from "./watch-event.js";
