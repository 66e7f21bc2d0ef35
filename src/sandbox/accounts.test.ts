import { join } from "node:path"
import type * as Td from "tdlib-types"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { type Sandbox, startSandbox, type World } from "./sandbox.ts"
import { TdlibProcess } from "./testing/tdlib-process.ts"
import { type TemporaryDirectory, temporaryDirectory } from "./testing/temporary-directory.ts"

const ALICE = "15550001"
const BOB = "15550002"

const world: World = {
  accounts: [
    { phone: ALICE, firstName: "Alice" },
    { phone: BOB, firstName: "Bob" },
  ],
  channels: [{ name: "club", kind: "supergroup", members: [ALICE, BOB], messages: [{ text: "hello", from: ALICE }] }],
}

let directory: TemporaryDirectory
let sandbox: Sandbox
let clients: TdlibProcess[]

beforeEach(async () => {
  directory = await temporaryDirectory()
  sandbox = await startSandbox({ world, stateDirectory: join(directory.path, "state") })
  clients = []
})

afterEach(async () => {
  await Promise.all(clients.map((client) => client.kill()))
  await sandbox.close()
  await directory[Symbol.asyncDispose]()
})

const open = (name = String(clients.length)): TdlibProcess => {
  const client = new TdlibProcess({ ...sandbox.endpoint, directory: join(directory.path, name) })
  clients.push(client)
  return client
}

const loggedIn = async (phone: string): Promise<TdlibProcess> => {
  const client = open()
  await client.logIn(phone, "12345")
  return client
}

const post = async (path: string, body: unknown) => {
  const response = await fetch(`${sandbox.controlUrl}${path}`, { method: "POST", body: JSON.stringify(body) })
  return { status: response.status, body: await response.json() }
}

const accountOf = (phone: string) => sandbox.state().accounts.find((account) => account.phone === phone)

/** The names of the authorization states that a TDLib went through after it was ready. */
const statesAfterReady = (client: TdlibProcess): readonly string[] => {
  const states = client.updates.flatMap((update) =>
    update._ === "updateAuthorizationState" ? [update.authorization_state._] : [],
  )
  return states.slice(states.indexOf("authorizationStateReady") + 1)
}

/** Ends every TDLib, and fails if one of them printed an error or the sandbox noted a mistake. */
const expectSilence = async (): Promise<void> => {
  await Promise.all(clients.map((client) => client.close()))
  const lines = clients.flatMap((client) => client.errorLines)
  // TDLib prints what a ban means by itself (AuthManager.cpp, on_account_banned); it is no complaint about the answer.
  expect(lines.filter((line) => !line.includes("Your account was banned"))).toEqual([])
  expect(sandbox.counters()).toMatchObject({ defects: [], violations: 0 })
}

describe("Two TDLibs logged in to one account", () => {
  it("are both listed, and each sees which one it is itself", async () => {
    const [first, second] = [await loggedIn(ALICE), await loggedIn(ALICE)]
    for (const client of [first, second]) {
      const { sessions } = await client.invoke({ _: "getActiveSessions" })
      expect(sessions.map(({ is_current: isCurrent, device_model: device }) => [isCurrent, device])).toEqual([
        [true, "sandbox test"],
        [false, "sandbox test"],
      ])
    }
    expect(accountOf(ALICE)?.logins).toHaveLength(2)
    await expectSilence()
  })

  it("see the name that one of them sets", async () => {
    const [first, second] = [await loggedIn(ALICE), await loggedIn(ALICE)]
    await first.invoke({ _: "setName", first_name: "Alicia", last_name: "Smith" })
    await second.update((update) => update._ === "updateUser" && update.user.last_name === "Smith")
    expect(await first.invoke({ _: "getMe" })).toMatchObject({ first_name: "Alicia", last_name: "Smith" })
    await expectSilence()
  })

  it("let one end the login of the other, which has to log in again", async () => {
    const [first, second] = [await loggedIn(ALICE), await loggedIn(ALICE)]
    const { sessions } = await first.invoke({ _: "getActiveSessions" })
    const other = sessions.find(({ is_current: isCurrent }) => !isCurrent)
    await first.invoke({ _: "terminateSession", session_id: other?.id ?? 0 })
    await second.authorization("authorizationStateClosed")
    expect(accountOf(ALICE)?.sessions).toBe(1)
    expect((await first.invoke({ _: "getMe" })).first_name).toBe("Alice")

    await open("1").authorization("authorizationStateWaitPhoneNumber")
    await expectSilence()
  })

  it("let one end all other logins", async () => {
    const [first, second, third] = [await loggedIn(ALICE), await loggedIn(ALICE), await loggedIn(ALICE)]
    await first.invoke({ _: "terminateAllOtherSessions" })
    await Promise.all([second, third].map((client) => client.authorization("authorizationStateClosed")))
    expect((await first.invoke({ _: "getActiveSessions" })).sessions).toHaveLength(1)
    await expectSilence()
  })
})

describe("A TDLib whose login the operator ends", () => {
  it.each(["SESSION_REVOKED", "AUTH_KEY_UNREGISTERED"])("closes itself when it is answered %s", async (error) => {
    const alice = await loggedIn(ALICE)
    const reply = await post(`/accounts/${ALICE}`, { logins: { terminate: "all", error } })
    expect(reply).toMatchObject({ status: 200, body: { sessions: 0 } })
    await alice.authorization("authorizationStateClosed")
    expect(statesAfterReady(alice)).toEqual(["authorizationStateLoggingOut", "authorizationStateClosed"])
    await expectSilence()
  })

  it("leaves the account's other login alone", async () => {
    const [first, second] = [await loggedIn(ALICE), await loggedIn(ALICE)]
    const hash = accountOf(ALICE)?.logins[0]?.hash ?? ""
    await post(`/accounts/${ALICE}`, { logins: { terminate: [hash] } })
    await first.authorization("authorizationStateClosed")
    expect((await second.invoke({ _: "getActiveSessions" })).sessions).toHaveLength(1)
    await expectSilence()
  })

  it("learns it at its next start when it was not running", async () => {
    const alice = await loggedIn(ALICE)
    await alice.close()
    await post(`/accounts/${ALICE}`, { logins: "terminate" })
    const again = open("0")
    await again.authorization("authorizationStateClosed")
    await expectSilence()
  })
})

describe("A TDLib that logs out", () => {
  it("is no longer listed, and can log in again", async () => {
    const alice = await loggedIn(ALICE)
    await alice.invoke({ _: "logOut" })
    await alice.authorization("authorizationStateClosed")
    expect(accountOf(ALICE)?.sessions).toBe(0)
    await open("0").logIn(ALICE, "12345")
    expect(accountOf(ALICE)?.sessions).toBe(1)
    await expectSilence()
  })
})

describe("A TDLib whose account is banned", () => {
  it("loses its login, and cannot log in until the ban is lifted", async () => {
    const alice = await loggedIn(ALICE)
    expect(await post(`/accounts/${ALICE}`, { banned: true })).toMatchObject({ body: { banned: true } })
    await alice.authorization("authorizationStateClosed")
    const next = open()
    await expect(next.logIn(ALICE, "12345")).rejects.toThrow("PHONE_NUMBER_BANNED")
    await post(`/accounts/${ALICE}`, { banned: false })
    await next.logIn(ALICE, "12345")
    await expectSilence()
  })
})

describe("A TDLib whose account changes", () => {
  const userOf = (name: string, isPremium: boolean) => (update: Td.Update) =>
    update._ === "updateUser" && update.user.first_name === name && update.user.is_premium === isPremium

  it("is told when it gets premium and when it loses it", async () => {
    const [first, second] = [await loggedIn(ALICE), await loggedIn(ALICE)]
    await post(`/accounts/${ALICE}`, { premium: true })
    for (const client of [first, second]) {
      await client.update(userOf("Alice", true))
      await client.update(
        ({ _, ...update }) => _ === "updateOption" && "name" in update && update.name === "is_premium",
      )
      expect((await client.invoke({ _: "getMe" })).is_premium).toBe(true)
    }
    await post(`/accounts/${ALICE}`, { premium: false, firstName: "Alicia" })
    for (const client of [first, second]) await client.update(userOf("Alicia", false))
    await expectSilence()
  })

  it("is told of the new name of somebody it shares a chat with", async () => {
    const bob = await loggedIn(BOB)
    await bob.loadAllChats()
    await post(`/accounts/${ALICE}`, { firstName: "Alicia" })
    await bob.update(userOf("Alicia", false))
    await expectSilence()
  })
})

describe("An operator", () => {
  it("gives an account a password and another code, which the next login needs", async () => {
    await post(`/accounts/${ALICE}`, { password: "geheim", passwordHint: "German", code: "54321" })
    const alice = open()
    await expect(alice.logIn(ALICE, "12345")).rejects.toThrow("PHONE_CODE_INVALID")
    await alice.invoke({ _: "checkAuthenticationCode", code: "54321" })
    await alice.authorization("authorizationStateWaitPassword", ({ password_hint: hint }) => hint === "German")
    await alice.invoke({ _: "checkAuthenticationPassword", password: "geheim" })
    await alice.authorization("authorizationStateReady")
    await expectSilence()
  })

  it("takes a password away from an account that a login waits for, which then gets in without", async () => {
    await post(`/accounts/${ALICE}`, { password: "geheim" })
    const alice = open()
    await alice.authorization("authorizationStateWaitPhoneNumber")
    await alice.invoke({ _: "setAuthenticationPhoneNumber", phone_number: ALICE })
    await alice.invoke({ _: "checkAuthenticationCode", code: "12345" })
    await alice.authorization("authorizationStateWaitPassword")
    await post(`/accounts/${ALICE}`, { password: null })
    await alice.invoke({ _: "checkAuthenticationPassword", password: "any" })
    await alice.authorization("authorizationStateReady")
    await expectSilence()
  })

  it("lets the codes that were sent expire", async () => {
    const alice = open()
    await alice.authorization("authorizationStateWaitPhoneNumber")
    await alice.invoke({ _: "setAuthenticationPhoneNumber", phone_number: ALICE })
    await post(`/accounts/${ALICE}`, { codes: "expire" })
    await expect(alice.invoke({ _: "checkAuthenticationCode", code: "12345" })).rejects.toThrow("PHONE_CODE_EXPIRED")
    await expectSilence()
  })

  it("accepts the QR code that a TDLib shows", async () => {
    const alice = open()
    await alice.authorization("authorizationStateWaitPhoneNumber")
    await alice.invoke({ _: "requestQrCodeAuthentication" })
    const { link } = await alice.authorization("authorizationStateWaitOtherDeviceConfirmation")
    expect(await post(`/accounts/${ALICE}/accept-login`, { token: link })).toMatchObject({ status: 200 })
    await alice.authorization("authorizationStateReady")
    expect((await alice.invoke({ _: "getMe" })).first_name).toBe("Alice")
    expect(await post(`/accounts/${BOB}/accept-login`, { token: link })).toMatchObject({ status: 409 })
    await expectSilence()
  })

  it("adds an account that can log in at once, and only once with the same phone", async () => {
    const carol = { phone: "15550003", firstName: "Carol", premium: true }
    expect(await post("/accounts", carol)).toMatchObject({ status: 201, body: { phone: carol.phone, premium: true } })
    expect(await post("/accounts", carol)).toMatchObject({ status: 409 })
    const client = await loggedIn(carol.phone)
    expect(await client.invoke({ _: "getMe" })).toMatchObject({ first_name: "Carol", is_premium: true })
    await expectSilence()
  })

  it("is told what is wrong with a change", async () => {
    expect(await post(`/accounts/${ALICE}`, { premium: "yes", colour: "red" })).toMatchObject({
      status: 400,
      body: { problems: ["colour: Expected no excess property", "premium: Expected boolean"] },
    })
    expect(await post("/accounts/15559999", {})).toMatchObject({ status: 404 })
  })
})

describe("A sandbox that starts again with its state", () => {
  it("knows its accounts as they were changed, and which logins were ended", async () => {
    const alice = await loggedIn(ALICE)
    await alice.close()
    await post("/accounts", { phone: "15550003", firstName: "Carol" })
    await post(`/accounts/${BOB}`, { premium: true, password: "geheim", lastName: "Builder" })
    await post(`/accounts/${ALICE}`, { logins: "terminate" })
    const before = sandbox.state()
    await sandbox.close()
    sandbox = await startSandbox({ world, stateDirectory: join(directory.path, "state") })
    expect(sandbox.state()).toEqual(before)
    await open("0").authorization("authorizationStateClosed")
    await expectSilence()
  })

  it("lets a login that had begun go on to the password", async () => {
    await post(`/accounts/${ALICE}`, { password: "geheim" })
    const alice = open()
    await alice.authorization("authorizationStateWaitPhoneNumber")
    await alice.invoke({ _: "setAuthenticationPhoneNumber", phone_number: ALICE })
    const { port } = sandbox.endpoint
    const restart = async () => {
      await sandbox.close()
      sandbox = await startSandbox({ world, stateDirectory: join(directory.path, "state"), telegramPort: port })
    }
    await restart()
    await alice.invoke({ _: "checkAuthenticationCode", code: "12345" })
    await alice.authorization("authorizationStateWaitPassword")
    await restart()
    await alice.invoke({ _: "checkAuthenticationPassword", password: "geheim" })
    await alice.authorization("authorizationStateReady")
    await expectSilence()
  })
})
