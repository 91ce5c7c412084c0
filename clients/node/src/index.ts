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
export { Admin } from "./admin.js";
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
export { AbortError, type Code, GatewayError } from "./error.js";
export type {
  RecordedFrame,
  ReloadResponse,
} from "./gen/thespian/gateway/v1/admin.js";
export {
  type ChildExit,
  type Endpoint,
  EndpointState,
  type LocalActor,
  type Proxy,
  ProxyCloseCause,
} from "./gen/thespian/gateway/v1/gateway.js";
export type { Id } from "./ids.js";
export type { MetadataInit, MetadataValue } from "./metadata.js";
export { decode, encode, Raw } from "./payload.js";
export { Delivery, Exited, Reply } from "./received.js";
export type { Pem, TlsOptions } from "./tls.js";
export { Watch, type WatchOptions } from "./watch.js";
export type {
  NotResumed,
  Occurrence,
  ProxyEventName,
  WatchEvent,
} from "./watch-event.js";
