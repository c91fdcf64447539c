/** Whether a URL's host name is this machine: the only place that unencrypted HTTP may lead to. */
export function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(hostname);
}
