import type { AuthKey } from "../protocol/auth-key.ts"
import { openBindingMessage } from "../protocol/binding-message.ts"
import { ProtocolViolation } from "../protocol/protocol-violation.ts"
import type { Request } from "../protocol/tl-types.ts"
import type { Telegram } from "../state/telegram.ts"
import type { Call } from "./call.ts"
import { RpcError } from "./rpc-error.ts"

type BindRequest = Request<"auth.bindTempAuthKey">

/** Throws ProtocolViolation with the first thing that the proof gets wrong. */
const checkProof = (permanent: AuthKey, request: BindRequest, call: Call): void => {
  const { messageId, binding } = openBindingMessage(permanent, Buffer.from(request.encryptedMessage))
  const claims: readonly (readonly [string, boolean])[] = [
    ["message identifier", messageId === call.messageId],
    ["nonce", binding.nonce === request.nonce],
    ["temporary key", BigInt.asUintN(64, binding.tempAuthKeyId) === call.authKey.id],
    ["permanent key", BigInt.asUintN(64, binding.permAuthKeyId) === permanent.id],
    ["session", binding.tempSessionId === call.sessionId],
    ["end", binding.expiresAt === request.expiresAt],
  ]
  const wrong = claims.find(([, holds]) => !holds)
  if (wrong !== undefined) throw new ProtocolViolation("key-binding", `the binding message has another ${wrong[0]}`)
}

/** Answers auth.bindTempAuthKey. Throws RpcError; one with a ProtocolViolation as its cause when the proof is wrong. */
export const bindTemporaryKey = (telegram: Telegram, request: BindRequest, call: Call): true => {
  if (!call.authKey.temporary) throw new RpcError(400, "TEMP_AUTH_KEY_EMPTY")
  const permanent = telegram.authKey(BigInt.asUintN(64, request.permAuthKeyId))
  if (permanent === undefined || permanent.temporary) throw new RpcError(400, "ENCRYPTED_MESSAGE_INVALID")
  const boundTo = telegram.permanentKeyId(call.authKey)
  if (boundTo !== undefined && boundTo !== permanent.id) throw new RpcError(400, "TEMP_AUTH_KEY_ALREADY_BOUND")
  try {
    checkProof(permanent, request, call)
  } catch (cause) {
    if (!(cause instanceof ProtocolViolation)) throw cause
    throw new RpcError(400, "ENCRYPTED_MESSAGE_INVALID", { cause })
  }
  telegram.bindAuthKey(call.authKey, permanent.id, request.expiresAt)
  return true
}
