import decodeQr from "jsqr"
import { describe, expect, it } from "vitest"
import type { LoginStanding } from "../../db/logins.ts"
import { loginViewOf } from "./login-view.ts"

const LINK = "tg://login?token=c2VjcmV0LXRva2VuLW9mLWEtbG9naW4"
const KEY = "MCowBQYDK2VuAyEAkey"

const standing: LoginStanding = {
  method: "qr",
  state: "waiting_scan",
  problem: null,
  detail: "",
  until: null,
  qrLink: LINK,
  answerKey: KEY,
  version: "1",
  authState: "PENDING",
}

const SCALE = 4
const MARGIN = 4

/** The rows as a camera sees them. */
const pictureOf = (rows: ReadonlyArray<string>) => {
  const width = (rows.length + 2 * MARGIN) * SCALE
  const pixels = new Uint8ClampedArray(width * width * 4).fill(255)
  for (let y = 0; y < width; y++)
    for (let x = 0; x < width; x++)
      if (rows[Math.floor(y / SCALE) - MARGIN]?.[Math.floor(x / SCALE) - MARGIN] === "1")
        pixels.fill(0, (y * width + x) * 4, (y * width + x) * 4 + 3)
  return { pixels, width }
}

describe("a login as the page is told of it", () => {
  it("has a QR code that a phone can read, and neither its link nor where answers are sealed for", () => {
    const view = loginViewOf(standing)
    const { pixels, width } = pictureOf(view.qr ?? [])
    const decode = decodeQr as unknown as (data: Uint8ClampedArray, width: number, height: number) => { data: string }
    expect(decode(pixels, width, width)?.data).toBe(LINK)
    expect(JSON.stringify(view)).not.toContain("token")
    expect(JSON.stringify(view)).not.toContain(KEY)
    expect(view.takesAnswer).toBe(false)
  })

  it("says what was wrong with an answer, and takes another one", () => {
    const view = loginViewOf({
      ...standing,
      method: "code",
      state: "waiting_code",
      problem: "wrong_code",
      qrLink: null,
    })
    expect(view).toMatchObject({ takesAnswer: true, qr: null, problem: expect.stringContaining("the code was wrong") })
  })
})
