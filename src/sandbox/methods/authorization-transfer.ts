import { createHmac, timingSafeEqual } from "node:crypto"
import { DATA_CENTRES, dataCentreOf } from "../state/data-centres.ts"
import type { Telegram } from "../state/telegram.ts"
import { callerOf, type Methods } from "./call.ts"
import { permanentKeyOf, viewAuthorized } from "./login.ts"
import { RpcError } from "./rpc-error.ts"

/** Bytes of the key's id, before the proof. */
const KEY_ID_BYTES = 8

/**
 * A login taken to another data centre, for the files that are there
 * (core.telegram.org/api/datacenter#authorization-transfer). The bytes prove who exported them without being kept: they
 * are the id of the login's key, and a MAC under that key.
 */
export const authorizationTransferMethods = (telegram: Telegram) => {
  const seal = (keyId: bigint, dc: number): Buffer | undefined => {
    const key = telegram.authKey(keyId)
    if (key === undefined) return undefined
    const id = Buffer.alloc(KEY_ID_BYTES)
    id.writeBigUInt64LE(keyId)
    return Buffer.concat([id, createHmac("sha256", key.bytes).update(`authorization for ${dc}`).digest()])
  }
  return {
    "auth.exportAuthorization": ({ dcId }, call) => {
      const { id } = callerOf(call)
      if (!DATA_CENTRES.some((dc) => dc === dcId) || dcId === dataCentreOf(call.authKey)) {
        throw new RpcError(400, "DC_ID_INVALID")
      }
      const bytes = seal(permanentKeyOf(telegram, call), dcId)
      if (bytes === undefined) throw new RpcError(401, "AUTH_KEY_UNREGISTERED")
      return { _: "auth.exportedAuthorization", id: BigInt(id), bytes }
    },
    "auth.importAuthorization": ({ id, bytes }, call) => {
      const given = Buffer.from(bytes)
      const keyId = given.length < KEY_ID_BYTES ? 0n : given.readBigUInt64LE(0)
      const expected = seal(keyId, dataCentreOf(call.authKey))
      const login = telegram.loginOf(keyId)
      const isProven = expected !== undefined && expected.length === given.length && timingSafeEqual(expected, given)
      if (!isProven || login === undefined || BigInt(login.account.id) !== BigInt(id)) {
        throw new RpcError(400, "AUTH_BYTES_INVALID")
      }
      telegram.logIn(permanentKeyOf(telegram, call), login.account, call.client, keyId)
      return viewAuthorized(login.account)
    },
  } satisfies Methods
}
