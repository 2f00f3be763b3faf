/**
 * Takes the `links` out of `deno.json`, so that what runs next in this checkout
 * is built on the real JSR packages. Undo it with `git checkout deno.json`.
 *
 * @module
 */

const path = new URL("../../deno.json", import.meta.url);
const { links: _, ...config } = JSON.parse(await Deno.readTextFile(path));
await Deno.writeTextFile(path, `${JSON.stringify(config, null, 2)}\n`);
