/** Where to listen or to connect, as Go writes it: `host:port`, `:port` (every interface), `[::1]:port`. */

export interface HostPort {
  /** Empty: every interface. */
  host: string;
  port: number;
}

const maxPort = 65_535;

export function parseHostPort(text: string): HostPort | undefined {
  const [, bracketed, plain, digits] = /^(?:\[([0-9A-Fa-f:.]+(?:%\w+)?)\]|([^\s:/@[\]]*)):(\d{1,5})$/.exec(text) ?? [];
  const port = Number(digits);
  if (digits === undefined || port > maxPort) return undefined;
  return { host: bracketed ?? plain ?? "", port };
}

/** The inverse of {@link parseHostPort}. */
export function formatHostPort({ host, port }: HostPort): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
