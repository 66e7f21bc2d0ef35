import type { Socket } from "node:net"
import { giveBack } from "../give-back.ts"

/** How a connection behaves: bytes per second each way, and whether anything passes at all. */
export interface LinkShape {
  /** From the client. */
  readonly up?: number
  /** To the client. */
  readonly down?: number
  /** Nothing passes, though the connection stays open. */
  readonly isHalted: boolean
}

/** An ordinary connection. */
export const OPEN_LINK: LinkShape = { isHalted: false }

/** How often a halted link looks whether it still is: milliseconds. */
const LOOK_AGAIN = 20
/** A slow link passes its bytes in pieces, so many a second. */
const PIECES_PER_SECOND = 20

/** Between a socket and its connection: passes bytes as they come, or as the shape of the link allows. Keeps their order. */
export class Link {
  readonly #socket: Socket
  readonly #shape: () => LinkShape
  readonly #receive: (data: Buffer) => void
  readonly #toClient: Uint8Array[] = []
  readonly #fromClient: Buffer[] = []
  #writing: NodeJS.Timeout | undefined
  #reading: NodeJS.Timeout | undefined

  /** shape: how the link is at this moment; receive: takes what has come through. */
  constructor(socket: Socket, shape: () => LinkShape, receive: (data: Buffer) => void) {
    this.#socket = socket
    this.#shape = shape
    this.#receive = receive
    socket.on("data", (data) => this.#arrived(data))
    socket.once("close", () => {
      clearTimeout(this.#writing)
      clearTimeout(this.#reading)
    })
  }

  /** Sends bytes, and frees their memory after that. */
  write(bytes: Uint8Array): void {
    const { down, isHalted } = this.#shape()
    if (this.#writing === undefined && down === undefined && !isHalted) {
      this.#send(bytes)
      return
    }
    this.#toClient.push(bytes)
    if (this.#writing === undefined) this.#writeOn()
  }

  #send(bytes: Uint8Array): void {
    this.#socket.write(bytes, () => giveBack(bytes))
  }

  #writeOn(): void {
    this.#writing = undefined
    const { down, isHalted } = this.#shape()
    const first = this.#toClient.shift()
    if (first === undefined) return
    if (isHalted) {
      this.#toClient.unshift(first)
      this.#writing = setTimeout(() => this.#writeOn(), LOOK_AGAIN).unref()
      return
    }
    const piece = down === undefined ? first : first.subarray(0, pieceOf(down))
    if (piece.length < first.length) this.#toClient.unshift(first.subarray(piece.length))
    this.#send(piece)
    this.#writing = setTimeout(() => this.#writeOn(), delayOf(piece, down)).unref()
  }

  #arrived(data: Buffer): void {
    const { isHalted, up } = this.#shape()
    if (this.#reading === undefined && up === undefined && !isHalted) {
      this.#receive(data)
      return
    }
    this.#fromClient.push(data)
    this.#socket.pause()
    if (this.#reading === undefined) this.#readOn()
  }

  #readOn(): void {
    this.#reading = undefined
    const { isHalted, up } = this.#shape()
    const first = this.#fromClient.shift()
    if (first === undefined) {
      this.#socket.resume()
      return
    }
    if (isHalted) {
      this.#fromClient.unshift(first)
      this.#reading = setTimeout(() => this.#readOn(), LOOK_AGAIN).unref()
      return
    }
    const piece = up === undefined ? first : first.subarray(0, pieceOf(up))
    if (piece.length < first.length) this.#fromClient.unshift(first.subarray(piece.length))
    this.#receive(piece)
    this.#reading = setTimeout(() => this.#readOn(), delayOf(piece, up)).unref()
  }
}

const pieceOf = (bytesPerSecond: number): number => Math.max(1, Math.floor(bytesPerSecond / PIECES_PER_SECOND))

/** Milliseconds until the next piece may pass. */
const delayOf = (piece: Uint8Array, bytesPerSecond: number | undefined): number =>
  bytesPerSecond === undefined ? 0 : (1000 * piece.length) / bytesPerSecond
