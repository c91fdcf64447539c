import { didYouMean } from '../model/closest.ts';
import { BridgeError } from '../model/errors.ts';
import { alternatives } from './issues.ts';
import type { BridgeConfig } from './types.ts';

/**
 * The configuration of the target of this name, or with null of the only one. Throws `badCommand` for a name that the
 * file does not have, and when nobody said which of several is meant.
 */
export function chosenConfig(configs: readonly BridgeConfig[], target: string | null): BridgeConfig {
  const [first] = configs;
  if (first === undefined)
    throw new BridgeError('internal', 'a configuration without a target', { audience: 'developer' });
  if (target === null && configs.length === 1) return first;
  const names = configs.flatMap(({ name }) => name ?? []);
  if (target === null)
    throw new BridgeError('badCommand', `${first.path} has ${configs.length} targets: ${names.join(', ')}`, {
      remedy: `Say which one is meant: --target ${alternatives(names)}.`,
    });
  const chosen = configs.find(({ name }) => name === target);
  if (chosen !== undefined) return chosen;
  if (names.length === 0)
    throw new BridgeError('badCommand', `${first.path} has one target without a name, not "${target}"`, {
      remedy: 'Leave out --target.',
    });
  throw new BridgeError('badCommand', `${first.path} has no target "${target}"${didYouMean(target, names)}`, {
    remedy: `Its targets are ${names.join(', ')}.`,
  });
}
