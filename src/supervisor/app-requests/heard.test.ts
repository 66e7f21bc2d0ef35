import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { appRequestKinds } from "../../../db/app-requests.ts"
import { heardRequest } from "./heard.ts"

describe("a notification of the web app", () => {
  it("is understood as the app writes it", () => {
    expect(heardRequest("channel_fetch", "cl1")).toEqual({
      ...{ id: "cl1", kind: "channel_fetch", input: {}, wantedAccountId: null, isBound: true },
    })
    expect(heardRequest("join_channel", JSON.stringify({ requestId: "cl1", input: "@a", accountId: "acc" }))).toEqual({
      ...{ id: "cl1", kind: "join_channel", input: { input: "@a" }, wantedAccountId: "acc", isBound: false },
    })
    expect(heardRequest("create_destination", JSON.stringify({ requestId: "cl1", title: "Library" }))).toEqual({
      ...{ id: "cl1", kind: "create_destination", input: { title: "Library" }, wantedAccountId: null, isBound: false },
    })
    expect(heardRequest("generate_invite", "chan")).toMatchObject({ id: "invite:chan", input: { channelId: "chan" } })
    for (const kind of ["archive_extract", "manual_upload", "rebuild_packages"] as const)
      expect(heardRequest(kind, "cl1")).toMatchObject({ id: "cl1", kind, input: {} })
  })

  it("that says too little still names its row, which is then answered", () => {
    for (const rest of [{}, { input: "" }, { input: 5 }, { input: "x".repeat(300) }])
      expect(heardRequest("join_channel", JSON.stringify({ requestId: "cl1", ...rest }))).toMatchObject({
        ...{ id: "cl1", kind: "join_channel", input: {} },
      })
    expect(heardRequest("create_destination", JSON.stringify({ requestId: "cl1" }))).toMatchObject({ input: {} })
  })

  it("may hold anything", () => {
    const payload = fc.oneof(fc.string(), fc.json(), fc.string({ minLength: 65 }))
    fc.assert(
      fc.property(fc.constantFrom(...appRequestKinds), payload, (kind, text) => {
        const heard = heardRequest(kind, text)
        if (heard !== undefined) expect(heard.id.length).toBeGreaterThan(0)
      }),
    )
  })
})
