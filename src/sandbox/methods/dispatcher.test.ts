import { expect, it } from "vitest"
import { Tally } from "../counters.ts"
import type { Session } from "../protocol/session.ts"
import type { TlObject } from "../protocol/tl-types.ts"
import { encode } from "../protocol/tl-writer.ts"
import type { Telegram } from "../state/telegram.ts"
import { Dispatcher, type Interceptor } from "./dispatcher.ts"

const PART_BYTES = 128 * 1024

const partOf = (byte: number): Buffer =>
  encode({ _: "upload.saveFilePart", fileId: 1n, filePart: byte, bytes: Buffer.alloc(PART_BYTES, byte) } as TlObject)

it("a call that has to wait keeps its own bytes, though those it came in are used again", async () => {
  const saved: (readonly [part: number, bytes: Buffer])[] = []
  const go = Promise.withResolvers<void>()
  const answered = Promise.withResolvers<void>()
  const hold: Interceptor = async (_, request, next) => {
    if ("filePart" in request && request.filePart === 1) await go.promise
    return next()
  }
  const telegram = {
    accountOf: () => undefined,
    endOfLogin: () => undefined,
    permanentKeyId: () => 1n,
  } as unknown as Telegram
  const session = {
    authKey: { id: 1n },
    id: 1n,
    answer: () => {
      if (saved.length === 2) answered.resolve()
    },
  } as unknown as Session
  const savePart = ({ filePart, bytes }: { readonly filePart: number; readonly bytes: Uint8Array }) => {
    saved.push([filePart, Buffer.from(bytes)])
    return true
  }
  const dispatcher = new Dispatcher(telegram, new Tally(), { "upload.saveFilePart": savePart }, [hold])

  const arrived = partOf(1)
  dispatcher.query(session, 4n, arrived)
  partOf(2).copy(arrived)
  dispatcher.query(session, 8n, arrived)
  arrived.fill(0)
  go.resolve()
  await answered.promise

  expect(saved).toEqual([
    [2, Buffer.alloc(PART_BYTES, 2)],
    [1, Buffer.alloc(PART_BYTES, 1)],
  ])
})
