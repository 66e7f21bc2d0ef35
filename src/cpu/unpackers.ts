/** Streams that unpack what one of the compressors around a tar has packed. */
import type { ChildProcess } from "node:child_process"
import { type Duplex, PassThrough, type Readable, Transform, Writable } from "node:stream"
import { createBrotliDecompress, createGunzip } from "node:zlib"
import { Lz4Unpacker } from "../archive/lz4.ts"
import type { Format } from "../archive/magic.ts"
import { LzipUnpacker } from "./lzip-unpacker.ts"
import { defaultMemoryBytes, spawnSevenZip } from "./seven-zip.ts"
import { type SevenZipEngine, sevenZipEngine } from "./seven-zip-program.ts"
import { startWasm } from "./seven-zip-wasm.ts"

/** Packed bytes go into `input`, unpacked ones come out of `output`; `stop` frees what it holds, at any time. */
export interface Unpacker {
  readonly input: Writable
  readonly output: Readable
  readonly stop: () => void
}

/** Formats that are unpacked, and one without a magic number that is worth a try: Brotli. */
export type Packed = Exclude<Format, "zip" | "rar" | "seven_z" | "tar" | "exe" | "other"> | "brotli"

/**
 * Compressors that 7-Zip reads from its standard input, by 7-Zip's name of the format. Node has Zstandard, too, but ends
 * at the end of the first frame, and parallel packers write many.
 */
const sevenZipTypes: Partial<Record<Packed, string>> = {
  zstd: "zstd",
  bzip2: "bzip2",
  xz: "xz",
  compress: "Z",
  lzma: "lzma",
}

const argumentsFor = (type: string): ReadonlyArray<string> => ["e", "-si", "-so", "-bd", `-t${type}`]

const fromChild = (child: ChildProcess): Unpacker => {
  const { stdin, stdout } = child
  if (stdin === null || stdout === null) throw new Error("7-Zip was started without its streams")
  // Nobody reads what it complains of, and a full pipe would make it wait.
  child.stderr?.resume()
  child.on("error", (error) => stdout.destroy(error))
  return { input: stdin, output: stdout, stop: () => child.kill("SIGKILL") }
}

const inThread = (type: string): Unpacker => {
  const output = new PassThrough()
  const started = startWasm({
    arguments: argumentsFor(type),
    directory: null,
    memoryBytes: defaultMemoryBytes,
    onOutput: (chunk) => output.write(chunk),
    onErrors: () => {},
  })
  void started.exit.then(() => output.end())
  const input = new Writable({
    write: (chunk: Uint8Array, _, done) => void Promise.race([started.write(chunk), started.exit]).then(() => done()),
    final: (done) => void Promise.race([started.endInput(), started.exit]).then(() => done()),
  })
  return { input, output, stop: started.stop }
}

/** 7-Zip as a stream. It runs for as long as its reader does; what it may unpack is for that one to bound. */
const sevenZipUnpacker = (type: string, engine: SevenZipEngine): Unpacker =>
  engine === "wasm"
    ? inThread(type)
    : fromChild(spawnSevenZip({ arguments: argumentsFor(type), directory: "/", input: "pipe", cpuSeconds: 24 * 3600 }))

const fromStream = (stream: Duplex): Unpacker => ({ input: stream, output: stream, stop: () => stream.destroy() })

const lz4 = (): Duplex => {
  const unpacker = new Lz4Unpacker((block) => stream.push(block))
  const attempt = (work: () => void, done: (error?: Error | null) => void) => {
    try {
      work()
      done()
    } catch (error) {
      done(error instanceof Error ? error : new Error(String(error)))
    }
  }
  const stream = new Transform({
    transform: (chunk: Uint8Array, _, done) => attempt(() => unpacker.push(chunk), done),
    flush: (done) => attempt(() => unpacker.end(), done),
  })
  return stream
}

/** Starts an unpacker. `engine` is how 7-Zip is run where it is needed. Throws `SevenZipUnavailable`. */
export const unpackerOf = (packed: Packed, engine: SevenZipEngine = sevenZipEngine()): Unpacker => {
  switch (packed) {
    case "gzip":
      return fromStream(createGunzip({ chunkSize: 256 * 1024 }))
    case "brotli":
      return fromStream(createBrotliDecompress({ chunkSize: 256 * 1024 }))
    case "lz4":
      return fromStream(lz4())
    case "lzip": {
      const stream = new LzipUnpacker(() => sevenZipUnpacker("lzma", engine))
      return { input: stream, output: stream, stop: () => stream.stop() }
    }
    default:
      return sevenZipUnpacker(sevenZipTypes[packed] ?? packed, engine)
  }
}
