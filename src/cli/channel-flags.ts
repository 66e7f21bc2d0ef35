import { Argument, Flag } from "effect/cli"

export const json = Flag.Boolean("json").pipe(Flag.withDefault(false), Flag.withDescription("print JSON"))

export const accountFlag = Flag.String("account").pipe(
  Flag.withDescription("its id, name or last digits; not needed when there is one account"),
  Flag.optional,
)

export const channelArgument = Argument.String("channel").pipe(
  Argument.withDescription("its id, its chat id, or its title"),
)
