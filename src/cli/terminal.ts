/** The process's own streams and signals, as one command sees them. */
export interface Terminal {
  /** The command's one document. */
  out(text: string): void;
  /** Everything else: remarks, errors, and progress where there is no terminal. */
  err(text: string): void;
  /** The one line at the end of a terminal that comes and goes; what is printed next takes its place. Empty: gone. */
  status(text: string): void;
  readonly json: boolean;
  readonly quiet: boolean;
  readonly stdinIsTerminal: boolean;
  readonly stdoutIsTerminal: boolean;
  readonly stderrIsTerminal: boolean;
  readonly color: 'always' | 'never';
  /** Columns of the terminal, 100 where there is none. */
  readonly width: number;
  /** Aborted by the first SIGINT or SIGTERM; the second ends the process. */
  readonly signal: AbortSignal;
}

const defaultWidth = 100;
/** No report is drawn narrower than this; a terminal that is wraps it. */
const leastWidth = 40;

export interface TerminalOptions {
  readonly json?: boolean;
  readonly quiet?: boolean;
  /** false: `--no-color`. */
  readonly color?: boolean;
}

/** The machine's terminal. */
export function systemTerminal(options: TerminalOptions): Terminal {
  const { stdout, stderr, env } = process;
  stdout.on('error', endQuietlyWhenNobodyReads);
  const color = colorOf(options, { isTerminal: stdout.isTTY === true, env });
  // With colour forced, as for `plan | less -R`, a reader sits at the terminal that stderr still is.
  const columns =
    stdout.columns ?? columnsIn(env) ?? (color === 'always' ? stderr.columns : undefined) ?? defaultWidth;
  let isDrawn = false;
  const erase = (): void => {
    if (isDrawn) stderr.write(eraseLine);
    isDrawn = false;
  };
  return {
    out(text) {
      erase();
      stdout.write(text);
    },
    err(text) {
      erase();
      stderr.write(text);
    },
    status(text) {
      stderr.write(`${eraseLine}${text}`);
      isDrawn = text !== '';
    },
    json: options.json === true,
    quiet: options.quiet === true,
    stdinIsTerminal: process.stdin.isTTY === true,
    stdoutIsTerminal: stdout.isTTY === true,
    stderrIsTerminal: stderr.isTTY === true,
    color,
    width: Math.max(leastWidth, columns),
    signal: signalOfInterrupts(erase),
  };
}

const eraseLine = '\r\u001b[2K';

/** What COLUMNS says, for output that goes to no terminal (POSIX, Base Definitions, chapter 8). */
export function columnsIn({ COLUMNS }: NodeJS.ProcessEnv): number | undefined {
  return /^[1-9]\d{0,3}$/.test(COLUMNS ?? '') ? Number(COLUMNS) : undefined;
}

/** `--no-color` before NO_COLOR before FORCE_COLOR; without any of them colour is for terminals. */
export function colorOf(
  options: TerminalOptions,
  { isTerminal, env }: { readonly isTerminal: boolean; readonly env: NodeJS.ProcessEnv },
): Terminal['color'] {
  if (options.color === false || (env['NO_COLOR'] ?? '') !== '') return 'never';
  const forced = env['FORCE_COLOR'];
  if (forced !== undefined) return forced === '0' || forced === 'false' ? 'never' : 'always';
  return isTerminal && env['TERM'] !== 'dumb' ? 'always' : 'never';
}

/** `retool-bridge plan | head`: a reader that has seen enough is no fault. */
function endQuietlyWhenNobodyReads(error: Error): void {
  if ('code' in error && error.code === 'EPIPE') process.exit(0);
  throw error;
}

function signalOfInterrupts(erase: () => void): AbortSignal {
  const controller = new AbortController();
  const interrupted = (name: NodeJS.Signals): void => {
    if (controller.signal.aborted) process.exit(name === 'SIGINT' ? 130 : 143);
    erase();
    process.stderr.write(
      'stopping: what is under way is given up, and the next run settles it; again to end at once\n',
    );
    controller.abort(new Error(`interrupted by ${name}`));
  };
  process.on('SIGINT', interrupted);
  process.on('SIGTERM', interrupted);
  return controller.signal;
}
