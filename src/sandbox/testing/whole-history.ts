import type * as Td from "tdlib-types"
import type { TdlibProcess } from "./tdlib-process.ts"

/** Pages through the history of a chat until it ends; newest first. */
export const wholeHistory = async (
  tdlib: TdlibProcess,
  chatId: number,
  limit = 100,
): Promise<readonly Td.message[]> => {
  const messages: Td.message[] = []
  for (;;) {
    const page = await tdlib.invoke({
      _: "getChatHistory",
      chat_id: chatId,
      from_message_id: messages.at(-1)?.id ?? 0,
      offset: 0,
      limit,
      only_local: false,
    })
    if (page.messages.length === 0) return messages
    messages.push(...page.messages.flatMap((message) => message ?? []))
  }
}
