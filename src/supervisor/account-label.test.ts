import { describe, expect, it } from "vitest"
import { accountLabel } from "./account-label.ts"

const phone = "15550001234"
const nobody: ReadonlySet<string> = new Set()

describe("the label of an account", () => {
  it("is its name", () => expect(accountLabel({ id: "a", phone, displayName: " Alice " }, nobody)).toBe("Alice"))

  it.each([null, "", "  ", "+1 (555) 000-1234", "15550001234"])("is its masked phone when its name is %j", (name) =>
    expect(accountLabel({ id: "a", phone, displayName: name }, nobody)).toBe("155***34"),
  )

  it("is told apart from that of another account", () =>
    expect(accountLabel({ id: "b", phone, displayName: "Alice" }, new Set(["Alice"]))).toBe("Alice (b)"))

  it("is of bounded length", () =>
    expect(accountLabel({ id: "a", phone, displayName: "x".repeat(500) }, nobody)).toHaveLength(64))
})
