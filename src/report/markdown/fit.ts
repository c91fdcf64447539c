import { counted, numeral } from '../words.ts';

/** A part of a Markdown report whose rows may be cut. Rows and head hold no line break. */
export interface Block {
  readonly title: string;
  /** `folded` until a reader opens it. */
  readonly folded: 'folded' | 'open';
  /** Lines before the rows. */
  readonly head: readonly string[];
  readonly rows: readonly string[];
}

/** A block with as many rows as there is room for. */
export interface FittedBlock extends Block {
  /** Rows that were left out. */
  readonly cut: number;
}

/** Room kept for the sentence at the end that tells what was cut. */
const remarkLength = 200;

/**
 * The blocks cut so that together they have at most `room` characters: short ones stay whole, and the long ones
 * share what is left (max-min fairness), so that ten thousand joiners do not push out the conflicts.
 */
export function fitted(blocks: readonly Block[], room: number): readonly FittedBlock[] {
  const sizes = blocks.map(wholeSize);
  const rising = sizes.map((_, at) => at).toSorted((a, b) => (sizes[a] ?? 0) - (sizes[b] ?? 0));
  const results = new Map<number, FittedBlock>();
  let left = room - remarkLength;
  rising.forEach((at, done) => {
    const block = blocks[at];
    if (block === undefined) return;
    const share = Math.floor(left / (rising.length - done));
    const result = cutTo(block, share);
    left -= textOf(result).length;
    results.set(at, result);
  });
  return blocks.flatMap((_, at) => results.get(at) ?? []);
}

/** All blocks as Markdown, with a sentence at the end when something was cut. */
export function blocksText(blocks: readonly FittedBlock[]): string {
  const cut = blocks.reduce((sum, block) => sum + block.cut, 0);
  const remark =
    cut === 0
      ? ''
      : `_Cut to size: ${counted(cut, 'row')} left out. The JSON, HTML and CSV reports hold all of them._\n`;
  return blocks.map(textOf).join('') + remark;
}

function wholeSize(block: Block): number {
  return textOf({ ...block, cut: 0 }).length;
}

function cutTo(block: Block, share: number): FittedBlock {
  if (wholeSize(block) <= share) return { ...block, cut: 0 };
  const total = block.rows.length;
  let used = textOf({ ...block, rows: [], cut: total }).length;
  let kept = 0;
  for (const row of block.rows) {
    used += row.length + 1;
    if (used > share) break;
    kept += 1;
  }
  return { ...block, rows: block.rows.slice(0, kept), cut: total - kept };
}

function textOf({ title, folded, head, rows, cut }: FittedBlock): string {
  const rest = cut === 0 ? [] : ['', `… ${numeral(cut)} of ${counted(rows.length + cut, 'row')} left out`];
  const lines = [...(rows.length === 0 ? [] : [...head, ...rows]), ...rest, ''];
  return folded === 'open'
    ? [`**${title}**`, '', ...lines, ''].join('\n')
    : ['<details>', `<summary>${title}</summary>`, '', ...lines, '</details>', '', ''].join('\n');
}
