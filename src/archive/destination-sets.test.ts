import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { type DestinationDocument, destinationSets } from "./destination-sets.ts"

const prefix = "0123456789abcdef"
const document = (
  messageId: number,
  fileName: string,
  tag: DestinationDocument["tag"] = null,
  bytes = 10,
): DestinationDocument => ({
  ...{ messageId, fileName, tag, bytes, date: messageId, senderId: null, topicId: null, albumId: null, caption: "" },
})
const part = (messageId: number, fileName: string, part: number, of: number, hashPrefix = prefix) =>
  document(messageId, fileName, { hashPrefix, part, of })

describe("the documents of a destination", () => {
  it("are put together by their tags, whatever lies between them", () => {
    expect(destinationSets([part(3, "a.zip.002", 2, 2), document(2, "b.rar"), part(1, "a.zip.001", 1, 2)])).toEqual({
      incomplete: [],
      sets: [
        { name: "a.zip", family: "zip_split", archiveType: "ZIP", hashPrefix: prefix, messageIds: [1, 3], bytes: 20 },
        { name: "b.rar", family: "rar", archiveType: "RAR", hashPrefix: null, messageIds: [2], bytes: 10 },
      ],
    })
  })

  it("that an earlier worker cut are a set without a tag", () => {
    expect(destinationSets([document(1, "x.concat.001"), document(2, "x.concat.002")]).sets).toMatchObject([
      { name: "x.concat.001", messageIds: [1, 2], hashPrefix: null },
    ])
  })

  it("are no set while a part is missing", () => {
    expect(destinationSets([part(1, "a.zip.001", 1, 3), part(2, "a.zip.003", 3, 3)])).toEqual({
      sets: [],
      incomplete: [{ name: "a.zip.001", problem: "part 2 of 3 is missing" }],
    })
  })

  it("give every tagged content once, with the first copy of each part, in whatever order they come", () => {
    const contents = fc.uniqueArray(fc.integer({ min: 0, max: 999 }), { minLength: 1, maxLength: 8 })
    fc.assert(
      fc.property(
        contents,
        fc.integer({ min: 1, max: 5 }),
        fc.boolean(),
        fc.infiniteStream(fc.nat()),
        (seeds, of, twice, order) => {
          const digits = (seed: number) => seed.toString(16).padStart(16, "0")
          const all = seeds.flatMap((seed, place) =>
            Array.from({ length: of }, (_, index) => {
              const name = of === 1 ? `${seed}.zip` : `${seed}.zip.00${index + 1}`
              const copy = part(place * 100 + index + 1, name, index + 1, of, digits(seed))
              return twice ? [copy, { ...copy, messageId: copy.messageId + 10_000 }] : [copy]
            }).flat(),
          )
          const places = new Map(all.map((one) => [one, order.next().value ?? 0]))
          const inSomeOrder = all.toSorted((a, b) => a.messageId - b.messageId || 0)
          const shuffled = inSomeOrder.toSorted((a, b) => (places.get(a) ?? 0) - (places.get(b) ?? 0))
          const first = destinationSets(inSomeOrder).sets
          expect(first.map(({ hashPrefix }) => hashPrefix)).toEqual(seeds.map(digits))
          expect(
            first.every(({ messageIds }) => messageIds.length === of && messageIds.every((id) => id < 10_000)),
          ).toBe(true)
          expect(
            destinationSets(shuffled)
              .sets.map(({ name }) => name)
              .sort(),
          ).toEqual(first.map(({ name }) => name).sort())
        },
      ),
    )
  })
})
