/** Plain text as blocks to draw: paragraphs, lists, and the addresses in them. Nothing is ever read as markup. */

export type Piece = { text: string; url?: string };
export type Block = { kind: "paragraph"; lines: Piece[][] } | { kind: "list"; items: Piece[][] };

const ADDRESS = /https?:\/\/[^\s<>"']+[^\s<>"'.,;:!?)]|[\w.+-]+@[\w-]+(?:\.[\w-]+)+/g;
const BULLET = "- ";

/** Blocks of a text: lines that begin with `- ` are items of a list, a blank line ends a paragraph. */
export function blocks(text: string): Block[] {
  const found: Block[] = [];
  let open: Block | undefined;
  for (const line of text.split("\n").map((each) => each.trim())) {
    if (!line) {
      open = undefined;
    } else if (line.startsWith(BULLET)) {
      if (open?.kind !== "list") found.push((open = { kind: "list", items: [] }));
      open.items.push(pieces(line.slice(BULLET.length)));
    } else {
      if (open?.kind !== "paragraph") found.push((open = { kind: "paragraph", lines: [] }));
      open.lines.push(pieces(line));
    }
  }
  return found;
}

/** A line parted into words and addresses. */
export function pieces(line: string): Piece[] {
  const found: Piece[] = [];
  let from = 0;
  for (const match of line.matchAll(ADDRESS)) {
    if (match.index > from) found.push({ text: line.slice(from, match.index) });
    found.push({ text: match[0], url: match[0].startsWith("http") ? match[0] : `mailto:${match[0]}` });
    from = match.index + match[0].length;
  }
  if (from < line.length) found.push({ text: line.slice(from) });
  return found;
}

/** The lines of a passage as a text for `blocks`: sentences that follow each other are one paragraph. */
export function asText(lines: readonly string[]): string {
  return lines.reduce((text, line, index) => {
    const joined = index > 0 && !line.startsWith(BULLET) && !lines[index - 1]!.startsWith(BULLET);
    return text + (index === 0 ? "" : joined ? " " : "\n") + line;
  }, "");
}

/** An address that is safe to link to; anything else has none. */
export function safe(url: string): string | undefined {
  return /^https?:\/\//.test(url) ? url : undefined;
}
