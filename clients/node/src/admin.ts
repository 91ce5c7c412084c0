import type { Connection } from "./connection.js";
import type { EndpointOptions } from "./client.js";
import type { CallOptions } from "./connection.js";
import { GatewayError } from "./error.js";
import {
  AdminServiceService as methods,
  type RecordedFrame,
  type ReloadResponse,
} from "./gen/thespian/gateway/v1/admin.js";
import type { Endpoint } from "./gen/thespian/gateway/v1/gateway.js";

const MOST_REPLICAS = 1000;

/**
 * What operators ask of the gateway: its AdminService. Where that has an
 * address of its own (--admin-listen), connect to it.
 *
 * A deadline that passes stops nothing that has begun.
 *
 * Errors: GatewayError; UNIMPLEMENTED: the service is not served there.
 */
export class Admin {
  readonly #connection: Connection;

  /** Use Client.admin. @internal */
  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /**
   * Starts the child now, if it does not run. Resolves to the endpoint as it
   * is then; ENDPOINT_DOWN or ENDPOINT_FAILED if it could not be started.
   */
  async start(options: EndpointOptions = {}): Promise<Endpoint> {
    const request = { endpoint: options.endpoint ?? "" };
    return described(
      await this.#connection.unary(methods.startEndpoint, request, options),
    );
  }

  /**
   * Ends the child, within twice --stop-grace and a second. It stays so until
   * it is started.
   */
  async stop(options: EndpointOptions = {}): Promise<Endpoint> {
    const request = { endpoint: options.endpoint ?? "" };
    return described(
      await this.#connection.unary(methods.stopEndpoint, request, options),
    );
  }

  /** Ends the child, if there is one, and starts a new incarnation. */
  async restart(options: EndpointOptions = {}): Promise<Endpoint> {
    const request = { endpoint: options.endpoint ?? "" };
    return described(
      await this.#connection.unary(methods.restartEndpoint, request, options),
    );
  }

  /** The child's last frames, both directions, oldest first. */
  async flightRecord(options: EndpointOptions = {}): Promise<RecordedFrame[]> {
    const request = { endpoint: options.endpoint ?? "" };
    const { getFlightRecord } = methods;
    return (await this.#connection.unary(getFlightRecord, request, options))
      .frames;
  }

  /**
   * Makes the endpoints what the gateway's file says. Resolves to the names of
   * those that this added, removed, changed and left. FIELD_INVALID: the file
   * is wrong, and nothing has changed. ENDPOINT_FAILED: an endpoint that
   * changed did not come up; its old one stays.
   */
  reload(options: CallOptions = {}): Promise<ReloadResponse> {
    return this.#connection.unary(methods.reload, {}, options);
  }

  /** Makes a pool have so many members, 1 to 1,000; resolves to them. */
  async scale(
    endpoint: string,
    replicas: number,
    options: CallOptions = {},
  ): Promise<Endpoint[]> {
    if (
      !(Number.isInteger(replicas) && replicas >= 1) ||
      replicas > MOST_REPLICAS
    ) {
      throw new GatewayError(
        "INVALID_ARGUMENT",
        `replicas must be an integer from 1 to ${MOST_REPLICAS}, not ${replicas}`,
        { reason: "FIELD_INVALID" },
      );
    }
    const request = { endpoint, replicas };
    const { scaleEndpoint } = methods;
    return (await this.#connection.unary(scaleEndpoint, request, options))
      .endpoints;
  }

  /**
   * Starts a new child beside the old one of an endpoint, of a member of a
   * pool, or of each member of a pool, one after the other; the old ones drain.
   * A child may take 30 s to come up. Resolves to what was replaced.
   */
  async replace(options: EndpointOptions = {}): Promise<Endpoint[]> {
    const request = { endpoint: options.endpoint ?? "" };
    const { replaceEndpoint } = methods;
    return (await this.#connection.unary(replaceEndpoint, request, options))
      .endpoints;
  }
}

function described({
  endpoint,
}: {
  endpoint?: Endpoint | undefined;
}): Endpoint {
  if (endpoint) return endpoint;
  throw new GatewayError("INTERNAL", "the gateway described no endpoint");
}
