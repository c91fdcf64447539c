import type { Clock } from '../model/ports.ts';
import { noProgress, type RunProgress } from '../run/parts.ts';
import type { Terminal } from './terminal.ts';

const redrawMs = 100;
const plainLineMs = 10_000;
const barWidth = 24;

/** Progress on stderr: one line that is redrawn on a terminal, a plain line now and then elsewhere. */
export function progressOn(
  terminal: Terminal,
  clock: Clock,
  requestsPerMinute: number,
): RunProgress & { done(): void } {
  if (terminal.quiet) return { ...noProgress, done: () => undefined };
  const everyMs = terminal.stderrIsTerminal ? redrawMs : plainLineMs;
  const seen = new Map<string, string>();
  let drawnAt = terminal.stderrIsTerminal ? -Infinity : clock.monotonic();
  let isDrawn = false;
  const draw = (text: string): void => {
    const now = clock.monotonic();
    if (now - drawnAt < everyMs) return;
    drawnAt = now;
    isDrawn = terminal.stderrIsTerminal;
    terminal.err(terminal.stderrIsTerminal ? `\r\u001b[2K${text.slice(0, terminal.width - 1)}` : `${text}\n`);
  };
  return {
    reading: ({ source, users, groups, calls }) => {
      seen.set(source, `${source} ${users} people, ${groups} groups, ${calls} calls`);
      draw(`reading  ${[...seen.values()].join('  ·  ')}`);
    },
    applying: ({ done, total, failed }) => {
      const filled = total === 0 ? barWidth : Math.round((done / total) * barWidth);
      const left = (total - done) / requestsPerMinute;
      const time = left < 1 ? 'under a minute left' : `about ${Math.ceil(left)} min left`;
      draw(
        `applying ${'█'.repeat(filled)}${'░'.repeat(barWidth - filled)} ${done}/${total}${failed > 0 ? `, ${failed} failed` : ''}, ${time}`,
      );
    },
    waiting: (reason, ms) => draw(`waiting ${Math.ceil(ms / 1000)} s: ${reason}`),
    done: () => {
      if (isDrawn) terminal.err('\r\u001b[2K');
      isDrawn = false;
    },
  };
}
