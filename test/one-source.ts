import type { World } from "../src/sandbox/sandbox.ts"
import { LIBRARY } from "./running-worker.ts"

type Messages = NonNullable<World["channels"][number]["messages"]>

/** A world with Alice, who has no Premium, one source with these messages, and the library that she may publish in. */
export const oneSource = (phone: string, messages: Messages): World => ({
  accounts: [{ phone, firstName: "Alice", premium: false, code: "12345" }],
  channels: [
    { name: "source", title: "Source", kind: "channel", members: [phone], messages },
    { name: LIBRARY, title: "Library", kind: "channel", members: [phone], admins: [phone], messages: [] },
  ],
})
