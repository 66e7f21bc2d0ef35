import { move } from "piscina"
import { decryptFrame } from "./envelope.ts"

/** A frame for a thread to decrypt. */
export interface FrameToDecrypt {
  /** The auth key's 256 bytes. */
  readonly key: Uint8Array
  readonly frame: Uint8Array
}

/** The plaintext of a frame; throws ProtocolViolation, which reaches the other thread as an Error of that message. */
export default ({ key, frame }: FrameToDecrypt): Uint8Array => move(decryptFrame(Buffer.from(key), frame)) as Uint8Array
