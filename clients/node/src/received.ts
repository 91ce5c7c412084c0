import type {
  ActorEvent_Delivery,
  ActorEvent_Exited,
  CallResponse,
} from "./gen/thespian/gateway/v1/gateway.js";
import { decode } from "./payload.js";

/** The first message that came back for a call. */
export class Reply {
  /** The remote actor that replied; 0n: anonymous. */
  readonly fromId: bigint;
  readonly incarnation: bigint;
  /** The payload as the child wrote it. */
  readonly cbor: Uint8Array;

  /** @internal */
  constructor(response: CallResponse) {
    this.fromId = response.fromId;
    this.incarnation = response.incarnation;
    this.cbor = response.payload?.cbor ?? new Uint8Array();
  }

  /** Decoded at each use. Throws DATA_LOSS for what can't be read. */
  get payload(): unknown {
    return decode(this.cbor);
  }
}

/** A message of a remote actor. */
export class Delivery {
  readonly kind = "delivery";
  readonly endpoint: string;
  readonly incarnation: bigint;
  /** The remote actor that sent it; 0n: anonymous. */
  readonly fromId: bigint;
  /** The payload as the child wrote it. */
  readonly cbor: Uint8Array;

  /** @internal */
  constructor(delivery: ActorEvent_Delivery) {
    this.endpoint = delivery.endpoint;
    this.incarnation = delivery.incarnation;
    this.fromId = delivery.fromId;
    this.cbor = delivery.payload?.cbor ?? new Uint8Array();
  }

  /** Decoded at each use. Throws DATA_LOSS for what can't be read. */
  get payload(): unknown {
    return decode(this.cbor);
  }
}

/** A linked remote actor has ended. Comes after its last message, once. */
export class Exited {
  readonly kind = "exited";
  readonly endpoint: string;
  readonly incarnation: bigint;
  readonly remoteId: bigint;
  readonly reason: string;
  /** The details as the child wrote them, one item each. */
  readonly cborDetails: readonly Uint8Array[];

  /** @internal */
  constructor(exited: ActorEvent_Exited) {
    this.endpoint = exited.endpoint;
    this.incarnation = exited.incarnation;
    this.remoteId = exited.remoteId;
    this.reason = exited.reason;
    this.cborDetails = exited.details.map(
      (detail) => detail.cbor ?? new Uint8Array(),
    );
  }

  /**
   * What the actor gave besides the reason; only actors of thespian processes
   * give any. Decoded at each use. Throws DATA_LOSS for what can't be read.
   */
  get details(): unknown[] {
    return this.cborDetails.map(decode);
  }
}
