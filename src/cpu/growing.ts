/**
 * Digests a set while it is being downloaded: the finished beginning of each volume is read as soon as it is there.
 *
 * Many such jobs share one thread, a slice each in turn, since they mostly wait. Whatever a download does (begin again,
 * write to another file, lose what it had), the digest is that of the files as they are in the end: a volume that
 * shrinks, or that turns out to be another file, makes the job read everything anew.
 */
import { closeSync, fstatSync, openSync, readSync, statSync } from "node:fs"
import { setImmediate as nextTurn } from "node:timers/promises"
import type { MessagePort } from "node:worker_threads"
import { TarLister } from "../archive/tar-listing.ts"
import type { Cancellation } from "./cancellation.ts"
import type { DigestResult, GrowingDigestJob, Growth } from "./jobs.ts"
import { SetHasher } from "./set-hasher.ts"
import { TarInflow } from "./tar-inflow.ts"

/** One turn of a job: about 2 ms. */
const sliceBytes = 4 * 1024 * 1024
/** A download that changes its files again and again is not waited for. */
const maxRestarts = 20

/** A volume changed again and again, or ended with another size than it was said to have. */
export class VolumeUnsettled extends Error {
  override readonly name = "VolumeUnsettled"
}

/** One buffer serves all jobs of the thread: a slice is digested, and taken up by the tar, before the next is read. */
const makeBuffer = (): Buffer => Buffer.allocUnsafeSlow(sliceBytes)

interface Identity {
  readonly device: bigint
  readonly inode: bigint
}

const identityOf = (path: string): Identity | undefined => {
  const found = statSync(path, { bigint: true, throwIfNoEntry: false })
  return found === undefined ? undefined : { device: found.dev, inode: found.ino }
}

const isSame = (a: Identity | undefined, b: Identity | undefined): boolean =>
  a !== undefined && b !== undefined && a.device === b.device && a.inode === b.inode

interface Opened {
  readonly volume: number
  readonly file: number
  readonly identity: Identity
}

/** One try at the set, from its first byte on. */
class Pass {
  readonly hasher: SetHasher
  readonly tar: TarInflow | undefined
  /** The files that were read to their end. */
  readonly read: Array<Identity> = []
  opened: Opened | undefined
  offset = 0

  constructor(job: GrowingDigestJob, maxEntries: number, cancellation: Cancellation) {
    this.hasher = new SetHasher(job.volumes.map(({ pieceBytes }) => pieceBytes))
    this.tar = job.listTar ? new TarInflow(new TarLister(maxEntries), cancellation) : undefined
  }

  get volume(): number {
    return this.read.length
  }

  /** Opens the current volume where it lies now; false when it is not there (yet). */
  open(path: string): boolean {
    if (this.opened !== undefined) return true
    try {
      const file = openSync(path, "r")
      const { dev, ino } = fstatSync(file, { bigint: true })
      this.opened = { volume: this.volume, file, identity: { device: dev, inode: ino } }
      return true
    } catch {
      // Between two messages the file may be moved; the next one tells where to.
      return false
    }
  }

  endVolume(): void {
    if (this.opened === undefined) return
    this.hasher.endVolume()
    this.read.push(this.opened.identity)
    this.close()
    this.offset = 0
  }

  close(): void {
    if (this.opened !== undefined) closeSync(this.opened.file)
    this.opened = undefined
  }

  end(): void {
    this.close()
    this.tar?.stop()
  }
}

/** What the messages have said so far, and a bell for the next one. */
const listenTo = (growth: MessagePort, volumes: number) => {
  const known: Array<Growth | undefined> = Array.from({ length: volumes }, () => undefined)
  let ring = () => {}
  let hasShrunk = false
  growth.on("message", (message: Growth) => {
    const before = known[message.volume]
    if (before !== undefined && message.readyBytes < before.readyBytes) hasShrunk = true
    known[message.volume] = message
    ring()
  })
  return {
    at: (volume: number) => known[volume],
    /** Tells once that some volume has shrunk. */
    takeShrunk: () => {
      const shrunk = hasShrunk
      hasShrunk = false
      return shrunk
    },
    next: () => new Promise<void>((resolve) => (ring = resolve)),
  }
}

/**
 * Follows the volumes as `growth` tells of them until all are settled and read.
 *
 * Throws `Cancelled`, `VolumeUnsettled`, or the file system's error.
 */
export const digestGrowing = async (
  job: GrowingDigestJob,
  growth: MessagePort,
  maxEntries: number,
  cancellation: Cancellation,
  onProgress: (bytesDone: number) => void,
): Promise<DigestResult> => {
  const buffer = makeBuffer()
  const news = listenTo(growth, job.volumes.length)
  let pass = new Pass(job, maxEntries, cancellation)
  let restarts = 0
  const restart = () => {
    pass.end()
    restarts += 1
    if (restarts > maxRestarts) throw new VolumeUnsettled(`a volume changed ${restarts} times while it was read`)
    pass = new Pass(job, maxEntries, cancellation)
  }

  /** True when the files that were read are still those that the messages name. */
  const isStillTrue = (): boolean => {
    const isRead = pass.read.every((identity, volume) => {
      const path = news.at(volume)?.path
      return path === undefined || isSame(identityOf(path) ?? identity, identity)
    })
    const path = news.at(pass.volume)?.path
    const current = pass.opened?.identity
    return isRead && (path === undefined || current === undefined || isSame(identityOf(path) ?? current, current))
  }

  /** Reads one slice of the current volume; false when there is nothing to read now. */
  const readSlice = async (): Promise<boolean> => {
    const said = news.at(pass.volume)
    const wanted = job.volumes[pass.volume]?.bytes ?? 0
    if (said === undefined || !pass.open(said.path) || pass.opened === undefined) return false
    if (said.settled && said.readyBytes !== wanted)
      throw new VolumeUnsettled(`volume ${pass.volume + 1} has ${said.readyBytes} bytes instead of ${wanted}`)
    const ready = Math.min(said.readyBytes, wanted)
    const count = readSync(pass.opened.file, buffer, 0, Math.min(sliceBytes, ready - pass.offset), pass.offset)
    if (count > 0) {
      const chunk = buffer.subarray(0, count)
      pass.hasher.update(chunk)
      await pass.tar?.push(chunk)
      pass.offset += count
      onProgress(pass.hasher.bytes)
    }
    if (pass.offset < wanted || !said.settled) return count > 0
    pass.endVolume()
    return true
  }

  const cancelled = cancellation.ended.then(() => cancellation.check())
  cancelled.catch(() => {})
  try {
    for (;;) {
      cancellation.check()
      const bell = news.next()
      if (news.takeShrunk() || !isStillTrue()) restart()
      while (pass.volume < job.volumes.length && (await readSlice())) {
        await nextTurn()
        cancellation.check()
        if (news.takeShrunk()) restart()
      }
      if (pass.volume === job.volumes.length && isStillTrue()) {
        const tar = pass.tar === undefined ? null : await pass.tar.end()
        return { ...pass.hasher.result(), tar }
      }
      await Promise.race([bell, cancelled])
    }
  } finally {
    pass.end()
  }
}
