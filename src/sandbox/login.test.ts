import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { type Sandbox, startSandbox, type World } from "./sandbox.ts"
import { TdlibProcess } from "./testing/tdlib-process.ts"
import { type TemporaryDirectory, temporaryDirectory } from "./testing/temporary-directory.ts"

const ALICE = "15550001"
const SECRETIVE = "15550002"
const NEWCOMER = "15550003"
const BANNED = "15550004"
const CLUMSY = "15550005"

const world: World = {
  accounts: [
    { phone: ALICE, firstName: "Alice" },
    { phone: SECRETIVE, firstName: "Sam", password: "geheim", passwordHint: "in German" },
    { phone: NEWCOMER, firstName: "Nobody", signUp: true },
    { phone: BANNED, firstName: "Mallory", banned: true },
    { phone: CLUMSY, firstName: "Carl", loginFlood: { attempts: 2, seconds: 3600 } },
  ],
  channels: [],
}

let directory: TemporaryDirectory
let sandbox: Sandbox
let opened = 0

beforeAll(async () => {
  directory = await temporaryDirectory()
  sandbox = await startSandbox({ world })
})

afterAll(async () => {
  await sandbox.close()
  await directory[Symbol.asyncDispose]()
})

const open = (): TdlibProcess =>
  new TdlibProcess({ ...sandbox.endpoint, directory: join(directory.path, String(opened++)) })

/** Ends these TDLibs, which must have printed no error until their end. */
const expectSilence = async (...clients: readonly TdlibProcess[]): Promise<void> => {
  await Promise.all(clients.map((client) => client.close()))
  const lines = clients.flatMap((client) => client.errorLines)
  // TDLib prints what a ban means by itself (AuthManager.cpp, on_account_banned); it is no complaint about the answer.
  expect(lines.filter((line) => !line.includes("Your account was banned"))).toEqual([])
}

const enterPhone = async (tdlib: TdlibProcess, phone: string): Promise<void> => {
  await tdlib.authorization("authorizationStateWaitPhoneNumber")
  await tdlib.invoke({ _: "setAuthenticationPhoneNumber", phone_number: phone })
}

const enterPhoneAndCode = async (tdlib: TdlibProcess, phone: string): Promise<void> => {
  await enterPhone(tdlib, phone)
  await tdlib.invoke({ _: "checkAuthenticationCode", code: "12345" })
}

describe("TDLib logging in with a code", () => {
  it("is refused with wrong codes until too many came, and then has to wait", async () => {
    await using tdlib = open()
    await enterPhone(tdlib, CLUMSY)
    const enter = (code: string) => tdlib.invoke({ _: "checkAuthenticationCode", code })
    await expect(enter("00000")).rejects.toThrow("PHONE_CODE_INVALID")
    await expect(enter("00001")).rejects.toThrow("PHONE_CODE_INVALID")
    await expect(enter("12345")).rejects.toThrow(/retry after 3[56][0-9][0-9]/)
    await expectSilence(tdlib)
  })

  it("has the code sent again by other ways, and is let in with it", async () => {
    await using tdlib = open()
    await enterPhone(tdlib, ALICE)
    const kinds = [await tdlib.authorization("authorizationStateWaitCode")]
    for (const kind of ["authenticationCodeTypeSms", "authenticationCodeTypeCall"]) {
      await tdlib.invoke({ _: "resendAuthenticationCode" })
      kinds.push(await tdlib.authorization("authorizationStateWaitCode", ({ code_info: info }) => info.type._ === kind))
    }
    expect(kinds.map(({ code_info: info }) => info.next_type?._)).toEqual([
      "authenticationCodeTypeSms",
      "authenticationCodeTypeCall",
      undefined,
    ])
    await tdlib.invoke({ _: "checkAuthenticationCode", code: "12345" })
    await tdlib.authorization("authorizationStateReady")
    await expectSilence(tdlib)
  })

  it("is told of phone numbers that cannot log in", async () => {
    await using tdlib = open()
    await expect(enterPhone(tdlib, "123")).rejects.toThrow("PHONE_NUMBER_INVALID")
    await expect(enterPhone(tdlib, "15559999")).rejects.toThrow("PHONE_NUMBER_UNOCCUPIED")
    await expectSilence(tdlib)
  })

  it("can ask before the login what the sandbox does not know, and log in after that", async () => {
    await using tdlib = open()
    await tdlib.authorization("authorizationStateWaitPhoneNumber")
    await expect(tdlib.invoke({ _: "getAuthenticationPasskeyParameters" })).rejects.toThrow("METHOD_NOT_IN_SANDBOX")
    await tdlib.logIn(ALICE, "12345")
    await expectSilence(tdlib)
  })

  it("is told that a phone number is banned", async () => {
    await using tdlib = open()
    await expect(enterPhone(tdlib, BANNED)).rejects.toThrow("PHONE_NUMBER_BANNED")
    await expectSilence(tdlib)
  })

  it("signs up with a phone number that nobody has yet", async () => {
    await using tdlib = open()
    await enterPhoneAndCode(tdlib, NEWCOMER)
    await tdlib.authorization("authorizationStateWaitRegistration")
    expect(sandbox.state().accounts[2]).toMatchObject({ signedUp: false, sessions: 0 })
    await tdlib.invoke({ _: "registerUser", first_name: "Nora", last_name: "Newcomer" })
    await tdlib.authorization("authorizationStateReady")
    expect(await tdlib.invoke({ _: "getMe" })).toMatchObject({ first_name: "Nora", last_name: "Newcomer" })
    expect(sandbox.state().accounts[2]).not.toHaveProperty("signedUp")
    await expectSilence(tdlib)
  })
})

describe("TDLib logging in to an account with a password", () => {
  it("is asked for it with its hint, refused with a wrong one, and let in with the right one", async () => {
    await using tdlib = open()
    await enterPhoneAndCode(tdlib, SECRETIVE)
    const { password_hint: hint } = await tdlib.authorization("authorizationStateWaitPassword")
    expect(hint).toBe("in German")
    const enter = (password: string) => tdlib.invoke({ _: "checkAuthenticationPassword", password })
    await expect(enter("secret")).rejects.toThrow("PASSWORD_HASH_INVALID")
    expect(sandbox.state().accounts[1]?.sessions).toBe(0)
    await expect(tdlib.invoke({ _: "requestAuthenticationPasswordRecovery" })).rejects.toThrow("PASSWORD_RECOVERY_NA")
    await enter("geheim")
    await tdlib.authorization("authorizationStateReady")
    expect((await tdlib.invoke({ _: "getMe" })).first_name).toBe("Sam")
    await expectSilence(tdlib)
  })

  it("changes and removes it from inside", async () => {
    await using first = open()
    const set = (oldPassword: string, newPassword: string) =>
      first.invoke({ _: "setPassword", old_password: oldPassword, new_password: newPassword, new_hint: "none" })
    await enterPhoneAndCode(first, ALICE)
    await first.authorization("authorizationStateReady")
    expect(await set("", "one")).toMatchObject({ has_password: true, password_hint: "none" })
    await expect(set("zero", "two")).rejects.toThrow("PASSWORD_HASH_INVALID")
    await set("one", "two")

    await using second = open()
    await enterPhoneAndCode(second, ALICE)
    await second.authorization("authorizationStateWaitPassword")
    await second.invoke({ _: "checkAuthenticationPassword", password: "two" })
    await second.authorization("authorizationStateReady")
    expect(await set("two", "")).toMatchObject({ has_password: false })
    expect(sandbox.state().accounts[0]).not.toHaveProperty("password")
    await expectSilence(first, second)
  })
})

describe("TDLib logging in with a QR code", () => {
  const showCode = async (tdlib: TdlibProcess): Promise<string> => {
    await tdlib.authorization("authorizationStateWaitPhoneNumber")
    await tdlib.invoke({ _: "requestQrCodeAuthentication" })
    return (await tdlib.authorization("authorizationStateWaitOtherDeviceConfirmation")).link
  }

  it("is let in when another client of the account scans it", async () => {
    await using scanner = open()
    await scanner.logIn(ALICE, "12345")
    await using tdlib = open()
    const link = await showCode(tdlib)
    expect(link).toMatch(/^tg:\/\/login\?token=/)
    const session = await scanner.invoke({ _: "confirmQrCodeAuthentication", link })
    await tdlib.authorization("authorizationStateReady")
    expect((await tdlib.invoke({ _: "getMe" })).first_name).toBe("Alice")
    const { sessions } = await scanner.invoke({ _: "getActiveSessions" })
    expect(sessions.map(({ id }) => id)).toContain(session.id)
    await expectSilence(scanner, tdlib)
  })

  it("is refused to scan a code twice, or one that nobody shows", async () => {
    await using scanner = open()
    await scanner.logIn(ALICE, "12345")
    await using tdlib = open()
    const link = await showCode(tdlib)
    const scan = (scanned: string) => scanner.invoke({ _: "confirmQrCodeAuthentication", link: scanned })
    await scan(link)
    await tdlib.authorization("authorizationStateReady")
    await expect(scan(link)).rejects.toThrow(/AUTH_TOKEN/)
    await expect(scan("tg://login?token=AAAA")).rejects.toThrow("AUTH_TOKEN_INVALID")
    await expectSilence(scanner, tdlib)
  })

  it("still has to give the password of an account that has one", async () => {
    await using scanner = open()
    await enterPhoneAndCode(scanner, SECRETIVE)
    await scanner.authorization("authorizationStateWaitPassword")
    await scanner.invoke({ _: "checkAuthenticationPassword", password: "geheim" })
    await scanner.authorization("authorizationStateReady")
    await using tdlib = open()
    const session = await scanner.invoke({ _: "confirmQrCodeAuthentication", link: await showCode(tdlib) })
    expect(session.is_password_pending).toBe(true)
    await tdlib.authorization("authorizationStateWaitPassword")
    await tdlib.invoke({ _: "checkAuthenticationPassword", password: "geheim" })
    await tdlib.authorization("authorizationStateReady")
    await expectSilence(scanner, tdlib)
  })
})

describe("The sandbox that all of them logged in to", () => {
  it("notes no defect and no violation", () => {
    expect(sandbox.counters()).toMatchObject({ defects: [], violations: 0 })
  })
})
