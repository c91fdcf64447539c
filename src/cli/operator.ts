import { userInfo } from 'node:os';

/** Who runs the command, for the records of what people decided: the operating system's user. */
export function operator(): string {
  try {
    return userInfo().username;
  } catch {
    // A user without a name, as in a container, still has a number.
    return `user ${process.getuid?.() ?? 'unknown'}`;
  }
}
