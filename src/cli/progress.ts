import type { Clock } from '../model/ports.ts';
import { noProgress, type RunProgress, type SourceProgress } from '../run/parts.ts';
import { clip, displayWidth } from '../report/width.ts';
import { counted } from '../report/words.ts';
import type { Terminal } from './terminal.ts';

const redrawMs = 100;
const plainLineMs = 10_000;
const barWidth = 24;
/** On narrower terminals the bar makes room for what it says. */
const narrow = 80;

/** Progress on stderr: one line that is redrawn on a terminal, a plain line now and then elsewhere. */
export function progressOn(
  terminal: Terminal,
  clock: Clock,
  requestsPerMinute: number,
): RunProgress & { done(): void } {
  if (terminal.quiet) return { ...noProgress, done: () => undefined };
  const everyMs = terminal.stderrIsTerminal ? redrawMs : plainLineMs;
  const seen = new Map<string, SourceProgress>();
  let drawnAt = terminal.stderrIsTerminal ? -Infinity : clock.monotonic();
  let isDrawn = false;
  const draw = (text: string): void => {
    drawnAt = clock.monotonic();
    isDrawn = true;
    if (terminal.stderrIsTerminal) terminal.status(clip(text, terminal.width - 1));
    else terminal.err(`${text}\n`);
  };
  const drawNowAndThen = (text: () => string): void => {
    if (clock.monotonic() - drawnAt >= everyMs) draw(text());
  };
  return {
    reading: (progress) => {
      seen.set(progress.source, progress);
      drawNowAndThen(() => `reading  ${readingText([...seen.values()], terminal)}`);
    },
    planning: () => {
      // Nothing is drawn while it works, so a terminal hears of it at once.
      if (terminal.stderrIsTerminal) draw('planning');
    },
    applying: ({ done, total, failed, calls }) =>
      drawNowAndThen(() => {
        const left = `${counted(calls.left, 'call')} left, ${timeFor(calls.left, requestsPerMinute)}`;
        return `applying ${bar(done / total, terminal)}${done}/${total}${failed > 0 ? `, ${failed} failed` : ''}, ${left}`;
      }),
    rehearsing: ({ done, total }) =>
      drawNowAndThen(() => `rehearsing ${bar(done / total, terminal)}${done}/${total} on a copy`),
    // It comes once, and nothing follows for as long as it says.
    waiting: (reason, ms) => draw(`waiting ${Math.ceil(ms / 1000)} s: ${reason}`),
    done: () => {
      if (isDrawn && terminal.stderrIsTerminal) terminal.status('');
      isDrawn = false;
    },
  };
}

/** Sources in a row, or their sums where these do not fit; a bar where the last whole reads tell what to expect. */
function readingText(sources: readonly SourceProgress[], terminal: Terminal): string {
  const sum = (of: (source: SourceProgress) => number): number =>
    sources.reduce((total, source) => total + of(source), 0);
  const isExpected = sources.every(({ expected }) => expected !== null && expected > 0);
  const start = isExpected
    ? bar(sum(({ users }) => users) / sum(({ expected }) => expected ?? 0), terminal)
    : '';
  const each = sources.map((source) => `${source.source} ${countsText(source)}`).join('  ·  ');
  const room = terminal.width - 'reading  '.length - start.length;
  if (!terminal.stderrIsTerminal || displayWidth(each) < room) return `${start}${each}`;
  const totals = {
    users: sum(({ users }) => users),
    groups: sum(({ groups }) => groups),
    calls: sum(({ calls }) => calls),
  };
  return `${start}${counted(sources.length, 'source')}: ${countsText(totals)}`;
}

function countsText({ users, groups, calls }: Pick<SourceProgress, 'users' | 'groups' | 'calls'>): string {
  const read = `${counted(users, 'person', 'people')}, ${counted(groups, 'group')}`;
  return calls === 0 ? read : `${read}, ${counted(calls, 'call')}`;
}

/** A bar with a space after it; nothing where there is no terminal or no room. */
function bar(share: number, { stderrIsTerminal, width }: Terminal): string {
  if (!stderrIsTerminal) return '';
  const columns = width < narrow ? barWidth / 2 : barWidth;
  const filled = Number.isFinite(share) ? Math.min(columns, Math.round(share * columns)) : columns;
  return `${'█'.repeat(filled)}${'░'.repeat(columns - filled)} `;
}

/** How long calls take at the quota. */
function timeFor(calls: number, requestsPerMinute: number): string {
  const minutes = calls / requestsPerMinute;
  if (minutes < 1) return 'under a minute';
  if (minutes < 100) return `about ${Math.ceil(minutes)} min`;
  return `about ${Math.floor(minutes / 60)} h ${Math.ceil(minutes % 60)} min`;
}
