/** How a picture is coloured. */
export type Scheme = 'light' | 'dark';

interface Palette {
  readonly ground: string;
  readonly bar: string;
  readonly ink: string;
  readonly dim: string;
  /** By the number of an SGR colour, 31 to 36. */
  readonly colours: Readonly<Record<number, string>>;
}

const palettes: Readonly<Record<Scheme, Palette>> = {
  light: {
    ground: '#ffffff',
    bar: '#f3f4f6',
    ink: '#1f2328',
    dim: '#6e7781',
    colours: { 31: '#c4232f', 32: '#1a7f37', 33: '#8a5a00', 34: '#0a5fc2', 35: '#8250df', 36: '#1b7c83' },
  },
  dark: {
    ground: '#0f141a',
    bar: '#1a212a',
    ink: '#dfe5ec',
    dim: '#8793a1',
    colours: { 31: '#ff7b72', 32: '#56d364', 33: '#e3b341', 34: '#79b8ff', 35: '#d2a8ff', 36: '#56d4dd' },
  },
};

interface Style {
  readonly bold: boolean;
  readonly dim: boolean;
  readonly colour: number | null;
}

const plain: Style = { bold: false, dim: false, colour: null };

/** What one SGR parameter makes of a style (ECMA-48 section 8.3.117). */
function restyled(style: Style, parameter: number): Style {
  if (parameter === 0) return plain;
  if (parameter === 1) return { ...style, bold: true };
  if (parameter === 2) return { ...style, dim: true };
  if (parameter === 22) return { ...style, bold: false, dim: false };
  if (parameter === 39) return { ...style, colour: null };
  return parameter >= 30 && parameter <= 37 ? { ...style, colour: parameter } : style;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** Text with SGR sequences as HTML. */
function coloured(text: string, { dim, colours }: Palette): string {
  let style = plain;
  let out = '';
  // oxlint-disable-next-line no-control-regex -- the escape character is what begins a sequence
  for (const part of text.split(/(\u001b\[[\d;]*m)/)) {
    // oxlint-disable-next-line no-control-regex -- as above
    const [, parameters] = /^\u001b\[([\d;]*)m$/.exec(part) ?? [];
    if (parameters !== undefined) {
      for (const parameter of parameters.split(';')) style = restyled(style, Number(parameter));
      continue;
    }
    const colour = style.colour === null ? (style.dim ? dim : null) : (colours[style.colour] ?? null);
    const css = [
      ...(colour === null ? [] : [`color:${colour}`]),
      ...(style.bold ? ['font-weight:700'] : []),
    ].join(';');
    out += css === '' ? escaped(part) : `<span style="${css}">${escaped(part)}</span>`;
  }
  return out;
}

/** A page with a terminal in which a command has been run, `columns` wide. */
export function terminalPage(
  command: string,
  output: string,
  { scheme, columns }: { readonly scheme: Scheme; readonly columns: number },
): string {
  const palette = palettes[scheme];
  const { ground, bar, ink, dim } = palette;
  return `<!doctype html><meta charset="utf-8"><style>
body { margin: 0; background: transparent; }
#window { display: inline-block; background: ${ground}; color: ${ink}; border: 1px solid ${dim}55; border-radius: 10px; overflow: hidden; }
#bar { height: 30px; background: ${bar}; border-bottom: 1px solid ${dim}33; }
#bar i { display: inline-block; width: 11px; height: 11px; border-radius: 50%; background: ${dim}66; margin: 9px 0 0 9px; }
pre { margin: 0; padding: 16px 20px 18px; width: ${columns}ch; font: 13px/1.45 "JetBrains Mono", "DejaVu Sans Mono", monospace; font-variant-ligatures: none; }
</style><div id="window"><div id="bar"><i></i><i></i><i></i></div><pre><span style="color:${dim}">$ </span>${escaped(command)}

${coloured(output.trimEnd(), palette)}</pre></div>`;
}
