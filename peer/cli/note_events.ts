/**
 * What happens to a peer while a command does something else, in words.
 *
 * @module
 */

import { quote } from "../../protocol/name.ts";
import type { PeerEvent } from "../peer.ts";
import { describeError } from "./describe_error.ts";
import { formatCount } from "./display.ts";
import type { Output } from "./output.ts";

/** Makes a listener that notes what a person should know. */
export function noteEvents(output: Output): (event: PeerEvent) => void {
  return (event) => {
    switch (event.type) {
      case "no-key":
        output.note(`${event.reason}; using a key for this run only`);
        output.event({ event: "no-key", reason: event.reason });
        break;
      case "stale": {
        const { name, error } = event;
        const reason = error === "CHANGED"
          ? "it has changed since it was shared; share it again"
          : "it cannot be read; check that it is still there";
        output.note(`Cannot serve ${quote(name)} any more: ${reason}`);
        output.event({ event: "stale", name, reason });
        break;
      }
      case "lost":
        output.note(`${describeError(event.error)}. It is tried again`);
        output.event({ event: "index-lost" });
        break;
      case "back":
        output.note("The index answers again");
        output.event({ event: "index-back" });
        break;
      case "restored":
        output.note(
          `The index had lost ${formatCount(event.count, "file")} of ours; ` +
            "registered again",
        );
        output.event({ event: "registered-again", count: event.count });
        break;
      case "tidied":
        output.note(
          `Removed ${formatCount(event.count, "registration")} that an ` +
            "earlier run had left",
        );
        output.event({ event: "tidied", count: event.count });
        break;
      case "refused": {
        const { name } = event.registration;
        output.note(describeError(event.error));
        output.event({ event: "refused", name, reason: event.error.message });
        break;
      }
    }
  };
}
