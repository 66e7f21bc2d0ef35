/** What the server puts up with from its clients. */
export interface ServerLimits {
  /** Connections at once; one more is refused. */
  readonly connections: number
  /** Milliseconds that a connection has for its first whole frame that makes sense; it is closed then. */
  readonly silence: number
  /** Bytes of unfinished frames, over all connections; the connection that exceeds it is closed. */
  readonly bufferedBytes: number
  /** Sessions without a connection are forgotten, the oldest first, beyond this number. */
  readonly sessions: number
}

/** Room for a hundred accounts with the dozens of sessions that TDLib opens for each. */
export const DEFAULT_LIMITS: ServerLimits = {
  connections: 8192,
  silence: 30_000,
  bufferedBytes: 256 * 1024 * 1024,
  sessions: 4096,
}

/** No message of a handshake is longer: bytes. */
export const MAX_PLAIN_FRAME_BYTES = 4096
