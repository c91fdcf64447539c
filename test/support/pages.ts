import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** One fenced block of a page, with what the comment before it says of it. */
export interface Block {
  /** The page, from the checkout. */
  readonly page: string;
  /** Of its first line, from 1. */
  readonly line: number;
  /** `sh`, `yaml`, `json`; empty where none is stated. */
  readonly language: string;
  /** What stands behind `test:` in the comment before it; null without one. */
  readonly directive: string | null;
  readonly text: string;
}

export const root = join(import.meta.dirname, '../..');

/** Every Markdown file that people read, from the checkout. */
export function allPages(): readonly string[] {
  const docs = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .map((name) => `docs/${name}`)
    .filter((name) => name.endsWith('.md'));
  return ['README.md', 'CONTRIBUTING.md', 'SECURITY.md', 'CHANGELOG.md', ...docs.toSorted()];
}

export function pageText(page: string): string {
  return readFileSync(join(root, page), 'utf8');
}

const fence = /^```(\w*)[^\n]*\n([\s\S]*?)^```$/gm;
const comment = /<!-- test: ([^\n]+?) -->\n$/;

/** The fenced blocks of a page, in their order. */
export function blocksOf(page: string): readonly Block[] {
  const text = pageText(page);
  return [...text.matchAll(fence)].map((found) => {
    const before = text.slice(0, found.index);
    return {
      page,
      line: before.split('\n').length + 1,
      language: found[1] ?? '',
      directive: comment.exec(before)?.[1] ?? null,
      text: found[2] ?? '',
    };
  });
}

/** The page without its fenced blocks. */
export function proseOf(page: string): string {
  return pageText(page).replaceAll(fence, '');
}

/** Names of a page's headings as links call them (GitHub's rule: lower case, no marks, blanks as hyphens). */
export function anchorsOf(page: string): ReadonlySet<string> {
  const anchors = new Set<string>();
  for (const [, heading = ''] of proseOf(page).matchAll(/^#{1,6} (.+)$/gm)) {
    const plain = heading
      .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\p{M} _-]/gu, '')
      .replaceAll(' ', '-');
    let anchor = plain;
    for (let again = 1; anchors.has(anchor); again += 1) anchor = `${plain}-${again}`;
    anchors.add(anchor);
  }
  return anchors;
}
