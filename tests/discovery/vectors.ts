/**
 * Messages of multicast DNS, byte by byte from RFC 1035, 2782, 6762 and 6763,
 * and what they mean. None was made by the code that is tested.
 *
 * @module
 */

import { type Address, parseAddress } from "../../protocol/address.ts";
import type { DnsMessage } from "../../discovery/dns_message.ts";
import { SERVICE_TYPE } from "../../discovery/service.ts";
import { bytesOf } from "./hex.ts";

/** A message in both forms. */
export interface DnsVector {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly message: DnsMessage;
}

/** Takes a text that is known to be an address. */
export function address(text: string): Address {
  const address = parseAddress(text);
  if (!address) throw new SyntaxError(`Cannot read ${text} as an address`);
  return address;
}

const INSTANCE = ["Lab 2.1", ...SERVICE_TYPE];
const HOST = ["lab", "local"];

/** Every kind of message that is sent. */
export const DNS_VECTORS: readonly DnsVector[] = [
  {
    name: "a question for every index",
    bytes: bytesOf(`
      00 00                 #  0 id: none
      00 00                 #  2 flags: a query
      00 01                 #  4 questions
      00 00                 #  6 answers
      00 00                 #  8 authorities
      00 00                 # 10 additionals
      08 "_peerdex"         # 12 name
      04 "_udp"             # 21
      05 "local" 00         # 26
      00 0c                 # 33 type: PTR
      00 01                 # 35 class: IN
    `),
    message: {
      id: 0,
      response: false,
      questions: [{ name: SERVICE_TYPE, type: "PTR", unicast: false }],
      answers: [],
      additionals: [],
    },
  },
  {
    name: "a question whose answer is known, and may go to the asker alone",
    bytes: bytesOf(`
      ab cd                 #  0 id
      00 00                 #  2 flags: a query
      00 01                 #  4 questions
      00 01                 #  6 answers
      00 00                 #  8 authorities
      00 00                 # 10 additionals
      08 "_peerdex"         # 12 name
      04 "_udp"             # 21
      05 "local" 00         # 26
      00 0c                 # 33 type: PTR
      80 01                 # 35 class: IN, unicast
      c0 0c                 # 37 name: that at 12
      00 0c                 # 39 type: PTR
      00 01                 # 41 class: IN
      00 00 11 94           # 43 kept for 4,500 s
      00 0a                 # 47 bytes that follow
      07 "Lab 2.1"          # 49 target: a label with a dot and a space
      c0 0c                 # 57 that at 12
    `),
    message: {
      id: 0xabcd,
      response: false,
      questions: [{ name: SERVICE_TYPE, type: "PTR", unicast: true }],
      answers: [{
        type: "PTR",
        name: SERVICE_TYPE,
        ttl: 4500,
        flush: false,
        target: INSTANCE,
      }],
      additionals: [],
    },
  },
  {
    name: "an answer with all that is asked next",
    bytes: bytesOf(`
      00 00                 #   0 id: none
      84 00                 #   2 flags: a response, authoritative
      00 00                 #   4 questions
      00 01                 #   6 answers
      00 00                 #   8 authorities
      00 04                 #  10 additionals
      08 "_peerdex"         #  12 name
      04 "_udp"             #  21
      05 "local" 00         #  26
      00 0c                 #  33 type: PTR
      00 01                 #  35 class: IN
      00 00 11 94           #  37 kept for 4,500 s
      00 0a                 #  41 bytes that follow
      07 "Lab 2.1"          #  43 target
      c0 0c                 #  51
      c0 2b                 #  53 name: that at 43
      00 21                 #  55 type: SRV
      80 01                 #  57 class: IN, replaces others
      00 00 00 78           #  59 kept for 120 s
      00 0c                 #  63 bytes that follow
      00 00                 #  65 priority
      00 00                 #  67 weight
      ea 60                 #  69 port 60000
      03 "lab"              #  71 target
      c0 1a                 #  75 "local", at 26
      c0 2b                 #  77 name: that at 43
      00 10                 #  79 type: TXT
      80 01                 #  81 class: IN, replaces others
      00 00 11 94           #  83 kept for 4,500 s
      00 09                 #  87 bytes that follow
      03 "v=1"              #  89
      04 "a=b="             #  93
      c0 47                 #  98 name: that at 71
      00 01                 # 100 type: A
      80 01                 # 102 class: IN, replaces others
      00 00 00 78           # 104 kept for 120 s
      00 04                 # 108 bytes that follow
      c0 00 02 07           # 110 192.0.2.7
      c0 47                 # 114 name: that at 71
      00 1c                 # 116 type: AAAA
      80 01                 # 118 class: IN, replaces others
      00 00 00 78           # 120 kept for 120 s
      00 10                 # 124 bytes that follow
      fe 80 00 00 00 00 00 00  # 126 fe80::1:2
      00 00 00 00 00 01 00 02
    `),
    message: {
      id: 0,
      response: true,
      questions: [],
      answers: [{
        type: "PTR",
        name: SERVICE_TYPE,
        ttl: 4500,
        flush: false,
        target: INSTANCE,
      }],
      additionals: [
        {
          type: "SRV",
          name: INSTANCE,
          ttl: 120,
          flush: true,
          port: 60000,
          target: HOST,
        },
        {
          type: "TXT",
          name: INSTANCE,
          ttl: 4500,
          flush: true,
          entries: new Map([["v", "1"], ["a", "b="]]),
        },
        {
          type: "A",
          name: HOST,
          ttl: 120,
          flush: true,
          address: address("192.0.2.7"),
        },
        {
          type: "AAAA",
          name: HOST,
          ttl: 120,
          flush: true,
          address: address("fe80::1:2"),
        },
      ],
    },
  },
];
