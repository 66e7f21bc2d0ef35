import { NodeRuntime, NodeServices } from "@effect/platform-node"
import { Cause, Effect, Exit, Runtime } from "effect"
import { CliError, Command } from "effect/cli"
import packageFile from "../../package.json" with { type: "json" }
import { AccountParked } from "../supervisor/account-life.ts"
import { accountCommand } from "./account-command.ts"
import { adoptCommand } from "./adopt-command.ts"
import { backupCommand, restoreCommand } from "./backup-commands.ts"
import { channelCommand } from "./channel-command.ts"
import { configCommand } from "./config-command.ts"
import { demoCommand } from "./demo-command.ts"
import { doctorCommand } from "./doctor-command.ts"
import { logsCommand } from "./logs-command.ts"
import { migrateCommand } from "./migrate-command.ts"
import { packageCommand } from "./package-command.ts"
import { rebuildCommand } from "./rebuild-command.ts"
import { runCommand } from "./run-command.ts"
import { sandboxCommand } from "./sandbox-command.ts"
import { skippedCommand } from "./skipped-command.ts"
import { statusCommand } from "./status-command.ts"
import { verifyCommand } from "./verify-command.ts"
import { whyCommand } from "./why-command.ts"

/** All commands. */
export const stash = Command.make("stash").pipe(
  Command.withDescription("Dragon's Stash worker: exactly one copy of every archive in your own channel"),
  Command.withSubcommands([
    runCommand,
    statusCommand,
    demoCommand,
    configCommand,
    adoptCommand,
    accountCommand,
    channelCommand,
    packageCommand,
    rebuildCommand,
    skippedCommand,
    whyCommand,
    logsCommand,
    doctorCommand,
    verifyCommand,
    backupCommand,
    restoreCommand,
    migrateCommand,
    sandboxCommand,
  ]),
)

/** Errors of ours carry a sentence for the operator; what we did not foresee is shown whole. */
const describe = (cause: Cause.Cause<unknown>): string => {
  const error = Cause.squash(cause)
  return Cause.hasDies(cause) || !(error instanceof Error) ? Cause.pretty(cause) : error.message
}

const reportFailure = (cause: Cause.Cause<unknown>) =>
  Effect.sync(() => {
    const error = Cause.squash(cause)
    if (!Cause.hasInterruptsOnly(cause) && !CliError.isCliError(error)) console.error(`stash: ${describe(cause)}`)
  })

/** An account was parked and STASH_ON_PARKED is `exit`; EX_TEMPFAIL of sysexits(3): a container may try again. */
const EXIT_PARKED = 75

/** What goes on until it is stopped by a signal, which is its ordinary end. */
const endless = new Set(["run", "status", "sandbox"])

/** A command that is stopped in the middle has not done what it promised: 130. */
const teardown: Runtime.Teardown = (exit, onExit) => {
  const isStopped = Exit.isFailure(exit) && Cause.hasInterruptsOnly(exit.cause)
  if (isStopped && endless.has(process.argv[2] ?? "")) onExit(0)
  else if (Exit.isFailure(exit) && Cause.squash(exit.cause) instanceof AccountParked) onExit(EXIT_PARKED)
  else Runtime.defaultTeardown(exit, onExit)
}

/** Runs the command line of this process. */
export const runStash = (): void => {
  const program = Command.runWith(stash, { version: packageFile.version })(process.argv.slice(2)).pipe(
    Effect.tapCause(reportFailure),
    Effect.provide(NodeServices.layer),
  )
  NodeRuntime.runMain(program, { disableErrorReporting: true, teardown })
}
