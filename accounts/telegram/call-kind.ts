import type * as Td from "tdlib-types"

/**
 * What Telegram counts together when it asks an account to wait: the queries of its own protocol (by their id, layer 223),
 * and the functions of TDLib that lead to them. What is not named here is a kind of its own, called as the function.
 */
export const callKinds = {
  downloads: { queries: { "upload.getFile": 0xbe5335be }, calls: ["downloadFile"] },
  uploads: {
    queries: {
      "upload.saveFilePart": 0xb304a621,
      "upload.saveBigFilePart": 0xde7b673d,
      "messages.uploadMedia": 0x14967978,
      "messages.sendMedia": 0x330e77f,
    },
    calls: ["sendMessage"],
  },
  searches: { queries: { "messages.search": 0x29ee847a }, calls: ["searchChatMessages"] },
  histories: { queries: { "messages.getHistory": 0x4423e6c5 }, calls: ["getChatHistory"] },
  messages: { queries: { "channels.getMessages": 0xad8c9a23 }, calls: ["getMessages", "getMessage"] },
  topics: { queries: { "messages.getForumTopics": 0x3ba47bff }, calls: ["getForumTopics"] },
  chats: { queries: { "messages.getDialogs": 0xa0f4cb4f }, calls: ["loadChats"] },
  usernames: { queries: { "contacts.resolveUsername": 0x725afbbc }, calls: ["searchPublicChat"] },
  joins: {
    queries: { "channels.joinChannel": 0x24b524c5, "messages.importChatInvite": 0x6c50051c },
    calls: ["joinChat", "joinChatByInviteLink"],
  },
  "invite checks": { queries: { "messages.checkChatInvite": 0x3eadb1bb }, calls: ["checkChatInviteLink"] },
  "login codes": {
    queries: { "auth.sendCode": 0xa677244f, "auth.resendCode": 0xcae47523, "auth.exportLoginToken": 0xb7e085fe },
    calls: ["setAuthenticationPhoneNumber", "resendAuthenticationCode", "requestQrCodeAuthentication"],
  },
  logins: {
    queries: { "auth.signIn": 0x8d52a951, "auth.checkPassword": 0xd18b4d16 },
    calls: ["checkAuthenticationCode", "checkAuthenticationPassword"],
  },
} as const satisfies Record<
  string,
  { readonly queries: Readonly<Record<string, number>>; readonly calls: ReadonlyArray<Td.$FunctionName> }
>

const byQuery = new Map<number, string>()
const byCall = new Map<string, string>()
for (const [kind, { calls, queries }] of Object.entries(callKinds)) {
  for (const id of Object.values(queries)) byQuery.set(id, kind)
  for (const call of calls) byCall.set(call, kind)
}

export const kindOfCall = (call: string): string => byCall.get(call) ?? call
export const kindOfQuery = (id: number): string => byQuery.get(id) ?? `query 0x${id.toString(16)}`
