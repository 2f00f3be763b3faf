/**
 * Programs that a machine may have or not.
 *
 * @module
 */

/** What a program wrote, and how it ended. */
export interface ToolOutput {
  readonly code: number;
  /** Standard output, then standard error. */
  readonly text: string;
}

/**
 * Runs a program.
 *
 * @returns What it wrote, or `undefined` where there is no such program.
 */
export async function outputOf(
  program: string,
  args: readonly string[],
  options: { readonly cwd?: string } = {},
): Promise<ToolOutput | undefined> {
  try {
    const { code, stdout, stderr } = await new Deno.Command(program, {
      ...options,
      args: [...args],
      env: { NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1" },
      stdin: "null",
    }).output();
    const text = new TextDecoder();
    return { code, text: text.decode(stdout) + text.decode(stderr) };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
