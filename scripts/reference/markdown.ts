/** What stands at the top of every page that is made, so that nobody mends the page instead of the code. */
export function madeFrom(where: string): string {
  return `<!-- Made from ${where} by "npm run reference": change it there. -->\n`;
}

/** A table; cells are Markdown, and a bar in one of them is kept from ending it. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |\n`;
  return `${line(head)}|${head.map(() => '---').join('|')}|\n${rows.map(line).join('')}`;
}

export function code(text: string): string {
  return text.includes('`') ? `\`\` ${text} \`\`` : `\`${text}\``;
}
