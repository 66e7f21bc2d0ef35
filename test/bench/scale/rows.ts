/** `npm run bench -- --only scale`: what grows with accounts, with messages and with packages, and how much. */
import type { Row } from "../measure.ts"
import { accounts } from "./accounts.ts"
import { messages } from "./messages.ts"
import { packages } from "./packages.ts"

export const scaleRows: Readonly<Record<string, Row>> = { accounts, messages, packages }
