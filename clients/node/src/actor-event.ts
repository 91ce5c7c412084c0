import { fromStatus, type GatewayError } from "./error.js";
import type * as wire from "./gen/thespian/gateway/v1/gateway.js";
import { Delivery, Exited } from "./received.js";

/** A child's state changed. Every actor is told, linked or not. */
export interface EndpointChanged extends wire.ActorEvent_EndpointChanged {
  kind: "endpointChanged";
}

/** A command failed for which nobody waits (see CommandOptions.confirm). */
export interface CommandFailed {
  kind: "commandFailed";
  error: GatewayError;
}

/** The gateway is about to end the stream of its own accord. */
export interface Closing extends wire.ActorEvent_Closing {
  kind: "closing";
}

/** What a local actor is told, in the order in which it happened. */
export type ActorEvent =
  Delivery | Exited | EndpointChanged | CommandFailed | Closing;

/** Undefined: nothing that a user has to know. */
export function toActorEvent(event: wire.ActorEvent): ActorEvent | undefined {
  if (event.delivery) return new Delivery(event.delivery);
  if (event.exited) return new Exited(event.exited);
  if (event.endpointChanged) {
    return { kind: "endpointChanged", ...event.endpointChanged };
  }
  if (event.closing) return { kind: "closing", ...event.closing };
  const status = event.commandResult?.status;
  if (status?.code) return { kind: "commandFailed", error: fromStatus(status) };
  return undefined;
}
