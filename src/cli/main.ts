#!/usr/bin/env node
// No static imports: under an old Node this file must still load far enough to say so.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);

if (major < 22 || (major === 22 && minor < 18)) {
  process.stderr.write(
    `retool-bridge needs Node 22.18 or newer; this is ${process.versions.node}. In a checkout, ./bridge fetches one.\n`,
  );
  process.exitCode = 1;
} else {
  const { enableCompileCache } = await import('node:module');
  enableCompileCache();
  const { main } = await import('./program.ts');
  process.exitCode = await main(process.argv.slice(2));
}
