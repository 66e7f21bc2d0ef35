import { mkdir, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { temporaryDirectory } from "./testing/temporary-directory.ts"
import { loadWorld, type World, WorldError } from "./world.ts"

const account = { phone: "15550001", firstName: "Alice", premium: true }

/** What is said about a world that may be anything. */
const problemsOf = (world: unknown): readonly string[] => {
  try {
    loadWorld(world as World)
    return []
  } catch (error) {
    if (error instanceof WorldError) return error.problems
    throw error
  }
}

const channel = (messages: readonly unknown[]) => ({
  accounts: [account],
  channels: [{ name: "source", kind: "channel", members: ["15550001"], messages }],
})

describe("A world", () => {
  it("is accepted with texts, generated files and photos", () => {
    const messages = [
      { text: "hello", date: "2026-01-02T03:04:05Z" },
      { generate: { bytes: 10, seed: 1 }, name: "a.zip", caption: "c", album: "x" },
      { photo: { generate: { bytes: 10, seed: "p" } }, album: "x", date: 1_700_000_000, from: "15550001" },
    ]
    expect(problemsOf(channel(messages))).toEqual([])
  })

  it("is refused with the path of an unknown key", () => {
    expect(problemsOf(channel([{ text: "a", colour: "red" }]))).toEqual([
      "channels[0].messages[0].colour: Expected no excess property",
    ])
  })

  it("is refused with every wrong value at once", () => {
    const world = { accounts: [{ ...account, premium: "yes" }], channels: [{ name: "a", kind: "room" }] }
    expect(problemsOf(world)).toEqual([
      "accounts[0].premium: Expected boolean",
      'channels[0].kind: Expected "channel" | "supergroup"',
    ])
  })

  it("is refused when an account's login is described wrongly", () => {
    const accounts = [
      { ...account, code: "1234", loginFlood: { attempts: 0, seconds: 1 } },
      { phone: "15550002", firstName: "Bob", passwordHint: "none" },
    ]
    expect(problemsOf({ accounts, channels: [] })).toEqual([
      "accounts[0].code: Expected five digits",
      "accounts[0].loginFlood.attempts: Expected a value greater than or equal to 1",
      "accounts[1]: Expected a password beside passwordHint",
    ])
  })

  it("is refused when a message is two things or nothing", () => {
    expect(problemsOf(channel([{ text: "a", file: "b" }, { caption: "c" }]))).toEqual([
      "channels[0].messages[0]: Expected exactly one of text, file, generate, photo, service, forward, found 2",
      "channels[0].messages[1]: Expected exactly one of text, file, generate, photo, service, forward, found 0",
    ])
  })

  it("is refused when a generated file has no name", () => {
    expect(problemsOf(channel([{ generate: { bytes: 1, seed: 1 } }]))).toEqual([
      "channels[0].messages[0]: Expected a name beside generate",
    ])
  })

  it("is refused when it names phones that no account has, or a name twice", () => {
    const world = {
      accounts: [account, account],
      channels: [{ name: "a", kind: "channel", members: ["15550009"], messages: [{ text: "x", from: "15550008" }] }],
    }
    expect(problemsOf(world)).toEqual([
      "accounts[1].phone: Expected a value of its own, found 15550001 again",
      "channels[0].members[0]: Expected the phone of an account, found 15550009",
      "channels[0].messages[0].from: Expected the phone of an account, found 15550008",
    ])
  })

  it("finds its files beside its own file, and is refused when one is missing", async () => {
    await using directory = await temporaryDirectory()
    const path = join(directory.path, "world.json")
    await mkdir(join(directory.path, "files"))
    await writeFile(join(directory.path, "files", "a.zip"), "a")
    await writeFile(path, JSON.stringify(channel([{ file: "files/a.zip" }, { photo: "files/b.jpg" }])))
    expect(() => loadWorld(path)).toThrow(
      `${path} cannot be used:\n  channels[0].messages[1].photo: Expected a file at ${join(directory.path, "files/b.jpg")}`,
    )
  })
})
