/**
 * Text in the language of manual pages (`man 7 man`).
 *
 * @module
 */

/** Text as it is, with nothing in it that would be a command. */
export function plain(text: string): string {
  return text
    .trim()
    .replaceAll("\\", "\\(rs")
    .replaceAll("-", "\\-")
    .replaceAll("'", "\\(aq")
    .replaceAll("`", "\\(ga")
    .replaceAll("^", "\\(ha")
    .replaceAll("~", "\\(ti")
    .replaceAll("…", "...")
    .replace(/^(?=\.)/gm, "\\&")
    .replaceAll(/\n\s*\n/g, "\n.PP\n");
}

/** Text to be typed as it stands. */
export function bold(text: string): string {
  return `\\fB${plain(text)}\\fR`;
}

/** Text to be replaced by what it names. */
export function italic(text: string): string {
  return `\\fI${plain(text)}\\fR`;
}

/** The first line of a page. */
export function title(
  name: string,
  { source, volume }: { readonly source: string; readonly volume: string },
): string {
  const words = [name.toUpperCase(), "1", "", source, volume];
  return `.TH ${words.map((word) => `"${plain(word)}"`).join(" ")}`;
}

/** A section of a page; a title of several words keeps its spaces. */
export function section(heading: string, lines: readonly string[]): string[] {
  return lines.length ? [`.SH ${plain(heading)}`, ...lines] : [];
}

/** A part of a section. */
export function part(heading: string, lines: readonly string[]): string[] {
  return [`.SS "${heading.replaceAll('"', "\\(dq")}"`, ...lines];
}

/** A term and, indented under it, what it means. */
export function term(marked: string, meaning: string): string[] {
  return [".TP", marked, meaning];
}

/** Something typed, with the line above it that says what it does. */
export function example(caption: string, command: string): string[] {
  const line = caption.charAt(0).toUpperCase() + caption.slice(1);
  return [
    ".PP",
    `${plain(line)}:`,
    ".PP",
    ".RS 4",
    ".nf",
    bold(command),
    ".fi",
    ".RE",
  ];
}
