/**
 * Runs what the documents say that was typed, and writes what it prints into
 * them: `deno task transcripts`. What only differs from run to run is left as it
 * was.
 *
 * @module
 */

import { ROOT } from "./child.ts";
import { DOCUMENTS, runTranscripts } from "./transcripts/session.ts";
import {
  replaceTranscripts,
  steady,
  transcriptsIn,
} from "./transcripts/transcript.ts";

if (import.meta.main) {
  for (const document of DOCUMENTS) {
    const path = `${ROOT}${document}`;
    const markdown = await Deno.readTextFile(path);
    const transcripts = transcriptsIn(markdown);
    const contents = await runTranscripts(transcripts);
    const changes = transcripts
      .map((old, i) => ({ old, content: contents[i]! }))
      .filter(({ old, content }) => steady(old.content) !== steady(content));
    await Deno.writeTextFile(path, replaceTranscripts(markdown, changes));
    console.log(`${document}: ${changes.length} of ${transcripts.length} new`);
  }
}
