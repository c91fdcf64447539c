/** The process's own streams and signals, as one command sees them. */
export interface Terminal {
  /** The command's one document. */
  out(text: string): void;
  /** Everything else: progress, remarks, errors. */
  err(text: string): void;
  readonly json: boolean;
  readonly quiet: boolean;
  readonly stdoutIsTerminal: boolean;
  readonly stderrIsTerminal: boolean;
  readonly color: 'always' | 'never';
  /** Columns of the terminal, 100 where there is none. */
  readonly width: number;
  /** Aborted by the first SIGINT or SIGTERM; the second ends the process. */
  readonly signal: AbortSignal;
}

const defaultWidth = 100;

export interface TerminalOptions {
  readonly json?: boolean;
  readonly quiet?: boolean;
}

/** The machine's terminal. `NO_COLOR` and pipes mean no colour. */
export function systemTerminal(options: TerminalOptions): Terminal {
  const { stdout, stderr, env } = process;
  stdout.on('error', endQuietlyWhenNobodyReads);
  return {
    out: (text) => void stdout.write(text),
    err: (text) => void stderr.write(text),
    json: options.json === true,
    quiet: options.quiet === true,
    stdoutIsTerminal: stdout.isTTY === true,
    stderrIsTerminal: stderr.isTTY === true,
    color: stdout.isTTY === true && (env['NO_COLOR'] ?? '') === '' ? 'always' : 'never',
    width: Math.max(60, stdout.columns ?? defaultWidth),
    signal: signalOfInterrupts(),
  };
}

/** `retool-bridge plan | head`: a reader that has seen enough is no fault. */
function endQuietlyWhenNobodyReads(error: Error): void {
  if ('code' in error && error.code === 'EPIPE') process.exit(0);
  throw error;
}

function signalOfInterrupts(): AbortSignal {
  const controller = new AbortController();
  const interrupted = (name: NodeJS.Signals): void => {
    if (controller.signal.aborted) process.exit(name === 'SIGINT' ? 130 : 143);
    process.stderr.write(
      '\nstopping: calls in flight are given up and settled by the next run; again to end at once\n',
    );
    controller.abort(new Error(`interrupted by ${name}`));
  };
  process.on('SIGINT', interrupted);
  process.on('SIGTERM', interrupted);
  return controller.signal;
}
