import { assertEquals, assertRejects } from "@std/assert";
import { Terminal } from "../../../peer/cli/terminal.ts";

function typed(...chunks: string[]): {
  terminal: Terminal;
  shown: () => string;
} {
  let shown = "";
  const input = ReadableStream.from(
    chunks.map((chunk) => new TextEncoder().encode(chunk)),
  );
  const terminal = new Terminal(input, (text) => shown += text);
  return { terminal, shown: () => shown };
}

Deno.test("Terminal.ask() takes lines however they arrive", async () => {
  const { terminal, shown } = typed("al", "ice\r\n 60", "01 \nlast");
  assertEquals(await terminal.ask("name: "), "alice");
  assertEquals(await terminal.ask("port: "), "6001");
  assertEquals(await terminal.ask("more: "), "last");
  assertEquals(await terminal.ask("end: "), null);
  assertEquals(await terminal.ask("end: "), null);
  assertEquals(shown(), "name: port: more: end: \nend: \n");
});

Deno.test("Terminal.ask() joins characters that were cut in two", async () => {
  const bytes = new TextEncoder().encode("caf\u00e9\n");
  const input = ReadableStream.from([bytes.slice(0, 4), bytes.slice(4)]);
  assertEquals(await new Terminal(input, () => {}).ask(""), "caf\u00e9");
});

Deno.test("Terminal.ask() can be given up, and loses no answer by it", async () => {
  const { promise, resolve } = Promise.withResolvers<Uint8Array>();
  const input = new ReadableStream<Uint8Array>({
    async pull(controller) {
      controller.enqueue(await promise);
      controller.close();
    },
  });
  const terminal = new Terminal(input, () => {});
  const stop = new AbortController();
  const asked = terminal.ask("", stop.signal);
  stop.abort(new Error("stopped"));
  await assertRejects(() => asked, Error, "stopped");
  resolve(new TextEncoder().encode("kept\n"));
  assertEquals(await terminal.ask(""), "kept");
});
