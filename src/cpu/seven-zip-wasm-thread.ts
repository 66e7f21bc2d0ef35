/**
 * The thread in which 7-Zip's WebAssembly runs, one thread for one run: the code is synchronous, so the only ways to stop
 * it are to end its thread or to refuse it memory.
 */
import { readFileSync, realpathSync } from "node:fs"
import { createRequire } from "node:module"
import { basename, dirname } from "node:path"
import { parentPort, workerData } from "node:worker_threads"
import type { SevenZipModuleFactory } from "7z-wasm"
import { awaitRoom, type WasmMessage, type WasmTask } from "./seven-zip-wasm-protocol.ts"

interface Memory {
  readonly buffer: ArrayBuffer
  grow: (pages: number) => number
}

interface Instance {
  readonly exports: { readonly memory: Memory }
}

/** As much of it as is used here: the types come with a browser's, which this project does not have. */
declare const WebAssembly: {
  readonly instantiate: (code: Uint8Array, imports: object) => Promise<{ instance: Instance; module: object }>
}

/** What the typings of 7z-wasm do not know of the module (emscripten's documentation, "Module object"). */
interface Hooks {
  readonly instantiateWasm: (imports: object, done: (instance: Instance, module: object) => void) => object
}

const task = workerData as WasmTask
const send = (message: WasmMessage, transfer: ReadonlyArray<ArrayBuffer> = []) =>
  parentPort?.postMessage(message, [...transfer])

const chunkBytes = 64 * 1024
/** 7-Zip's exit code for a fatal error. */
const unreadable = 2

/** Gathers what is printed, which comes byte by byte, and waits while too many chunks are on their way. */
const printer = (stream: "output" | "errors") => {
  let chunk = new Uint8Array(chunkBytes)
  let length = 0
  const flush = () => {
    if (length === 0) return
    awaitRoom(task.room)
    send({ stream, chunk, length }, [chunk.buffer])
    chunk = new Uint8Array(chunkBytes)
    length = 0
  }
  const put = (byte: number) => {
    chunk[length++] = byte
    if (length === chunkBytes) flush()
  }
  return { put, flush }
}

/** Standard input: one chunk at a time, written by the other side into shared memory. */
const input = () => {
  const { control, bytes } = task.input
  let at = 0
  return (): number | null => {
    for (;;) {
      const length = Atomics.load(control, 0)
      if (length < 0) return null
      if (at < length) return bytes[at++] ?? null
      if (length > 0) {
        at = 0
        Atomics.store(control, 0, 0)
        Atomics.notify(control, 0)
      }
      Atomics.wait(control, 0, 0)
    }
  }
}

/** Makes the memory refuse to grow beyond the limit, which 7-Zip takes as being out of memory. */
const boundMemory = (memory: Memory) => {
  const grow = memory.grow.bind(memory)
  memory.grow = (pages) => {
    if (memory.buffer.byteLength + pages * 65536 > task.memoryBytes) throw new RangeError("the memory limit is reached")
    return grow(pages)
  }
}

const run = async (): Promise<number | null> => {
  const require = createRequire(import.meta.url)
  const make: SevenZipModuleFactory = require("7z-wasm")
  const output = printer("output")
  const errors = printer("errors")
  const hooks: Hooks = {
    instantiateWasm: (imports, done) => {
      void WebAssembly.instantiate(readFileSync(task.wasmPath), imports).then(({ instance, module }) => {
        boundMemory(instance.exports.memory)
        done(instance, module)
      })
      return {}
    },
  }
  const module = await make({ ...hooks, stdin: input() as () => number, stdout: output.put, stderr: errors.put })
  const { FS, NODEFS } = module
  // It sees the directories of the volumes alone, and them under names of ours.
  FS.mkdir("/set")
  const mounts = new Map<string, string>()
  for (const { name, path } of task.files) {
    const real = realpathSync(path)
    const mount = mounts.get(dirname(real)) ?? `/volumes-${mounts.size}`
    if (!mounts.has(dirname(real))) {
      FS.mkdir(mount)
      FS.mount(NODEFS, { root: dirname(real) }, mount)
      mounts.set(dirname(real), mount)
    }
    FS.symlink(`${mount}/${basename(real)}`, `/set/${name}`)
  }
  ;(FS as unknown as { readonly chdir: (path: string) => void }).chdir("/set")
  try {
    const code: unknown = module.callMain([...task.arguments])
    return typeof code === "number" ? code : null
  } catch (thrown) {
    // A number is an exception of 7-Zip's own that reached nobody: it could not read something. Everything else is a trap
    // of the machine: out of bounds, an abort, a stack that is too deep.
    return typeof thrown === "number" ? unreadable : null
  } finally {
    output.flush()
    errors.flush()
  }
}

send({ stream: "end", code: await run() })
