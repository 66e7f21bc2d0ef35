import { Piscina } from "piscina"
import type { AuthKey } from "./auth-key.ts"
import type { FrameToDecrypt } from "./decryption-worker.ts"
import { type Envelope, openEnvelope, readEnvelope } from "./envelope.ts"
import { ProtocolViolation } from "./protocol-violation.ts"

/** From this size on the way to another thread is shorter than the decryption: bytes. */
const LARGE = 64 * 1024
/** A client sends what its window holds at once and waits for the answers: a thread shall have its next frame at hand. */
const TASKS_PER_THREAD = 2
/** A thread without work ends after so many milliseconds. */
const IDLE = 10_000

/**
 * Opens frames; large ones in threads, if it has any: decryption takes most of an upload's time, and one core does some
 * 100 MB/s. Each thread takes memory, so there are none unless asked for.
 */
export class FrameOpener {
  readonly #threads: number
  #pool: Piscina | undefined

  constructor(threads: number) {
    this.#threads = threads
  }

  /** The message in a frame, or a promise of it; throws, or rejects with, ProtocolViolation. The frame may be used again. */
  open(authKey: AuthKey, frame: Buffer): Envelope | Promise<Envelope> {
    return frame.length < LARGE || this.#threads === 0
      ? openEnvelope(authKey, frame)
      : this.#openInThread(authKey, frame)
  }

  /** Ends the threads. */
  async close(): Promise<void> {
    const pool = this.#pool
    this.#pool = undefined
    await pool?.destroy()
  }

  async #openInThread(authKey: AuthKey, frame: Buffer): Promise<Envelope> {
    this.#pool ??= new Piscina({
      filename: new URL("./decryption-worker.ts", import.meta.url).href,
      minThreads: 0,
      maxThreads: this.#threads,
      concurrentTasksPerWorker: TASKS_PER_THREAD,
      idleTimeout: IDLE,
      // What a thread holds is garbage at once.
      resourceLimits: { maxYoungGenerationSizeMb: 4 },
    })
    const copy = new Uint8Array(frame)
    const job: FrameToDecrypt = { key: authKey.bytes, frame: copy }
    let plain: Uint8Array
    try {
      plain = await this.#pool.run(job, { transferList: [copy.buffer] })
    } catch (cause) {
      throw new ProtocolViolation("message-key", cause instanceof Error ? cause.message : String(cause))
    }
    return readEnvelope(Buffer.from(plain.buffer, plain.byteOffset, plain.byteLength))
  }
}
