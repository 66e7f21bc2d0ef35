import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { readJoinTarget } from "./join-target.ts"

const name = fc.stringMatching(/^[a-zA-Z][a-zA-Z0-9_]{4,31}$/).filter((text) => text.toLowerCase() !== "joinchat")
const hash = fc.stringMatching(/^[A-Za-z0-9_-]{16,22}$/)
const host = fc.constantFrom("t.me/", "https://t.me/", "http://telegram.me/", "https://telegram.dog/")

describe("what names a chat to join", () => {
  it("is a username in every way in which Telegram writes one", () => {
    fc.assert(
      fc.property(name, host, fc.constantFrom("", "/17", "?start=1"), (username, host, rest) => {
        const wanted = { kind: "username", username }
        expect(readJoinTarget(`@${username}`)).toEqual(wanted)
        expect(readJoinTarget(` ${username} `)).toEqual(wanted)
        expect(readJoinTarget(`${host}${username}${rest}`)).toEqual(wanted)
        expect(readJoinTarget(`tg://resolve?domain=${username}`)).toEqual(wanted)
      }),
    )
  })

  it("is an invite link in every way in which Telegram writes one", () => {
    fc.assert(
      fc.property(hash, host, (invite, host) => {
        const wanted = { kind: "invite", link: `https://t.me/+${invite}` }
        expect(readJoinTarget(`${host}+${invite}`)).toEqual(wanted)
        expect(readJoinTarget(`${host}joinchat/${invite}`)).toEqual(wanted)
        expect(readJoinTarget(`tg://join?invite=${invite}`)).toEqual(wanted)
      }),
    )
  })

  it.each(["", "@", "https://example.org/name", "t.me/c/123/4", "t.me/", "two words", "+49 170 123", "tg://proxy?x=1"])(
    "is nothing in %j",
    (text) => expect(readJoinTarget(text)).toBeUndefined(),
  )
})
