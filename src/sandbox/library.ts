import { createHash, createPrivateKey, createPublicKey, generateKeyPair, type KeyObject, randomUUID } from "node:crypto"
import { access, link, mkdir, open, readFile, rename, rm } from "node:fs/promises"
import { createRequire } from "node:module"
import { join } from "node:path"
import { promisify } from "node:util"
import { getTdjson } from "prebuilt-tdlib"
import { rsaFingerprint } from "./protocol/auth-key.ts"

/**
 * A copy of TDLib that trusts the sandbox and cannot reach the real network: its two RSA keys are replaced by ours, and
 * the hosts that it asks for emergency addresses (ConfigRecoverer, after five seconds without a connection, past any
 * proxy) by loopback ones. Only strings of equal length change.
 */
export interface PatchedLibrary {
  /** The patched libtdjson, to be loaded through tdl.configure({ tdjson: path }). */
  readonly path: string
  /** Belongs to the public key inside the library; 2048-bit RSA. */
  readonly privateKey: KeyObject
}

/**
 * Thrown when the copy cannot be made. Who must act: the operator, if the directory is unusable; us, if this TDLib
 * version looks different inside.
 */
export class LibraryPatchError extends Error {
  override readonly name = "LibraryPatchError"
}

const KEY_START = "-----BEGIN RSA PUBLIC KEY-----\n"
const KEY_END = "-----END RSA PUBLIC KEY-----"

/** The first line of each key that Telegram's servers use: production, then the test environment. */
const TELEGRAM_KEYS = [
  "MIIBCgKCAQEA6LszBcC1LGzyr992NzE0ieY+BSaOW622Aa9Bd4ZHLl+TuFQ4lo4g",
  "MIIBCgKCAQEAyMEdY1aR+sCR3ZSJrtztKTKqigvO/vBfqACJLZtS7QMgCGXJ6XIR",
] as const

const RECOVERY_HOSTS = [
  "dns.google",
  "mozilla.cloudflare-dns.com",
  "software-download.microsoft.com",
  "firebaseremoteconfig.googleapis.com",
  "reserve-5a846.firebaseio.com",
  "www.google.com",
] as const

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  )

/** Writes beside the target and moves it there in one step: nobody ever sees half a file, nor an old one change. */
const writeWhole = async (
  path: string,
  data: string | Buffer,
  mode: number,
  place: (from: string, to: string) => Promise<void>,
): Promise<void> => {
  const draft = `${path}.${randomUUID()}`
  try {
    const file = await open(draft, "wx", mode)
    try {
      await file.writeFile(data)
    } finally {
      await file.close()
    }
    await place(draft, path)
  } finally {
    await rm(draft, { force: true })
  }
}

const isExistsError = (error: unknown): boolean => error instanceof Error && "code" in error && error.code === "EEXIST"

/**
 * Whether every client can find the key with this fingerprint (64 bits, signed or not). mtcute files a key under 16
 * hexadecimal digits and looks it up without leading zeros (its utils/crypto/keys.js), so one key in sixteen is lost on it.
 */
export const isFindable = (fingerprint: bigint): boolean => BigInt.asUintN(64, fingerprint) >= 1n << 60n

const newPrivateKey = async (): Promise<KeyObject> => {
  for (;;) {
    const { privateKey } = await promisify(generateKeyPair)("rsa", { modulusLength: 2048, publicExponent: 65537 })
    if (isFindable(rsaFingerprint(privateKey))) return privateKey
  }
}

/** The key pair of this directory, made once: of several processes that start together, the first to link wins. */
const ownPrivateKey = async (directory: string): Promise<KeyObject> => {
  const path = join(directory, "server-key.pem")
  if (!(await exists(path))) {
    const privateKey = await newPrivateKey()
    await writeWhole(path, privateKey.export({ type: "pkcs1", format: "pem" }), 0o600, (from, to) =>
      link(from, to).catch((error: unknown) => {
        if (!isExistsError(error)) throw error
      }),
    )
  }
  return createPrivateKey(await readFile(path))
}

const publicPem = (privateKey: KeyObject): string =>
  createPublicKey(privateKey).export({ type: "pkcs1", format: "pem" }).toString().trimEnd()

const replaceKey = (library: Buffer, firstLine: string, pem: string): void => {
  const start = library.indexOf(KEY_START + firstLine)
  if (start === -1) throw new LibraryPatchError(`TDLib's key ${firstLine.slice(14, 30)}... is not in this library`)
  if (library.indexOf(firstLine, start + KEY_START.length + 1) !== -1) {
    throw new LibraryPatchError(`TDLib's key ${firstLine.slice(14, 30)}... is in this library more than once`)
  }
  const end = library.indexOf(KEY_END, start) + KEY_END.length
  if (end - start !== pem.length) {
    throw new LibraryPatchError(`TDLib's key has ${end - start} characters and ours ${pem.length}`)
  }
  library.write(pem, start, "latin1")
}

const replaceHost = (library: Buffer, host: string): void => {
  const loopback = "127.0.0.1/".padEnd(host.length, "x")
  let replaced = 0
  for (const before of ["https://", "\0"]) {
    const sought = `${before}${host}/`
    for (let at = library.indexOf(sought); at !== -1; at = library.indexOf(sought, at + 1)) {
      library.write(loopback, at + before.length, "latin1")
      replaced++
    }
  }
  if (replaced === 0) throw new LibraryPatchError(`the recovery host ${host} is not in this library`)
}

/** Changes the bytes of a libtdjson in place; throws LibraryPatchError when something to replace is missing or ambiguous. */
export const patchLibrary = (library: Buffer, privateKey: KeyObject): void => {
  const pem = publicPem(privateKey)
  for (const firstLine of TELEGRAM_KEYS) replaceKey(library, firstLine, pem)
  for (const host of RECOVERY_HOSTS) replaceHost(library, host)
}

/** The version of the TDLib package, such as "0.1008062.2". */
export const tdlibPackageVersion = (): string => {
  const manifest: { readonly version: string } = createRequire(import.meta.url)("prebuilt-tdlib/package.json")
  return manifest.version
}

/**
 * The patched library of this directory, made when it is not there yet. Several processes may call this at once.
 * Rejects with LibraryPatchError.
 */
export const patchedLibrary = async (directory: string): Promise<PatchedLibrary> => {
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 })
    const privateKey = await ownPrivateKey(directory)
    const fingerprint = createHash("sha256").update(publicPem(privateKey)).digest("hex").slice(0, 16)
    const path = join(directory, `libtdjson-${tdlibPackageVersion()}-${fingerprint}.so`)
    if (!(await exists(path))) {
      const library = await readFile(getTdjson())
      patchLibrary(library, privateKey)
      await writeWhole(path, library, 0o755, rename)
    }
    return { path, privateKey }
  } catch (cause) {
    if (cause instanceof LibraryPatchError) throw cause
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new LibraryPatchError(`The patched TDLib cannot be prepared in ${directory}: ${why}`, { cause })
  }
}
