/**
 * A web server on a free port of this host.
 *
 * @module
 */

import {
  type WebLimits,
  WebServer,
  type WebServerOptions,
} from "../../web/web_server.ts";

/** Serves at 127.0.0.1, which is also the only name that it goes by. */
export function serve(
  handle: WebServerOptions["handle"] = () => new Response("hello"),
  { onFault, ...limits }:
    & Partial<WebLimits>
    & Pick<WebServerOptions, "onFault"> = {},
): WebServer {
  return new WebServer({
    hostname: "127.0.0.1",
    port: 0,
    isAllowedHost: (host, port) => host === `127.0.0.1:${port}`,
    ...{ handle, limits, onFault },
  });
}

/** Where to ask. */
export function urlOf({ addr }: Pick<WebServer, "addr">): string {
  return `http://127.0.0.1:${addr.port}/`;
}
