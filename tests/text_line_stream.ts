/** Cuts text into lines. */
export class TextLineStream extends TransformStream<string, string> {
  #rest = "";

  constructor() {
    super({
      transform: (chunk, controller) => {
        const lines = (this.#rest + chunk).split("\n");
        this.#rest = lines.pop()!;
        for (const line of lines) controller.enqueue(line);
      },
    });
  }
}
