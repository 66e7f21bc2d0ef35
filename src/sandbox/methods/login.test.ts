import { join } from "node:path"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import type { AuthKey } from "../protocol/auth-key.ts"
import type { Request } from "../protocol/tl-types.ts"
import type { Account } from "../state/account.ts"
import { accountOfWorld } from "../state/build.ts"
import { DiskUploads } from "../state/disk-uploads.ts"
import { CODE_LIFETIME, TOKEN_LIFETIME } from "../state/login-attempts.ts"
import { Telegram } from "../state/telegram.ts"
import { type TemporaryDirectory, temporaryDirectory } from "../testing/temporary-directory.ts"
import { Accounts } from "./accounts.ts"
import type { Call } from "./call.ts"
import { loginCodeMethods } from "./login-codes.ts"
import { loginTokenMethods } from "./login-tokens.ts"

const ALICE = "15550001"
const FLOOD = { attempts: 2, seconds: 100 }

const authKey = (id: bigint): AuthKey => ({
  id,
  bytes: Buffer.alloc(256),
  dc: 1,
  salt: 0n,
  temporary: false,
  createdAt: 0,
  expiresAt: 0,
})
const WAITING = authKey(1n)
const SCANNER = authKey(2n)

let directory: TemporaryDirectory
let telegram: Telegram
let alice: Account
let now: number
let pushed: AuthKey[]

beforeEach(async () => {
  directory = await temporaryDirectory()
  now = 1_800_000_000
  telegram = new Telegram(
    join(directory.path, "state"),
    new DiskUploads(join(directory.path, "uploads")),
    () => undefined,
    () => now,
  )
  alice = telegram.addAccount(accountOfWorld({ phone: ALICE, firstName: "Alice", loginFlood: FLOOD }))
  telegram.addAccount(accountOfWorld({ phone: "15550002", firstName: "Bob" }))
  pushed = []
})
afterEach(() => directory[Symbol.asyncDispose]())

const callWith = (key: AuthKey): Call => ({
  method: "",
  authKey: key,
  messageId: 0n,
  sessionId: 0n,
  account: telegram.accountOf(key),
})

const methods = () => {
  const accounts = new Accounts(telegram, (message) => {
    for (const key of [WAITING, SCANNER]) if (message(key) !== undefined) pushed.push(key)
  })
  return { ...loginCodeMethods(telegram, accounts), ...loginTokenMethods(telegram, accounts) }
}

const sendCode = (phoneNumber = ALICE): string =>
  methods()["auth.sendCode"]({ phoneNumber } as Request<"auth.sendCode">).phoneCodeHash

const signIn = (phoneCodeHash: string, phoneCode = "12345", phoneNumber = ALICE) =>
  methods()["auth.signIn"]({ _: "auth.signIn", phoneNumber, phoneCode, phoneCodeHash }, callWith(WAITING))

describe("A login code", () => {
  it("is accepted until its time is over, to the second", () => {
    const [early, late] = [sendCode(), sendCode()]
    now += CODE_LIFETIME - 1
    expect(signIn(early)).toMatchObject({ _: "auth.authorization" })
    telegram.logOut(WAITING.id)
    now += 1
    expect(() => signIn(late)).toThrow("PHONE_CODE_EXPIRED")
  })

  it("has a hash of its own for each request, good for its own phone number alone and only once", () => {
    const hash = sendCode()
    expect(sendCode()).not.toBe(hash)
    expect(() => signIn(hash, "12345", "15550002")).toThrow("PHONE_CODE_EXPIRED")
    expect(() => signIn("")).toThrow("PHONE_CODE_HASH_EMPTY")
    signIn(hash)
    telegram.logOut(WAITING.id)
    expect(() => signIn(hash)).toThrow("PHONE_CODE_EXPIRED")
  })

  it("is not accepted after the client has cancelled it", () => {
    const phoneCodeHash = sendCode()
    const cancel = () => methods()["auth.cancelCode"]({ _: "auth.cancelCode", phoneNumber: ALICE, phoneCodeHash })
    expect(cancel()).toBe(true)
    expect(() => signIn(phoneCodeHash)).toThrow("PHONE_CODE_EXPIRED")
    expect(cancel).toThrow("PHONE_CODE_EXPIRED")
  })

  it("is sent again as long as there is another way", () => {
    const phoneCodeHash = sendCode()
    const resend = () => methods()["auth.resendCode"]({ _: "auth.resendCode", phoneNumber: ALICE, phoneCodeHash })
    expect([resend(), resend()].map(({ type }) => type._)).toEqual(["auth.sentCodeTypeSms", "auth.sentCodeTypeCall"])
    expect(resend).toThrow("SEND_CODE_UNAVAILABLE")
  })

  it("is answered again when the client repeats its login because the answer was lost", () => {
    const hash = sendCode()
    expect(signIn(hash)).toEqual(signIn(hash))
    expect(telegram.loginsOf(alice)).toHaveLength(1)
  })
})

describe("An account that got too many wrong codes", () => {
  const fail = (hash: string) => expect(() => signIn(hash, "00000")).toThrow("PHONE_CODE_INVALID")

  it("is left alone for the time it says, and then starts to count anew", () => {
    const hash = sendCode()
    fail(hash)
    fail(hash)
    now += 1
    expect(() => signIn(hash)).toThrow(`FLOOD_WAIT_${FLOOD.seconds - 1}`)
    expect(() => sendCode()).toThrow("FLOOD_WAIT_99")
    now += FLOOD.seconds - 1
    fail(hash)
    expect(signIn(hash)).toMatchObject({ _: "auth.authorization" })
  })

  it("is forgiven them by a right one", () => {
    const [first, second] = [sendCode(), sendCode()]
    fail(first)
    signIn(first)
    telegram.logOut(WAITING.id)
    fail(second)
    expect(signIn(second)).toMatchObject({ _: "auth.authorization" })
  })
})

describe("A login token", () => {
  const show = (): Uint8Array => {
    const shown = methods()["auth.exportLoginToken"]({} as Request<"auth.exportLoginToken">, callWith(WAITING))
    if (shown._ !== "auth.loginToken") throw new Error(shown._)
    return shown.token
  }
  const scan = (token: Uint8Array) =>
    methods()["auth.acceptLoginToken"]({ _: "auth.acceptLoginToken", token }, callWith(SCANNER))

  beforeEach(() => telegram.logIn(SCANNER.id, alice))

  it("can be scanned until its time is over, and its client alone is told", () => {
    const token = show()
    now += TOKEN_LIFETIME - 1
    expect(scan(token)).toMatchObject({ _: "authorization" })
    expect(pushed).toEqual([WAITING])
    expect(show).toThrow("auth.loginTokenSuccess")
    expect(telegram.accountOf(WAITING)?.phone).toBe(ALICE)
  })

  it("cannot be scanned too late, twice, or after a newer one was shown", () => {
    const late = show()
    now += TOKEN_LIFETIME
    expect(() => scan(late)).toThrow("AUTH_TOKEN_EXPIRED")
    const replaced = show()
    const token = show()
    expect(() => scan(replaced)).toThrow("AUTH_TOKEN_EXPIRED")
    scan(token)
    expect(() => scan(token)).toThrow("AUTH_TOKEN_ALREADY_ACCEPTED")
  })

  it("is still good for the client that shows it when it asks only after the end", () => {
    scan(show())
    now += TOKEN_LIFETIME
    expect(show).toThrow("auth.loginTokenSuccess")
  })
})
