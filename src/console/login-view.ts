import { Option, Schema } from "effect"
import { encode } from "uqr"
import type { LoginStanding } from "../../db/logins.ts"
import { LoginProblem, loginAdvice } from "../channel/login-problem.ts"
import type { LoginView } from "./operator-api.ts"

/** Where the answer goes to stays here, and so does the link behind the QR code. */
export const loginViewOf = ({ answerKey, detail, method, problem, qrLink, state, until }: LoginStanding): LoginView => {
  const known = Option.getOrUndefined(Schema.decodeUnknownOption(LoginProblem)(problem))
  return {
    method,
    state,
    problem: known === undefined ? null : `${loginAdvice[known].what}: ${loginAdvice[known].remedy}`,
    detail,
    until,
    takesAnswer: answerKey !== null && (state === "waiting_code" || state === "waiting_password"),
    qr: qrLink === null ? null : encode(qrLink).data.map((row) => row.map((isDark) => (isDark ? "1" : "0")).join("")),
  }
}
