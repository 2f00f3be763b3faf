import { assertEquals, assertThrows } from "@std/assert";
import { headEnd, HeadError, parseHead } from "../../web/request_head.ts";

const encode = (text: string) => new TextEncoder().encode(text);

function head(...lines: string[]): Uint8Array {
  return encode(`${lines.join("\r\n")}\r\n\r\n`);
}

Deno.test("parseHead() reads method, target and fields", () => {
  const { method, target, fields, bodyBytes } = parseHead(
    head("GET /a/b?x=1&y=%2Fz?w HTTP/1.1", "HOST: h:1 ", "X-Two:\ta b"),
  );
  assertEquals([method, target], ["GET", "/a/b?x=1&y=%2Fz?w"]);
  assertEquals([fields.get("host"), fields.get("x-two")], ["h:1", "a b"]);
  assertEquals(bodyBytes, 0);
});

Deno.test("parseHead() reads how long the body is", () => {
  const { bodyBytes } = parseHead(
    head("POST / HTTP/1.1", "Content-Length: 0123456789012"),
  );
  assertEquals(bodyBytes, 123_456_789_012);
});

Deno.test("headEnd() finds the empty line, and only that", () => {
  assertEquals(headEnd(encode("")), -1);
  assertEquals(headEnd(encode("GET / HTTP/1.1\r\nHost: a\r\n")), -1);
  assertEquals(headEnd(encode("GET / HTTP/1.1\n\n")), -1);
  assertEquals(headEnd(encode("a\r\n\r\nrest")), 5);
});

const REFUSED: [status: number, lines: string[]][] = [
  [400, [""]],
  [400, ["GET /"]],
  [400, ["GET  / HTTP/1.1"]],
  [400, ["G(T / HTTP/1.1"]],
  [400, ["GET / HTTP/1.1 more"]],
  [400, ["GET http://other/ HTTP/1.1"]],
  [400, ["GET * HTTP/1.1"]],
  [400, ["GET /\x80 HTTP/1.1"]],
  [505, ["GET / HTTP/2.0"]],
  [414, [`GET /${"a".repeat(5_000)} HTTP/1.1`]],
  [400, ["GET / HTTP/1.1", "no field"]],
  [400, ["GET / HTTP/1.1", " folded: a"]],
  [400, ["GET / HTTP/1.1", "Name : a"]],
  [400, ["GET / HTTP/1.1", "a: \x01"]],
  [400, ["GET / HTTP/1.1", "Host: a", "host: b"]],
  [431, ["GET / HTTP/1.1", ...Array(65).fill("a: b")]],
  [501, ["TRACE / HTTP/1.1"]],
  [501, ["get / HTTP/1.1"]],
  [413, ["GET / HTTP/1.1", "Content-Length: 1"]],
  [413, ["HEAD / HTTP/1.1", "Content-Length: 1"]],
  [400, ["POST / HTTP/1.1", "Content-Length: x"]],
  [400, ["POST / HTTP/1.1", "Content-Length: -1"]],
  [400, ["POST / HTTP/1.1", "Content-Length: 1000000000000000"]],
  [400, ["POST / HTTP/1.1", "Content-Length: 1", "Content-Length: 1"]],
  [411, ["POST / HTTP/1.1", "Transfer-Encoding: chunked"]],
  [411, ["POST / HTTP/1.1", "Content-Length: 1", "Transfer-Encoding: x"]],
];

for (const [status, lines] of REFUSED) {
  const shown = JSON.stringify(lines[1] ?? lines[0]).slice(0, 50);
  Deno.test(`parseHead() refuses ${shown} with ${status}`, () => {
    const error = assertThrows(() => parseHead(head(...lines)), HeadError);
    assertEquals(error.status, status);
  });
}

Deno.test("parseHead() reads any bytes, or refuses them", () => {
  let seed = 1;
  const random = () => seed = Math.imul(seed, 48_271) >>> 0;
  for (let round = 0; round < 2_000; round++) {
    const bytes = head("GET /a?b=c HTTP/1.1", "Host: localhost");
    for (let n = 0; n < 3; n++) bytes[random() % bytes.length] = random() & 255;
    try {
      parseHead(bytes);
    } catch (error) {
      if (!(error instanceof HeadError)) throw error;
    }
  }
});
