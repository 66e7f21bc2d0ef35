import { type Cipheriv, createCipheriv, createDecipheriv, type Decipheriv } from "node:crypto"
import { giveBack } from "../give-back.ts"
import { ByteQueue } from "./byte-queue.ts"
import { type Framing, framingOfTag, plainFraming } from "./framing.ts"
import { ProtocolViolation } from "./protocol-violation.ts"

const SOCKS_VERSION = 5
const SOCKS_CONNECT = 1

/** The beginnings of HTTP and TLS, which an obfuscated2 header avoids for this very reason. */
const FOREIGN_PROTOCOLS: ReadonlyMap<number, string> = new Map([
  [0x44414548, "HTTP"],
  [0x54534f50, "HTTP"],
  [0x20544547, "HTTP"],
  [0x4954504f, "HTTP"],
  [0x02010316, "TLS"],
])

/** A smaller frame is quicker copied together than ciphered and written in pieces: bytes. */
const SMALL = 4096

type Stage = "opening" | "socks-request" | "detection" | "frames"

export interface TransportEvents {
  /** Bytes for the peer. */
  readonly write: (bytes: Uint8Array) => void
  /** One whole frame from the peer; a view that is valid during the call only. */
  readonly frame: (frame: Buffer) => void
  /** A frame of so many bytes began and more of it is to come; start: its first 8 bytes. May throw to refuse it. */
  readonly announced?: (start: Buffer, length: number) => void
}

/**
 * The byte stream of one TCP connection: an optional SOCKS5 CONNECT without authentication, then abridged, intermediate,
 * padded intermediate or full framing, told apart by the first bytes, the first three also inside obfuscated2
 * (core.telegram.org/mtproto/mtproto-transports). Where the CONNECT wants to go does not matter: everything ends here.
 * Throws ProtocolViolation.
 */
export class Transport {
  readonly #events: TransportEvents
  readonly #queue = new ByteQueue()
  #stage: Stage = "opening"
  #isAnnounced = false
  #framing: Framing | undefined
  #decipher: Decipheriv | undefined
  #cipher: Cipheriv | undefined

  constructor(events: TransportEvents) {
    this.#events = events
  }

  /** How many bytes wait for the rest of their frame. */
  get bufferedBytes(): number {
    return this.#queue.length
  }

  /** Takes what arrived, and frees its memory after use. */
  receive(data: Buffer): void {
    this.#queue.push(this.#decipher === undefined ? data : passed(this.#decipher, data))
    while (this.#step()) {
      // each step consumes something
    }
  }

  /** Sends one frame, given in pieces so that large answers need not be copied together. Frees their memory after that. */
  send(...pieces: readonly Uint8Array[]): void {
    if (this.#framing === undefined) return
    const [header, trailer] = this.#framing.wrap(pieces)
    const all = [header, ...pieces, trailer]
    const isSmall = all.reduce((sum, piece) => sum + piece.length, 0) < SMALL
    for (const piece of isSmall ? [Buffer.concat(all)] : all) {
      this.#events.write(this.#cipher === undefined ? piece : passed(this.#cipher, piece))
    }
  }

  #step(): boolean {
    switch (this.#stage) {
      case "opening":
        return this.#stepOpening()
      case "socks-request":
        return this.#stepSocksRequest()
      case "detection":
        return this.#stepDetection()
      case "frames":
        return this.#stepFrame()
    }
  }

  /** A SOCKS greeting is short and complete; an obfuscated2 header comes as 64 random bytes that seldom look like one. */
  #stepOpening(): boolean {
    const start = this.#queue.peek(3)
    if (start === undefined) return false
    const methods = start[1] ?? 0
    if (start[0] !== SOCKS_VERSION || methods === 0 || methods > 8 || this.#queue.length > 2 + methods) {
      this.#stage = "detection"
      return true
    }
    if (this.#queue.take(2 + methods) === undefined) return false
    this.#events.write(Buffer.of(SOCKS_VERSION, 0))
    this.#stage = "socks-request"
    return true
  }

  #stepSocksRequest(): boolean {
    const start = this.#queue.peek(5)
    if (start === undefined) return false
    if (start[0] !== SOCKS_VERSION || start[1] !== SOCKS_CONNECT) {
      throw new ProtocolViolation("transport", "a SOCKS5 CONNECT was expected")
    }
    const addressLength = socksAddressLength(start[3] ?? 0, start[4] ?? 0)
    if (this.#queue.take(4 + addressLength + 2) === undefined) return false
    this.#events.write(Buffer.of(SOCKS_VERSION, 0, 0, 1, 127, 0, 0, 1, 0, 80))
    this.#stage = "detection"
    return true
  }

  #stepDetection(): boolean {
    const start = this.#queue.peek(8)
    if (start === undefined) return false
    const plain = plainFraming(start)
    if (plain !== undefined) {
      this.#queue.take(plain.length)
      this.#framing = plain.framing
      this.#stage = "frames"
      return true
    }
    const foreign = FOREIGN_PROTOCOLS.get(start.readUInt32LE(0))
    if (foreign !== undefined) throw new ProtocolViolation("transport", `${foreign} is not spoken here`)
    return this.#stepObfuscation()
  }

  #stepObfuscation(): boolean {
    const header = this.#queue.take(64)
    if (header === undefined) return false
    const reversed = Buffer.from(header.subarray(8, 56)).reverse()
    const decipher = createDecipheriv("aes-256-ctr", header.subarray(8, 40), header.subarray(40, 56))
    const tag = decipher.update(header).readUInt32LE(56)
    this.#framing = framingOfTag(tag)
    if (this.#framing === undefined) {
      throw new ProtocolViolation("transport", `transport tag ${tag.toString(16)} is none of the known ones`)
    }
    this.#decipher = decipher
    this.#cipher = createCipheriv("aes-256-ctr", reversed.subarray(0, 32), reversed.subarray(32, 48))
    this.#stage = "frames"
    this.#queue.push(passed(decipher, this.#queue.drain()))
    return true
  }

  #stepFrame(): boolean {
    const framing = this.#framing
    const size = framing?.measure(this.#queue)
    if (framing === undefined || size === undefined) return false
    const frame = this.#queue.take(size.header + size.rest)
    if (frame !== undefined) {
      this.#isAnnounced = false
      this.#events.frame(framing.unwrap(frame, size.header))
      return true
    }
    const start = this.#isAnnounced ? undefined : this.#queue.peek(size.header + 8)
    if (start !== undefined) {
      this.#isAnnounced = true
      this.#events.announced?.(start.subarray(size.header), size.rest)
    }
    return false
  }
}

/** What comes out of a cipher for bytes that nobody needs any more. */
const passed = (cipher: Cipheriv | Decipheriv, bytes: Uint8Array): Buffer => {
  const result = cipher.update(bytes)
  giveBack(bytes)
  return result
}

const socksAddressLength = (type: number, first: number): number => {
  switch (type) {
    case 1:
      return 4
    case 3:
      return 1 + first
    case 4:
      return 16
    default:
      throw new ProtocolViolation("transport", `SOCKS5 address type ${type} is unknown`)
  }
}
