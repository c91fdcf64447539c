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
  const { setFlagsFromString } = await import('node:v8');
  enableCompileCache();
  // Left alone, V8 lets garbage pile up to several times what is in use. A run lasts as long as the target's
  // quota makes it, so it has time to tidy up; the machine it shares with others may not have the memory.
  setFlagsFromString('--heap-growing-percent=30');
  const { main } = await import('./program.ts');
  process.exitCode = await main(process.argv.slice(2));
}
