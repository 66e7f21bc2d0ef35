/** What a pool thread and the thread with 7-Zip's WebAssembly share. */

/** What the thread is started with. */
export interface WasmTask {
  readonly wasmPath: string
  readonly arguments: ReadonlyArray<string>
  /** The files that it may open, by the names under which it sees them. */
  readonly files: ReadonlyArray<{ readonly name: string; readonly path: string }>
  readonly memoryBytes: number
  readonly room: Int32Array<SharedArrayBuffer>
  readonly input: WasmInput
}

/** `control[0]`: 0 = empty, n > 0 = n bytes lie in `bytes`, -1 = the input has ended. */
export interface WasmInput {
  readonly control: Int32Array<SharedArrayBuffer>
  readonly bytes: Uint8Array<SharedArrayBuffer>
}

/** `code` is 7-Zip's, or null when it did not come to an end of its own. */
export type WasmMessage =
  | { readonly stream: "output" | "errors"; readonly chunk: Uint8Array; readonly length: number }
  | { readonly stream: "end"; readonly code: number | null }

/** Chunks that may be on their way, 64 KiB each. */
const chunksOnTheWay = 32

export const makeRoom = (): Int32Array<SharedArrayBuffer> => {
  const room = new Int32Array(new SharedArrayBuffer(4))
  Atomics.store(room, 0, chunksOnTheWay)
  return room
}

/** Takes the room for one chunk; blocks the thread until there is some. */
export const awaitRoom = (room: Int32Array<SharedArrayBuffer>): void => {
  while (Atomics.load(room, 0) <= 0) Atomics.wait(room, 0, 0)
  Atomics.sub(room, 0, 1)
}

/** Gives the room of one chunk back. */
export const giveRoom = (room: Int32Array<SharedArrayBuffer>): void => {
  Atomics.add(room, 0, 1)
  Atomics.notify(room, 0)
}

const inputBytes = 256 * 1024

export const makeInput = (): WasmInput => ({
  control: new Int32Array(new SharedArrayBuffer(4)),
  bytes: new Uint8Array(new SharedArrayBuffer(inputBytes)),
})

/** Becomes true once the last chunk has been taken. */
const untilEmpty = async ({ control }: WasmInput): Promise<void> => {
  for (let length = Atomics.load(control, 0); length > 0; length = Atomics.load(control, 0))
    await Atomics.waitAsync(control, 0, length).value
}

/** Hands the bytes over, a piece at a time; ends once they have been taken but for the last piece. */
export const putInput = async (input: WasmInput, chunk: Uint8Array): Promise<void> => {
  for (let at = 0; at < chunk.length; at += inputBytes) {
    const piece = chunk.subarray(at, at + inputBytes)
    await untilEmpty(input)
    input.bytes.set(piece)
    Atomics.store(input.control, 0, piece.length)
    Atomics.notify(input.control, 0)
  }
}

export const endInput = async (input: WasmInput): Promise<void> => {
  await untilEmpty(input)
  Atomics.store(input.control, 0, -1)
  Atomics.notify(input.control, 0)
}
