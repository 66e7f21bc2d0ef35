/** The kinds under which violations are counted. */
export const VIOLATION_KINDS = [
  /** Bytes that are no transport: a wrong tag, a length out of range, a wrong checksum. */
  "transport",
  /** A step of creating an auth key that does not fit. */
  "handshake",
  /** The message key is not that of the plaintext. */
  "message-key",
  /** Too much or too little padding. */
  "padding",
  /** A message identifier out of order, out of time or repeated (errors 16 to 20). */
  "message-id",
  /** A sequence number out of order or of the wrong parity (errors 32 to 35). */
  "sequence-number",
  /** A container that breaks the rules of containers (error 64). */
  "container",
  /** The proof in auth.bindTempAuthKey is wrong. */
  "key-binding",
  /** Data that is not in the schema, or ends too early. */
  "encoding",
  /** More connections, bytes, elements or silence than the sandbox puts up with. */
  "limit",
] as const

export type ViolationKind = (typeof VIOLATION_KINDS)[number]

/**
 * Thrown when a peer sends what the protocol does not allow: the connection is closed and the violation counted.
 * Who must act: the author of the client; the sandbox itself is fine.
 */
export class ProtocolViolation extends Error {
  override readonly name = "ProtocolViolation"
  readonly kind: ViolationKind

  constructor(kind: ViolationKind, message: string, options?: ErrorOptions) {
    super(message, options)
    this.kind = kind
  }
}
