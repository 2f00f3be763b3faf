import { join } from "jsr:@std/path@^1.1.6";

/** Removes all that is in the folder `dir`, or makes it if it is not there. */
export async function emptyDir(dir: string | URL): Promise<void> {
  const names: string[] = [];
  try {
    for await (const { name } of Deno.readDir(dir)) names.push(name);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    await Deno.mkdir(dir, { recursive: true });
  }
  await Promise.all(
    names.map((name) => Deno.remove(join(dir, name), { recursive: true })),
  );
}
