/** The one of `possibleWords` that is nearest to `givenWord`. */
export function closestString(
  givenWord: string,
  possibleWords: readonly string[],
): string;
