/**
 * The OpenAPI description of the JSON interface.
 *
 * @module
 */

import { PEERDEX_VERSION } from "../../protocol/version.ts";
import { REQUEST_TYPES } from "../counters.ts";
import { MAX_FILTER, PAGE_LIMIT } from "./api.ts";

type Schema = Readonly<Record<string, unknown>>;

const integer: Schema = { type: "integer", minimum: 0 };
const number: Schema = { type: "number", minimum: 0 };
const text: Schema = { type: "string" };
const counts: Schema = { type: "object", additionalProperties: integer };
const key: Schema = {
  type: ["string", "null"],
  pattern: "^[0-9a-f]{64}$",
  description: "Ed25519 public key of the owner, where it has shown one",
};
const place: Readonly<Record<string, Schema>> = {
  peer: { type: ["string", "null"], description: "User name" },
  address: { type: "string", description: "IP address" },
  port: { type: "integer", minimum: 0, maximum: 65_535 },
  leaseMs: { ...integer, description: "How long the lease has still" },
};

/** An object all of whose properties are there. */
function object(properties: Readonly<Record<string, Schema>>): Schema {
  return { type: "object", required: Object.keys(properties), properties };
}

function list(items: Schema): Schema {
  return { type: "array", items };
}

function ref(name: string): Schema {
  return { $ref: `#/components/schemas/${name}` };
}

function page(entry: string): Schema {
  return object({
    entries: list(ref(entry)),
    count: {
      ...integer,
      description: "How many there are as far as known",
    },
    cursor: {
      type: ["string", "null"],
      pattern: "^[0-9a-f]{32}$",
      description: "Where to go on; null at the end",
    },
  });
}

const schemas: Readonly<Record<string, Schema>> = {
  Error: object({ error: text }),
  Duration: object({
    count: integer,
    totalMs: number,
    p50Ms: number,
    p90Ms: number,
    p99Ms: number,
  }),
  Counters: object({
    datagrams: integer,
    requests: object(
      Object.fromEntries(REQUEST_TYPES.map((type) => [type, integer])),
    ),
    acknowledged: integer,
    repeated: integer,
    errors: counts,
    dropped: counts,
    sent: integer,
    sendFailures: integer,
    receiveFailures: integer,
    registrations: integer,
    owners: integer,
    expired: integer,
  }),
  Durations: { type: "object", additionalProperties: ref("Duration") },
  Stats: {
    allOf: [
      ref("Counters"),
      object({
        version: text,
        hostname: text,
        port: integer,
        uptimeMs: integer,
        residentBytes: integer,
        latency: ref("Durations"),
        storeTime: ref("Durations"),
      }),
    ],
  },
  Rates: object(
    Object.fromEntries(REQUEST_TYPES.map((type) => [type, number])),
  ),
  Point: object({
    time: integer,
    rates: ref("Rates"),
    refused: number,
    registrations: integer,
    owners: integer,
    p50Ms: number,
    p99Ms: number,
  }),
  History: object({ points: list(ref("Point")) }),
  Look: object({
    time: integer,
    windowMs: integer,
    stats: ref("Counters"),
    rates: ref("Rates"),
    refused: number,
    latency: ref("Duration"),
    latencyByType: ref("Durations"),
    storeTime: ref("Durations"),
  }),
  Registration: object({ name: text, size: integer, ...place }),
  RegistrationPage: page("Registration"),
  Peer: object({ registrations: integer, key, ...place }),
  PeerPage: page("Peer"),
  Source: object({
    size: integer,
    modified: { type: "integer", description: "Milliseconds since 1970" },
    partial: { type: "boolean" },
    key,
    ...place,
  }),
  Content: object({
    name: text,
    size: integer,
    digest: { type: "string", pattern: "^[0-9a-f]{64}$" },
    pieceSize: integer,
    count: integer,
    sources: list(ref("Source")),
  }),
};

function parameter(name: string, schema: Schema, required = false) {
  return { name, in: "query", required, schema };
}

const paging = [
  parameter("cursor", { type: "string" }),
  parameter("limit", {
    type: "integer",
    minimum: 1,
    maximum: PAGE_LIMIT.max,
    default: PAGE_LIMIT.default,
  }),
];

function get(
  summary: string,
  schema: string,
  { parameters = [], errors = {}, type = "application/json" }: {
    parameters?: readonly unknown[];
    errors?: Readonly<Record<string, string>>;
    type?: string;
  } = {},
) {
  const failures = Object.entries(errors).map(([status, description]) => [
    status,
    { description, content: { "application/json": { schema: ref("Error") } } },
  ]);
  return {
    get: {
      summary,
      parameters,
      responses: {
        "200": {
          description: "Done",
          content: { [type]: { schema: ref(schema) } },
        },
        ...Object.fromEntries(failures),
      },
    },
  };
}

const BAD_REQUEST = {
  "400": "A parameter cannot be used; the error says which",
};

const STORE_AWAY = { "503": "The store behind the index does not answer" };

/** The description, in the form of OpenAPI 3.1. */
export const OPENAPI = {
  openapi: "3.1.0",
  info: {
    title: "Peerdex index",
    version: PEERDEX_VERSION,
    description: "What an index holds and does. Read-only. Times are " +
      "milliseconds, sizes bytes, rates per second.",
    license: { name: "MIT", identifier: "MIT" },
  },
  servers: [{ url: "/" }],
  paths: {
    "/api/v1/stats": get("Counts since the start", "Stats"),
    "/api/v1/history": get("The last minutes, second by second", "History"),
    "/api/v1/events": get(
      "Server-sent events: a `look` every second, its data a Look",
      "Look",
      {
        type: "text/event-stream",
        errors: { "503": "Too many watch already" },
      },
    ),
    "/api/v1/registrations": get("What is on line", "RegistrationPage", {
      parameters: [
        parameter("filter", { type: "string", maxLength: MAX_FILTER }),
        ...paging,
      ],
      errors: { ...BAD_REQUEST, ...STORE_AWAY },
    }),
    "/api/v1/content": get("A content and its sources", "Content", {
      parameters: [parameter("name", text, true)],
      errors: { ...BAD_REQUEST, ...STORE_AWAY, "404": "Nobody shares it" },
    }),
    "/api/v1/peers": get("Who is on line", "PeerPage", {
      parameters: paging,
      errors: { ...BAD_REQUEST, ...STORE_AWAY },
    }),
    "/api/v1/openapi.json": {
      get: {
        summary: "This description",
        responses: {
          "200": {
            description: "Done",
            content: { "application/json": { schema: { type: "object" } } },
          },
        },
      },
    },
  },
  components: { schemas },
};
