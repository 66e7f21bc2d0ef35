import type { Interceptor } from "../methods/dispatcher.ts"
import { RpcError } from "../methods/rpc-error.ts"
import type { TlObject } from "../protocol/tl-types.ts"
import type { Account } from "../state/account.ts"
import type { Speed, SpeedRule } from "./speed-rule.ts"
import { TokenBucket } from "./token-bucket.ts"

type Direction = keyof Speed

/** How much may pass at once after a rest: what flows in a second, and at least two parts. */
const MIN_BURST_BYTES = 1024 * 1024

const DIRECTIONS: Readonly<Record<string, Direction>> = {
  "upload.getFile": "down",
  "upload.saveFilePart": "up",
  "upload.saveBigFilePart": "up",
}

const bytesOf = (carrier: unknown): number =>
  typeof carrier === "object" && carrier !== null && "bytes" in carrier && carrier.bytes instanceof Uint8Array
    ? carrier.bytes.length
    : 0

/**
 * Limits how fast each account uploads and downloads. All connections of an account share one bucket for each way. A
 * call that comes while it is empty is refused with 420: FLOOD_PREMIUM_WAIT_X where Telegram Premium would be faster,
 * FLOOD_WAIT_X otherwise (core.telegram.org/api/files#downloading-files); clients repeat it after X seconds.
 */
export class Speeds {
  readonly #now: () => number
  readonly #byAccount = new Map<string, Speed>()
  #free: Speed = {}
  #premium: Speed = {}
  #buckets = new Map<string, { readonly rate: number; readonly bucket: TokenBucket }>()

  /** now: milliseconds of a clock that never goes back. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now
  }

  /** Sets a limit; one that is not named is none. */
  set({ account, premium, ...speed }: SpeedRule): void {
    if (account !== undefined) this.#byAccount.set(account, speed)
    if (account === undefined && premium !== true) this.#free = speed
    if (account === undefined && premium !== false) this.#premium = speed
  }

  /** Takes every limit away. */
  clear(): void {
    this.#byAccount.clear()
    this.#free = {}
    this.#premium = {}
    this.#buckets.clear()
  }

  /** Refuses transfers that are too fast. */
  readonly interceptor: Interceptor = async ({ account, method }, request, next) => {
    const direction = DIRECTIONS[method]
    const bucket = account === undefined || direction === undefined ? undefined : this.#bucket(account, direction)
    if (account === undefined || bucket === undefined) return next()
    const wait = bucket.wait(this.#now())
    if (wait > 0) {
      const error = account.premium ? "FLOOD_WAIT" : "FLOOD_PREMIUM_WAIT"
      throw new RpcError(420, `${error}_${Math.ceil(wait / 1000)}`)
    }
    // Taken before anything else can ask; a download is as long as it says, unless it comes to the end of the file.
    const asked = direction === "up" ? bytesOf(request) : limitOf(request)
    bucket.take(asked, this.#now())
    const answer = await next()
    if (direction === "down") bucket.take(bytesOf(answer) - asked, this.#now())
    return answer
  }

  #bucket(account: Account, direction: Direction): TokenBucket | undefined {
    const speed = this.#byAccount.get(account.phone) ?? (account.premium ? this.#premium : this.#free)
    const rate = speed[direction]
    if (rate === undefined) return undefined
    const name = `${account.phone} ${direction}`
    const known = this.#buckets.get(name)
    if (known?.rate === rate) return known.bucket
    const bucket = new TokenBucket(rate, Math.max(rate, MIN_BURST_BYTES), this.#now())
    this.#buckets.set(name, { rate, bucket })
    return bucket
  }
}

const limitOf = (request: TlObject): number => ("limit" in request ? Number(request.limit) : 0)
