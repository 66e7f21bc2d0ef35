/**
 * Thrown when a peer sends what the protocol does not allow: the connection is closed and the violation counted.
 * Who must act: the author of the client; the sandbox itself is fine.
 */
export class ProtocolViolation extends Error {
  override readonly name = "ProtocolViolation"
}
